/* SPDX-License-Identifier: MIT */
/*
 * A kind of place that bundles come from.  Like every driver it is a const
 * table and one row in a list (policy/drivers.c), never blocks and never
 * logs.  No sentence of it holds anything of a secret (I-35).
 */
#ifndef SECRET_SOURCE_H
#define SECRET_SOURCE_H

#include <stddef.h>

#include "base/err.h"
#include "plimsoll/key.h"
#include "plimsoll/units.h"

struct arena;
struct bundle;
struct loop;
struct web;

enum { SECRET_VERSION_SIZE = 64 };

/* What came of one fetch. */
struct fetched {
	struct bundle *bundle; /* the receiver's; NULL: `why` is set */
	ns_t lasts; /* from now until it ends by itself; NS_NEVER: not said */
	char version[SECRET_VERSION_SIZE]; /* the source's name of it, or "" */
	/* From now until the source will not let us in any more; likewise. */
	ns_t access;
	ns_t again; /* the next fetch not later than this; NS_NEVER: any time */
	struct err why;
};
#define FETCHED_NONE \
	{ .lasts = NS_NEVER, .access = NS_NEVER, .again = NS_NEVER }

/* What a source is given; outlives it. */
struct secret_host {
	struct loop *loop;
	struct arena *arena;
	void *ctx;
	/* The HTTP client that all share; NULL with a sentence. */
	struct web *(*web)(void *ctx, struct err *);
	/* The end of a fetch. */
	void (*fetched)(void *ctx, const struct fetched *);
};

struct secret_ops {
	const char *name;
	size_t state_size; /* the host allots self, zeroed */
	const struct key_table *keys;

	/* The settings are copied: they end before the source. */
	int	(*init)(void *self, const struct secret_host *,
		    const void *settings, struct err *);
	/*
	 * Begins a fetch, which ends in one fetched(), later and never from
	 * inside.  Only one at a time.  The host owns the deadline.  -1 with
	 * a sentence: nothing was begun.
	 */
	int	(*fetch)(void *self, struct err *);
	/* No fetched() any more for the fetch that is under way. */
	void	(*cancel)(void *self);
	/* Accepts a half-built self; a fetch that is under way is dropped. */
	void	(*fini)(void *self);
};

extern const struct secret_ops secret_file;
extern const struct secret_ops secret_command;
extern const struct secret_ops secret_vault;
extern const struct secret_ops secret_aws;

#endif
