/* SPDX-License-Identifier: MIT */
/*
 * What must never happen, looked for in every order of every step.  The
 * checks know the world as it is, not as the fleet believes it to be.
 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "core/servers.h"
#include "sim/world_priv.h"

/* START_GATE of the ledger, told again on purpose. */
#define GATE (30 * NS_S)

static bool
check_is_new(struct world *w, uint64_t key)
{
	uint64_t mask = (UINT64_C(1) << OPS_BITS) - 1;
	uint64_t h = (key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - OPS_BITS);

	MUST(key != 0);
	MUST(w->n_ops < 1 << (OPS_BITS - 1));
	while (w->ops[h & mask] != 0) {
		if (w->ops[h & mask] == key)
			return (false);
		h++;
	}
	w->ops[h & mask] = key;
	w->n_ops++;
	return (true);
}

static uint64_t
check_token_key(const struct token *t)
{
	uint64_t k;

	memcpy(&k, t->byte, sizeof(k));
	return (k | 1);
}

/* One operation for a server at a time (order.h says what ends which). */
static void
check_alone(struct world *w, const struct order *q, const struct server *s)
{
	struct flight *f;
	int i, k;

	for (i = 0; i < w->n_flights; i++) {
		f = w->flight[i];
		if (f->unknown || f->ended)
			continue;
		for (k = 0; k < f->n_tokens; k++)
			if (memcmp(&f->tokens[k], &s->token,
			    sizeof(s->token)) == 0)
				break;
		if (k == f->n_tokens)
			continue;
		if (f->kind == ORDER_DRAIN && (q->kind == ORDER_ADD ||
		    q->kind == ORDER_REMOVE))
			f->ended = true;
		else if ((f->kind == ORDER_LAUNCH || f->kind == ORDER_LOOKUP) &&
		    q->kind > ORDER_LOOKUP)
			continue; /* it was found meanwhile */
		else
			world_fail(w, "two operations for server '%s': %d "
			    "while %d is under way", s->id.text, q->kind,
			    f->kind);
	}
}

static bool
check_answered(const struct world *w, int group)
{
	int i;

	for (i = 0; i < w->groups[group].n_ways; i++)
		if (!w->listed[group][i])
			return (false);
	return (w->seen[group]);
}

static void
check_launch(struct world *w, const struct order *q, const struct server *s)
{
	const struct servers *t = group_servers(fleet_group(w->fleet,
	    q->group));
	const struct group_policy *p = &w->groups[q->group];
	int k = world_record(w, &s->token), live, beside;

	if (!check_is_new(w, check_token_key(&s->token)))
		world_fail(w, "I-12: an intent was asked for twice");
	if (!w->journal_bad && (k < 0 ||
	    w->record[k].s.phase != PHASE_DECIDED))
		world_fail(w, "I-12: a launch before its intent is durable");
	if (!check_answered(w, q->group) && w->now.mono - w->born < GATE)
		world_fail(w, "a launch before provider and balancer "
		    "answered");
	live = servers_serving(t) + servers_pending(t);
	beside = live / 10 > 1 ? live / 10 : 1;
	if (live > p->size.hard_max + beside)
		world_fail(w, "I-06: %d servers, more than the maximum", live);
}

/* A removal of any kind: ours, durable, allowed now. */
static void
check_removal(struct world *w, const struct order *q, const struct server *s,
    enum phase phase)
{
	const struct made *m = world_made_id(w, &s->id);
	int k = world_record(w, &s->token);

	if (m == NULL || !token_is_set(&m->token) ||
	    memcmp(&m->token, &s->token, sizeof(s->token)) != 0) {
		world_fail(w, "I-10: order %d for '%s', which is not ours",
		    q->kind, s->id.text);
		return;
	}
	if (w->told_bad)
		world_fail(w, "I-29: order %d on a bad journal", q->kind);
	if (!w->journal_bad && (k < 0 || w->record[k].s.phase != phase ||
	    strcmp(w->record[k].s.id.text, s->id.text) != 0))
		world_fail(w, "I-27: order %d for '%s' before its record",
		    q->kind, s->id.text);
}

