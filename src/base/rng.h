/* SPDX-License-Identifier: MIT */
/* Random numbers from a seed that the caller brings: splitmix64. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

void		rng_init(struct rng *, uint64_t seed);
uint64_t	rng_next(struct rng *);
/* In [0, 1). */
double		rng_unit(struct rng *);
/* In [0, n), n > 0. */
uint64_t	rng_below(struct rng *, uint64_t n);

#endif
