/* SPDX-License-Identifier: MIT */
/*
 * splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", 2014).  Small, seeded, the same on every machine; nothing
 * here is secret.
 */
#include <stddef.h>

#include "base/must.h"
#include "base/rng.h"

void
rng_init(struct rng *r, uint64_t seed)
{
	MUST(r != NULL);
	r->state = seed;
}

uint64_t
rng_next(struct rng *r)
{
	uint64_t z;

	r->state += UINT64_C(0x9e3779b97f4a7c15);
	z = r->state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31));
}

double
rng_unit(struct rng *r)
{
	return ((double)(rng_next(r) >> 11) * 0x1.0p-53);
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	MUST(n > 0);
	return (rng_next(r) % n);
}
