/* SPDX-License-Identifier: MIT */
/*
 * What lies ahead: how large a rush would be carried within two minutes, and
 * what a person should look at before it is an outage.
 */
#include <string.h>

#include "base/num.h"
#include "core/group_priv.h"

/* A rush is to be carried within this. */
#define WITHIN_S 120.0
/*
 * Less than this many times the present load below the bound, and the bound
 * is in sight: a sale or a post doubles a shop's load.
 */
#define IN_SIGHT 1.5
/* The policy's figure of a server is wrong beyond this factor. */
#define WRONG 1.5
/* A group may be behind its plan for one p95; less is boot luck. */
#define BEHIND_SIGMAS 1.645

/* Servers that may be there in all, whatever binds first. */
static int
outlook_bound(struct group *g, ns_t now)
{
	int have = g->view.serving + g->view.pending;
	int most = g->policy->size.max, n;

	n = clamp_dependency(g);
	if (n < most)
		most = n;
	n = have + group_launches_left(g, now);
	if (n < most)
		most = n;
	return (most > have ? most : have);
}

static double
outlook_survivable(struct group *g, ns_t now)
{
	double servers = g->view.serving + g->view.likely;
	double load = num_max(g->need.now_rps, 1.0);

	if (g->need.lead_s <= WITHIN_S)
		servers = num_max(servers, outlook_bound(g, now));
	return (servers * g->learned.capacity.rps / load);
}

static uint32_t
outlook_verdict(enum verdict v)
{
	switch (v) {
	case VERDICT_BAD_RELEASE:
		return (1u << ALARM_BAD_RELEASE);
	case VERDICT_DEPENDENCY:
		return (1u << ALARM_DEPENDENCY);
	case VERDICT_BALANCER:
		return (1u << ALARM_BALANCER);
	case VERDICT_STALLED:
		return (1u << ALARM_STALLED);
	case VERDICT_CAPACITY_REFUSED:
	case VERDICT_QUOTA:
		return (1u << ALARM_REFUSED);
	default:
		return (0);
	}
}

/* Since when a state holds; 0 when it does not. */
static void
outlook_since(ns_t *since, bool holds, ns_t now)
{
	if (!holds)
		*since = 0;
	else if (*since == 0)
		*since = now;
}

static bool
outlook_in_sight(struct group *g, ns_t now)
{
	const struct size_settings *z = &g->policy->size;
	int needed = g->need.servers > z->min ? g->need.servers : z->min;

	return (z->max > z->min && g->heard != 0 &&
	    g->need.now_rps * IN_SIGHT > outlook_bound(g, now) *
	    g->learned.capacity.rps && needed > z->min);
}

static bool
outlook_wrong(const struct group *g)
{
	double policy = g->policy->size.rate_rps;
	double ratio = policy > 0.0 ? g->learned.capacity.rps / policy : 1.0;

	return (ratio > WRONG || ratio < 1.0 / WRONG);
}

void
outlook(struct group *g, ns_t now, struct decision *d)
{
	bool blind = group_blind(g, now), lags;
	int i, max = g->policy->size.max;
	int plan = g->wanted < max ? g->wanted : max;

	d->survivable = g->heard != 0 ? outlook_survivable(g, now) : 0.0;
	d->alarms |= outlook_verdict(d->verdict);
	outlook_since(&g->blind_since, blind, now);
	if (blind && now - g->blind_since >= g->policy->limit.doubt_alarm)
		d->alarms |= 1u << ALARM_NO_DATA;
	lags = g->view.serving < plan && g->view.serving < g->need.servers;
	outlook_since(&g->lagging_since, lags, now);
	if (lags && now - g->lagging_since >
	    ns_from_s(lead_quantile_s(&g->learned.lead[0], BEHIND_SIGMAS)))
		d->alarms |= 1u << ALARM_LAGGING;
	for (i = 0; i < d->n_clamps; i++)
		if (d->clamps[i].kind == CLAMP_MAX)
			d->alarms |= 1u << ALARM_AT_MAX;
	if (g->benefit.none)
		d->alarms |= 1u << ALARM_NO_BENEFIT;
	if (outlook_in_sight(g, now))
		d->alarms |= 1u << ALARM_MAX_IN_SIGHT;
	if (outlook_wrong(g))
		d->alarms |= 1u << ALARM_CAPACITY_WRONG;
}
