/* SPDX-License-Identifier: MIT */
/*
 * A bundle: what a group's servers need to know before they may serve, as
 * key=value with any bytes in the value.  The names are in ordinary memory,
 * the values in the arena.  See bundles.h for how one is come by.
 */
#ifndef SECRET_BUNDLE_H
#define SECRET_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "io/jspan.h"

struct arena;
struct bundle;
struct err;

enum {
	BUNDLE_KEYS = 64,
	BUNDLE_KEY_SIZE = 64,  /* a key's name, with NUL */
	BUNDLE_MAX = 64 << 10  /* bytes of a whole bundle */
};

/* Bytes that no format takes: n of them, no NUL behind. */
struct secret {
	const unsigned char *bytes;
	size_t n;
};

/* May this be a key's name?  Letters, digits and '_', no digit first. */
bool		bundle_key_ok(const char *);
int		bundle_count(const struct bundle *);
/* The i-th; *ret_key is its name. */
struct secret	bundle_at(const struct bundle *, int i, const char **ret_key);
/* NULL: it has no such key. */
const struct secret	*bundle_find(const struct bundle *, const char *key);
/* The same keys with the same values, in whatever order. */
bool		bundle_same(const struct bundle *, const struct bundle *);

/*
 * For sources.  A bundle of lines KEY=value, any bytes but a line's end in a
 * value, lines that begin with # left out.  text is wiped, whatever comes of
 * it, and no sentence holds any of it.
 */
int		bundle_parse(struct arena *, char *text, size_t n,
		    struct bundle **ret, struct err *);
/*
 * A bundle of the members of a JSON object, which are strings, or numbers,
 * true and false as they are written.  Whose text it is wipes it.
 */
int		bundle_members(struct arena *, struct jspan object,
		    struct bundle **ret, struct err *);
/* One JSON object, or lines: what begins with a '{' is an object. */
int		bundle_text(struct arena *, char *text, size_t n,
		    struct bundle **ret, struct err *);
/* Wipes.  NULL is allowed. */
void		bundle_drop(struct arena *, struct bundle *);

#endif
