/* SPDX-License-Identifier: MIT */
/* One bundle; see bundle.h.  Its values are places in one text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "secret/arena.h"
#include "secret/bundle.h"

struct bundle {
	int n;
	char key[BUNDLE_KEYS][BUNDLE_KEY_SIZE];
	struct secret value[BUNDLE_KEYS];
	char *text; /* the arena's */
};

static bool
key_ok(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(p[i] == '_' || (p[i] >= 'A' && p[i] <= 'Z') ||
			(p[i] >= 'a' && p[i] <= 'z') ||
			(p[i] >= '0' && p[i] <= '9' && i > 0)))
			return (false);
	return (n > 0 && n < BUNDLE_KEY_SIZE);
}

bool
bundle_key_ok(const char *key)
{
	return (key_ok(key, strlen(key)));
}

const struct secret *
bundle_find(const struct bundle *b, const char *key)
{
	int i;

	for (i = 0; i < b->n; i++)
		if (strcmp(b->key[i], key) == 0)
			return (&b->value[i]);
	return (NULL);
}

bool
bundle_same(const struct bundle *a, const struct bundle *b)
{
	const struct secret *s;
	int i;

	for (i = 0; i < a->n; i++) {
		s = bundle_find(b, a->key[i]);
		if (s == NULL || s->n != a->value[i].n ||
		    memcmp(s->bytes, a->value[i].bytes, s->n) != 0)
			return (false);
	}
	return (a->n == b->n);
}

/* One line without its end.  No sentence holds any of it. */
static int
bundle_line(struct bundle *b, const char *p, size_t n, int line,
    struct err *e)
{
	const char *eq = memchr(p, '=', n);
	size_t len = eq != NULL ? (size_t)(eq - p) : 0;
	char key[BUNDLE_KEY_SIZE];

	if (n == 0 || p[0] == '#')
		return (0);
	if (!key_ok(p, len))
		return (err_set(e, EINVAL, "line %d: expected KEY=value, KEY "
		    "of at most %d letters, digits and '_'", line,
		    BUNDLE_KEY_SIZE - 1));
	if (b->n == BUNDLE_KEYS)
		return (err_set(e, EINVAL, "line %d: over %d keys", line,
		    BUNDLE_KEYS));
	memcpy(key, p, len);
	key[len] = '\0';
	if (bundle_find(b, key) != NULL)
		return (err_set(e, EINVAL, "line %d: its key is there twice",
		    line));
	memcpy(b->key[b->n], key, len + 1);
	b->value[b->n++] = (struct secret){ (const unsigned char *)eq + 1,
		n - len - 1 };
	return (0);
}

int
bundle_parse(struct arena *a, char *text, size_t n, struct bundle **ret,
    struct err *e)
{
	struct bundle *b = calloc(1, sizeof(*b));
	const char *p, *end;
	int line, rc = 0;

	if (b != NULL)
		b->text = arena_take(a, n);
	if (b == NULL || b->text == NULL) {
		free(b);
		explicit_bzero(text, n);
		return (err_set(e, ENOMEM, "no room for one more secret"));
	}
	memcpy(b->text, text, n);
	explicit_bzero(text, n);
	for (p = b->text, line = 1; rc == 0 && p < b->text + n; line++) {
		end = memchr(p, '\n', n - (size_t)(p - b->text));
		if (end == NULL)
			end = b->text + n;
		rc = bundle_line(b, p, (size_t)(end - p), line, e);
		p = end + 1;
	}
	if (rc == 0)
		*ret = b;
	else
		bundle_drop(a, b);
	return (rc);
}

void
bundle_drop(struct arena *a, struct bundle *b)
{
	if (b == NULL)
		return;
	arena_give(a, b->text);
	free(b);
}

int
bundle_count(const struct bundle *b)
{
	return (b->n);
}

struct secret
bundle_at(const struct bundle *b, int i, const char **ret_key)
{
	MUST(i >= 0 && i < b->n);
	*ret_key = b->key[i];
	return (b->value[i]);
}
