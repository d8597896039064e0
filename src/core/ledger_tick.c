/* SPDX-License-Identifier: MIT */
/*
 * What time and decisions do to servers: deadlines, drains, ill health,
 * replacements.  Removals pass every guard here a second time, whoever
 * decided them: only ours (I-10), not the protected, not on a doubtful
 * journal (I-29), not in safe mode (I-28), not below the minimum (I-06), and
 * never more a minute than the fastest rule of I-07 allows.
 */
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/ledger_priv.h"

static bool
tick_is_protected(const struct ledger *l, const struct server *s)
{
	return (s->flags & SERVER_PROTECTED && s->protect_until > l->now);
}

/*
 * I-09: with so many down it is the check that is in doubt.  One alone is
 * not many where two others pass: else a group of three, of which it is a
 * third, would keep a dead server for ever.
 */
bool
ledger_is_sick(const struct ledger *l)
{
	double pct = group_policy(l->group)->limit.sick_pct;
	int serving = servers_serving(l->servers);

	if (l->n_sick == 1 && serving >= 3)
		return (false);
	return (l->n_sick > 0 && pct > 0.0 &&
	    l->n_sick * 100.0 > pct * serving);
}

/* I-11: the check passes for others now, and not one after the other. */
static bool
tick_may_heal(const struct ledger *l, const struct server *s)
{
	const struct group_policy *p = group_policy(l->group);
	int serving = servers_serving(l->servers);

	return (ledger_may_remove(l, s) && !tick_is_protected(l, s) &&
	    !ledger_is_sick(l) && serving > l->n_sick &&
	    (l->health_removed < 0 ||
	    l->now - l->health_removed >= p->limit.health_window));
}

void
ledger_drain(struct ledger *l, struct server *s, bool leaving)
{
	MUST(s->flags & SERVER_OURS);
	/* A healthy one may be in already, and nobody has said so yet. */
	if (s->phase != PHASE_SERVING && s->phase != PHASE_HEALTHY)
		return;
	if (leaving)
		s->flags |= SERVER_LEAVING;
	ledger_move(l, s, PHASE_DRAINING);
}

static void
tick_draining(struct ledger *l, struct server *s)
{
	/* The host's own answer comes at the deadline: it goes first. */
	ns_t end = s->deadline + (s->op != 0 ? NS_S : 0);

	if (l->now < end)
		ledger_due(l, end);
	else if (ledger_may_remove(l, s)) {
		if (s->op != 0 && ledger_op_kind(s->op) == ORDER_DRAIN)
			s->op = 0;
		ledger_move(l, s, PHASE_REMOVING);
	} else
		ledger_due(l, l->now + NS_S);
}

static void
tick_serving(struct ledger *l, struct server *s)
{
	if (!(s->flags & SERVER_SICK) || !(s->flags & SERVER_OURS))
		return;
	if (l->now < s->deadline)
		ledger_due(l, s->deadline);
	else if (tick_may_heal(l, s)) {
		l->health_removed = l->now;
		l->kept_news = true;
		ledger_drain(l, s, true);
	} else
		ledger_due(l, l->now + NS_S);
}

static void
tick_server(struct ledger *l, struct server *s)
{
	if (s->phase == PHASE_DRAINING)
		tick_draining(l, s);
	else if (s->phase == PHASE_SERVING && !(s->flags & SERVER_ORPHAN))
		tick_serving(l, s);
	else if (s->flags & SERVER_ORPHAN) {
		if (l->now >= s->deadline)
			ledger_adopt(l, s);
		else
			ledger_due(l, s->deadline);
	} else if (s->phase == PHASE_FAILED) {
		if (ledger_may_remove(l, s))
			ledger_move(l, s, PHASE_REMOVING);
		else
			ledger_due(l, l->now + NS_S);
	} else if (s->phase < PHASE_SERVING && s->phase > PHASE_DECIDED) {
		if (s->phase == PHASE_HEALTHY && s->flags & SERVER_DRILL)
			ledger_move(l, s, PHASE_FAILED);
		else if (l->now >= s->deadline) {
			l->late_until = l->now + DIFFER_SHOWN;
			ledger_fail(l, s);
		} else
			ledger_due(l, s->deadline);
	} else if (s->phase == PHASE_DECIDED && s->flags & SERVER_UNKNOWN)
		l->n_late += l->now - s->since > ORPHAN_GRACE;
}

/* A replacement serves: the server that it replaces may go. */
static void
tick_replaced(struct ledger *l)
{
	struct server *s, *old = NULL, *fresh = NULL;
	int i;

	for (i = l->servers->n - 1; i >= 0; i--) {
		s = &l->servers->at[i];
		if (s->phase != PHASE_SERVING)
			continue;
		if (s->flags & SERVER_REPLACE && old == NULL &&
		    ledger_may_remove(l, s))
			old = s;
		if (s->flags & SERVER_REPLACES && fresh == NULL)
			fresh = s;
	}
	if (old == NULL || fresh == NULL)
		return;
	ledger_flag(l, fresh, SERVER_REPLACES, false);
	ledger_drain(l, old, true);
}

void
ledger_tick(struct ledger *l)
{
	int i;

	l->walk = l->now >= l->due;
	l->tick_due = l->due;
	if (!l->walk)
		return;
	l->due = NS_NEVER;
	l->n_late = 0;
	for (i = 0; i < l->servers->n; i++)
		tick_server(l, &l->servers->at[i]);
	if (l->n_replace > 0 && l->n_replaces > 0)
		tick_replaced(l);
	l->tick_due = l->due;
}

