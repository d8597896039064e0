/* SPDX-License-Identifier: MIT */
/*
 * What one server carries, requests/s.  It starts as the policy says.
 *
 * Down: at full work a server finishes what it can, and no more; and when
 * latency climbs as the load per server reaches what it never carried well.
 * Up: servers that run as full as they should, for long, and show no strain
 * at all, carry more than was thought.
 *
 * A figure seen in trouble that servers did better before is trouble of
 * something else (a database, a release): it teaches nothing.
 */
#ifndef SIZE_CAPACITY_H
#define SIZE_CAPACITY_H

#include <stdbool.h>

#include "signal/offered.h"

struct capacity {
	double policy_rps;
	double utilization;
	double rps;	      /* believed */
	double proven_rps;    /* a server carried it without strain, fading */
	double load_rps;      /* now, per server, half a minute's mean */
	double latency_s;     /* likewise */
	double base_s;	      /* of unstrained servers */
	double uneven;	      /* mean deviation of the load, relative */
	double strain;	      /* latency over base - 1 */
	double easy_s, hard_s; /* how long it looks too low, too high */
	double full_s;	      /* at full work */
	double full_rps;      /* finished per server, 3 s mean */
	double full_best;     /* most of it in this trouble */
	double calm_s;	      /* since the last full second */
};

void	capacity_init(struct capacity *, double policy_rps, double utilization);
/*
 * `servers`: serving now, those that warm up counted for less; `steady`: few
 * of them are new, so that the figure per server means something.
 */
void	capacity_feed(struct capacity *, const struct reading *, double servers,
	    bool steady);

#endif
