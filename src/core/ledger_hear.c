/* SPDX-License-Identifier: MIT */
/*
 * What the ledger hears: answers to its orders, happenings, health.
 *
 * Answers come late, twice, or for something that is long over.  What
 * proves that a server exists is always taken (its token names it); all
 * else counts only for the op that the server is waiting for.
 */
#include <string.h>

#include "base/must.h"
#include "core/ledger_priv.h"

/*
 * The id that is told for one server belongs to another row: one that is not
 * ours gives way, a second of ours is a contradiction and changes nothing.
 */
static bool
hear_name(struct ledger *l, struct server **s, const struct server_id *id)
{
	struct servers *t = l->servers;
	struct server *other = servers_find(t, id);
	struct token token = (*s)->token;

	if (other == *s)
		return (true);
	if (other != NULL) {
		if (other->flags & SERVER_OURS || !token_is_set(&token))
			return (false);
		servers_remove(t, other);
		*s = servers_find_token(t, &token);
		MUST(*s != NULL);
	}
	servers_name(t, *s, id);
	ledger_dirty(l, *s);
	return (true);
}

static void
hear_address(struct ledger *l, struct server *s, const struct told *told)
{
	struct server as = *s;

	if (told->port == 0 || ledger_has_address(s))
		return;
	memcpy(as.address, told->address, sizeof(as.address));
	as.port = told->port;
	if (!ledger_has_address(&as))
		return;
	*s = as;
	ledger_dirty(l, s);
	if (s->op == 0 && s->phase >= PHASE_ACCEPTED &&
	    s->phase <= PHASE_HEALTHY) {
		s->retry = l->now;
		ledger_due(l, l->now);
	}
}

/* An intent that never became a server. */
static void
hear_nothing(struct ledger *l, struct server *s)
{
	MUST(s->phase == PHASE_DECIDED);
	s->op = 0;
	intent_count(l, s->since, -1);
	ledger_move(l, s, PHASE_GONE);
}

void
ledger_exists(struct ledger *l, struct server *s, const struct told *told)
{
	if (!(s->flags & SERVER_OURS))
		return;
	if (s->phase == PHASE_DECIDED && told->phase == PHASE_GONE &&
	    told->id.text[0] == '\0') {
		hear_nothing(l, s); /* it was there and has ended for good */
		return;
	}
	if (s->id.text[0] == '\0') {
		if (told->id.text[0] == '\0' ||
		    strnlen(told->id.text, ID_SIZE) == ID_SIZE ||
		    !hear_name(l, &s, &told->id))
			return;
	}
	s->misses = 0;
	hear_address(l, s, told);
	if (s->phase == PHASE_DECIDED) {
		s->op = 0;
		ledger_move(l, s, PHASE_ACCEPTED);
	}
	if (told->phase == PHASE_GONE || told->phase == PHASE_FAILED ||
	    told->phase == PHASE_REMOVING)
		ledger_fail(l, s);
	else if (told->phase > s->phase && told->phase <= PHASE_ARTIFACT)
		ledger_move(l, s, (enum phase)told->phase);
}

void
ledger_fail(struct ledger *l, struct server *s)
{
	if (s->phase >= PHASE_REMOVING || !(s->flags & SERVER_OURS))
		return;
	if (s->phase < PHASE_SERVING && s->serving_since == 0) {
		intent_booted(l, s->way, false);
		if (s->phase < PHASE_HEALTHY && !(s->flags & SERVER_RESTORED))
			s->flags |= SERVER_OUT; /* no balancer knows it */
		ledger_move(l, s, PHASE_FAILED);
	} else {
		if (s->op != 0 && ledger_op_kind(s->op) == ORDER_DRAIN)
			s->op = 0;
		ledger_move(l, s, PHASE_REMOVING);
	}
}

void
ledger_missed(struct ledger *l, struct server *s)
{
	MUST(s->phase == PHASE_DECIDED);
	/* The k-th counts only k spacings after the launch: N over T. */
	if (l->now - s->phase_since >= s->misses * MISS_SPACING)
		s->misses++;
	if (s->misses >= MISSES_GONE)
		hear_nothing(l, s);
}

static void
hear_launch(struct ledger *l, op_t op, enum outcome why,
    const struct told *told, size_t n)
{
	struct servers *t = l->servers;
	struct server *s;
	int i, way = -1, accepted = 0, refused = 0;
	size_t k;

	for (k = 0; k < n; k++) {
		s = servers_find_token(t, &told[k].token);
		if (s == NULL || s->op != op)
			continue;
		way = s->way;
		ledger_exists(l, s, &told[k]);
		s = servers_find_token(t, &told[k].token);
		accepted += s != NULL && s->phase != PHASE_DECIDED;
	}
	for (i = 0; i < t->n; i++) {
		s = &t->at[i];
		if (s->op != op || s->phase != PHASE_DECIDED)
			continue;
		way = s->way;
		if (why != OUTCOME_DONE && why != OUTCOME_UNKNOWN) {
			hear_nothing(l, s);
			refused++;
			continue;
		}
		/* May have happened: counts, and is looked up (I-13). */
		s->flags |= SERVER_UNKNOWN;
		ledger_again(l, s);
		ledger_dirty(l, s);
	}
	if (way < 0)
		return;
	if (refused > 0)
		intent_refused(l, way, why);
	else if (accepted > 0)
		l->way[way].refusals = 0;
	group_granted(l->group, &(struct now){ l->now, 0 }, way, accepted,
	    refused, why);
}

