/* SPDX-License-Identifier: MIT */
/*
 * How long a launch takes until it serves, and whether it ever does; one of
 * these a way.  Times are log-normal; some launches never arrive, and the
 * share of those is learned from what is overdue, and fades.
 */
#ifndef SIZE_LEAD_H
#define SIZE_LEAD_H

#include "plimsoll/units.h"

struct lead {
	double mean, var;     /* of the logarithm of seconds */
	double n;	      /* launches that taught it, fading */
	double arrived, lost; /* launches, fading */
	double overdue;	      /* of those pending now, counted by doubt */
	double waited;	      /* pending now, counted by how far they are */
	double stall;	      /* share that never arrives */
};

void	lead_init(struct lead *, ns_t expected);
void	lead_arrived(struct lead *, double took_s);
void	lead_failed(struct lead *);
/* Fades what was lost; once a step. */
void	lead_fade(struct lead *, double dt_s);
/* The share of those that arrive which have done so at this age. */
double	lead_share(const struct lead *, double age_s);
double	lead_quantile_s(const struct lead *, double sigmas);

/* Doubt about pending launches: begin, each of them, end. */
void	lead_pending_begin(struct lead *);
void	lead_pending(struct lead *, double age_s, int n);
void	lead_pending_end(struct lead *);
/* Chance that one of this age still arrives, within `within_s`. */
double	lead_chance(const struct lead *, double age_s, double within_s);

#endif
