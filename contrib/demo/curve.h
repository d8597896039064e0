/* SPDX-License-Identifier: MIT */
/*
 * A rate curve, and the arrivals drawn from it before anything is sent.
 */
#ifndef DEMO_CURVE_H
#define DEMO_CURVE_H

#include <stddef.h>

#include "args.h"

enum { CURVE_POINTS_MAX = 256, ARRIVALS_MAX = 5000000 };

struct curve {
	int n;
	double at_s[CURVE_POINTS_MAX];
	double rate_rps[CURVE_POINTS_MAX];
};

/* "0:100,30:100,60:500": seconds and requests/s, straight lines between. */
void	curve_parse(const char *text, struct curve *ret);
double	curve_rate(const struct curve *, double at_s);
double	curve_seconds(const struct curve *);
/* Poisson arrivals since the start, in order; the caller frees them. */
ns_t	*curve_draw(const struct curve *, uint64_t seed, size_t *ret_n);

#endif
