/* SPDX-License-Identifier: MIT */
/*
 * How many servers the load asks for, at the moment at which those that are
 * launched now will serve.  Every forecast may only raise what the load now
 * asks for (I-41).
 */
#include <math.h>

#include "base/num.h"
#include "core/group_priv.h"

/*
 * At full work servers do less (they thrash), new ones are cold, and what
 * piled up has to be worked off: the gap is closed this many times over,
 * and the first to arrive count.  What is too many goes when it is paid for.
 */
#define EMERGENCY_TIMES 20.0
/* It begins where the load is this many times that before the rush ... */
#define RISE_FROM 1.5
/* ... and is whole so much above it. */
#define RISE_WIDTH 0.25
#define OVER_FROM 1.25 /* likewise, load over capacity */
#define OVER_WIDTH 0.2
/* Servers are beyond what they carry at this load over capacity. */
#define OVER 1.05
/*
 * A slope is not believed further than to so many times the load: a rush
 * that goes on will still be there in a few seconds, and then counts again.
 * Early is while the servers carry it.
 */
#define GROWTH_EARLY 1.3
#define GROWTH_LATE 3.0
/* On an estimate of hidden arrivals it is hardly followed. */
#define GROWTH_HIDDEN 1.1
/* Load beyond the upper bound of the noise by this is no noise. */
#define BEYOND_NOISE 1.1
/* So soon a rush that grows is what it will be. */
#define SOON_S 8.0
/* More than so many times what the load needs now helps nobody. */
#define EMERGENCY_MOST 5.0
/* In the first minutes of all, nobody knows what is usual. */
#define KNOWN_S 300u
#define EMERGENCY_BLIND 2.0
/* As far as growth is followed in a multiple of the gap. */
#define GROWTH_MOST 1.5
/*
 * What is launched after the first burst arrives when that has ended the
 * trouble, or shows that it will not.
 */
#define BURST_S 12
#define EMERGENCY_LATER 1.2
/* In a rush servers are run no fuller than this. */
#define RUSH_UTILIZATION 0.75
/* A backlog is planned to be worked off within this. */
#define DRAIN_S 20.0

/* The windows that a scale-in looks back over (I-07). */
static double
need_window_s(const struct group *g)
{
	double p95 = lead_quantile_s(&g->learned.lead[0], 1.645);

	return (num_max(ns_to_s(g->policy->limit.peak_window),
	    num_min(2.0 * p95, 3600.0)));
}

static int
need_servers(double rps, double carry_rps)
{
	double k = ceil(rps / carry_rps - 1e-6);

	return (k > MAX_SERVERS ? MAX_SERVERS : (int)k);
}

static void
need_raise(struct need *n, double rps, enum winner w)
{
	if (rps <= n->rate_rps)
		return;
	n->rate_rps = rps;
	n->winner = w;
}

/* How far the rush is beyond what a small one is, 0 to 1. */
static double
need_severity(const struct learned *l, double soon, double over)
{
	double before = l->spike.on ? l->spike.reference_rps :
	    l->diagnose.calm_rps;

	return (num_clamp((soon / num_max(before, 1.0) - RISE_FROM) /
	    RISE_WIDTH, 0.0, 1.0) *
	    num_clamp((over - OVER_FROM) / OVER_WIDTH, 0.0, 1.0));
}

/* How many times the gap is closed. */
static double
need_times(struct group *g, ns_t now, double load, double soon)
{
	const struct learned *l = &g->learned;
	struct need *n = &g->need;
	double times;

	times = 1.0 + (EMERGENCY_TIMES - 1.0) * need_severity(l, soon,
	    load / num_max(1.0, g->view.effective * l->capacity.rps));
	/* What noise brings will be gone when a server comes. */
	if (n->severe == 0 && load < BEYOND_NOISE * n->calm_rps)
		return (1.0);
	/* What was before is not known yet. */
	if (level_length(&l->level) < KNOWN_S)
		times = num_min(times, EMERGENCY_BLIND);
	if (times > 1.0 && n->severe == 0)
		n->severe = now;
	if (n->severe != 0 && now - n->severe > BURST_S * NS_S)
		times = num_min(times, EMERGENCY_LATER);
	return (times);
}