/*
 * Drains that were only meant to save money are taken back before anything
 * is launched; youngest first, since it has the most sessions left.
 */
static int
apply_take_back(struct ledger *l, int n)
{
	struct server *s;
	int i, taken = 0;

	if (l->servers->count[PHASE_DRAINING] == 0)
		return (0);
	for (i = l->servers->n - 1; i >= 0 && taken < n; i--) {
		s = &l->servers->at[i];
		if (s->phase != PHASE_DRAINING || s->flags & SERVER_LEAVING ||
		    s->phase_since == l->now)
			continue;
		/* The ADD ends the DRAIN; one that is under way goes on. */
		if (s->op != 0 && ledger_op_kind(s->op) == ORDER_DRAIN)
			s->op = 0;
		ledger_move(l, s, PHASE_HEALTHY);
		taken++;
	}
	return (taken);
}

/* Removals of the last minute by tens of seconds: the window slides. */
static void
removed_slide(struct ledger *l)
{
	if (l->now - l->removed_at >= LEDGER_TENS * 10 * NS_S) {
		memset(l->removed, 0, sizeof(l->removed));
		l->removed_at = l->now;
	}
	while (l->now - l->removed_at >= 10 * NS_S) {
		memmove(&l->removed[1], &l->removed[0],
		    sizeof(l->removed) - sizeof(l->removed[0]));
		l->removed[0] = 0;
		l->removed_at += 10 * NS_S;
	}
}

void
ledger_removed(struct ledger *l)
{
	removed_slide(l);
	l->removed[0]++;
}

/* Removals within span, a minute at most, and never counted in less. */
static int
apply_removed(struct ledger *l, ns_t span)
{
	int i, n = 0;

	removed_slide(l);
	for (i = 0; i < LEDGER_TENS && i * 10 * NS_S < span + 10 * NS_S; i++)
		n += l->removed[i];
	return (n);
}

static bool
apply_may_go(struct ledger *l, const struct server *s)
{
	const struct group_policy *p = group_policy(l->group);

	if (!ledger_may_remove(l, s) || tick_is_protected(l, s))
		return (false);
	if (s->phase < PHASE_HEALTHY || s->phase > PHASE_SERVING)
		return (s->phase > PHASE_DECIDED && s->phase < PHASE_HEALTHY);
	if (s->phase == PHASE_SERVING && (ledger_is_sick(l) ||
	    servers_serving(l->servers) <= (int)num_max(p->size.min, 1)))
		return (false);
	if (l->now < l->removals_from)
		return (false);
	return (apply_removed(l, ledger_window(l)) <
	    ledger_share(l, p->limit.removals_pct) ||
	    apply_removed(l, NS_MIN) <
	    ledger_share(l, p->limit.rush_removals_pct));
}

/* One that is to be replaced anyway goes in the place of a good one. */
static struct server *
apply_victim(const struct ledger *l, struct server *s)
{
	struct server *v;
	int i;

	if (l->n_replace == 0 || s->phase != PHASE_SERVING)
		return (s);
	for (i = 0; i < l->servers->n; i++) {
		v = &l->servers->at[i];
		if (v->phase == PHASE_SERVING && v->flags & SERVER_REPLACE &&
		    v->flags & SERVER_OURS)
			return (v);
	}
	return (s);
}

static void
apply_removals(struct ledger *l, const struct decision *d)
{
	struct server *s;
	int i;

	for (i = 0; i < d->n_terminate; i++) {
		s = servers_find(l->servers, &d->terminate[i]);
		if (s == NULL)
			continue;
		s = apply_victim(l, s);
		if (!apply_may_go(l, s))
			continue;
		if (s->phase >= PHASE_HEALTHY) {
			ledger_removed(l);
			ledger_drain(l, s, false);
		} else {
			if (!(s->flags & SERVER_RESTORED))
				s->flags |= SERVER_OUT;
			ledger_move(l, s, PHASE_FAILED); /* not needed */
		}
	}
}

/* Replacements are launched beside what the decision wants. */
static void
apply_replace(struct ledger *l)
{
	int room = ledger_share(l, 10.0), lack;

	lack = (int)num_min(l->n_replace - l->n_replaces,
	    room - l->n_replaces);
	if (lack > 0 && l->servers->count[PHASE_DRAINING] < room)
		(void)intent_launch(l, lack, SERVER_REPLACES);
}

void
ledger_apply(struct ledger *l, const struct decision *d)
{
	bool in = false, out = false;
	int i, n = d->launch;

	for (i = 0; i < d->n_holds; i++) {
		if (d->holds[i].by != HOLD_OPERATOR)
			continue;
		in = in || d->holds[i].what & HOLD_IN;
		out = out || d->holds[i].what & HOLD_OUT;
	}
	if (in != l->hold_in || out != l->hold_out)
		ledger_due(l, l->now);
	l->hold_in = in;
	l->hold_out = out;
	apply_removals(l, d);
	if (!ledger_may_launch(l))
		return;
	if (n > 0)
		n -= apply_take_back(l, n);
	if (n > 0)
		(void)intent_launch(l, n, 0);
	if (l->n_replace > l->n_replaces)
		apply_replace(l);
	ledger_drill_due(l, l->wall_s);
}
