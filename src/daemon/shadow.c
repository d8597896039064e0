/* SPDX-License-Identifier: MIT */
/*
 * The shadow; see shadow.h.  One table of what differs from the world: made
 * servers, and real ones that were taken away or out of service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "daemon/shadow.h"

/* How long a made server takes to drain: sessions are not modelled. */
#define SHADOW_DRAIN NS_S

/* How the names of made servers begin. */
#define MADE "shadow-"

enum { WAITING_MAX = 4096 };

/* A server that is not as the world has it. */
struct differs {
	struct told told;
	int group;
	uint8_t way;
	bool made;	/* by the shadow; else a real one */
	bool gone;	/* real: taken away.  Made ones leave the table */
	bool serving;	/* in the shadow's balancer */
	ns_t ready;	/* made: healthy from then on */
};

struct waiting {
	ns_t due;
	op_t op;
	struct told told;
};

struct shadow {
	struct shadow_hooks hooks;
	struct differs *at;
	int n, cap;
	struct waiting waiting[WAITING_MAX];
	int n_waiting;
	unsigned made; /* ever: their addresses differ */
	struct told *list;
	size_t list_cap;
};

struct shadow *
shadow_new(const struct shadow_hooks *h)
{
	struct shadow *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->hooks = *h;
	return (s);
}

void
shadow_free(struct shadow *s)
{
	if (s == NULL)
		return;
	free(s->at);
	free(s->list);
	free(s);
}

static struct differs *
shadow_find(const struct shadow *s, int group, const struct server_id *id)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->at[i].group == group &&
		    strcmp(s->at[i].told.id.text, id->text) == 0)
			return (&s->at[i]);
	return (NULL);
}

/* A new row, zeroed; NULL where memory is short. */
static struct differs *
shadow_row(struct shadow *s)
{
	struct differs *more;

	if (s->n == s->cap) {
		more = realloc(s->at, (size_t)(s->cap + 64) * sizeof(*more));
		if (more == NULL)
			return (NULL);
		s->at = more;
		s->cap += 64;
	}
	memset(&s->at[s->n], 0, sizeof(s->at[0]));
	return (&s->at[s->n++]);
}

static void
shadow_answer(struct shadow *s, op_t op, enum outcome what,
    const struct told *told, size_t n)
{
	struct answer a = { .op = op, .outcome = what, .told = told,
		.n_told = n };

	s->hooks.answer(s->hooks.ctx, &a);
}

static void
shadow_later(struct shadow *s, ns_t due, op_t op, const struct told *told)
{
	if (s->n_waiting == WAITING_MAX)
		return; /* its deadline answers */
	s->waiting[s->n_waiting++] = (struct waiting){ due, op, *told };
}

static void
out_launch(struct shadow *s, ns_t now, const struct order *o,
    const struct server *servers, const char *group, ns_t lead)
{
	struct told told[MAX_LAUNCH_PER_STEP];
	struct differs *d;
	int i, k, n = 0;

	MUST(o->n <= MAX_LAUNCH_PER_STEP);
	for (i = 0; i < o->n && (d = shadow_row(s)) != NULL; i++) {
		d->group = o->group;
		d->way = (uint8_t)o->way;
		d->made = true;
		d->ready = now + lead;
		d->told.token = servers[i].token;
		d->told.phase = PHASE_BOOTED;
		(void)snprintf(d->told.group, sizeof(d->told.group), "%s",
		    group);
		memcpy(d->told.id.text, MADE, sizeof(MADE) - 1);
		for (k = 0; k < 8; k++)
			(void)snprintf(d->told.id.text + sizeof(MADE) - 1 + 2 * k, 3, "%02x",
			    servers[i].token.byte[k]);
		/* 240.0.0.0/4, which no packet reaches */
		s->made++;
		d->told.address[10] = d->told.address[11] = 0xff;
		d->told.address[12] = 240;
		d->told.address[13] = (uint8_t)(s->made >> 16);
		d->told.address[14] = (uint8_t)(s->made >> 8);
		d->told.address[15] = (uint8_t)s->made;
		d->told.port = 80;
		told[n++] = d->told;
	}
	shadow_answer(s, o->op, n == o->n ? OUTCOME_DONE : OUTCOME_CAPACITY,
	    told, (size_t)n);
}

static void
out_terminate(struct shadow *s, const struct order *o,
    const struct server *servers)
{
	struct differs *d;
	int i;

	for (i = 0; i < o->n; i++) {
		d = shadow_find(s, o->group, &servers[i].id);
		if (d != NULL && d->made) {
			*d = s->at[--s->n];
			continue;
		}
		if (d == NULL && (d = shadow_row(s)) == NULL)
			continue;
		d->group = o->group;
		d->way = (uint8_t)o->way;
		d->told.id = servers[i].id;
		d->gone = true;
		d->serving = false;
	}
	shadow_answer(s, o->op, OUTCOME_DONE, NULL, 0);
}

static void
out_probe(struct shadow *s, ns_t now, const struct order *o,
    const struct server *sv)
{
	struct differs *d = shadow_find(s, o->group, &sv->id);
	struct told told = { .id = sv->id, .token = sv->token,
		.port = sv->port, .phase = PHASE_HEALTHY };

	memcpy(told.address, sv->address, sizeof(told.address));
	shadow_later(s, d != NULL && d->made ? d->ready : now, o->op, &told);
}

