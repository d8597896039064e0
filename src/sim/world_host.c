/* SPDX-License-Identifier: MIT */
/*
 * The made hands: deadlines, answers on their way, the journal.  As the real
 * ones they make records durable before the effects of the same step, and
 * while the journal is bad they let nothing out but launches (I-29).
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "core/servers.h"
#include "sim/world_priv.h"

static void
flight_free(struct flight *f)
{
	free(f->told);
	free(f->tokens);
	free(f);
}

static bool
host_is_provider(enum order_kind k)
{
	return (k == ORDER_LAUNCH || k == ORDER_LOOKUP || k == ORDER_LIST ||
	    k == ORDER_TERMINATE);
}

/* It serves the drain: done when no session is left. */
static bool
host_waits(struct world *w, const struct flight *f)
{
	const struct made *m = f->n_tokens > 0 ?
	    world_made(w, &f->tokens[0]) : NULL;

	if (f->kind == ORDER_PROBE)
		return (m == NULL || !m->was_well || !m->alive);
	if (f->kind == ORDER_DRAIN)
		return (m != NULL && m->in && m->draining && m->sessions > 0);
	return (false);
}

static void
host_post(struct world *w, struct flight *f, enum outcome why, bool told)
{
	struct event *ev = world_event(w, EVENT_ANSWER, f->group);
	struct told *copy;

	if (ev == NULL)
		return;
	ev->u.answer.op = f->op;
	ev->u.answer.outcome = why;
	if (told && f->n_told > 0) {
		copy = malloc((size_t)f->n_told * sizeof(*copy));
		MUST(copy != NULL);
		memcpy(copy, f->told, (size_t)f->n_told * sizeof(*copy));
		ev->u.answer.told = copy;
		ev->u.answer.n_told = (size_t)f->n_told;
		w->owned[w->n_owned++] = copy;
	}
	if (why == OUTCOME_DONE && f->kind == ORDER_LIST)
		w->listed[f->group][f->way] = true;
	if (why == OUTCOME_DONE && f->kind == ORDER_SEEN)
		w->seen[f->group] = true;
}

void
host_advance(struct world *w)
{
	struct flight *f;
	int i, k = 0;

	for (i = 0; i < w->n_flights; i++) {
		f = w->flight[i];
		if (w->now.mono >= f->at && !host_waits(w, f)) {
			host_post(w, f, f->outcome, true);
			f->at = f->again_at;
			f->again_at = NS_NEVER;
			f->unknown = true; /* its one answer is given */
		} else if (!f->unknown && w->now.mono >= f->deadline) {
			host_post(w, f, OUTCOME_UNKNOWN, false);
			f->unknown = true;
			if (f->kind == ORDER_PROBE || f->kind == ORDER_DRAIN)
				f->at = NS_NEVER;
		}
		if (f->unknown && f->at == NS_NEVER)
			flight_free(f);
		else
			w->flight[k++] = f;
	}
	w->n_flights = k;
}

void
host_drop(struct world *w)
{
	int i;

	for (i = 0; i < w->n_flights; i++)
		flight_free(w->flight[i]);
	w->n_flights = 0;
}

/* A probe or a drain that is of no interest any more. */
static void
host_end(struct world *w, op_t op)
{
	int i, k = 0;

	for (i = 0; i < w->n_flights; i++) {
		if (w->flight[i]->op != op) {
			w->flight[k++] = w->flight[i];
			continue;
		}
		flight_free(w->flight[i]);
	}
	w->n_flights = k;
}

void
host_record(struct world *w, const struct order *q)
{
	const struct server *s;
	struct made *m;
	int i, k;

	if (w->journal_bad)
		return;
	for (i = 0; i < q->n; i++) {
		s = &w->orders->servers[q->first + i];
		k = world_record(w, &s->token);
		if (q->kind == ORDER_FORGET) {
			if (k >= 0)
				w->record[k] = w->record[--w->n_records];
			continue;
		}
		if (k < 0) {
			MUST(w->n_records < RECORDS_MAX);
			k = w->n_records++;
		}
		m = world_made(w, &s->token);
		if (m != NULL && m->drain_end == 0 &&
		    s->phase == PHASE_DRAINING)
			m->drain_end = s->deadline;
		w->record[k].group = q->group;
		w->record[k].s = *s;
	}
}

static struct flight *
flight_new(struct world *w, const struct order *q)
{
	struct flight *f = calloc(1, sizeof(*f));
	size_t n = q->kind == ORDER_LIST || q->kind == ORDER_SEEN ? TOLD_MAX :
	    (size_t)q->n;
	int i;

	MUST(f != NULL);
	f->told = calloc(n, sizeof(*f->told));
	f->tokens = calloc((size_t)q->n + 1, sizeof(*f->tokens));
	MUST(f->told != NULL);
	MUST(f->tokens != NULL);
	f->op = q->op;
	f->kind = q->kind;
	f->group = q->group;
	f->way = q->way;
	f->deadline = q->deadline;
	f->at = w->now.mono + (ns_t)rng_below(&w->rng, 3000) * NS_MS;
	f->again_at = NS_NEVER;
	f->n_tokens = q->n;
	for (i = 0; i < q->n; i++)
		f->tokens[i] = w->orders->servers[q->first + i].token;
	return (f);
}

static void
flight_faults(struct world *w, struct flight *f, bool lost)
{
	if (f->kind == ORDER_PROBE)
		return;
	if (lost || world_fault(w, FAULT_LOST_ANSWER))
		f->at = NS_NEVER;
	else if (world_fault(w, FAULT_LATE) && f->deadline != NS_NEVER)
		f->at = f->deadline + (ns_t)rng_below(&w->rng, 60) * NS_S;
	else if (world_fault(w, FAULT_TWICE))
		f->again_at = f->at + (ns_t)rng_below(&w->rng, 30) * NS_S;
}

void
host_take(struct world *w, const struct order *q)
{
	bool provider = host_is_provider(q->kind), lost;
	struct flight *f;

	if (q->kind == ORDER_PROBE_END) {
		host_end(w, q->op);
		return;
	}
	lost = provider ? world_fault(w, FAULT_LOST_CALL) :
	    q->kind != ORDER_PROBE && world_fault(w, FAULT_BALANCER);
	/* Removals wait for a durable record, and none comes. */
	if (w->journal_bad && (q->kind == ORDER_TERMINATE ||
	    q->kind == ORDER_DRAIN))
		lost = true;
	MUST(w->n_flights < FLIGHT_MAX);
	f = flight_new(w, q);
	if (!lost && provider)
		provider_take(w, q, f);
	else if (!lost && q->kind != ORDER_PROBE)
		balancer_take(w, q, f);
	flight_faults(w, f, lost);
	w->flight[w->n_flights++] = f;
}
