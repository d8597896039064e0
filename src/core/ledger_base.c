/* SPDX-License-Identifier: MIT */
/*
 * The ledger's ground: ops, phases, what is due, what was restored.
 *
 * An op is the slot of the group, the kind of order and a number that begins
 * at the boot clock (in 16 ns) and grows by one an op: it is never used
 * twice, not after a restart either, since no daemon issues 60 million
 * orders a second for its whole life.
 */
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "base/num.h"
#include "core/ledger_priv.h"

enum { SEQ_BITS = 54, KIND_MASK = 15 };

void
ledger_init(struct ledger *l, struct group *g, int slot, uint64_t seed)
{
	MUST(l != NULL);
	MUST(slot >= 0 && slot < MAX_GROUPS);
	memset(l, 0, sizeof(*l));
	l->group = g;
	l->servers = group_servers(g);
	l->slot = slot;
	l->due = NS_NEVER;
	l->health_removed = -NS_NEVER;
	rng_init(&l->rng, seed);
}

/* The first moment that this life of the daemon hears of. */
static void
ledger_start(struct ledger *l, const struct now *now)
{
	int i;

	l->now = now->mono;
	if (l->started)
		return;
	MUST(now->mono >= 0);
	l->started = true;
	l->seq = ((uint64_t)now->mono >> 4) + 1;
	/* The same seed must not give the tokens of an earlier life. */
	l->rng.state ^= (uint64_t)now->mono * UINT64_C(0xd6e8feb86659fd93);
	l->rng.state ^= (uint64_t)now->wall_s;
	l->gate = now->mono + START_GATE;
	l->seen_due = now->mono;
	for (i = 0; i < MAX_WAYS; i++) {
		l->way[i].list_due = now->mono;
		l->way[i].calls = CALLS_BURST;
		l->way[i].calls_at = now->mono;
		l->way[i].counted = now->mono - MISS_SPACING;
	}
}

void
ledger_begin(struct ledger *l, const struct now *now)
{
	ledger_start(l, now);
	l->wall_s = now->wall_s;
}

op_t
ledger_op(struct ledger *l, enum order_kind kind, const struct server *s)
{
	uint64_t seq = l->seq++ & ((UINT64_C(1) << SEQ_BITS) - 1);

	if (s != NULL)
		l->hint[seq % LEDGER_HINTS] =
		    (uint16_t)(s - l->servers->at);
	return ((op_t)l->slot << 58 | (op_t)kind << SEQ_BITS | seq);
}

enum order_kind
ledger_op_kind(op_t op)
{
	return ((enum order_kind)(op >> SEQ_BITS & KIND_MASK));
}

/* Removals only move servers down from where the hint was taken. */
struct server *
ledger_by_op(const struct ledger *l, op_t op)
{
	struct servers *t = l->servers;
	int i, from = l->hint[op % LEDGER_HINTS];

	if (op == 0)
		return (NULL);
	for (i = from < t->n ? from : t->n - 1; i >= 0; i--)
		if (t->at[i].op == op)
			return (&t->at[i]);
	for (i = from + 1; i < t->n; i++)
		if (t->at[i].op == op)
			return (&t->at[i]);
	return (NULL);
}

void
ledger_due(struct ledger *l, ns_t at)
{
	if (at < l->due)
		l->due = at;
}

void
ledger_dirty(struct ledger *l, struct server *s)
{
	if (!(s->flags & SERVER_OURS) || s->flags & SERVER_DIRTY)
		return;
	s->flags |= SERVER_DIRTY;
	l->n_dirty++;
}

void
ledger_flag(struct ledger *l, struct server *s, uint16_t flag, bool on)
{
	int by = on ? 1 : -1;

	if (((s->flags & flag) != 0) == on)
		return;
	s->flags ^= flag;
	if (flag == SERVER_SICK)
		l->n_sick += by;
	if (flag == SERVER_REPLACE)
		l->n_replace += by;
	if (flag == SERVER_REPLACES)
		l->n_replaces += by;
	if (flag != SERVER_SICK)
		ledger_dirty(l, s);
	ledger_due(l, l->now);
}

bool
ledger_has_address(const struct server *s)
{
	static const uint8_t none[sizeof(s->address)];

	return (s->port != 0 && memcmp(s->address, none, sizeof(none)) != 0);
}

static bool
ledger_on_its_way(enum phase p)
{
	return (p >= PHASE_ACCEPTED && p <= PHASE_ARTIFACT);
}

