/* SPDX-License-Identifier: MIT */
/*
 * From what is wanted to what is claimed: words, bounds, dependencies,
 * spend, launches an hour, each in its place and each named in the decision.
 * A limit stops growth; it takes nothing away that is there (what is there
 * leaves by the rules of a scale-in).
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/group_priv.h"

enum { DAY_S = 86400 };

static void
clamp_to(struct group *g, enum clamp_kind kind, int *n, int to)
{
	struct clamps *c = &g->clamps;

	if (to == *n)
		return;
	if (c->n < MAX_CLAMPS)
		c->at[c->n++] = (struct clamp){ kind, *n, to };
	*n = to;
}

/* No more than `most`, but never below what is there. */
static void
clamp_growth(struct group *g, enum clamp_kind kind, int *n, int most)
{
	int have = g->view.serving + g->view.pending;

	if (most < have)
		most = have;
	if (*n > most)
		clamp_to(g, kind, n, most);
}

int
clamp_dependency(const struct group *g)
{
	const struct group_policy *p = g->policy;
	int i, n, others, most = MAX_SERVERS;

	/* What drains or rehearses holds its connections, too (I-40). */
	others = g->view.draining + g->view.drills;
	for (i = 0; i < p->n_depends; i++) {
		const struct depend_settings *d = &p->depends[i];

		if (d->per_server <= 0.0)
			continue;
		n = (int)num_clamp(floor((d->connections - d->reserve) /
		    d->per_server), 0, MAX_SERVERS) - others;
		if (n < most)
			most = n > 0 ? n : 0;
	}
	return (most);
}

/* Servers that the rest of the day's money pays for. */
static int
clamp_spend(const struct group *g, const struct now *now)
{
	const struct limit_settings *m = &g->policy->limit;
	double left_h;

	if (m->spend_per_day <= 0.0 || m->price_per_hour <= 0.0)
		return (MAX_SERVERS);
	left_h = (DAY_S - (double)(((now->wall_s % DAY_S) + DAY_S) % DAY_S)) /
	    3600.0;
	return ((int)num_clamp(floor((m->spend_per_day -
	    g->learned.spend.today) / (m->price_per_hour *
	    num_max(left_h, 1.0 / 60))), 0, MAX_SERVERS));
}

/* The window slides by whole minutes; it is never shorter than an hour. */
static void
clamp_hour_turn(struct launches *l, ns_t now)
{
	int64_t minute = now / NS_MIN;

	if (minute - l->minute >= LAUNCH_MINUTES)
		memset(l->in, 0, sizeof(l->in));
	else
		while (l->minute < minute)
			l->in[++l->minute % LAUNCH_MINUTES] = 0;
	l->minute = minute;
}

void
group_launched(struct group *g, ns_t now, ns_t at, int n)
{
	struct launches *l = &g->launches;
	int64_t minute = at / NS_MIN;
	int *in;

	clamp_hour_turn(l, now);
	if (at < 0 || minute > l->minute ||
	    l->minute - minute >= LAUNCH_MINUTES)
		return;
	in = &l->in[minute % LAUNCH_MINUTES];
	*in = (int)num_max(0, *in + n);
}

int
group_launches(struct group *g, ns_t now)
{
	int i, n = 0;

	clamp_hour_turn(&g->launches, now);
	for (i = 0; i < LAUNCH_MINUTES; i++)
		n += g->launches.in[i];
	return (n);
}

int
group_launches_left(struct group *g, ns_t now)
{
	int most = g->policy->limit.launches_per_hour;

	return (most <= 0 ? MAX_SERVERS :
	    (int)num_clamp(most - group_launches(g, now), 0, MAX_SERVERS));
}

/* Once a step: what the servers cost, estimated. */
static void
clamp_pay(struct group *g, const struct now *now)
{
	struct spend *s = &g->learned.spend;
	int64_t day = now->wall_s / DAY_S;
	double dt_s;

	if (day != s->day) {
		s->day = day;
		s->today = 0.0;
	}
	if (g->paid_at != 0 && now->mono > g->paid_at) {
		dt_s = num_min(ns_to_s(now->mono - g->paid_at), 60.0);
		s->today += g->policy->limit.price_per_hour * dt_s / 3600.0 *
		    (g->view.serving + g->view.pending + g->view.draining +
		    g->view.failed - g->view.foreign);
	}
	g->paid_at = now->mono;
}

static int
clamp_words(const struct group *g, int want)
{
	if (g->word[0].on && g->word[0].servers > want)
		want = g->word[0].servers;
	if (g->word[1].on && g->word[1].servers < want)
		want = g->word[1].servers;
	if (g->word[2].on)
		want = g->word[2].servers;
	return (want);
}

/* Servers that help nobody are not bought, but by a word and the minimum. */
static int
clamp_benefit(const struct group *g, int have)
{
	int most = benefit_most(&g->benefit, have);

	most = (int)num_max(most, g->policy->size.min);
	if (g->word[0].on)
		most = (int)num_max(most, g->word[0].servers);
	if (g->word[2].on)
		most = (int)num_max(most, g->word[2].servers);
	return (most);
}

void
clamp_want(struct group *g, const struct now *now, int want,
    struct claim *ret)
{
	const struct size_settings *z = &g->policy->size;
	int have = g->view.serving + g->view.pending, n = g->need.servers;
	int max = z->max, min = z->min;

	g->clamps.n = 0;
	clamp_pay(g, now);
	if (want > n)
		clamp_to(g, CLAMP_SCALE_IN, &n, want);
	else
		clamp_to(g, CLAMP_DIAGNOSIS, &n, want);
	if (g->announced.max > 0 && g->announced.max < max)
		max = g->announced.max > min ? g->announced.max : min;
	if (g->announced.min > min)
		min = g->announced.min < max ? g->announced.min : max;
	g->wanted = n;
	clamp_to(g, CLAMP_WORD, &n, clamp_words(g, n));
	if ((g->word[0].on && g->word[0].over_max) ||
	    (g->word[2].on && g->word[2].over_max))
		max = z->hard_max;
	if (n < min)
		clamp_to(g, CLAMP_MIN, &n, min);
	if (n > max)
		clamp_to(g, CLAMP_MAX, &n, max);
	clamp_growth(g, CLAMP_DEPENDENCY, &n, clamp_dependency(g));
	clamp_growth(g, CLAMP_SPEND, &n, clamp_spend(g, now));
	if (n > have)
		clamp_growth(g, CLAMP_LAUNCH_RATE, &n, have +
		    group_launches_left(g, now->mono));
	clamp_growth(g, CLAMP_BENEFIT, &n, clamp_benefit(g, have));
	MUST(n >= 0);
	ret->have = have;
	ret->beside = g->view.draining + g->view.drills;
	ret->floor = z->min;
	ret->want = n;
	ret->granted = n;
}

/* What came after the claim: the share, the hold, I-07. */
void
clamp_tell(struct group *g, const struct claim *c, struct decision *d)
{
	int n = c->want;

	if (c->granted != n)
		clamp_to(g, CLAMP_PRIORITY, &n, c->granted);
	if (d->desired != n)
		clamp_to(g, d->n_holds > 0 ? CLAMP_HOLD : CLAMP_REMOVAL_RATE,
		    &n, d->desired);
	d->n_clamps = g->clamps.n;
	memcpy(d->clamps, g->clamps.at, sizeof(d->clamps));
}
