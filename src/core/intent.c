/* SPDX-License-Identifier: MIT */
/*
 * Intents: the decision to launch one server, and where.
 *
 * An intent has one token and one way and is asked for once; what is refused
 * is forgotten, and the need for it decides a new one on the next way.  A
 * way that refuses is left alone for a while (I-17); one whose servers do
 * not boot is left to a probe launch every five minutes (I-16).
 */
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/ledger_priv.h"

int
intent_ways(const struct ledger *l)
{
	int n = group_policy(l->group)->n_ways;

	return (n > 0 ? n : 1);
}

bool
intent_tripped(const struct ledger *l, int way)
{
	int most = group_policy(l->group)->limit.boot_failures;

	return (l->way[way].failures >= (most > 0 ? most : BOOT_FAILURES));
}

void
intent_booted(struct ledger *l, int way, bool healthy)
{
	struct ledger_way *w = &l->way[way];
	bool before = intent_tripped(l, way);

	if (healthy)
		w->failures = 0;
	else if (w->failures < INT16_MAX)
		w->failures++;
	l->kept_news = true;
	if (!before && intent_tripped(l, way))
		w->probe_due = l->now + PROBE_LAUNCH_EVERY;
}

/* Most that a refusal keeps us from asking again, and at first. */
static void
intent_pause(enum outcome why, ns_t *ret_first, ns_t *ret_most)
{
	switch (why) {
	case OUTCOME_CAPACITY:
		*ret_first = 10 * NS_S;
		*ret_most = 5 * NS_MIN;
		break;
	case OUTCOME_QUOTA:
		*ret_first = NS_MIN;
		*ret_most = 15 * NS_MIN;
		break;
	case OUTCOME_PERMANENT:
		*ret_first = NS_MIN;
		*ret_most = 30 * NS_MIN;
		break;
	default:
		*ret_first = 2 * NS_S;
		*ret_most = 2 * NS_MIN;
		break;
	}
}

void
intent_refused(struct ledger *l, int way, enum outcome why)
{
	struct ledger_way *w = &l->way[way];
	ns_t first, most;

	intent_pause(why, &first, &most);
	w->until = l->now + ledger_jitter(l, first, most, w->refusals);
	if (w->refusals < UINT8_MAX)
		w->refusals++;
	if (w->until > l->refused_until)
		l->refused_until = w->until;
	l->kept_news = true;
}

void
intent_count(struct ledger *l, ns_t since, int n)
{
	group_launched(l->group, l->now, since, n);
	l->kept_news = true;
}

bool
intent_call(struct ledger *l, int way, bool write)
{
	struct ledger_way *w = &l->way[way];

	w->calls = num_min(CALLS_BURST, w->calls +
	    ns_to_s(l->now - w->calls_at) * CALLS_PER_S);
	w->calls_at = l->now;
	if (w->calls < (write ? 1 : 1 + CALLS_FOR_WRITES))
		return (false);
	w->calls -= 1;
	return (true);
}

/* The way that the group prefers, or the next that may be asked; -1: none. */
static int
intent_way(const struct ledger *l)
{
	int n = intent_ways(l), w, k;
	int first = group_way(l->group, &(struct now){ l->now, 0 });

	if (first < 0 || first >= n)
		first = 0;
	for (k = 0; k < n; k++) {
		w = (first + k) % n;
		if (l->now < l->way[w].until)
			continue;
		if (!intent_tripped(l, w) || l->now >= l->way[w].probe_due)
			return (w);
	}
	return (-1);
}

bool
intent_add(struct ledger *l, int way, uint16_t flags)
{
	struct server s, *v;
	uint64_t a, b;

	memset(&s, 0, sizeof(s));
	do {
		a = rng_next(&l->rng);
		b = rng_next(&l->rng);
		memcpy(s.token.byte, &a, sizeof(a));
		memcpy(s.token.byte + sizeof(a), &b, sizeof(b));
	} while (!token_is_set(&s.token) ||
	    servers_find_token(l->servers, &s.token) != NULL);
	s.phase = PHASE_DECIDED;
	s.way = (uint8_t)way;
	s.flags = SERVER_OURS | (flags & SERVER_DRILL);
	s.since = s.phase_since = s.retry = l->now;
	s.deadline = NS_NEVER;
	v = servers_add(l->servers, &s);
	if (v == NULL)
		return (false);
	l->n_intents++;
	intent_count(l, l->now, 1);
	ledger_dirty(l, v);
	if (flags & SERVER_REPLACES)
		ledger_flag(l, v, SERVER_REPLACES, true);
	return (true);
}

int
intent_launch(struct ledger *l, int n, uint16_t flags)
{
	const struct group_policy *p = group_policy(l->group);
	int live = servers_serving(l->servers) + servers_pending(l->servers);
	int way = intent_way(l), i;
	int beside = flags & SERVER_REPLACES ? ledger_share(l, 10.0) : 0;

	if (way < 0)
		return (0);
	n = (int)num_min(n, p->size.hard_max + beside - live);
	n = (int)num_min(n, group_launches_left(l->group, l->now));
	n = (int)num_min(n, MAX_LAUNCH_PER_STEP - l->n_intents);
	if (n > 0 && intent_tripped(l, way)) {
		l->way[way].probe_due = l->now + PROBE_LAUNCH_EVERY;
		n = 1;
	}
	for (i = 0; i < n; i++)
		if (!intent_add(l, way, flags))
			break;
	ledger_due(l, l->now);
	return (i);
}
