/* SPDX-License-Identifier: MIT */
/*
 * Sees a rush while it builds up: a change test over windows of 1, 2, 4 ...
 * seconds, its limit set by a rate of false alarms per week.  A rush has an
 * onset, the load before it, and a growth that is fitted as it unfolds.
 */
#ifndef FORECAST_SPIKE_H
#define FORECAST_SPIKE_H

#include <stdbool.h>

struct level;

struct spike {
	double limit;	      /* standard deviations that raise an alarm */
	bool on;
	double age_s;	      /* since its onset */
	double quiet_s;	      /* since the last alarm of it */
	double reference_rps; /* the load before it */
	double slope;	      /* requests/s per second, >= 0 */
	double level_rps;     /* now, smoothed over its own window */
	double z;	      /* of the newest second, strongest window */
	int scale;	      /* the window that was strongest, 1 << scale s */
};

void	spike_init(struct spike *, double false_alarms_per_week);
/* Once a completed second.  `full`: the servers are at full work. */
void	spike_step(struct spike *, const struct level *);
/* A sample shorter than a second; true: it is the begin of a rush. */
bool	spike_early(struct spike *, const struct level *);
/*
 * The load that many seconds ahead, if the rush goes on; 0 when there is
 * none.  A slope is followed to as many times the load as the rush has grown
 * so far, and to `least` times it at the least.
 */
double	spike_forecast(const struct spike *, double ahead_s, double least);
/* Standard deviations that a normal figure passes with chance p, p < 0.5. */
double	spike_quantile(double p);

#endif
