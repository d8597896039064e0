/* SPDX-License-Identifier: MIT */
/*
 * Announced events: which windows of the calendar are in sight, and the load
 * that is usual before they begin.  A window counts from a lead time before
 * its begin, so that servers serve when it begins; it may only raise (I-41).
 */
#ifndef FORECAST_ANNOUNCED_H
#define FORECAST_ANNOUNCED_H

#include "plimsoll/policy.h"

struct announced {
	double times;	/* of the usual load; 0: none said */
	int min, max;	/* servers; 0: none said */
	const char *note; /* of the window that asks for the most; or NULL */
};

struct usual {
	double rps;	/* mean of some ten minutes, 0: not known */
	bool frozen;	/* a window with `times` is in sight */
};

/* The windows in sight at wall_s, joined: most of times and min, least max. */
struct announced	announced_at(const struct calendar_window *, int n,
			    int64_t wall_s, double lead_s);
/* Once a second: the load of the last minute, and whether to keep still. */
void	usual_step(struct usual *, double rps, bool freeze);

#endif
