/* SPDX-License-Identifier: MIT */
/*
 * From the rows to orders.  First the records of all groups, then effects;
 * a server whose record did not fit this step waits with its effects.  Each
 * row says itself what is due (see ledger.h), so that what finds no room, or
 * no budget of calls, is simply found again in the next step.
 */
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/ledger_priv.h"

static struct order *
order_new(const struct ledger *l, struct orders *o, enum order_kind kind,
    int way)
{
	struct order *q;

	if (o->n == MAX_ORDERS || o->n_servers == MAX_ORDER_SERVERS)
		return (NULL);
	q = &o->at[o->n++];
	memset(q, 0, sizeof(*q));
	q->kind = kind;
	q->group = l->slot; /* the fleet puts the policy's index */
	q->way = way;
	q->deadline = NS_NEVER;
	q->first = o->n_servers;
	return (q);
}

static bool
order_server(struct orders *o, struct order *q, const struct server *s)
{
	struct server *copy;

	if (o->n_servers == MAX_ORDER_SERVERS)
		return (false);
	copy = &o->servers[o->n_servers++];
	*copy = *s;
	copy->flags &= (uint16_t)~(SERVER_DIRTY | SERVER_MARK);
	q->n++;
	return (true);
}

static void
order_forget(struct ledger *l, struct orders *o)
{
	struct servers *t = l->servers;
	struct order *q;
	int i, n = 0;

	q = order_new(l, o, ORDER_FORGET, 0);
	if (q == NULL)
		return;
	for (i = 0; i < t->n; i++) {
		if (t->at[i].phase != PHASE_GONE)
			continue;
		if (!order_server(o, q, &t->at[i]))
			break;
		if (t->at[i].flags & SERVER_DIRTY)
			l->n_dirty--;
		n++;
	}
	servers_purge(t, n);
}

void
ledger_records(struct ledger *l, struct orders *o)
{
	struct servers *t = l->servers;
	struct order *q;
	int i;

	if (l->n_dirty > t->count[PHASE_GONE] || l->n_dirty > 0) {
		q = order_new(l, o, ORDER_RECORD, 0);
		for (i = 0; q != NULL && i < t->n && l->n_dirty > 0; i++) {
			if (!(t->at[i].flags & SERVER_DIRTY) ||
			    t->at[i].phase == PHASE_GONE)
				continue;
			if (!order_server(o, q, &t->at[i]))
				break;
			t->at[i].flags &= (uint16_t)~SERVER_DIRTY;
			l->n_dirty--;
		}
		if (q != NULL && q->n == 0)
			o->n--;
	}
	if (t->count[PHASE_GONE] > 0)
		order_forget(l, o);
}

/* The order takes this server: it waits for the answer. */
static void
order_takes(struct orders *o, struct order *q, struct server *s)
{
	bool fits;

	MUST(s->op == 0);
	MUST(!(s->flags & SERVER_DIRTY));
	s->op = q->op;
	s->retry = q->deadline == NS_NEVER ? NS_NEVER :
	    q->deadline + OP_GRACE;
	fits = order_server(o, q, s);
	MUST(fits);
}

static bool
order_one(struct ledger *l, struct orders *o, enum order_kind kind,
    struct server *s, ns_t deadline)
{
	struct order *q = order_new(l, o, kind, s->way);

	if (q == NULL)
		return (false);
	q->op = ledger_op(l, kind, s);
	q->deadline = deadline;
	order_takes(o, q, s);
	return (true);
}

/* One call for all of a way that wait for it. */
static bool
order_waits(const struct ledger *l, const struct server *s,
    enum order_kind kind)
{
	if (s->op != 0 || s->retry > l->now || s->flags & SERVER_DIRTY)
		return (false);
	if (kind == ORDER_LAUNCH)
		return (s->phase == PHASE_DECIDED &&
		    !(s->flags & SERVER_UNKNOWN));
	return (s->phase == PHASE_REMOVING && s->flags & SERVER_OUT &&
	    ledger_may_remove(l, s));
}

static void
order_batch(struct ledger *l, struct orders *o, enum order_kind kind, int way)
{
	int i, most = kind == ORDER_LAUNCH ? MAX_LAUNCH_PER_STEP :
	    MAX_REMOVE_PER_STEP;
	struct order *q = NULL;
	struct server *s;

	for (i = 0; i < l->servers->n; i++) {
		s = &l->servers->at[i];
		if (s->way != way || !order_waits(l, s, kind))
			continue;
		if (q == NULL) {
			if (!intent_call(l, way, true))
				return;
			q = order_new(l, o, kind, way);
			if (q == NULL)
				return;
			q->op = ledger_op(l, kind, s);
			q->deadline = l->now + (kind == ORDER_LAUNCH ?
			    LAUNCH_DEADLINE : TERMINATE_DEADLINE);
		}
		if (q->n == most || o->n_servers == MAX_ORDER_SERVERS)
			return;
		order_takes(o, q, s);
		if (kind == ORDER_LAUNCH)
			l->n_intents--;
	}
}

static bool
effect_removing(struct ledger *l, struct orders *o, struct server *s)
{
	if (!(s->flags & SERVER_OUT)) {
		if (l->seen)
			return (order_one(l, o, ORDER_REMOVE, s,
			    l->now + REMOVE_DEADLINE));
		ledger_due(l, l->now + NS_S);
		return (true);
	}
	if (ledger_may_remove(l, s))
		l->way[s->way].asks = true;
	else
		ledger_due(l, l->now + NS_S);
	return (true);
}

