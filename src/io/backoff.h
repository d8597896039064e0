/* SPDX-License-Identifier: MIT */
/*
 * When to try again: a random moment up to a bound that doubles with every
 * failure in a row (exponential back-off with full jitter), so that many
 * who failed together do not come back together.  Seeded; reads no clock.
 */
#ifndef IO_BACKOFF_H
#define IO_BACKOFF_H

#include "base/rng.h"
#include "plimsoll/units.h"

struct backoff {
	ns_t first, most; /* the bound after one failure, and at last */
	int failures;	  /* in a row */
	struct rng rng;
};

/* 0 < first <= most; MUST. */
void	backoff_init(struct backoff *, ns_t first, ns_t most, uint64_t seed);
/* One more failure: how long to wait, not below `least` (Retry-After). */
ns_t	backoff_fail(struct backoff *, ns_t least);
void	backoff_well(struct backoff *);

#endif