/* What the phase that it enters asks for, and by when. */
static void
ledger_enter(struct ledger *l, struct server *s)
{
	s->retry = NS_NEVER;
	s->deadline = NS_NEVER;
	switch (s->phase) {
	case PHASE_DECIDED:
	case PHASE_DRAINING:
	case PHASE_REMOVING:
	case PHASE_FAILED:
		s->retry = l->now;
		break;
	case PHASE_HEALTHY:
		/* It has booted: what it waits for is the balancer. */
		if (ledger_has_address(s))
			s->retry = l->now;
		break;
	case PHASE_ACCEPTED:
	case PHASE_BOOTED:
	case PHASE_SECRETS:
	case PHASE_ARTIFACT:
		s->deadline = s->since +
		    group_boot_deadline(l->group, s->way);
		/* It may have booted long ago, and nobody has asked it. */
		if (s->deadline < l->now + LATE_DEADLINE)
			s->deadline = l->now + LATE_DEADLINE;
		if (ledger_has_address(s))
			s->retry = l->now;
		break;
	default:
		break;
	}
	if (s->phase == PHASE_DRAINING)
		s->deadline = l->now + group_policy(l->group)->limit.drain;
}

/* The first time only: a drain taken back is no boot. */
static void
ledger_reached(const struct ledger *l, struct server *s, enum phase to)
{
	ns_t ds = (l->now - s->since + NS_S / 10 - 1) / (NS_S / 10);
	uint16_t *at;

	if (to < PHASE_ACCEPTED || to > PHASE_SERVING)
		return;
	at = &s->reached_ds[to - PHASE_ACCEPTED];
	if (*at == 0)
		*at = (uint16_t)num_clamp((double)ds, 1, UINT16_MAX);
}

void
ledger_move(struct ledger *l, struct server *s, enum phase to)
{
	enum phase from = (enum phase)s->phase;
	ns_t took = l->now - s->phase_since, giveup = s->retry;
	ns_t deadline = s->deadline;

	if (from == to)
		return;
	MUST(from != PHASE_GONE);
	if (to > from && to <= PHASE_SERVING && s->serving_since == 0 &&
	    !(s->flags & SERVER_RESTORED))
		group_learn(l->group, &(struct now){ l->now, 0 }, s, from, to,
		    took);
	if (s->flags & SERVER_DRILL)
		ledger_drill_moved(l, s, from, to);
	if (from == PHASE_SERVING) {
		ledger_flag(l, s, SERVER_SICK, false);
		ledger_flag(l, s, SERVER_REPLACE, false);
	}
	if (from >= PHASE_HEALTHY && from <= PHASE_DRAINING)
		s->flags &= (uint16_t)~SERVER_OUT; /* told to be so again */
	if (to > PHASE_SERVING)
		ledger_flag(l, s, SERVER_REPLACES, false);
	if (!(s->flags & SERVER_RESTORED))
		ledger_reached(l, s, to);
	servers_phase(l->servers, s, to, l->now);
	if (to != PHASE_DECIDED)
		s->flags &= (uint16_t)~SERVER_UNKNOWN;
	s->misses = 0;
	ledger_enter(l, s);
	s->tries = 0;
	if (ledger_on_its_way(from) && ledger_on_its_way(to))
		s->deadline = deadline; /* of the whole boot */
	/* What is under way ends first; a probe is ended. */
	if (s->op != 0)
		s->retry = ledger_op_kind(s->op) != ORDER_PROBE ||
		    ledger_on_its_way(to) ? giveup : l->now;
	ledger_dirty(l, s);
	ledger_due(l, l->now);
}

ns_t
ledger_jitter(struct ledger *l, ns_t base, ns_t most, int tries)
{
	ns_t d = base;

	while (tries-- > 0 && d < most)
		d *= 2;
	if (d > most)
		d = most;
	return (d / 2 + (ns_t)((double)d / 2 * rng_unit(&l->rng)));
}

void
ledger_again(struct ledger *l, struct server *s)
{
	s->op = 0;
	s->retry = l->now +
	    ledger_jitter(l, RETRY_FIRST, RETRY_MOST, s->tries);
	if (s->tries < UINT8_MAX)
		s->tries++;
	ledger_due(l, s->retry);
}

bool
ledger_may_remove(const struct ledger *l, const struct server *s)
{
	return ((s->flags & SERVER_OURS) && l->seen &&
	    l->way[s->way].listed && !l->journal_bad && !l->hold_in &&
	    l->now >= l->safe_until);
}

