/* SPDX-License-Identifier: MIT */
/*
 * One group's deciding, wired: samples to signal, signal to forecasts,
 * forecasts to need, need to a decision.  The parts are in signal/,
 * forecast/, size/ and in the files beside this one.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "base/num.h"
#include "core/group_priv.h"

/* Learned state of another build is not taken: it says what it is. */
/* A row of recorded traffic holds no longer. */
#define HISTORY_SPAN_S 3600.0
#define LEARNED_MAGIC UINT64_C(0x504c4d0000000001)

static int
group_cap(const struct group_policy *p)
{
	return (p->size.hard_max + p->size.hard_max / 2 + 16);
}

size_t
group_size(const struct group_policy *p)
{
	return (sizeof(struct group) + servers_size(group_cap(p)));
}

static double
group_rate(const struct group_policy *p)
{
	return (p->size.rate_rps > 0.0 ? p->size.rate_rps :
	    p->size.concurrency);
}

int
group_init(struct group **ret, void *memory, const struct group_policy *p,
    uint64_t seed, struct err *e)
{
	struct group *g = memory;
	struct learned *l;
	int i;

	(void)seed;
	MUST(memory != NULL);
	if (group_rate(p) <= 0.0)
		return (err_set(e, EINVAL, "group '%s': server.rate is "
		    "missing", p->name));
	if (p->size.min > p->size.max)
		return (err_set(e, EINVAL, "group '%s': min is above max",
		    p->name));
	memset(g, 0, sizeof(*g));
	g->policy = p;
	servers_init(&g->servers, group_cap(p), g + 1);
	l = &g->learned;
	offered_init(&l->offered);
	level_init(&l->level);
	spike_init(&l->spike, p->forecast.false_alarms_per_week);
	calibrate_init(&l->calibrate, p->forecast.risk);
	headroom_init(&l->headroom, p->forecast.risk,
	    p->size.utilization);
	capacity_init(&l->capacity, group_rate(p), p->size.utilization);
	diagnose_init(&l->diagnose);
	season_init(&l->season);
	benefit_init(&g->benefit);
	for (i = 0; i < MAX_WAYS; i++)
		lead_init(&l->lead[i], p->forecast.lead_time);
	*ret = g;
	return (0);
}

int
group_policy_set(struct group *g, const struct group_policy *p, struct err *e)
{
	if (group_cap(p) > g->servers.cap)
		return (err_set(e, ENOSPC, "group '%s': hard_max grew",
		    p->name));
	if (group_rate(p) != group_rate(g->policy) ||
	    p->size.utilization != g->policy->size.utilization)
		capacity_init(&g->learned.capacity, group_rate(p),
		    p->size.utilization);
	g->policy = p;
	return (0);
}

struct servers *
group_servers(struct group *g)
{
	return (&g->servers);
}

struct drill *
group_drill(struct group *g)
{
	return (&g->learned.drill);
}

const struct group_policy *
group_policy(const struct group *g)
{
	return (g->policy);
}

static void
group_second(struct group *g)
{
	struct learned *l = &g->learned;

	spike_step(&l->spike, &l->level);
	g->need.uncalm_s = l->spike.on || l->diagnose.verdict != VERDICT_OK ?
	    0.0 : g->need.uncalm_s + 1.0;
	level_learn(&l->level, l->spike.on ||
	    l->diagnose.verdict != VERDICT_OK);
	calibrate_step(&l->calibrate, &l->level, g->need.lead_s,
	    g->need.uncalm_s < g->need.lead_s + 60.0);
	usual_step(&l->usual, level_mean(&l->level, 0, 60),
	    g->announced.times > 0.0);
	peaks_feed(&l->peaks, num_max(level_mean(&l->level, 0, 8),
	    calibrate_upper(&l->calibrate, &l->level, g->need.lead_s)));
	headroom_step(&l->headroom, level_mean(&l->level, 0, 2),
	    num_max(g->need.calm_rps, spike_forecast(&l->spike,
	    g->need.lead_s, 3.0)), g->need.lead_s,
	    ns_to_s(g->policy->limit.peak_window));
}

