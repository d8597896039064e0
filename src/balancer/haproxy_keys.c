/* SPDX-License-Identifier: MIT */
/* Rows of struct haproxy_balancer_settings. */
#include <errno.h>
#include <string.h>

#include "balancer/haproxy_keys.h"
#include "base/err.h"
#include "io/command.h"
#include "io/runtime.h"

#define F(f) KEY_FIELD(haproxy_balancer_settings, f)

static const struct key rows[] = {
	{ "sockets", KEY_STRINGS, F(sockets), 0, 0, NULL, "", NULL,
	    INVALIDATES_START,
	    "The stats socket of each HAProxy of this group, as /PATH or "
	    "ADDRESS:PORT, with level admin. Every server goes to the same "
	    "slot of each." },
	{ "backend", KEY_STRING, F(backend), 1, NAME_SIZE - 1, NULL, "", NULL,
	    INVALIDATES_START,
	    "The backend's name, the same in each HAProxy." },
	{ "slots", KEY_STRING, F(slots), 0, NAME_SIZE - 8, "", "", NULL,
	    INVALIDATES_START,
	    "The prefix of the backend's server-template. Not given: the "
	    "largest family of numbered servers that the configuration has "
	    "as disabled." },
	{ "timeout", KEY_DURATION, F(timeout), 0.05, 10, "800ms", "", NULL,
	    INVALIDATES_NOTHING,
	    "A command that is not answered in time is asked again; after "
	    "that HAProxy is left alone for 1, 2, 4, then 5 seconds." },
	{ "slow_start", KEY_DURATION, F(slow_start), 0, 3600, "0s", "", NULL,
	    INVALIDATES_NOTHING,
	    "A new server's weight grows to its full size within it, in "
	    "steps of a tenth. Needs a weight of at least 10 in the "
	    "template, and stands back where the template has a slowstart "
	    "of its own, which is better: it goes on while plimsolld is "
	    "dead." },
	{ "rest", KEY_DURATION, F(rest), 6, 3600, "6s", "", NULL,
	    INVALIDATES_NOTHING,
	    "A slot that was emptied stays empty so long: a request that "
	    "waits to be retried still points at it." },
	{ "state_files", KEY_STRINGS, F(state_files), 0, 0, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "HAProxy's server-state file, one for each of the sockets. "
	    "Written after every change, so that a reload loses nothing "
	    "even while plimsolld is dead." },
	{ "config", KEY_STRING, F(config), 0, KEY_STRING_SIZE - 1, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "HAProxy's configuration file, for plimsoll check, which says "
	    "what it lacks. The daemon does not read it." },
};

static int
check_sockets(const struct key_strings *s, struct err *e)
{
	int i, k;

	if (s->n < 1 || s->n > MAX_BALANCERS)
		return (err_set(e, EINVAL, "sockets: %d of them, expected 1 "
		    "to %d", s->n, MAX_BALANCERS));
	for (i = 0; i < s->n; i++) {
		if (runtime_check(s->text[i], e) != 0)
			return (-1);
		for (k = 0; k < i; k++)
			if (strcmp(s->text[i], s->text[k]) == 0)
				return (err_set(e, EINVAL, "sockets: '%s' is "
				    "there twice", s->text[i]));
	}
	return (0);
}

static int
check(const void *settings, struct err *e)
{
	const struct haproxy_balancer_settings *s = settings;
	int i;

	if (check_sockets(&s->sockets, e) != 0)
		return (-1);
	if (!haproxy_name_ok(s->backend))
		return (err_set(e, EINVAL, "backend: letters, digits and "
		    "_ . : - were expected"));
	if (s->slots[0] != '\0' && !haproxy_name_ok(s->slots))
		return (err_set(e, EINVAL, "slots: letters, digits and "
		    "_ . : - were expected"));
	if (s->state_files.n != 0 && s->state_files.n != s->sockets.n)
		return (err_set(e, EINVAL, "state_files: %d of them, expected "
		    "one for each of the %d sockets", s->state_files.n,
		    s->sockets.n));
	for (i = 0; i < s->state_files.n; i++)
		if (s->state_files.text[i][0] != '/')
			return (err_set(e, EINVAL, "state_files: '%s' is no "
			    "absolute path", s->state_files.text[i]));
	return (0);
}

const struct key_table haproxy_balancer_keys = { "balancer haproxy", rows,
	KEY_COUNT(rows), sizeof(struct haproxy_balancer_settings), check };