/* What its phase asks for; false: no room, tried again next step. */
static bool
effect_phase(struct ledger *l, struct orders *o, struct server *s)
{
	switch (s->phase) {
	case PHASE_DECIDED:
		if (!(s->flags & SERVER_UNKNOWN)) {
			l->way[s->way].asks = true;
			return (true);
		}
		return (intent_call(l, s->way, false) && order_one(l, o,
		    ORDER_LOOKUP, s, l->now + LOOKUP_DEADLINE));
	case PHASE_ACCEPTED:
	case PHASE_BOOTED:
		if (group_policy(l->group)->secrets_first)
			break; /* its word moves it on */
		/* fallthrough */
	case PHASE_SECRETS:
	case PHASE_ARTIFACT:
		if (ledger_has_address(s))
			return (order_one(l, o, ORDER_PROBE, s, s->deadline));
		break;
	case PHASE_HEALTHY:
	case PHASE_SERVING:
		if (ledger_has_address(s) && s->flags & SERVER_OURS &&
		    !(s->flags & SERVER_DRILL))
			return (order_one(l, o, ORDER_ADD, s,
			    l->now + ADD_DEADLINE));
		break;
	case PHASE_DRAINING:
		if (l->journal_bad) {
			/* No new removal (I-29): it has not begun. */
			s->deadline = l->now +
			    group_policy(l->group)->limit.drain;
			ledger_due(l, l->now + NS_S);
			return (true);
		}
		if (s->deadline > l->now)
			return (order_one(l, o, ORDER_DRAIN, s, s->deadline));
		break;
	case PHASE_REMOVING:
		return (effect_removing(l, o, s));
	default:
		break;
	}
	s->retry = NS_NEVER;
	return (true);
}

/* The answer that the host owed did not come, or a probe is to end. */
static bool
effect_giveup(struct ledger *l, struct orders *o, struct server *s)
{
	enum order_kind kind = ledger_op_kind(s->op);
	struct order *q;

	if (kind == ORDER_PROBE && s->phase >= PHASE_HEALTHY) {
		q = order_new(l, o, ORDER_PROBE_END, s->way);
		if (q == NULL)
			return (false);
		q->op = s->op;
		(void)order_server(o, q, s);
		s->op = 0;
		s->retry = l->now;
		return (true);
	}
	if (kind == ORDER_LAUNCH)
		s->flags |= SERVER_UNKNOWN;
	ledger_again(l, s);
	return (true);
}

static void
effect_server(struct ledger *l, struct orders *o, struct server *s)
{
	bool room = true;

	if (s->op != 0 && s->retry <= l->now)
		room = effect_giveup(l, o, s);
	if (room && s->op == 0 && s->retry <= l->now) {
		if (s->flags & SERVER_DIRTY || !effect_phase(l, o, s))
			ledger_due(l, l->now + NS_MS);
	} else if (!room)
		ledger_due(l, l->now + NS_MS);
	if (s->retry > l->now)
		ledger_due(l, s->retry);
	if (s->deadline > l->now)
		ledger_due(l, s->deadline);
	if (s->phase == PHASE_DECIDED ? s->flags & SERVER_UNKNOWN :
	    s->phase == PHASE_ACCEPTED && !ledger_has_address(s))
		l->way[s->way].soon = true;
}

static void
effect_list(struct ledger *l, struct orders *o, int way)
{
	struct ledger_way *w = &l->way[way];
	struct order *q;
	ns_t due = w->list_due;

	if (w->list_op != 0 && l->now >= w->list_giveup)
		ledger_listed(l, way, OUTCOME_UNKNOWN, NULL, 0);
	if (w->soon && w->list_tries == 0 && due > w->list_asked + LIST_SOON)
		due = w->list_asked + LIST_SOON;
	if (w->list_op != 0 || l->now < due || o->n == MAX_ORDERS ||
	    !intent_call(l, way, false))
		return;
	q = order_new(l, o, ORDER_LIST, way);
	if (q == NULL)
		return;
	q->op = w->list_op = ledger_op(l, ORDER_LIST, NULL);
	q->deadline = l->now + LIST_DEADLINE;
	w->list_asked = l->now;
	w->list_giveup = q->deadline + OP_GRACE;
}

static void
effect_seen(struct ledger *l, struct orders *o)
{
	struct order *q;

	if (l->seen_op != 0 && l->now >= l->seen_giveup)
		ledger_saw(l, OUTCOME_UNKNOWN, NULL, 0);
	if (l->seen_op != 0 || l->now < l->seen_due)
		return;
	q = order_new(l, o, ORDER_SEEN, 0);
	if (q == NULL)
		return;
	q->op = l->seen_op = ledger_op(l, ORDER_SEEN, NULL);
	q->deadline = l->now + SEEN_DEADLINE;
	l->seen_asked = l->now;
	l->seen_giveup = q->deadline + OP_GRACE;
}

void
ledger_effects(struct ledger *l, struct orders *o)
{
	int i, w, n = intent_ways(l);

	if (l->walk || l->now >= l->due) {
		l->due = l->tick_due;
		for (w = 0; w < MAX_WAYS; w++)
			l->way[w].soon = l->way[w].asks = false;
		for (i = 0; i < l->servers->n; i++)
			effect_server(l, o, &l->servers->at[i]);
		for (w = 0; w < MAX_WAYS; w++) {
			if (!l->way[w].asks)
				continue;
			order_batch(l, o, ORDER_LAUNCH, w);
			order_batch(l, o, ORDER_TERMINATE, w);
			/* What found no call or room is looked at again. */
			ledger_due(l, l->now + NS_S / CALLS_PER_S);
		}
	}
	for (w = 0; w < n; w++)
		effect_list(l, o, w);
	effect_seen(l, o);
}
