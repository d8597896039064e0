/* SPDX-License-Identifier: MIT */
/*
 * The gate; see gate.h.  A list of effects in the order of their steps.  In
 * good times it is a plain queue: nobody overtakes.  In bad times removals
 * stay behind, and what a later step asks for a server ends what an older
 * one asked: a drain that was taken back must not leave afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "daemon/gate.h"

/* Effects that wait; beyond it the newest stay out. */
enum { WAIT_MAX = 8192 };

struct effect {
	struct effect *next;
	uint64_t seq;
	struct order order;
	struct server servers[]; /* order.n */
};

struct gate {
	gate_out *out;
	void *ctx;
	enum journal_state state;
	uint64_t durable;
	uint64_t last; /* seq of the last step that had records */
	int waiting;
	struct effect *first, **end;
};

struct gate *
gate_new(gate_out *out, void *ctx)
{
	struct gate *g = calloc(1, sizeof(*g));

	MUST(out != NULL);
	if (g == NULL)
		return (NULL);
	g->out = out;
	g->ctx = ctx;
	g->end = &g->first;
	return (g);
}

/* Unlinks *at and frees it. */
static void
gate_drop(struct gate *g, struct effect **at)
{
	struct effect *x = *at;

	*at = x->next;
	if (g->end == &x->next)
		g->end = at;
	g->waiting--;
	free(x);
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	while (g->first != NULL)
		gate_drop(g, &g->first);
	free(g);
}

static bool
takes_away(enum order_kind k)
{
	return (k == ORDER_DRAIN || k == ORDER_REMOVE || k == ORDER_TERMINATE);
}

/* May it leave now?  In bad times a removal needs the journal to be good. */
static bool
gate_lets(const struct gate *g, const struct effect *x)
{
	if (g->state == JOURNAL_BAD)
		return (!takes_away(x->order.kind));
	return (x->seq <= g->durable);
}

static void
gate_release(struct gate *g, ns_t now)
{
	struct effect **at = &g->first, *x;

	while ((x = *at) != NULL) {
		if (x->order.deadline <= now) {
			gate_drop(g, at);
		} else if (gate_lets(g, x)) {
			g->out(g->ctx, &x->order, x->servers);
			gate_drop(g, at);
		} else if (g->state == JOURNAL_GOOD) {
			break; /* nobody overtakes */
		} else {
			at = &x->next;
		}
	}
}

/* A later order for a server ends one that still waits for it. */
static void
gate_supersede(struct gate *g, const struct order *o, const struct server *s)
{
	struct effect **at = &g->first, *x;
	bool same;

	if (g->state == JOURNAL_GOOD || o->n != 1 ||
	    (o->kind != ORDER_ADD && o->kind != ORDER_REMOVE))
		return;
	while ((x = *at) != NULL) {
		same = x->order.kind == ORDER_DRAIN && x->order.n == 1 &&
		    x->order.group == o->group &&
		    memcmp(&x->servers[0].token, &s->token,
		    sizeof(s->token)) == 0 &&
		    strcmp(x->servers[0].id.text, s->id.text) == 0;
		if (same)
			gate_drop(g, at);
		else
			at = &x->next;
	}
}

static void
gate_put(struct gate *g, const struct order *o, const struct server *s,
    uint64_t seq)
{
	struct effect *x;

	gate_supersede(g, o, s);
	if (g->waiting >= WAIT_MAX)
		return; /* its deadline answers for it */
	x = malloc(sizeof(*x) + (size_t)o->n * sizeof(*s));
	if (x == NULL)
		return;
	x->next = NULL;
	x->seq = seq;
	x->order = *o;
	memcpy(x->servers, s, (size_t)o->n * sizeof(*s));
	*g->end = x;
	g->end = &x->next;
	g->waiting++;
}

void
gate_step(struct gate *g, ns_t now, const struct orders *orders, uint64_t seq)
{
	const struct order *o;
	int i;

	if (seq > g->last)
		g->last = seq;
	for (i = 0; i < orders->n; i++) {
		o = &orders->at[i];
		MUST(o->first + o->n <= orders->n_servers);
		if (o->kind != ORDER_RECORD && o->kind != ORDER_FORGET)
			gate_put(g, o, &orders->servers[o->first], g->last);
	}
	gate_release(g, now);
}

void
gate_durable(struct gate *g, ns_t now, uint64_t seq)
{
	if (seq <= g->durable)
		return;
	g->durable = seq;
	gate_release(g, now);
}

void
gate_journal(struct gate *g, ns_t now, enum journal_state state)
{
	g->state = state;
	gate_release(g, now);
}

int
gate_waiting(const struct gate *g)
{
	return (g->waiting);
}

void
gate_regroup(struct gate *g, const int *map)
{
	struct effect **at = &g->first, *x;

	while ((x = *at) != NULL)
		if (map[x->order.group] < 0) {
			gate_drop(g, at);
		} else {
			x->order.group = map[x->order.group];
			at = &x->next;
		}
}