/* ADD, DRAIN, REMOVE: in the shadow's own balancer. */
static void
out_balancer(struct shadow *s, ns_t now, const struct order *o,
    const struct server *sv)
{
	struct differs *d = shadow_find(s, o->group, &sv->id);
	struct told told = { .id = sv->id, .token = sv->token };

	if (d == NULL && (d = shadow_row(s)) != NULL) {
		d->group = o->group;
		d->way = (uint8_t)o->way;
		d->told.id = sv->id;
	}
	if (d != NULL)
		d->serving = o->kind == ORDER_ADD;
	shadow_later(s, o->kind == ORDER_DRAIN ? now + SHADOW_DRAIN : now,
	    o->op, &told);
}

static void
out_probe_end(struct shadow *s, op_t op)
{
	int i;

	for (i = 0; i < s->n_waiting; i++)
		if (s->waiting[i].op == op) {
			s->waiting[i] = s->waiting[--s->n_waiting];
			return;
		}
}

static bool
out_lookup(struct shadow *s, const struct order *o, const struct server *sv)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->at[i].made && memcmp(&s->at[i].told.token, &sv->token,
		    sizeof(sv->token)) == 0) {
			shadow_answer(s, o->op, OUTCOME_DONE, &s->at[i].told,
			    1);
			return (true);
		}
	return (false);
}

bool
shadow_out(struct shadow *s, ns_t now, const struct order *o,
    const struct server *sv, const char *group, ns_t lead)
{
	switch (o->kind) {
	case ORDER_LIST:
	case ORDER_SEEN:
		return (false);
	case ORDER_LOOKUP:
		return (out_lookup(s, o, sv));
	case ORDER_LAUNCH:
		out_launch(s, now, o, sv, group, lead);
		break;
	case ORDER_TERMINATE:
		out_terminate(s, o, sv);
		break;
	case ORDER_PROBE:
		out_probe(s, now, o, sv);
		break;
	case ORDER_PROBE_END:
		out_probe_end(s, o->op);
		break;
	default:
		out_balancer(s, now, o, sv);
		break;
	}
	return (true);
}

static bool
list_room(struct shadow *s, size_t n)
{
	struct told *more;

	if (n <= s->list_cap)
		return (true);
	more = realloc(s->list, n * sizeof(*more));
	if (more == NULL)
		return (false);
	s->list = more;
	s->list_cap = n;
	return (true);
}

/* Does a listing of this kind show it? */
static bool
differs_shown(const struct differs *d, enum order_kind kind, int group,
    int way)
{
	if (d->group != group || !d->made)
		return (false);
	return (kind == ORDER_SEEN ? d->serving : d->way == way);
}

const struct told *
shadow_correct(struct shadow *s, enum order_kind kind, int group, int way,
    const struct told *told, size_t n, size_t *ret_n)
{
	const struct differs *d;
	size_t i, k = 0;
	int j;

	*ret_n = n;
	if (!list_room(s, n + (size_t)s->n))
		return (told);
	for (i = 0; i < n; i++) {
		d = shadow_find(s, group, &told[i].id);
		if (d != NULL && (d->gone || (kind == ORDER_SEEN &&
		    !d->serving)))
			continue;
		s->list[k++] = told[i];
	}
	for (j = 0; j < s->n; j++)
		if (differs_shown(&s->at[j], kind, group, way)) {
			s->list[k] = s->at[j].told;
			s->list[k].sessions = kind == ORDER_SEEN ? 0 : -1;
			if (kind == ORDER_SEEN)
				s->list[k].phase = PHASE_SERVING;
			k++;
		}
	*ret_n = k;
	return (s->list);
}

void
shadow_tick(struct shadow *s, ns_t now)
{
	struct waiting w;
	int i;

	for (i = 0; i < s->n_waiting;) {
		if (s->waiting[i].due > now) {
			i++;
			continue;
		}
		w = s->waiting[i];
		s->waiting[i] = s->waiting[--s->n_waiting];
		shadow_answer(s, w.op, OUTCOME_DONE, &w.told, 1);
	}
}

bool
shadow_is_made(const struct server_id *id)
{
	return (strncmp(id->text, MADE, sizeof(MADE) - 1) == 0);
}

int
shadow_serving(const struct shadow *s, int group)
{
	int i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->at[i].group == group && s->at[i].made &&
		    s->at[i].serving;
	return (n);
}

int
shadow_removed(const struct shadow *s, int group)
{
	int i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->at[i].group == group && s->at[i].gone;
	return (n);
}

int
shadow_advice(const struct shadow *s, int group)
{
	int i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->at[i].group == group && s->at[i].made;
	return (n - shadow_removed(s, group));
}

void
shadow_regroup(struct shadow *s, const int *map)
{
	int i;

	for (i = 0; i < s->n;)
		if (map[s->at[i].group] < 0) {
			s->at[i] = s->at[--s->n];
		} else {
			s->at[i].group = map[s->at[i].group];
			i++;
		}
}