/*
 * I-07 as far as the ledger keeps it: the fastest rule, a minute, of as many
 * as there were at any removal of that minute.
 */
static void
check_drain_rate(struct world *w, int group)
{
	const struct servers *t = group_servers(fleet_group(w->fleet, group));
	int of = 0, i, most, k = 0;
	struct drained *x;

	x = &w->drains[w->n_drains++ % DRAINS_KEPT];
	x->at = w->now.mono;
	x->group = group;
	x->of = servers_serving(t) + servers_pending(t) +
	    t->count[PHASE_DRAINING] + t->count[PHASE_REMOVING];
	for (i = 0; i < DRAINS_KEPT && i < w->n_drains; i++) {
		x = &w->drains[i];
		if (x->group != group || w->now.mono - x->at >= NS_MIN)
			continue;
		k++;
		of = x->of > of ? x->of : of;
	}
	most = (int)(of * 0.25 > 1 ? of * 0.25 : 1) + 3; /* health, words */
	if (k > most)
		world_fail(w, "I-07: %d removals in a minute of %d servers",
		    k, of);
}

static void
check_drain(struct world *w, const struct order *q, const struct server *s)
{
	struct made *m = world_made_id(w, &s->id);
	ns_t end = w->now.mono + w->groups[q->group].limit.drain;
	int k;

	check_removal(w, q, s, PHASE_DRAINING);
	if (m == NULL || w->journal_bad)
		return;
	if (q->deadline > end)
		world_fail(w, "I-19: a drain of '%s' has no end", s->id.text);
	if (m->drain_end == 0)
		m->drain_end = q->deadline;
	k = world_record(w, &s->token);
	if (m->draining || (k >= 0 && w->record[k].s.phase_since <= w->born))
		return; /* it goes on, after a restart or a lost answer */
	if (w->now.mono < w->safe_until[q->group])
		world_fail(w, "I-28: a drain in safe mode");
	if (!w->seen[q->group] || !w->listed[q->group][q->way])
		world_fail(w, "a drain before provider and balancer answered");
	check_drain_rate(w, q->group);
}

static void
check_remove(struct world *w, const struct server *s)
{
	struct made *m = world_made_id(w, &s->id);

	if (m == NULL || !token_is_set(&m->token)) {
		world_fail(w, "I-10: '%s' is taken out, and is not ours",
		    s->id.text);
		return;
	}
	if (m->exists && m->alive && m->in && m->sessions > 0 &&
	    (m->drain_end == 0 || w->now.mono < m->drain_end))
		world_fail(w, "I-19: '%s' is cut with %d sessions", s->id.text,
		    m->sessions);
}

static void
check_terminate(struct world *w, const struct order *q, const struct server *s)
{
	const struct made *m = world_made_id(w, &s->id);

	check_removal(w, q, s, PHASE_REMOVING);
	if (m == NULL)
		return;
	if (m->exists && m->in)
		world_fail(w, "I-15, I-19: '%s' ends while the balancer sends "
		    "it traffic", s->id.text);
	if (w->now.mono < w->safe_until[q->group])
		world_fail(w, "I-28: a termination in safe mode");
	if (!w->seen[q->group] || !w->listed[q->group][q->way])
		world_fail(w, "a termination before provider and balancer "
		    "answered");
}

static void
check_add(struct world *w, const struct server *s)
{
	const struct made *m = world_made_id(w, &s->id);

	if (m == NULL || !token_is_set(&m->token))
		world_fail(w, "I-10: '%s' is added, and is not ours",
		    s->id.text);
	else if (m->exists && !m->was_well)
		world_fail(w, "I-20: '%s' gets traffic and was never well",
		    s->id.text);
}

