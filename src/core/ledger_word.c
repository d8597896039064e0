/* SPDX-License-Identifier: MIT */
/* An operator's words for one server, and what forbids now. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/ledger_priv.h"

#define PROTECT_DEFAULT (2 * NS_HOUR)

static int
word_leave(struct ledger *l, struct server *s, bool replace, struct err *e)
{
	if (s->phase == PHASE_DRAINING && !replace) {
		s->flags |= SERVER_LEAVING;
		ledger_dirty(l, s);
		return (0);
	}
	if (s->phase < PHASE_HEALTHY && s->phase > PHASE_DECIDED) {
		if (!(s->flags & SERVER_RESTORED))
			s->flags |= SERVER_OUT;
		ledger_move(l, s, PHASE_FAILED); /* need decides a new one */
		return (0);
	}
	if (s->phase == PHASE_HEALTHY) {
		ledger_drain(l, s, true);
		return (0);
	}
	if (s->phase != PHASE_SERVING)
		return (err_set(e, 22, "server '%s' is %s, not serving",
		    s->id.text, phase_name((enum phase)s->phase)));
	if (replace)
		ledger_flag(l, s, SERVER_REPLACE, true);
	else
		ledger_drain(l, s, true);
	return (0);
}

static int
word_protect(struct ledger *l, const struct now *now, struct server *s,
    const struct word *w)
{
	ns_t span = PROTECT_DEFAULT;

	if (w->until_wall_s != 0)
		span = (ns_t)(w->until_wall_s - now->wall_s) * NS_S;
	s->flags |= SERVER_PROTECTED;
	s->protect_until = l->now + span;
	ledger_dirty(l, s);
	return (0);
}

static int
word_resume(struct ledger *l)
{
	int w;

	for (w = 0; w < MAX_WAYS; w++) {
		l->way[w].failures = 0;
		l->way[w].refusals = 0;
		l->way[w].until = 0;
	}
	l->refused_until = 0;
	l->kept_news = true;
	if (group_drill(l->group)->result == DRILL_FAILED)
		group_drill(l->group)->result = DRILL_NONE;
	l->safe_until = 0; /* I-28, I-34: a person has looked */
	return (0);
}

static int
word_may(const struct ledger *l, const struct server *s, struct err *e)
{
	const char *why = NULL;

	if (l->journal_bad)
		why = "the journal is not durable";
	else if (l->now < l->safe_until)
		why = "safe mode";
	else if (!ledger_may_remove(l, s))
		why = "a hold, or provider or balancer have not answered";
	if (why == NULL)
		return (0);
	return (err_set(e, 11, "server '%s' cannot be removed now: %s",
	    s->id.text, why));
}

int
ledger_word(struct ledger *l, const struct now *now, const struct word *w,
    struct err *e)
{
	struct server *s;

	if (w->kind == WORD_RESUME)
		return (word_resume(l));
	if (w->kind == WORD_DRILL)
		return (ledger_drill(l, now, e));
	if (memchr(w->id.text, '\0', ID_SIZE) == NULL)
		return (err_set(e, 22, "the server's id is too long"));
	s = servers_find(l->servers, &w->id);
	if (s == NULL)
		return (err_set(e, 2, "group '%s' has no server '%s'",
		    group_policy(l->group)->name, w->id.text));
	if (w->kind == WORD_ADOPT) {
		if (s->flags & SERVER_OURS)
			return (0);
		if (!(s->flags & SERVER_ORPHAN))
			return (err_set(e, 1, "server '%s' does not carry our "
			    "tag: it is left alone", s->id.text));
		ledger_adopt(l, s);
		return (0);
	}
	if (!(s->flags & SERVER_OURS))
		return (err_set(e, 1, "server '%s' is not ours", s->id.text));
	if (w->kind == WORD_PROTECT)
		return (word_protect(l, now, s, w));
	MUST(w->kind == WORD_DRAIN || w->kind == WORD_REPLACE);
	if (word_may(l, s, e) != 0)
		return (-1);
	return (word_leave(l, s, w->kind == WORD_REPLACE, e));
}

static int
word_hold(struct hold *h, enum hold_what what, enum hold_by by, ns_t until,
    const char *reason)
{
	h->what = what;
	h->by = by;
	h->until = until;
	(void)snprintf(h->reason, sizeof(h->reason), "%s", reason);
	return (1);
}

/* A backup provider that is down must not keep what the first has. */
static bool
word_answered(const struct ledger *l)
{
	int w, n = 0;

	for (w = 0; w < intent_ways(l); w++)
		n += l->way[w].listed;
	return (l->seen && n >= (l->now < l->gate ? intent_ways(l) : 1));
}

static bool
word_tripped(const struct ledger *l)
{
	int w;

	for (w = 0; w < intent_ways(l); w++)
		if (intent_tripped(l, w))
			return (true);
	return (false);
}

int
ledger_holds(const struct ledger *l, struct hold *h)
{
	bool answered = word_answered(l);
	int n = 0;

	if (!answered)
		n += word_hold(&h[n], l->now < l->gate ? HOLD_ALL : HOLD_IN,
		    HOLD_DATA, NS_NEVER,
		    "provider and balancer have not answered yet");
	if (l->journal_bad)
		n += word_hold(&h[n], HOLD_IN, HOLD_DATA, NS_NEVER,
		    "the journal is not durable");
	if (l->now < l->safe_until)
		n += word_hold(&h[n], HOLD_IN, HOLD_DATA, l->safe_until,
		    "safe mode after doubtful state");
	if (ledger_is_sick(l))
		n += word_hold(&h[n], HOLD_IN, HOLD_DIAGNOSIS, NS_NEVER,
		    "much of the group looks unhealthy");
	if (word_tripped(l))
		n += word_hold(&h[n], HOLD_IN, HOLD_BREAKER, NS_NEVER,
		    "new servers do not boot: the old ones are kept");
	MUST(n <= MAX_HOLDS);
	return (n);
}

uint32_t
ledger_alarms(const struct ledger *l)
{
	uint32_t a = 0;

	if (l->journal_bad)
		a |= 1u << ALARM_JOURNAL;
	if (l->now < l->safe_until)
		a |= 1u << ALARM_SAFE_MODE;
	if (ledger_is_sick(l))
		a |= 1u << ALARM_SICK;
	if (word_tripped(l))
		a |= 1u << ALARM_BREAKER;
	if (l->now < l->refused_until)
		a |= 1u << ALARM_REFUSED;
	if (l->n_late > 0 || l->now < l->late_until)
		a |= 1u << ALARM_STALLED;
	if (l->now < l->differ_until)
		a |= 1u << ALARM_LEDGER;
	if (group_drill(l->group)->result == DRILL_FAILED)
		a |= 1u << ALARM_DRILL;
	return (a);
}
