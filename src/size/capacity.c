/* SPDX-License-Identifier: MIT */
/* Learned capacity; see capacity.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "size/capacity.h"

/* A policy that is wrong by more than this is wrong in kind, not in degree. */
#define CAPACITY_LEAST 0.1
#define CAPACITY_MOST 3.0
#define MEAN_S 30.0
#define PROVEN_MEMORY_S 7200.0
/* Strain (latency over its base, less 1) of servers with time to spare, ... */
#define STRAIN_NONE 0.08
#define STRAIN_WELL 0.30
/* ... and of servers at about four fifths of what they can. */
#define STRAIN_HARD 0.60
#define HARD_SHARE 0.82
/* Up in steps of 3 % after so long; down after half a minute. */
#define EASY_S 180.0
#define EASY_STEP 1.03
#define HARD_S 30.0
/* Latency of bursts is no latency at their mean. */
#define UNEVEN 0.08
/* At full work for so long, and this far from what was believed. */
#define FULL_S 6.0
#define FULL_LESS 0.85
#define FULL_MORE 1.08

void
capacity_init(struct capacity *c, double policy, double utilization)
{
	MUST(policy > 0.0);
	memset(c, 0, sizeof(*c));
	c->policy_rps = c->rps = policy;
	c->utilization = utilization;
}

static void
capacity_set(struct capacity *c, double rps)
{
	c->rps = num_clamp(rps, CAPACITY_LEAST * c->policy_rps,
	    CAPACITY_MOST * c->policy_rps);
}

static void
capacity_full(struct capacity *c, double x, double dt, bool steady)
{
	if (c->full_s <= 0.0) {
		c->full_rps = x;
		c->full_best = 0.0;
	}
	c->full_s += dt;
	c->calm_s = 0.0;
	if (!steady)
		return;
	c->full_rps += (x - c->full_rps) * num_min(1.0, dt / 3.0);
	if (c->full_s >= 3.0 && c->full_rps > c->full_best)
		c->full_best = c->full_rps;
	/* They did more than this before: the trouble is elsewhere. */
	if (c->full_s < FULL_S || c->full_best < 0.95 * c->proven_rps)
		return;
	/* Thrashing takes a few per cent at once; that is no other server. */
	if (c->full_best < FULL_LESS * c->rps ||
	    c->full_best > FULL_MORE * c->rps)
		capacity_set(c, c->full_best);
}

static void
capacity_strain(struct capacity *c, double dt)
{
	double target = c->rps * c->utilization;

	if (c->strain < STRAIN_WELL && c->load_rps > c->proven_rps)
		c->proven_rps = c->load_rps;
	if (c->proven_rps > c->rps)
		capacity_set(c, c->proven_rps);
	if (c->strain < STRAIN_NONE && c->load_rps > 0.9 * target)
		c->easy_s += dt;
	else
		c->easy_s = num_max(0.0, c->easy_s - dt);
	if (c->easy_s >= EASY_S) {
		c->easy_s = 0.0;
		capacity_set(c, c->rps * EASY_STEP);
	}
	/* Only at a load that was never carried well: else it is a release. */
	if (c->strain > STRAIN_HARD && c->uneven < UNEVEN &&
	    c->load_rps > 1.02 * c->proven_rps)
		c->hard_s += dt;
	else
		c->hard_s = 0.0;
	if (c->hard_s >= HARD_S &&
	    c->load_rps / HARD_SHARE < 0.95 * c->rps) {
		c->hard_s = 0.0;
		capacity_set(c, c->load_rps / HARD_SHARE);
	}
}

void
capacity_feed(struct capacity *c, const struct reading *r, double servers,
    bool steady)
{
	double x, w;

	if (r->trust != TRUST_FULL || servers < 0.5 || r->hidden)
		return;
	x = r->served_rps / servers;
	if (r->full) {
		capacity_full(c, x, r->dt_s, steady);
		return;
	}
	c->calm_s += r->dt_s;
	if (c->calm_s > 20.0)
		c->full_s = 0.0;
	c->proven_rps -= c->proven_rps *
	    num_min(1.0, r->dt_s / PROVEN_MEMORY_S) * 0.2;
	if (!steady || r->error_share > 0.02 || !r->latency_s.known ||
	    r->latency_s.v <= 0.0)
		return;
	w = num_min(1.0, r->dt_s / MEAN_S);
	if (c->base_s <= 0.0) {
		c->latency_s = c->base_s = r->latency_s.v;
		c->load_rps = 0.9 * x;
	}
	c->uneven += w * (fabs(x - c->load_rps) /
	    num_max(c->load_rps, 0.1) - c->uneven);
	c->load_rps += w * (x - c->load_rps);
	c->latency_s += w * (r->latency_s.v - c->latency_s);
	c->base_s += (c->latency_s - c->base_s) *
	    (c->latency_s < c->base_s ? w : num_min(1.0, r->dt_s / 86400.0));
	c->strain = c->latency_s / c->base_s - 1.0;
	capacity_strain(c, r->dt_s);
}
