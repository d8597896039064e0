/* SPDX-License-Identifier: MIT */
/* The made balancer: sessions come, stay and go; it forgets and hangs. */
#include <string.h>

#include "base/must.h"
#include "core/servers.h"
#include "sim/world_priv.h"

static void
balancer_health(struct world *w, struct made *m, bool up)
{
	struct event *ev;

	if (m->up == up)
		return;
	ev = world_event(w, EVENT_HEALTH, m->group);
	if (ev == NULL)
		return;
	m->up = up;
	ev->u.health.id = m->id;
	ev->u.health.up = up;
}

static void
balancer_sessions(struct world *w, struct made *m)
{
	int target = m->in && !m->draining && m->up ? 10 : 0;

	if (m->sessions < target)
		m->sessions += (int)rng_below(&w->rng, 3);
	else if (m->sessions > m->long_sessions)
		m->sessions -= 1 + (int)rng_below(&w->rng, 3);
	if (m->sessions < m->long_sessions)
		m->sessions = m->long_sessions;
	if (m->sessions < 0)
		m->sessions = 0;
}

void
balancer_advance(struct world *w)
{
	bool mass = world_rate(w, FAULT_MASS_SICK) > 0;
	int i, in = 0, hung = 0;
	struct made *m;

	for (i = 0; i < w->n_made; i++) {
		in += w->made[i].in;
		hung += w->made[i].exists && !w->made[i].alive;
	}
	for (i = 0; i < w->n_made; i++) {
		m = &w->made[i];
		if (!m->in)
			continue;
		balancer_sessions(w, m);
		if (m->alive && token_is_set(&m->token) &&
		    world_rate(w, FAULT_SICK) > 0 &&
		    hung * 10 < in && rng_unit(&w->rng) < 0.01) {
			m->alive = false; /* it hangs, for good */
			hung++;
		}
		if (rng_unit(&w->rng) < 0.5)
			balancer_health(w, m, m->alive &&
			    !(mass && m->address[15] % 8 != 0));
	}
}

void
balancer_forget(struct world *w)
{
	int i;

	for (i = 0; i < w->n_made; i++) {
		w->made[i].in = w->made[i].draining = false;
		w->made[i].sessions = w->made[i].long_sessions = 0;
	}
}

static void
balancer_list(struct world *w, const struct order *q, struct flight *f)
{
	const struct made *m;
	struct told *t;
	int i;

	for (i = 0; i < w->n_made && f->n_told < TOLD_MAX; i++) {
		m = &w->made[i];
		if (!m->in || m->group != q->group)
			continue;
		t = &f->told[f->n_told++];
		provider_told(m, m->draining ? PHASE_DRAINING :
		    m->up ? PHASE_SERVING : PHASE_FAILED, w, t);
		memset(&t->token, 0, sizeof(t->token));
		t->group[0] = '\0';
		t->sessions = m->sessions;
	}
}

static void
balancer_add(struct world *w, struct made *m)
{
	if (!m->in)
		m->up = true; /* until its first check */
	m->in = true;
	m->draining = false;
	m->drain_end = 0;
	if (m->long_sessions == 0 && rng_unit(&w->rng) < 0.2)
		m->long_sessions = 1;
}

void
balancer_take(struct world *w, const struct order *q, struct flight *f)
{
	const struct server *s = &w->orders->servers[q->first];
	struct made *m;

	if (q->kind == ORDER_SEEN) {
		balancer_list(w, q, f);
		return;
	}
	m = world_made_id(w, &s->id);
	if (m == NULL)
		return;
	switch (q->kind) {
	case ORDER_ADD:
		balancer_add(w, m);
		break;
	case ORDER_DRAIN:
		m->draining = m->in;
		break;
	case ORDER_REMOVE:
		m->in = m->draining = false;
		m->sessions = m->long_sessions = 0;
		break;
	default:
		MUST(!"an order of the balancer");
	}
}