static void
group_diagnose(struct group *g, const struct reading *r)
{
	struct learned *l = &g->learned;
	struct diagnose_in in = { .reading = r, .capacity = &l->capacity,
		.servers = g->view.effective,
		.errors_objective = g->policy->size.errors };
	bool held = l->diagnose.verdict == VERDICT_BAD_RELEASE ||
	    l->diagnose.verdict == VERDICT_DEPENDENCY;

	/* A rush that began with the trouble may be the trouble's echo. */
	in.spike = l->spike.on && (!held ||
	    l->spike.age_s < l->diagnose.since_s - 15.0);
	diagnose_feed(&l->diagnose, &in);
}

void
group_feed(struct group *g, const struct now *now, const struct sample *s)
{
	struct learned *l = &g->learned;
	struct reading r;
	double rps;

	view_count(g, now->mono);
	r = offered_feed(&l->offered, now->mono, s,
	    g->view.effective * l->capacity.rps);
	if (r.trust == TRUST_NONE)
		return;
	g->reading = r;
	g->heard = now->mono;
	rps = r.offered_rps;
	if (r.trust == TRUST_RAISE && !r.hidden)
		rps = num_max(rps, level_mean(&l->level, 0, 8));
	capacity_feed(&l->capacity, &r, g->view.effective,
	    g->view.warming < 0.2);
	group_diagnose(g, &r);
	benefit_feed(&g->benefit, &r, g->view.effective,
	    g->view.warming < 0.2);
	/* Trouble is no habit. */
	if (r.trust == TRUST_FULL && !r.hidden &&
	    l->diagnose.verdict == VERDICT_OK)
		season_feed(&l->season, now->wall_s, rps, r.dt_s,
		    g->need.lead_s);
	if (level_feed(&l->level, rps, r.dt_s))
		group_second(g);
	/* Also the sample that filled it: of a second's mean it is little. */
	if (!g->policy->forecast.plain)
		(void)spike_early(&l->spike, &l->level);
}

void
group_history(struct group *g, int64_t wall_s, double rps, double span_s)
{
	double lead_s = lead_quantile_s(&g->learned.lead[0], 0.0), dt_s;

	/* A row of a day is no row of minutes. */
	span_s = num_clamp(span_s, 0.0, HISTORY_SPAN_S);
	for (; span_s > 0.0; span_s -= dt_s) {
		dt_s = num_min(span_s, 60.0 - (double)(wall_s % 60));
		season_feed(&g->learned.season, wall_s, rps, dt_s, lead_s);
		wall_s += (int64_t)ceil(dt_s);
	}
}

void
group_learn(struct group *g, const struct now *now, const struct server *s,
    enum phase from, enum phase to, ns_t took)
{
	struct lead *l = &g->learned.lead[s->way < MAX_WAYS ? s->way : 0];

	(void)now, (void)took;
	if (s->flags & (SERVER_RESTORED | SERVER_DRILL))
		return;
	if (to == PHASE_SERVING && from < PHASE_SERVING)
		lead_arrived(l, ns_to_s(now->mono - s->since));
	else if (to == PHASE_FAILED && from < PHASE_SERVING)
		lead_failed(l);
}

void
group_granted(struct group *g, const struct now *now, int way, int accepted,
    int refused, enum outcome why)
{
	struct refusal *r;

	MUST(way >= 0 && way < MAX_WAYS);
	r = &g->refusal[way];
	if (refused <= 0) {
		if (accepted > 0)
			r->in_row = 0;
		return;
	}
	r->at = now->mono;
	r->why = why;
	r->in_row = accepted > 0 ? 1 : r->in_row + 1;
}

int
group_word(struct group *g, const struct now *now, const struct word *w,
    struct err *e)
{
	return (words_take(g, now, w, e));
}

