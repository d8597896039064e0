/* SPDX-License-Identifier: MIT */
/*
 * Drills.  A drill's server is an intent like every other, with a flag: it is
 * probed, never added to a balancer, counted as no capacity (but for what it
 * uses up, I-40), and removed as soon as it is healthy.
 */
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/ledger_priv.h"

/* What was in the way of a drill on schedule is looked at again. */
#define DRILL_AGAIN (10 * NS_S)
enum { DAY_S = 86400 };

/* The next way after the last one's that may be asked; -1: none. */
static int
drill_way(const struct ledger *l)
{
	const struct drill *d = group_drill(l->group);
	int n = intent_ways(l), k, w;

	for (k = 1; k <= n; k++) {
		w = (d->at_wall_s != 0 ? d->way + k : k - 1) % n;
		if (l->now >= l->way[w].until && !intent_tripped(l, w))
			return (w);
	}
	return (-1);
}

/* Why there can be none now; NULL: there can. */
static const char *
drill_forbids(struct ledger *l)
{
	const struct group_policy *p = group_policy(l->group);

	if (group_drill(l->group)->result == DRILL_RUNNING)
		return ("one is under way");
	if (l->journal_bad)
		return ("the journal is not durable");
	if (!ledger_may_launch(l))
		return ("a hold, or provider or balancer have not answered");
	if (!group_may_drill(l->group, l->now))
		return ("it is no calm time: a rush, trouble, a limit that "
		    "binds, or servers on their way");
	if (servers_serving(l->servers) + servers_pending(l->servers) >=
	    p->size.hard_max || group_launches_left(l->group,
	    l->now) < 1)
		return ("a limit leaves no room for one more server");
	if (drill_way(l) < 0)
		return ("no way to launch may be asked now");
	return (NULL);
}

static bool
drill_begin(struct ledger *l, int64_t wall_s)
{
	struct drill *d = group_drill(l->group);
	int way = drill_way(l);

	MUST(way >= 0);
	if (!intent_add(l, way, SERVER_DRILL))
		return (false);
	*d = (struct drill){ .result = DRILL_RUNNING, .way = way,
		.at_wall_s = wall_s, .reached = PHASE_DECIDED };
	ledger_due(l, l->now);
	return (true);
}

int
ledger_drill(struct ledger *l, const struct now *now, struct err *e)
{
	const char *why = drill_forbids(l);

	if (why != NULL)
		return (err_set(e, 11, "group '%s': no drill now: %s",
		    group_policy(l->group)->name, why));
	if (!drill_begin(l, now->wall_s))
		return (err_set(e, 28, "group '%s': no drill now: its table is "
		    "full", group_policy(l->group)->name));
	return (0);
}

static bool
drill_in_window(const struct drill_settings *s, int64_t wall_s)
{
	int at = (int)(((wall_s % DAY_S) + DAY_S) % DAY_S);

	if (s->from_s == s->to_s)
		return (true);
	if (s->from_s < s->to_s)
		return (at >= s->from_s && at < s->to_s);
	return (at >= s->from_s || at < s->to_s);
}

/* Its server is gone without a word: a restart without its record. */
static bool
drill_lost(const struct ledger *l)
{
	int i;

	for (i = 0; i < l->servers->n; i++)
		if (l->servers->at[i].flags & SERVER_DRILL)
			return (false);
	return (true);
}

void
ledger_drill_due(struct ledger *l, int64_t wall_s)
{
	const struct drill_settings *s = &group_policy(l->group)->drill;
	struct drill *d = group_drill(l->group);

	if (d->result == DRILL_RUNNING) {
		if (drill_lost(l))
			d->result = DRILL_NONE;
		return;
	}
	if (s->every <= 0 || l->now < l->drill_try ||
	    !drill_in_window(s, wall_s))
		return;
	if (d->at_wall_s > wall_s)
		d->at_wall_s = wall_s; /* the clock was set back */
	if (d->at_wall_s != 0 && wall_s - d->at_wall_s < s->every / NS_S)
		return;
	l->drill_try = l->now + DRILL_AGAIN;
	if (drill_forbids(l) == NULL)
		(void)drill_begin(l, wall_s);
}

void
ledger_drill_moved(struct ledger *l, const struct server *s, enum phase from,
    enum phase to)
{
	struct drill *d = group_drill(l->group);

	if (d->result != DRILL_RUNNING)
		return;
	if (to == PHASE_HEALTHY)
		d->result = DRILL_PASSED;
	else if (to > PHASE_SERVING)
		d->result = DRILL_FAILED;
	d->reached = to <= PHASE_HEALTHY ? to : from;
	d->took = l->now - s->since;
}
