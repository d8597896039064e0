/* SPDX-License-Identifier: MIT */
/*
 * One ledger on a bench: the test plays decision, provider and balancer by
 * hand, one second a step.
 */
#ifndef TESTS_LEDGER_BENCH_H
#define TESTS_LEDGER_BENCH_H

#include <string.h>

#include "base/err.h"
#include "core/ledger.h"
#include "unit.h"

struct lb {
	struct group_policy policy;
	struct ledger ledger;
	struct group *group;
	struct servers *t;
	struct now now;
	struct decision d; /* of the next step; emptied by it */
	struct orders *o;
	void *memory;
};

static inline void
lb_group(struct lb *b)
{
	struct err e = { 0 };

	b->memory = calloc(1, group_size(&b->policy));
	ck_assert_ptr_nonnull(b->memory);
	ck_assert_msg(group_init(&b->group, b->memory, &b->policy, 1, &e) == 0,
	    "%s", e.text);
	ledger_init(&b->ledger, b->group, 3, 7);
	b->ledger.alone = true;
	b->t = group_servers(b->group);
}

/* A group of 1 to 40 servers with two ways; nothing said yet. */
static inline void
lb_init(struct lb *b)
{
	struct limit_settings *m = &b->policy.limit;

	memset(b, 0, sizeof(*b));
	(void)snprintf(b->policy.name, NAME_SIZE, "shop");
	b->policy.size = (struct size_settings){ .min = 1, .max = 40,
		.hard_max = 40, .rate_rps = 100, .utilization = 0.75,
		.latency = NS_S };
	b->policy.forecast = (struct forecast_settings){ .risk = 0.001,
		.false_alarms_per_week = 1, .lead_time = 60 * NS_S };
	*m = (struct limit_settings){ .launches_per_hour = 400,
		.removals_pct = 10, .removals_window = 300 * NS_S,
		.rush_removals_pct = 25, .peak_window = 300 * NS_S,
		.peak_margin = 1.1, .min_lifetime = 60 * NS_S, .sick_pct = 30,
		.health_window = 600 * NS_S, .boot_deadline = 600 * NS_S,
		.boot_failures = 3, .doubt_alarm = 900 * NS_S,
		.drain = 30 * NS_S, .safe_mode = 600 * NS_S };
	b->policy.n_ways = 2;
	(void)snprintf(b->policy.ways[0], NAME_SIZE, "main");
	(void)snprintf(b->policy.ways[1], NAME_SIZE, "backup");
	b->now = (struct now){ 1000 * NS_S, 1795000000 };
	b->o = calloc(1, sizeof(*b->o));
	lb_group(b);
}

static inline void
lb_fini(struct lb *b)
{
	free(b->memory);
	free(b->o);
}

/* What was heard since the last step is in the ledger already. */
static inline void
lb_step(struct lb *b)
{
	struct hold holds[MAX_HOLDS];

	b->o->n = b->o->n_servers = 0;
	ledger_tick(&b->ledger);
	(void)ledger_holds(&b->ledger, holds);
	ledger_apply(&b->ledger, &b->d);
	ledger_records(&b->ledger, b->o);
	ledger_effects(&b->ledger, b->o);
	memset(&b->d, 0, sizeof(b->d));
	b->now.mono += NS_S;
	b->now.wall_s++;
	ledger_begin(&b->ledger, &b->now);
}

static inline const struct order *
lb_find(const struct lb *b, enum order_kind k)
{
	int i;

	for (i = 0; i < b->o->n; i++)
		if (b->o->at[i].kind == k)
			return (&b->o->at[i]);
	return (NULL);
}

static inline int
lb_count(const struct lb *b, enum order_kind k)
{
	int i, n = 0;

	for (i = 0; i < b->o->n; i++)
		n += b->o->at[i].kind == k;
	return (n);
}

/* Steps until such an order comes, at most so many. */
static inline const struct order *
lb_until(struct lb *b, enum order_kind k, int steps)
{
	const struct order *q = lb_find(b, k);

	while (q == NULL && steps-- > 0) {
		lb_step(b);
		q = lb_find(b, k);
	}
	ck_assert_msg(q != NULL, "order %d did not come", (int)k);
	return (q);
}

