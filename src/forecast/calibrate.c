/* SPDX-License-Identifier: MIT */
/* Calibrated upper bound; see calibrate.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "forecast/calibrate.h"
#include "forecast/spike.h"
#include "signal/level.h"

/*
 * The centre is the mean of a minute; what counts is the load of a second: one
 * above what the servers carry is a second of slow answers.
 */
enum {
	CENTRE_S = 60,
	LOAD_S = 1,
	TREND_S = 120,
	/* So long after, it is known whether that was the start of a rush. */
	LATER_S = 30
};
#define TREND_SD 0.5
#define TREND_MOST 0.004 /* of the load, a second */
#define SPREAD_PRIOR 0.06
#define SPREAD_PRIOR_S 60.0
#define SPREAD_MEMORY_S 1200.0
/* One exceedance raises the factor so much; calm lowers it by risk of it. */
#define FACTOR_STEP 0.08
#define FACTOR_LEAST 0.8
#define FACTOR_MOST 1.6

/*
 * So far above the mean is the quantile, as a share of it: the roots of loads
 * are normal, so that what is noisy has a longer tail upward.
 */
static double
calibrate_tail(double sigmas, double spread)
{
	return (sigmas * sqrt(spread) + 0.25 * sigmas * sigmas * spread);
}

void
calibrate_init(struct calibrate *c, double risk)
{
	MUST(risk > 0.0 && risk < 0.5);
	memset(c, 0, sizeof(*c));
	c->risk = risk;
	c->sigmas = spike_quantile(risk);
	c->spread = SPREAD_PRIOR * SPREAD_PRIOR;
	c->heard_s = SPREAD_PRIOR_S;
	c->factor = 1.0;
	c->bound = calibrate_tail(c->sigmas, c->spread);
}

/*
 * Noise is what is left when the minute around it is taken out.  In a rush
 * that is the rush's own slope, which may not widen the bound of the calm.
 */
static void
calibrate_spread(struct calibrate *c, const struct level *l, bool rush)
{
	double mean = level_mean(l, 0, CENTRE_S), r;

	r = (level_mean(l, (CENTRE_S - LOAD_S) / 2, LOAD_S) - mean) /
	    num_max(mean, 1.0);
	c->heard_s = num_min(c->heard_s + 1.0, SPREAD_MEMORY_S);
	c->spread += (num_min(r * r, (rush ? 1.0 : 16.0) * c->spread) - c->spread) /
	    c->heard_s;
}

void
calibrate_step(struct calibrate *c, const struct level *l, double lead_s,
    bool rush)
{
	unsigned lead = (unsigned)num_clamp(lead_s, 1.0, LEVEL_RING - 100);
	double then, r;
	bool above;

	if (level_length(l) < lead + LATER_S + 10)
		return;
	calibrate_spread(c, l, rush);
	then = level_mean(l, lead + LATER_S, CENTRE_S);
	r = (level_mean(l, LATER_S, LOAD_S) - then) / num_max(then, 1.0);
	above = r > c->bound;
	if (rush) {
		c->rush_s += 1.0;
		c->rush_above_s += above;
	} else {
		c->calm_s += 1.0;
		c->above_s += above;
		c->factor = num_clamp(c->factor + FACTOR_STEP *
		    ((above ? 1.0 : 0.0) - c->risk), FACTOR_LEAST,
		    FACTOR_MOST);
	}
	c->bound = c->factor * calibrate_tail(c->sigmas, c->spread);
}

double
calibrate_upper(const struct calibrate *c, const struct level *l,
    double ahead_s)
{
	double mean = level_mean(l, 0, CENTRE_S), slope, sd;

	/* A trend beyond what noise makes of two means; half a rush's pace. */
	slope = level_slope(l, 2 * TREND_S);
	sd = TREND_SD * sqrt(c->spread) * mean / TREND_S;
	slope = num_clamp(slope - sd, 0.0, TREND_MOST * mean);
	return (mean * (1.0 + c->bound) + slope * (CENTRE_S / 2 + ahead_s));
}
