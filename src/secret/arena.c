/* SPDX-License-Identifier: MIT */
/* See arena.h.  Runs of pages, first fit: few and large, asked for rarely. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/locked.h"
#include "secret/arena.h"

#define BYTES ((size_t)ARENA_PAGE * ARENA_PAGES)

struct arena {
	char *base;
	int run[ARENA_PAGES]; /* pages of the run that begins here; 0: none */
};

struct arena *
arena_new(struct err *e)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	a->base = locked_new(BYTES, e);
	if (a->base != NULL)
		return (a);
	free(a);
	return (NULL);
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	locked_free(a->base, BYTES);
	free(a);
}

void *
arena_take(struct arena *a, size_t n)
{
	int want, i, gap = 0;

	if (n > BYTES)
		return (NULL);
	want = n == 0 ? 1 : (int)((n + ARENA_PAGE - 1) / ARENA_PAGE);
	for (i = 0; i < ARENA_PAGES; i++) {
		if (a->run[i] > 0) {
			i += a->run[i] - 1;
			gap = 0;
			continue;
		}
		if (++gap < want)
			continue;
		i -= want - 1;
		a->run[i] = want;
		return (a->base + (size_t)i * ARENA_PAGE);
	}
	return (NULL);
}

void
arena_give(struct arena *a, void *p)
{
	size_t at;

	if (p == NULL)
		return;
	at = (size_t)((char *)p - a->base) / ARENA_PAGE;
	MUST(at < ARENA_PAGES);
	MUST(a->run[at] > 0);
	explicit_bzero(p, (size_t)a->run[at] * ARENA_PAGE);
	a->run[at] = 0;
}