static void
hear_lookup(struct ledger *l, struct server *s, enum outcome why,
    const struct told *told, size_t n)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (memcmp(&told[k].token, &s->token, sizeof(s->token)) == 0)
			break;
	if (k < n)
		ledger_exists(l, s, &told[k]);
	else if (s->phase == PHASE_DECIDED) {
		ledger_again(l, s);
		if (why == OUTCOME_DONE)
			ledger_missed(l, s);
	}
}

static void
hear_terminate(struct ledger *l, op_t op, enum outcome why)
{
	struct server *s;
	int i;

	for (i = 0; i < l->servers->n; i++) {
		s = &l->servers->at[i];
		if (s->op != op)
			continue;
		if (why == OUTCOME_DONE) {
			s->op = 0;
			ledger_move(l, s, PHASE_GONE);
		} else
			ledger_again(l, s);
	}
}

/* The balancer's and the prober's answers for one server. */
static void
hear_done(struct ledger *l, struct server *s, enum order_kind kind)
{
	s->op = 0;
	s->tries = 0;
	s->retry = NS_NEVER;
	if (kind == ORDER_PROBE && s->phase < PHASE_HEALTHY) {
		intent_booted(l, s->way, true);
		ledger_move(l, s, PHASE_HEALTHY);
	} else if (kind == ORDER_ADD && s->phase == PHASE_HEALTHY) {
		ledger_move(l, s, PHASE_SERVING);
	} else if (kind == ORDER_ADD && s->phase == PHASE_SERVING) {
		s->flags &= (uint16_t)~SERVER_OUT;
	} else if (kind == ORDER_DRAIN && s->phase == PHASE_DRAINING) {
		s->deadline = l->now; /* no session left */
	} else if (kind == ORDER_REMOVE && s->phase >= PHASE_REMOVING) {
		s->flags |= SERVER_OUT;
		s->retry = l->now;
	} else if (s->phase > PHASE_SERVING)
		s->retry = l->now; /* it has moved on meanwhile */
	ledger_due(l, l->now);
}

static void
hear_one(struct ledger *l, struct server *s, enum order_kind kind,
    enum outcome why)
{
	if (why == OUTCOME_DONE)
		hear_done(l, s, kind);
	else
		ledger_again(l, s);
}

/* Nothing waits for it any more; it may still tell of a server. */
static void
hear_late(struct ledger *l, op_t op, const struct told *told, size_t n)
{
	struct server *s;
	size_t k;

	if (ledger_op_kind(op) != ORDER_LAUNCH &&
	    ledger_op_kind(op) != ORDER_LOOKUP)
		return;
	for (k = 0; k < n; k++) {
		s = servers_find_token(l->servers, &told[k].token);
		if (s != NULL && s->phase == PHASE_DECIDED)
			ledger_exists(l, s, &told[k]);
	}
}

void
ledger_answer(struct ledger *l, op_t op, enum outcome why,
    const struct told *told, size_t n)
{
	enum order_kind kind = ledger_op_kind(op);
	struct server *s;
	int w;

	if (op == 0 || ledger_op_slot(op) != l->slot)
		return;
	ledger_due(l, l->now);
	if (op == l->seen_op) {
		ledger_saw(l, why, told, n);
		return;
	}
	for (w = 0; w < MAX_WAYS; w++)
		if (op == l->way[w].list_op) {
			ledger_listed(l, w, why, told, n);
			return;
		}
	s = ledger_by_op(l, op);
	if (s == NULL)
		hear_late(l, op, told, n);
	else if (kind == ORDER_LAUNCH)
		hear_launch(l, op, why, told, n);
	else if (kind == ORDER_LOOKUP)
		hear_lookup(l, s, why, told, n);
	else if (kind == ORDER_TERMINATE)
		hear_terminate(l, op, why);
	else
		hear_one(l, s, kind, why);
}

void
ledger_happened(struct ledger *l, enum happening what, const struct told *told)
{
	struct server *s = servers_find_token(l->servers, &told->token);
	struct told t = *told;

	if (s == NULL)
		s = servers_find(l->servers, &told->id);
	if (s == NULL || !(s->flags & SERVER_OURS))
		return;
	if (what == HAPPENED_EXIT)
		t.phase = PHASE_GONE;
	ledger_exists(l, s, &t);
}

void
ledger_health(struct ledger *l, const struct server_id *id, bool up)
{
	struct server *s = servers_find(l->servers, id);

	if (s == NULL || s->phase != PHASE_SERVING)
		return;
	if (!up && !(s->flags & SERVER_SICK) && (s->flags & SERVER_OURS))
		s->deadline = l->now + SICK_GRACE;
	ledger_flag(l, s, SERVER_SICK, !up);
	if (up)
		s->deadline = NS_NEVER;
}
