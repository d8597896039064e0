/* SPDX-License-Identifier: MIT */
/*
 * A bundle's names are in ordinary memory, its values in the arena.  A new
 * one replaces the old one whole, when it was fetched well and misses no key
 * that the old one had of those that are required.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "secret/arena.h"
#include "secret/bundle.h"

struct bundle {
	int n;
	char key[BUNDLE_KEYS][BUNDLE_KEY_SIZE];
	struct secret value[BUNDLE_KEYS];
	char *text; /* the arena's */
};

struct entry {
	struct bundles *of;
	struct bundle_settings set;
	struct bundle *now;
	ns_t at; /* fetched well */
	bool fresh;
	struct timer timer;
	char why[ERR_SIZE];
};

struct bundles {
	struct loop *loop;
	struct arena *arena;
	int n;
	struct entry entry[BUNDLES_MAX];
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

static const struct secret *
bundle_find(const struct bundle *b, const char *key)
{
	int i;

	for (i = 0; i < b->n; i++)
		if (strcmp(b->key[i], key) == 0)
			return (&b->value[i]);
	return (NULL);
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

/* How many of the required keys it lacks. */
static int
missing_of(const struct entry *t, const struct bundle *b, const char **ret)
{
	int i, n = 0;

	for (i = 0; i < t->set.require.n; i++)
		if (b == NULL ||
		    bundle_find(b, t->set.require.text[i]) == NULL)
			ret[n++] = t->set.require.text[i];
	return (n);
}

static void
entry_fetch(void *arg)
{
	const char *lacks[KEY_STRINGS_MAX];
	struct entry *t = arg;
	struct bundle *b = NULL;
	struct err e = { 0 };
	int n;

	loop_timer_set(t->of->loop, &t->timer, t->set.refresh, entry_fetch, t);
	t->fresh = t->set.source->fetch(t->set.where, t->of->arena, &b, &e) ==
	    0;
	n = t->fresh ? missing_of(t, b, lacks) : 0;
	/* Half a bundle does not take the place of a whole one. */
	if (n > 0 && t->now != NULL && missing_of(t, t->now, lacks) == 0) {
		(void)missing_of(t, b, lacks);
		(void)err_set(&e, EINVAL, "the new one lacks %d keys, the "
		    "first '%.64s'", n, lacks[0]);
		bundle_drop(t->of->arena, b);
		t->fresh = false;
	}
	(void)snprintf(t->why, sizeof(t->why), "%s", e.text);
	if (!t->fresh)
		return;
	bundle_drop(t->of->arena, t->now);
	t->now = b;
	t->at = loop_now(t->of->loop).mono;
}

struct bundles *
bundles_new(struct loop *l, struct err *e)
{
	struct bundles *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	s->loop = l;
	s->arena = arena_new(e);
	if (s->arena == NULL) {
		free(s);
		return (NULL);
	}
	return (s);
}

void
bundles_free(struct bundles *s)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		loop_timer_stop(&s->entry[i].timer);
		bundle_drop(s->arena, s->entry[i].now);
	}
	arena_free(s->arena);
	free(s);
}

static struct entry *
entry_of(const struct bundles *s, const char *name)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].set.name, name) == 0)
			return ((struct entry *)&s->entry[i]);
	return (NULL);
}

int
bundles_add(struct bundles *s, const struct bundle_settings *set,
    struct err *e)
{
	struct entry *t = &s->entry[s->n];

	MUST(set->refresh > 0 && set->source != NULL);
	if (s->n == BUNDLES_MAX)
		return (err_set(e, EINVAL, "over %d secrets", BUNDLES_MAX));
	if (entry_of(s, set->name) != NULL)
		return (err_set(e, EEXIST, "the secret '%s' is there twice",
		    set->name));
	t->of = s;
	t->set = *set;
	s->n++;
	entry_fetch(t);
	return (0);
}

bool
bundles_refresh(struct bundles *s, const char *name)
{
	struct entry *t = entry_of(s, name);

	if (t != NULL)
		entry_fetch(t);
	return (t != NULL);
}

bool
bundles_status(const struct bundles *s, const char *name,
    struct bundle_status *ret)
{
	const struct entry *t = entry_of(s, name);

	if (t == NULL)
		return (false);
	memset(ret, 0, sizeof(*ret));
	ret->there = t->now != NULL;
	ret->fresh = t->fresh;
	ret->n_missing = missing_of(t, t->now, ret->missing);
	ret->complete = ret->there && ret->n_missing == 0;
	ret->age = ret->there ? loop_now(s->loop).mono - t->at : NS_NEVER;
	ret->why = t->why;
	return (true);
}

const struct bundle *
bundle_of(const struct bundles *s, const char *name)
{
	const struct entry *t = entry_of(s, name);

	return (t != NULL ? t->now : NULL);
}

bool
bundle_ready(const struct bundles *s, const char *name)
{
	struct bundle_status st;

	return (bundles_status(s, name, &st) && st.complete);
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
