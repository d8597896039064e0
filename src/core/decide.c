/* SPDX-License-Identifier: MIT */
/*
 * From the need to orders: out at once, in slowly and by the rules of I-07,
 * nothing lowered on data that cannot be trusted (I-01, I-05).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/group_priv.h"

/* So few too many stay for so many times what the peak is looked for in. */
#define SPARE_SHARE 0.06
#define SPARE_WINDOWS 2
/* Full trust in this share of the decision's window allows a scale-in. */
#define TRUSTED 0.9

bool
group_blind(const struct group *g, ns_t now)
{
	ns_t period = g->learned.offered.period;

	return (g->heard == 0 || now - g->heard > 3 * (period > NS_S ? period :
	    NS_S));
}

static void
decide_hold(struct decision *d, enum hold_what what, enum hold_by by,
    ns_t until, const char *reason)
{
	struct hold *h;

	if (d->n_holds == MAX_HOLDS)
		return;
	h = &d->holds[d->n_holds++];
	h->what = what;
	h->by = by;
	h->until = until;
	(void)snprintf(h->reason, sizeof(h->reason), "%s", reason);
}

static int
decide_held(const struct decision *d)
{
	int i, what = 0;

	/* What a diagnosis allows is in the need already: lost ones come back. */
	for (i = 0; i < d->n_holds; i++)
		what |= d->holds[i].by == HOLD_DIAGNOSIS ? HOLD_IN :
		    (int)d->holds[i].what;
	return (what);
}

static void
decide_holds(struct group *g, ns_t now, struct decision *d)
{
	const struct diagnose *x = &g->learned.diagnose;
	unsigned window = (unsigned)num_clamp(
	    ns_to_s(g->policy->limit.peak_window) /
	    num_max(0.1, ns_to_s(g->learned.offered.period)), 10,
	    OFFERED_WINDOW);
	int i;

	for (i = 0; i < g->n_forbid; i++)
		if (d->n_holds < MAX_HOLDS)
			d->holds[d->n_holds++] = g->forbid[i];
	if (g->held != 0)
		decide_hold(d, g->held, HOLD_OPERATOR, g->held_until,
		    g->held_reason);
	if (group_blind(g, now))
		decide_hold(d, HOLD_ALL, HOLD_DATA, NS_NEVER,
		    "no data that can be trusted");
	else if (offered_trusted(&g->learned.offered, window) < TRUSTED)
		decide_hold(d, HOLD_IN, HOLD_DATA, NS_NEVER,
		    "the data of the last minutes has gaps");
	if (x->verdict == VERDICT_BAD_RELEASE ||
	    x->verdict == VERDICT_DEPENDENCY)
		decide_hold(d, diagnose_scales(x) ? HOLD_IN : HOLD_ALL,
		    HOLD_DIAGNOSIS, NS_NEVER,
		    x->verdict == VERDICT_BAD_RELEASE ?
		    "servers do not mend a release" :
		    "servers do not help a starved dependency");
}

bool
group_may_drill(const struct group *g, ns_t now)
{
	const struct view *v = &g->view;

	return (!group_blind(g, now) && g->held == 0 && g->n_forbid == 0 &&
	    g->learned.diagnose.verdict == VERDICT_OK &&
	    !g->learned.spike.on && !g->need.emergency && v->pending == 0 &&
	    v->drills == 0 && v->draining == 0 &&
	    v->serving >= g->need.servers && v->serving < g->policy->size.max &&
	    v->serving < clamp_dependency(g));
}

static enum verdict
decide_verdict(const struct group *g, ns_t now, int missing)
{
	const struct refusal *r = &g->refusal[0];
	enum verdict v = g->learned.diagnose.verdict;

	if (group_blind(g, now))
		return (VERDICT_NO_DATA);
	if (v != VERDICT_OK && v != VERDICT_OVERLOAD)
		return (v);
	if (missing > 0 && r->at != 0 && now - r->at < NS_MIN)
		return (r->why == OUTCOME_QUOTA ? VERDICT_QUOTA :
		    VERDICT_CAPACITY_REFUSED);
	if (g->view.overdue >= 2 && 3 * g->view.overdue >= g->view.pending &&
	    g->view.serving < g->need.servers)
		return (VERDICT_STALLED);
	return (v);
}

/* A provider that has none is asked again soon, but not every second. */
static bool
decide_may_ask(const struct group *g, ns_t now)
{
	const struct refusal *r = &g->refusal[group_way(g,
	    &(struct now){ now, 0 })];
	int k = r->in_row < 5 ? r->in_row : 5;
	ns_t wait = r->why == OUTCOME_CAPACITY ? (k < 3 ? k : 3) * NS_S :
	    ((ns_t)1 << k) * NS_S;

	return (r->in_row == 0 || now - r->at >= wait);
}

