/* SPDX-License-Identifier: MIT */
/* A fleet of two groups that has decided once, for tests of reports. */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <string.h>

#include "base/err.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "unit.h"

struct world {
	struct group_policy groups[2];
	struct fleet_policy policy;
	void *memory;
	struct fleet *fleet;
	struct orders *orders;
	struct facts facts;
};

static inline void
world_group(struct group_policy *p, const char *name)
{
	memset(p, 0, sizeof(*p));
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	p->size.min = 2;
	p->size.max = 10;
	p->size.hard_max = 12;
	p->size.rate_rps = 100.0;
	p->size.utilization = 0.75;
	p->size.latency = NS_S;
	p->size.errors = 0.01;
	p->forecast.risk = 0.001;
	p->forecast.false_alarms_per_week = 1.0;
	p->limit.launches_per_hour = 400;
	p->limit.removals_pct = 10;
	p->limit.removals_window = 5 * NS_MIN;
	p->limit.boot_deadline = 10 * NS_MIN;
	p->limit.boot_failures = 3;
	p->limit.sick_pct = 30;
	p->limit.drain = 30 * NS_S;
	p->n_ways = 1;
	(void)snprintf(p->ways[0], NAME_SIZE, "main");
}

/* A server that serves, as the journal would bring it. */
static inline void
world_server(struct world *w, int group, const char *id)
{
	struct now now = { 10 * NS_S, 1000 };
	struct server s = { .phase = PHASE_SERVING, .flags = SERVER_OURS,
		.port = 80, .since = NS_S, .phase_since = 2 * NS_S,
		.serving_since = 2 * NS_S, .deadline = NS_NEVER };
	struct err e = { 0 };

	(void)snprintf(s.id.text, sizeof(s.id.text), "%s", id);
	s.token.byte[0] = (uint8_t)id[0];
	s.token.byte[1] = (uint8_t)id[1];
	s.address[10] = s.address[11] = 0xff;
	s.address[12] = 127;
	s.address[15] = 2;
	ck_assert_msg(fleet_restore(w->fleet, &now, group, &s, &e) == 0, "%s",
	    e.text);
}

static inline void
world_init(struct world *w)
{
	struct now now = { 20 * NS_S, 1010 };
	struct event ev = { .kind = EVENT_SAMPLE };
	struct err e = { 0 };

	memset(w, 0, sizeof(*w));
	world_group(&w->groups[0], "web");
	world_group(&w->groups[1], "o\"dd\\");
	w->policy.n_groups = 2;
	w->policy.groups = w->groups;
	w->memory = calloc(1, fleet_size(&w->policy));
	w->orders = calloc(1, sizeof(*w->orders));
	ck_assert_msg(fleet_init(&w->fleet, w->memory, &w->policy, 1, &e) ==
	    0, "%s", e.text);
	world_server(w, 0, "a1");
	world_server(w, 0, "b2");
	ev.u.sample.valid = true;
	ev.u.sample.requests_rps = value_of(120.0);
	ev.u.sample.proof = PROOF_ALIVE;
	fleet_step(w->fleet, &now, &ev, 1, w->orders);
	w->facts.fleet = w->fleet;
	w->facts.n_groups = 2;
	w->facts.now = now;
	w->facts.started = NS_S;
	w->facts.group[0].sampled_at = now.mono - NS_S;
	w->facts.group[0].samples = 1;
	w->facts.group[0].sample = ev.u.sample;
	facts_step(&w->facts, &now, 30 * NS_US);
}

static inline void
world_fini(struct world *w)
{
	free(w->memory);
	free(w->orders);
}

#endif