static inline void
lb_answer(struct lb *b, const struct order *q, enum outcome why)
{
	ledger_answer(&b->ledger, q->op, why, NULL, 0);
}

static inline struct told
lb_told(const struct server *s, int i, enum phase p)
{
	struct told t;

	memset(&t, 0, sizeof(t));
	t.token = s->token;
	(void)snprintf(t.id.text, ID_SIZE, "i-%04d", i);
	t.address[10] = t.address[11] = 0xff;
	t.address[12] = 127;
	t.address[14] = (uint8_t)(i >> 8);
	t.address[15] = (uint8_t)i;
	t.port = 8080;
	t.phase = (uint8_t)p;
	t.sessions = -1;
	return (t);
}

/* All servers of the order were accepted, named from i on. */
static inline void
lb_accept(struct lb *b, const struct order *q, int i)
{
	struct told told[MAX_LAUNCH_PER_STEP];
	int k;

	for (k = 0; k < q->n; k++)
		told[k] = lb_told(&b->o->servers[q->first + k], i + k,
		    PHASE_ACCEPTED);
	ledger_answer(&b->ledger, q->op, OUTCOME_DONE, told, (size_t)q->n);
}

/* Both ways list what the table has, the balancer what serves. */
static inline void
lb_listings(struct lb *b)
{
	struct told told[64], seen[64];
	size_t n = 0, n_seen = 0;
	const struct server *s;
	struct orders *o = b->o;
	int i;

	for (i = 0; i < b->t->n; i++) {
		s = &b->t->at[i];
		if (!(s->flags & SERVER_OURS) || s->id.text[0] == '\0')
			continue;
		told[n] = lb_told(s, 0, (enum phase)s->phase);
		told[n].id = s->id;
		memcpy(told[n].address, s->address, sizeof(s->address));
		if (s->phase == PHASE_SERVING)
			seen[n_seen++] = told[n];
		n++;
	}
	for (i = 0; i < o->n; i++) {
		if (o->at[i].kind == ORDER_LIST)
			ledger_answer(&b->ledger, o->at[i].op, OUTCOME_DONE,
			    told, n);
		if (o->at[i].kind == ORDER_SEEN)
			ledger_answer(&b->ledger, o->at[i].op, OUTCOME_DONE,
			    seen, n_seen);
	}
}

/* The start is over: everyone has answered. */
static inline void
lb_ready(struct lb *b)
{
	ledger_begin(&b->ledger, &b->now);
	lb_step(b);
	lb_listings(b);
	lb_step(b);
}

/* n servers serve, named from i on, as quickly as it goes. */
static inline void
lb_serve(struct lb *b, int n, int i)
{
	int k, want = servers_serving(b->t) + n;
	struct orders *o = b->o;

	b->d.launch = n;
	lb_step(b);
	lb_accept(b, lb_find(b, ORDER_LAUNCH), i);
	for (k = 0; k < 8 && servers_serving(b->t) < want; k++) {
		lb_step(b);
		for (i = 0; i < o->n; i++)
			if (o->at[i].kind == ORDER_PROBE ||
			    o->at[i].kind == ORDER_ADD)
				lb_answer(b, &o->at[i], OUTCOME_DONE);
		lb_listings(b);
	}
	ck_assert_int_eq(servers_serving(b->t), want);
}

static inline struct server *
lb_server(const struct lb *b, int i)
{
	struct server_id id;

	memset(&id, 0, sizeof(id));
	(void)snprintf(id.text, ID_SIZE, "i-%04d", i);
	return (servers_find(b->t, &id));
}

/* The next step's decision ends this one. */
static inline void
lb_end(struct lb *b, int i)
{
	struct server *s = lb_server(b, i);

	ck_assert_ptr_nonnull(s);
	b->d.terminate[b->d.n_terminate++] = s->id;
}

/* Nothing asked for anything but listings. */
static inline bool
lb_quiet(const struct lb *b)
{
	int i;

	for (i = 0; i < b->o->n; i++)
		if (b->o->at[i].kind != ORDER_LIST &&
		    b->o->at[i].kind != ORDER_SEEN)
			return (false);
	return (true);
}

#endif
