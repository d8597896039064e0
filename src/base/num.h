/* SPDX-License-Identifier: MIT */
/*
 * The core's own exp and log, since libm differs between machines: only
 * + - x / of IEEE doubles, so that two machines decide alike.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

/* e^x; 0 below -745, the largest double above 709.  Within 4e-15 of exact. */
double	num_exp(double x);
/* ln x for x > 0; MUST.  Within 4e-15 relative, 1e-15 absolute near 1. */
double	num_log(double x);

static inline double
num_min(double a, double b)
{
	return (a < b ? a : b);
}

static inline double
num_max(double a, double b)
{
	return (a > b ? a : b);
}

static inline double
num_clamp(double v, double lo, double hi)
{
	return (v < lo ? lo : v > hi ? hi : v);
}

#endif