void
group_forbid(struct group *g, const struct hold *holds, int n)
{
	MUST(n >= 0 && n <= MAX_HOLDS);
	memcpy(g->forbid, holds, (size_t)n * sizeof(*holds));
	g->n_forbid = n;
}

int
group_save(const struct group *g, void *buf, size_t *n, struct err *e)
{
	uint64_t head[2] = { LEARNED_MAGIC, sizeof(g->learned) };

	if (*n < sizeof(head) + sizeof(g->learned))
		return (err_set(e, ENOSPC, "group '%s': learned state takes "
		    "%zu bytes", g->policy->name,
		    sizeof(head) + sizeof(g->learned)));
	memcpy(buf, head, sizeof(head));
	memcpy((char *)buf + sizeof(head), &g->learned, sizeof(g->learned));
	*n = sizeof(head) + sizeof(g->learned);
	return (0);
}

int
group_load(struct group *g, const struct now *now, const void *buf, size_t n,
    struct err *e)
{
	uint64_t head[2];

	(void)now;
	if (n != sizeof(head) + sizeof(g->learned))
		return (err_set(e, EINVAL, "group '%s': learned state of "
		    "another build", g->policy->name));
	memcpy(head, buf, sizeof(head));
	if (head[0] != LEARNED_MAGIC || head[1] != sizeof(g->learned))
		return (err_set(e, EINVAL, "group '%s': learned state of "
		    "another build", g->policy->name));
	memcpy(&g->learned, (const char *)buf + sizeof(head),
	    sizeof(g->learned));
	g->learned.offered.begun = false;
	g->learned.spike.on = false;
	return (0);
}

/* Servers whose launch will not arrive are launched again. */
static int
group_want(struct group *g, int have)
{
	int likely = (int)floor(g->view.likely + 0.5);
	int missing = g->need.servers - g->view.serving - likely;

	if (missing > 0)
		return (have + missing);
	return (g->need.keep < have ? g->need.keep : have);
}

void
group_need(struct group *g, const struct now *now, struct claim *ret)
{
	struct learned *l = &g->learned;
	int i, have, want;

	words_expire(g, now);
	view_count(g, now->mono);
	for (i = 0; i < MAX_WAYS && i < (g->policy->n_ways > 0 ?
	    g->policy->n_ways : 1); i++)
		lead_fade(&l->lead[i], g->reading.dt_s);
	if (l->spike.on && g->in.rush_onset == 0)
		g->in.rush_onset = now->mono - ns_from_s(l->spike.age_s);
	g->announced = announced_at(g->policy->calendar, g->policy->n_calendar,
	    now->wall_s, g->need.lead_s);
	need_compute(g, now);
	have = g->view.serving + g->view.pending;
	want = g->heard == 0 || group_blind(g, now->mono) ? have :
	    group_want(g, have);
	if (diagnose_scales(&l->diagnose))
		g->need.held_servers = have;
	else /* what was lost since is replaced */
		want = (int)num_max(have, num_min(g->need.servers,
		    g->need.held_servers));
	clamp_want(g, now, want, ret);
}

ns_t
group_boot_deadline(const struct group *g, int way)
{
	const struct lead *l = &g->learned.lead[way < MAX_WAYS ? way : 0];
	double learned = 2.0 * lead_quantile_s(l, 1.645);

	return (l->n < 10.0 ? g->policy->limit.boot_deadline :
	    ns_from_s(learned));
}

int
group_way(const struct group *g, const struct now *now)
{
	int i, n = g->policy->n_ways > 0 ? g->policy->n_ways : 1, best = 0;

	for (i = 0; i < n; i++) {
		const struct refusal *r = &g->refusal[i];

		if (r->in_row == 0 || now->mono - r->at > NS_MIN)
			return (i);
		if (r->at < g->refusal[best].at)
			best = i;
	}
	return (best);
}

void
group_decide(struct group *g, const struct now *now, const struct claim *c,
    struct decision *d)
{
	decide_step(g, now, c, d);
}
