/* SPDX-License-Identifier: MIT */
/*
 * The one place where secrets live: memory that is locked, in no core dump,
 * not in a child's, and wiped whenever a part of it is given back (I-35).
 */
#ifndef SECRET_ARENA_H
#define SECRET_ARENA_H

#include <stddef.h>

struct arena;
struct err;

/*
 * Locked, so all of it counts as resident.  1 MB holds 64 bundles of a page,
 * a page of credentials for each of 64 sources, twice while a reload changes
 * them all, and the largest bundle three times while it is fetched.
 */
enum { ARENA_PAGE = 4096, ARENA_PAGES = 256 };

struct arena	*arena_new(struct err *);
/* NULL is allowed. */
void		arena_free(struct arena *);

/* At least n bytes, all zero, in whole pages; NULL: there is no room. */
void		*arena_take(struct arena *, size_t n);
/* Wipes.  NULL is allowed; else from arena_take() of this one, MUST. */
void		arena_give(struct arena *, void *);

#endif
