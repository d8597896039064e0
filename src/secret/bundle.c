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

static struct bundle *
bundle_new(struct arena *a, size_t room, struct err *e)
{
	struct bundle *b = calloc(1, sizeof(*b));

	if (b != NULL && (b->text = arena_take(a, room)) != NULL)
		return (b);
	free(b);
	(void)err_set(e, ENOMEM, "no room for one more secret");
	return (NULL);
}

/* The key of n letters and a value; a sentence without either. */
static int
bundle_add(struct bundle *b, const char *key, size_t n, struct secret value,
    struct err *e)
{
	char *to = b->key[b->n < BUNDLE_KEYS ? b->n : 0];

	if (!key_ok(key, n))
		return (err_set(e, EINVAL, "expected KEY=value, KEY of at most "
		    "%d letters, digits and '_'", BUNDLE_KEY_SIZE - 1));
	if (b->n == BUNDLE_KEYS)
		return (err_set(e, EINVAL, "over %d keys", BUNDLE_KEYS));
	memcpy(to, key, n);
	to[n] = '\0';
	if (bundle_find(b, to) != NULL)
		return (err_set(e, EINVAL, "its key is there twice"));
	b->value[b->n++] = value;
	return (0);
}

/* One line without its end. */
static int
bundle_line(struct bundle *b, const char *p, size_t n, struct err *e)
{
	const char *eq = memchr(p, '=', n);
	size_t len = eq != NULL ? (size_t)(eq - p) : 0;
	struct secret value = { (const unsigned char *)p + len + 1,
		eq != NULL ? n - len - 1 : 0 };

	if (n == 0 || p[0] == '#')
		return (0);
	return (bundle_add(b, p, len, value, e));
}

int
bundle_parse(struct arena *a, char *text, size_t n, struct bundle **ret,
    struct err *e)
{
	struct bundle *b = bundle_new(a, n, e);
	const char *p, *end;
	int line, rc = 0;

	if (b != NULL)
		memcpy(b->text, text, n);
	explicit_bzero(text, n);
	if (b == NULL)
		return (-1);
	for (p = b->text, line = 1; rc == 0 && p < b->text + n; line++) {
		end = memchr(p, '\n', n - (size_t)(p - b->text));
		if (end == NULL)
			end = b->text + n;
		rc = bundle_line(b, p, (size_t)(end - p), e);
		p = end + 1;
	}
	if (rc == 0)
		*ret = b;
	else {
		(void)err_prefix(e, "line %d", line - 1);
		bundle_drop(a, b);
	}
	return (rc);
}

/* Its value goes to `to`, n bytes. */
static int
member_value(struct jspan v, char *to, size_t *ret_n, struct err *e)
{
	if (jspan_is_string(v)) {
		*ret_n = jspan_string(v, to);
	} else if (jspan_is_plain(v)) {
		memcpy(to, v.p, v.n);
		*ret_n = v.n;
	} else {
		return (err_set(e, EINVAL, "expected a string, a number, true "
		    "or false"));
	}
	return (0);
}

int
bundle_members(struct arena *a, struct jspan object, struct bundle **ret,
    struct err *e)
{
	struct jspan name, v;
	struct bundle *b;
	char key[BUNDLE_KEY_SIZE], *to;
	size_t at = 0, n = 0;
	int i, rc = 0;

	if (!jspan_is_object(object))
		return (err_set(e, EINVAL, "expected an object of keys"));
	if ((b = bundle_new(a, object.n, e)) == NULL)
		return (-1);
	to = b->text;
	for (i = 1; rc == 0 && jspan_next(object, &at, &name, &v); i++) {
		if (!jspan_text(name, key, sizeof(key)))
			key[0] = '\0'; /* refused below */
		rc = member_value(v, to, &n, e);
		if (rc == 0)
			rc = bundle_add(b, key, strlen(key), (struct secret){
			    (const unsigned char *)to, n }, e);
		to += n;
	}
	if (rc == 0)
		*ret = b;
	else {
		(void)err_prefix(e, "member %d", i - 1);
		bundle_drop(a, b);
	}
	return (rc);
}

int
bundle_text(struct arena *a, char *text, size_t n, struct bundle **ret,
    struct err *e)
{
	struct jspan all;
	size_t i = 0;

	while (i < n && (text[i] == ' ' || text[i] == '\n' ||
	    text[i] == '\t' || text[i] == '\r'))
		i++;
	if (i == n || text[i] != '{')
		return (bundle_parse(a, text, n, ret, e));
	return (jspan_check(text, n, &all, e) == 0 ?
	    bundle_members(a, all, ret, e) : -1);
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