static void
check_forget(struct world *w, const struct server *s)
{
	const struct made *m = world_made(w, &s->token);

	if (m != NULL && m->exists)
		world_fail(w, "I-14: '%s' is forgotten and exists",
		    m->id.text);
}

void
check_order(struct world *w, const struct order *q)
{
	const struct server *s;
	int i;

	if (q->kind == ORDER_RECORD || q->kind == ORDER_FORGET) {
		if (w->effects)
			world_fail(w, "I-27: a record after an effect");
	} else
		w->effects = true;
	if (q->kind > ORDER_FORGET && q->kind != ORDER_PROBE_END &&
	    !check_is_new(w, q->op))
		world_fail(w, "an op was used twice");
	for (i = 0; i < q->n; i++) {
		s = &w->orders->servers[q->first + i];
		if (q->kind > ORDER_FORGET && q->kind != ORDER_PROBE_END)
			check_alone(w, q, s);
		if (q->kind == ORDER_FORGET)
			check_forget(w, s);
		else if (q->kind == ORDER_LAUNCH)
			check_launch(w, q, s);
		else if (q->kind == ORDER_DRAIN)
			check_drain(w, q, s);
		else if (q->kind == ORDER_REMOVE)
			check_remove(w, s);
		else if (q->kind == ORDER_TERMINATE)
			check_terminate(w, q, s);
		else if (q->kind == ORDER_ADD)
			check_add(w, s);
	}
}

void
check_step(struct world *w)
{
	const struct group_policy *p;
	const struct decision *d;
	int g, have;

	for (g = 0; g < w->policy.n_groups; g++) {
		p = &w->groups[g];
		d = fleet_decision(w->fleet, g);
		have = d->serving + d->pending;
		if (d->desired < p->size.min || (d->desired > p->size.max &&
		    d->desired > have))
			world_fail(w, "I-06: desired %d outside %d to %d",
			    d->desired, p->size.min, p->size.max);
		if (d->launch < 0 || d->n_terminate < 0)
			world_fail(w, "a decision below nothing");
	}
}

static const char *
settled_table(struct world *w, int g)
{
	const struct servers *t = group_servers(fleet_group(w->fleet, g));
	const struct server *s;
	const struct made *m;
	int i;

	for (i = 0; i < t->n; i++) {
		s = &t->at[i];
		if (s->phase != PHASE_SERVING)
			return ("a server is neither serving nor gone");
		m = world_made_id(w, &s->id);
		if (m == NULL && s->flags & SERVER_OURS)
			return ("the ledger has a server that never was");
		/* I-09: with so few a hung one stays, and a person is told. */
		if (s->flags & SERVER_OURS && m->exists && !m->alive &&
		    fleet_decision(w->fleet, g)->alarms & 1u << ALARM_SICK)
			continue;
		if (s->flags & SERVER_OURS && (!m->exists || !m->alive))
			return ("the ledger serves with a dead server");
		if (s->flags & SERVER_OURS && (!m->in || m->draining))
			return ("a serving server is not in the balancer");
	}
	return ("");
}

const char *
check_settled(struct world *w)
{
	const struct decision *d;
	const struct servers *t;
	const struct server *s;
	const struct made *m;
	const char *why;
	int g, i;

	for (g = 0; g < w->policy.n_groups; g++) {
		d = fleet_decision(w->fleet, g);
		if (d == NULL)
			return ("it has only just been started");
		why = settled_table(w, g);
		if (why[0] != '\0')
			return (why);
		t = group_servers(fleet_group(w->fleet, g));
		if (servers_serving(t) != d->desired)
			return ("not as many serve as are desired");
	}
	for (i = 0; i < w->n_made; i++) {
		m = &w->made[i];
		if (!m->exists || !token_is_set(&m->token))
			continue;
		t = group_servers(fleet_group(w->fleet, m->group));
		s = servers_find_token(t, &m->token);
		if (s == NULL || !(s->flags & SERVER_OURS))
			return ("the provider has a server that the ledger "
			    "lost");
	}
	return ("");
}
