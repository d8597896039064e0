/* SPDX-License-Identifier: MIT */
/* The rows of `secrets` that every source has. */
#include <errno.h>

#include "base/err.h"
#include "secret/bundles.h"

#define F(f) KEY_FIELD(bundle_settings, f)

static const struct key rows[] = {
	{ "require", KEY_STRINGS, F(require), 0, BUNDLE_KEYS, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "Keys without which no server may start. An alarm says so as "
	    "soon as one of them is missing." },
	{ "refresh", KEY_DURATION, F(refresh), 1, 86400, "5m", "", NULL,
	    INVALIDATES_NOTHING,
	    "From one fetch to the next; sooner after one that failed." },
	{ "timeout", KEY_DURATION, F(timeout), 0.1, 300, "10s", "", NULL,
	    INVALIDATES_NOTHING, "A fetch without an end fails after it." },
	{ "warn", KEY_DURATION, F(warn), 0, 365 * 86400.0, "24h", "", NULL,
	    INVALIDATES_NOTHING,
	    "Where a bundle ends by itself: an alarm so long before." },
};

static int
secret_check(const void *settings, struct err *e)
{
	const struct bundle_settings *s = settings;
	int i;

	for (i = 0; i < s->require.n; i++)
		if (!bundle_key_ok(s->require.text[i]))
			return (err_set(e, EINVAL, "require must be names of "
			    "keys: at most %d letters, digits and '_'",
			    BUNDLE_KEY_SIZE - 1));
	return (0);
}

const struct key_table secret_keys = { "secrets", rows, KEY_COUNT(rows),
	sizeof(struct bundle_settings), secret_check };
