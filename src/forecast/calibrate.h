/* SPDX-License-Identifier: MIT */
/*
 * The spread of the forecast, calibrated online: how far the load at the
 * lead time was above the mean minute a lead time before.  In calm the load
 * is above the upper bound for the share of time that `risk` names; what a
 * normal spread would give is corrected by what happened (conformal).
 */
#ifndef FORECAST_CALIBRATE_H
#define FORECAST_CALIBRATE_H

#include <stdbool.h>

struct level;

struct calibrate {
	double risk;
	double sigmas;	   /* of a normal spread at that risk */
	double spread;	   /* squared, relative */
	double factor;	   /* correction of the sigmas, near 1 */
	double heard_s;
	double calm_s, above_s;	/* coverage, for people: in calm ... */
	double rush_s, rush_above_s; /* ... and in rushes */
	double bound;	   /* relative to the mean minute */
};

void	calibrate_init(struct calibrate *, double risk);
/* Once a second. */
void	calibrate_step(struct calibrate *, const struct level *, double lead_s,
	    bool rush);
/* The upper bound of the load at the lead time, from the load now. */
double	calibrate_upper(const struct calibrate *, const struct level *,
	    double ahead_s);

#endif