static void
decide_out(struct group *g, ns_t now, const struct claim *c,
    struct decision *d)
{
	int n = c->granted - c->have;

	if (n <= 0)
		return;
	d->desired = c->granted;
	if (decide_held(d) & HOLD_OUT || !decide_may_ask(g, now))
		return;
	d->launch = (int)num_min(n, MAX_LAUNCH_PER_STEP);
	g->in.launched = now;
}

/* How many may go now by I-07; *rush: only those of the last rush. */
static int
decide_allowance(struct group *g, ns_t now, int alive, bool *rush)
{
	const struct limit_settings *m = &g->policy->limit;
	struct scale_in *in = &g->in;
	int most, n;

	if (now - in->window >= m->removals_window) {
		in->window = now;
		in->removed = 0;
	}
	if (now - in->rush_minute >= NS_MIN) {
		in->rush_minute = now;
		in->rush_removed = 0;
	}
	*rush = false;
	if (in->rush_onset != 0 &&
	    now - in->fell >= ns_from_s(g->need.lead_s)) {
		most = (int)num_max(1, floor(alive * m->rush_removals_pct /
		    100.0));
		n = (int)num_min(most - in->rush_removed,
		    victims_of_rush(g, now));
		if (n > 0) {
			*rush = true;
			return (n);
		}
	}
	if (now - in->launched < m->removals_window ||
	    now - in->spare < SPARE_WINDOWS * g->policy->limit.peak_window)
		return (0);
	most = (int)num_max(1, floor(alive * m->removals_pct / 100.0));
	return (most - in->removed);
}

/*
 * One or two too many are kept for a while: noise asks for them again, and
 * a server that comes and goes serves nobody (I-22).
 */
static void
decide_spare(struct group *g, ns_t now, int surplus)
{
	int few = (int)num_max(1, SPARE_SHARE * (g->view.serving +
	    g->view.pending));

	if (surplus > few && g->in.spare == 0)
		g->in.spare = now - SPARE_WINDOWS *
		    g->policy->limit.peak_window;
	else if (surplus > 0 && g->in.spare == 0)
		g->in.spare = now;
	else if (surplus <= 0)
		g->in.spare = 0;
}

static void
decide_in(struct group *g, ns_t now, const struct claim *c,
    struct decision *d)
{
	int surplus = c->have - c->granted, n, most_serving;
	bool rush;

	decide_spare(g, now, surplus);

	if (surplus <= 0 || decide_held(d) & HOLD_IN ||
	    g->learned.diagnose.verdict != VERDICT_OK)
		return;
	n = decide_allowance(g, now, c->have, &rush);
	n = (int)num_min(n, surplus);
	if (n <= 0)
		return;
	/* What is on its way carries nothing yet. */
	most_serving = g->view.serving - c->granted;
	victims_choose(g, now, n, most_serving, rush, d);
	/* Each rule counts what the other let go, or they add up (I-07). */
	g->in.rush_removed += d->n_terminate;
	g->in.removed += d->n_terminate;
}

void
decide_step(struct group *g, const struct now *now, const struct claim *c,
    struct decision *d)
{
	const struct learned *l = &g->learned;

	memset(d, 0, sizeof(*d));
	d->at = now->mono;
	d->need = g->need.servers;
	d->serving = g->view.serving;
	d->pending = g->view.pending;
	d->desired = c->have;
	d->capacity_rps = l->capacity.rps;
	d->lead = ns_from_s(g->need.lead_s);
	d->winner = g->need.winner;
	decide_holds(g, now->mono, d);
	decide_out(g, now->mono, c, d);
	decide_in(g, now->mono, c, d);
	d->desired = (int)num_max(c->have - d->n_terminate, c->granted > c->have ?
	    c->granted : 0);
	/* Where others leave no room yet, it is still what should be (I-06). */
	d->desired = (int)num_max(d->desired, g->policy->size.min);
	victims_always(g, now->mono, d);
	d->verdict = decide_verdict(g, now->mono, c->granted - c->have);
	d->mode = g->word[2].on || (g->word[0].on &&
	    g->word[0].servers > g->need.servers) ? MODE_MANUAL :
	    l->spike.on || g->need.emergency ? MODE_SPIKE : MODE_STEADY;
	if (g->heard != 0) {
		d->load_rps = value_of(g->reading.offered_rps);
		d->forecast_rps = value_of(g->need.rate_rps);
	}
	clamp_tell(g, c, d);
	outlook(g, now->mono, d);
	benefit_evidence(&g->benefit, d->evidence, sizeof(d->evidence));
	if (d->evidence[0] == '\0')
		diagnose_evidence(&l->diagnose, d->evidence,
		    sizeof(d->evidence));
	explain(g, now->mono, d);
}
