/* SPDX-License-Identifier: MIT */
/* The made provider: starts, lists and ends made servers, badly if asked. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "core/servers.h"
#include "sim/world_priv.h"

static ns_t
provider_boot(struct world *w)
{
	return ((10 + (ns_t)rng_below(&w->rng, 40)) * NS_S);
}

struct made *
provider_make(struct world *w, const struct token *token, int group, int way)
{
	struct made *m;
	int port = ++w->next_port;

	if (w->n_made == MADE_MAX)
		return (NULL);
	m = &w->made[w->n_made++];
	memset(m, 0, sizeof(*m));
	m->token = *token;
	m->group = group;
	m->way = way;
	(void)snprintf(m->id.text, ID_SIZE, "m-%05d", port);
	m->address[10] = m->address[11] = 0xff;
	m->address[12] = 10;
	m->address[14] = (uint8_t)(port >> 8);
	m->address[15] = (uint8_t)port;
	m->exists = m->alive = m->up = true;
	m->made_at = w->now.mono;
	m->well_at = w->now.mono + provider_boot(w);
	m->dies_at = NS_NEVER;
	if (world_fault(w, FAULT_NEVER_BOOTS))
		m->well_at = NS_NEVER;
	if (world_fault(w, FAULT_DIES_BOOTING))
		m->dies_at = w->now.mono +
		    (ns_t)rng_below(&w->rng, 15) * NS_S;
	return (m);
}

void
provider_told(const struct made *m, enum phase phase, const struct world *w,
    struct told *t)
{
	memset(t, 0, sizeof(*t));
	t->id = m->id;
	t->token = m->token;
	memcpy(t->address, m->address, sizeof(t->address));
	t->port = 80;
	t->phase = (uint8_t)phase;
	t->sessions = -1;
	(void)snprintf(t->group, NAME_SIZE, "%s", w->groups[m->group].name);
}

static void
provider_happen(struct world *w, struct made *m, enum happening what)
{
	struct event *ev = world_event(w, EVENT_HAPPENED, m->group);

	if (ev == NULL)
		return;
	ev->u.happened.what = what;
	provider_told(m, what == HAPPENED_EXIT ? PHASE_GONE : PHASE_BOOTED, w,
	    &ev->u.happened.told);
}

static void
provider_end(struct world *w, struct made *m)
{
	m->exists = m->alive = false;
	m->ended_at = w->now.mono;
	m->sessions = m->long_sessions = 0;
}

void
provider_advance(struct world *w)
{
	struct made *m;
	int i;

	for (i = 0; i < w->n_made; i++) {
		m = &w->made[i];
		if (!m->exists)
			continue;
		if (w->now.mono >= m->dies_at) {
			provider_end(w, m);
			if (token_is_set(&m->token) &&
			    rng_unit(&w->rng) < 0.7)
				provider_happen(w, m, HAPPENED_EXIT);
			continue;
		}
		if (!m->was_well && m->alive && w->now.mono >= m->well_at) {
			m->was_well = true;
			if (token_is_set(&m->token) &&
			    rng_unit(&w->rng) < 0.5)
				provider_happen(w, m, HAPPENED_PHASE);
		}
		/* One that serves: a made server rarely dies in earnest. */
		if (m->in && m->dies_at == NS_NEVER &&
		    world_rate(w, FAULT_DIES_SERVING) > 0 &&
		    rng_unit(&w->rng) < 0.004 *
		    world_rate(w, FAULT_DIES_SERVING))
			m->dies_at = w->now.mono + NS_S;
	}
}

static bool
provider_refuses(struct world *w, enum outcome *ret)
{
	if (world_fault(w, FAULT_CAPACITY))
		*ret = OUTCOME_CAPACITY;
	else if (world_fault(w, FAULT_QUOTA))
		*ret = OUTCOME_QUOTA;
	else if (world_fault(w, FAULT_THROTTLED))
		*ret = OUTCOME_THROTTLED;
	else
		return (false);
	return (true);
}

static void
provider_launch(struct world *w, const struct order *q, struct flight *f)
{
	const struct server *s;
	struct made *m;
	int i;

	for (i = 0; i < q->n; i++) {
		s = &w->orders->servers[q->first + i];
		if (provider_refuses(w, &f->outcome))
			continue;
		m = provider_make(w, &s->token, q->group, q->way);
		if (m == NULL) {
			f->outcome = OUTCOME_QUOTA;
			continue;
		}
		provider_told(m, PHASE_ACCEPTED, w, &f->told[f->n_told]);
		if (world_fault(w, FAULT_NO_ADDRESS))
			f->told[f->n_told].port = 0;
		f->n_told++;
	}
}

/* What a listing shows of one, and whether. */
static bool
provider_shows(struct world *w, const struct made *m, ns_t stale, struct told *t)
{
	ns_t at = w->now.mono - stale;

	if (!token_is_set(&m->token) || m->made_at > at)
		return (false);
	if (!m->exists && m->ended_at <= at) {
		if (w->now.mono - m->ended_at > 60 * NS_S ||
		    m->ended_at % 2 == 0)
			return (false);
		provider_told(m, PHASE_GONE, w, t); /* a cloud's tombstone */
		return (true);
	}
	provider_told(m, m->was_well ? PHASE_BOOTED : PHASE_ACCEPTED, w, t);
	return (true);
}

static void
provider_list(struct world *w, struct flight *f)
{
	ns_t stale = 0;
	int i;

	if (world_fault(w, FAULT_LIST_FAILS)) {
		f->outcome = OUTCOME_UNKNOWN;
		return;
	}
	if (world_fault(w, FAULT_LIST_EMPTY))
		return;
	if (world_fault(w, FAULT_LIST_STALE))
		stale = (1 + (ns_t)rng_below(&w->rng, 20)) * NS_S;
	/* All groups of the provider; the tag says whose they are. */
	for (i = 0; i < w->n_made && f->n_told < TOLD_MAX; i++)
		if (provider_shows(w, &w->made[i], stale, &f->told[f->n_told]))
			f->n_told++;
}

static void
provider_lookup(struct world *w, const struct order *q, struct flight *f)
{
	struct made *m = world_made(w, &w->orders->servers[q->first].token);
	ns_t stale = 0;

	if (world_fault(w, FAULT_LIST_FAILS)) {
		f->outcome = OUTCOME_UNKNOWN;
		return;
	}
	if (world_fault(w, FAULT_LIST_STALE))
		stale = (1 + (ns_t)rng_below(&w->rng, 20)) * NS_S;
	if (m != NULL && provider_shows(w, m, stale, &f->told[0]))
		f->n_told = 1;
}

static void
provider_terminate(struct world *w, const struct order *q, struct flight *f)
{
	struct made *m;
	int i;

	(void)f;
	for (i = 0; i < q->n; i++) {
		m = world_made_id(w, &w->orders->servers[q->first + i].id);
		if (m == NULL || !m->exists)
			continue;
		provider_end(w, m);
		m->reported = true;
	}
}

void
provider_take(struct world *w, const struct order *q, struct flight *f)
{
	switch (q->kind) {
	case ORDER_LAUNCH:
		provider_launch(w, q, f);
		break;
	case ORDER_LOOKUP:
		provider_lookup(w, q, f);
		break;
	case ORDER_LIST:
		provider_list(w, f);
		break;
	case ORDER_TERMINATE:
		provider_terminate(w, q, f);
		break;
	default:
		MUST(!"an order of the provider");
	}
}