bool
ledger_may_launch(const struct ledger *l)
{
	int w;

	if (l->hold_out)
		return (false);
	if (l->now >= l->gate)
		return (true);
	for (w = 0; w < intent_ways(l); w++)
		if (!l->way[w].listed)
			return (false);
	return (l->seen);
}

int
ledger_share(const struct ledger *l, double pct)
{
	int n = servers_serving(l->servers) + servers_pending(l->servers) +
	    l->servers->count[PHASE_DRAINING];

	return ((int)num_max(1.0, n * pct / 100.0));
}

ns_t
ledger_window(const struct ledger *l)
{
	ns_t window = group_policy(l->group)->limit.removals_window;

	return (window > 0 && window < NS_MIN ? window : NS_MIN);
}

void
ledger_safe_mode(struct ledger *l, ns_t until)
{
	l->safe_until = until;
	ledger_due(l, l->now);
}

void
ledger_journal(struct ledger *l, enum journal_state state)
{
	ns_t drain = group_policy(l->group)->limit.drain;
	bool bad = state == JOURNAL_BAD;
	struct server *s;
	int i;

	for (i = 0; l->journal_bad && !bad && i < l->servers->n; i++) {
		s = &l->servers->at[i];
		/* The new generation knows nothing of what went on without. */
		ledger_dirty(l, s);
		/* The hands may have kept a drain back: it begins now. */
		if (s->phase == PHASE_DRAINING &&
		    (s->op != 0 || s->retry != NS_NEVER)) {
			s->deadline = l->now + drain;
			ledger_removed(l); /* of this minute (I-07) */
		}
	}
	l->journal_bad = bad;
	ledger_due(l, l->now);
}

/*
 * A moment may lie before this boot (the journal moves them); one in the
 * future is taken as now.
 */
static ns_t
ledger_moment(const struct ledger *l, ns_t at)
{
	return (at > l->now ? l->now :
	    at < -3650 * NS_DAY ? -3650 * NS_DAY : at);
}

int
ledger_restore(struct ledger *l, const struct now *now,
    const struct server *from, struct err *e)
{
	struct server s = *from, *v;
	ns_t drain = from->deadline;

	ledger_start(l, now);
	if (!(s.flags & SERVER_OURS) || s.phase == PHASE_GONE)
		return (0);
	if (s.phase <= PHASE_NONE || s.phase >= PHASE_COUNT ||
	    s.way >= MAX_WAYS || strnlen(s.id.text, ID_SIZE) == ID_SIZE)
		return (err_set(e, 22, "group '%s': a record of the journal "
		    "is no server", group_policy(l->group)->name));
	if (servers_find(l->servers, &s.id) != NULL ||
	    servers_find_token(l->servers, &s.token) != NULL)
		return (err_set(e, 17, "group '%s': the journal has server "
		    "'%s' twice", group_policy(l->group)->name, s.id.text));
	s.flags &= (uint16_t)~(SERVER_DIRTY | SERVER_MARK | SERVER_SICK |
	    SERVER_OUT | SERVER_STALLED);
	s.flags |= SERVER_RESTORED;
	s.op = 0;
	s.tries = s.misses = 0;
	s.since = ledger_moment(l, s.since);
	s.phase_since = ledger_moment(l, s.phase_since);
	s.serving_since = ledger_moment(l, s.serving_since);
	if (s.phase == PHASE_DECIDED && s.id.text[0] == '\0')
		s.flags |= SERVER_UNKNOWN;
	v = servers_add(l->servers, &s);
	if (v == NULL)
		return (err_set(e, 28, "group '%s': the journal has more "
		    "servers than %d", group_policy(l->group)->name,
		    l->servers->cap));
	if (v->phase == PHASE_DECIDED && v->id.text[0] != '\0')
		servers_phase(l->servers, v, PHASE_ACCEPTED, l->now);
	ledger_enter(l, v);
	v->retry = l->now; /* one in service is added again: idempotent */
	/* It may have been taken back without a durable record (I-29). */
	if (v->phase == PHASE_DRAINING && drain < v->deadline)
		v->deadline = drain < l->now + RESTORED_DRAIN &&
		    v->deadline > l->now + RESTORED_DRAIN ?
		    l->now + RESTORED_DRAIN : drain;
	l->n_replace += (v->flags & SERVER_REPLACE) != 0;
	l->n_replaces += (v->flags & SERVER_REPLACES) != 0;
	intent_count(l, v->since, 1);
	l->removals_from = l->now + ledger_window(l);
	ledger_due(l, l->now);
	return (0);
}
