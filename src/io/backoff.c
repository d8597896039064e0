/* SPDX-License-Identifier: MIT */
/* See backoff.h. */
#include "base/must.h"
#include "io/backoff.h"

void
backoff_init(struct backoff *b, ns_t first, ns_t most, uint64_t seed)
{
	MUST(first > 0);
	MUST(first <= most);
	b->first = first;
	b->most = most;
	b->failures = 0;
	rng_init(&b->rng, seed);
}

ns_t
backoff_fail(struct backoff *b, ns_t least)
{
	ns_t bound = b->first, wait;
	int i;

	for (i = 0; i < b->failures && bound < b->most; i++)
		bound = bound > b->most / 2 ? b->most : 2 * bound;
	/* At the bound nothing more is learned from the count. */
	if (bound < b->most)
		b->failures++;
	wait = (ns_t)(rng_unit(&b->rng) * (double)bound);
	return (wait > least ? wait : least);
}

void
backoff_well(struct backoff *b)
{
	b->failures = 0;
}
