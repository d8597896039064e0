/* SPDX-License-Identifier: MIT */
/*
 * The plain rule: offered load over what one server carries at the policy's
 * utilization; out at once, in after five quiet minutes, one in ten at a
 * time.  Kept small on purpose: it is the rule that the best is compared to.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "base/num.h"
#include "core/group.h"

enum { QUIET_S = 300 };

struct group {
	const struct group_policy *policy;
	struct servers servers;
	double load_rps; /* smoothed; < 0: not known */
	ns_t sampled;	 /* last good sample */
	ns_t above;	 /* last moment at which what is there was needed */
	ns_t removed;	 /* last removal */
	int need;
	int n_forbid;
	struct hold forbid[MAX_HOLDS];
};

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

int
group_init(struct group **ret, void *memory, const struct group_policy *p,
    uint64_t seed, struct err *e)
{
	struct group *g = memory;

	(void)seed;
	MUST(memory != NULL);
	if (p->size.rate_rps <= 0.0)
		return (err_set(e, 22, "group '%s': server.rate is missing",
		    p->name));
	memset(g, 0, sizeof(*g));
	g->policy = p;
	g->load_rps = -1.0;
	servers_init(&g->servers, group_cap(p), g + 1);
	*ret = g;
	return (0);
}

int
group_policy_set(struct group *g, const struct group_policy *p, struct err *e)
{
	if (group_cap(p) > g->servers.cap)
		return (err_set(e, 28, "group '%s': hard_max grew", p->name));
	g->policy = p;
	return (0);
}

struct servers *
group_servers(struct group *g)
{
	return (&g->servers);
}

const struct group_policy *
group_policy(const struct group *g)
{
	return (g->policy);
}

void
group_feed(struct group *g, const struct now *now, const struct sample *s)
{
	if (!s->valid || !s->requests_rps.known || s->age > 3 * NS_S)
		return;
	if (s->requests_rps.v == 0.0 && s->proof != PROOF_ALIVE)
		return;
	g->sampled = now->mono;
	if (g->load_rps < 0.0)
		g->load_rps = s->requests_rps.v;
	g->load_rps += 0.3 * (s->requests_rps.v - g->load_rps);
}

void
group_learn(struct group *g, const struct now *now, const struct server *s,
    enum phase from, enum phase to, ns_t took)
{
	(void)g, (void)now, (void)s, (void)from, (void)to, (void)took;
}

void
group_granted(struct group *g, const struct now *now, int way, int accepted,
    int refused, enum outcome why)
{
	(void)g, (void)now, (void)way, (void)accepted, (void)refused, (void)why;
}

int
group_word(struct group *g, const struct now *now, const struct word *w,
    struct err *e)
{
	(void)g, (void)now, (void)w;
	return (err_set(e, 38, "the plain rule takes no words"));
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
	(void)g, (void)buf, (void)e;
	*n = 0;
	return (0);
}

int
group_load(struct group *g, const struct now *now, const void *buf, size_t n,
    struct err *e)
{
	(void)g, (void)now, (void)buf, (void)n, (void)e;
	return (0);
}

void
group_need(struct group *g, const struct now *now, struct claim *ret)
{
	const struct size_settings *z = &g->policy->size;
	int have = servers_serving(&g->servers) + servers_pending(&g->servers);

	(void)now;
	g->need = g->load_rps < 0.0 ? have :
	    (int)ceil(g->load_rps / (z->rate_rps * z->utilization) - 1e-9);
	ret->have = have;
	ret->floor = z->min;
	ret->want = (int)num_clamp(g->need, z->min, z->max);
	ret->granted = ret->want;
}

int
group_way(const struct group *g, const struct now *now)
{
	(void)g, (void)now;
	return (0);
}

ns_t
group_boot_deadline(const struct group *g, int way)
{
	(void)way;
	return (g->policy->limit.boot_deadline);
}

static void
group_victims(struct group *g, int n, struct decision *d)
{
	const struct server *s;
	int i;

	for (i = g->servers.n - 1; i >= 0; i--) {
		s = &g->servers.at[i];
		if (s->phase == PHASE_FAILED && s->flags & SERVER_OURS &&
		    d->n_terminate < MAX_REMOVE_PER_STEP)
			d->terminate[d->n_terminate++] = s->id;
	}
	for (i = g->servers.n - 1; i >= 0 && n > 0; i--) {
		s = &g->servers.at[i];
		if (s->phase == PHASE_SERVING && s->flags & SERVER_OURS &&
		    d->n_terminate < MAX_REMOVE_PER_STEP) {
			d->terminate[d->n_terminate++] = s->id;
			n--;
		}
	}
}

void
group_decide(struct group *g, const struct now *now, const struct claim *c,
    struct decision *d)
{
	bool in = true, out = true, blind;
	int i, n = 0;

	memset(d, 0, sizeof(*d));
	blind = now->mono - g->sampled > 3 * NS_S;
	for (i = 0; i < g->n_forbid; i++) {
		d->holds[d->n_holds++] = g->forbid[i];
		in = in && !(g->forbid[i].what & HOLD_IN);
		out = out && !(g->forbid[i].what & HOLD_OUT);
	}
	if (c->granted >= c->have || blind)
		g->above = now->mono;
	d->desired = c->granted > c->have ? c->granted : c->have;
	if (out && c->granted > c->have)
		d->launch = (int)num_min(c->granted - c->have,
		    MAX_LAUNCH_PER_STEP);
	if (in && c->granted < c->have &&
	    now->mono - g->above >= QUIET_S * NS_S &&
	    now->mono - g->removed >= g->policy->limit.removals_window) {
		n = (int)num_max(1, c->have * g->policy->limit.removals_pct /
		    100);
		n = (int)num_min(n, c->have - c->granted);
		d->desired = c->have - n;
		g->removed = now->mono;
	}
	group_victims(g, n, d);
	d->at = now->mono;
	d->need = g->need;
	d->serving = servers_serving(&g->servers);
	d->pending = servers_pending(&g->servers);
	d->winner = WINNER_PLAIN;
	d->verdict = blind ? VERDICT_NO_DATA : VERDICT_OK;
	d->capacity_rps = g->policy->size.rate_rps;
	if (g->load_rps >= 0.0)
		d->load_rps = d->forecast_rps = value_of(g->load_rps);
	(void)snprintf(d->reason, sizeof(d->reason),
	    "%.0f requests/s need %d servers at %.0f requests/s each",
	    g->load_rps < 0 ? 0 : g->load_rps, g->need,
	    g->policy->size.rate_rps * g->policy->size.utilization);
}