/* More load than the servers can carry: close the gap, with what it costs. */
static void
need_emergency(struct group *g, ns_t now)
{
	struct need *n = &g->need;
	const struct learned *l = &g->learned;
	const struct reading *r = &g->reading;
	double load = level_mean(&l->level, 0, 3), soon, over, target;

	soon = load + (l->spike.on ? SOON_S * l->spike.slope : 0.0);
	over = soon / num_max(1.0, g->view.effective * l->capacity.rps);
	/* What hidden arrivals call for cannot go before they are seen. */
	if (!diagnose_scales(&l->diagnose) || r->hidden ||
	    (!(r->full && l->diagnose.full_s >= 3.0) && over < OVER)) {
		n->emergency = false;
		return;
	}
	if (!n->emergency) {
		n->before_rush = g->view.serving;
		n->severe = 0;
	}
	n->emergency = true;
	load = num_max(load, level_mean(&l->level, 0, 1));
	target = (num_min(num_max(load, n->rate_rps), GROWTH_MOST * load) +
	    r->wait_s * r->served_rps / DRAIN_S) / n->rush_carry_rps;
	if (target <= n->before_rush)
		return;
	target = num_min(n->before_rush + need_times(g, now, load, soon) *
	    (target - n->before_rush),
	    num_max(target, EMERGENCY_MOST * load / n->rush_carry_rps));
	n->servers = (int)num_max(n->servers, ceil(target));
}

/* How far a slope is followed. */
static double
need_growth(const struct group *g)
{
	return (g->need.now_rps < g->view.effective *
	    g->learned.capacity.rps ? GROWTH_EARLY : GROWTH_LATE);
}

void
need_compute(struct group *g, const struct now *now)
{
	struct need *n = &g->need;
	const struct learned *l = &g->learned;
	double peak, rush;

	n->carry_rps = l->capacity.rps * g->policy->size.utilization;
	n->lead_s = lead_quantile_s(&l->lead[0], 0.0) +
	    0.5 * ns_to_s(g->policy->size.warm_up);
	n->now_rps = level_mean(&l->level, 0, 8);
	n->calm_rps = calibrate_upper(&l->calibrate, &l->level, n->lead_s);
	n->rate_rps = num_max(n->now_rps, n->calm_rps);
	n->winner = WINNER_NOW;
	if (g->policy->forecast.plain) {
		n->servers = n->keep = need_servers(n->rate_rps,
		    n->carry_rps);
		return;
	}
	n->rush_carry_rps = l->capacity.rps *
	    num_min(g->policy->size.utilization, RUSH_UTILIZATION);
	rush = spike_forecast(&l->spike, n->lead_s, need_growth(g));
	if (g->reading.hidden)
		rush = num_min(rush, GROWTH_HIDDEN * n->now_rps);
	n->servers = need_servers(rush, n->rush_carry_rps);
	need_raise(n, rush, WINNER_SPIKE);
	need_raise(n, g->announced.times * l->usual.rps, WINNER_CALENDAR);
	if (g->policy->forecast.season)
		need_raise(n, n->calm_rps * season_at(&l->season, now->wall_s,
		    n->lead_s, level_mean(&l->level, 0, 60)).times,
		    WINNER_SEASON);
	need_raise(n, headroom_floor(&l->headroom), WINNER_HEADROOM);
	n->servers = (int)num_max(n->servers,
	    need_servers(n->rate_rps, n->carry_rps));
	need_emergency(g, now->mono);
	peak = peaks_over(&l->peaks, need_window_s(g)) *
	    g->policy->limit.peak_margin;
	n->keep = (int)num_max(need_servers(peak, n->carry_rps), n->servers);
}
