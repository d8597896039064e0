/* SPDX-License-Identifier: MIT */
/* Probes under way; see probes.h.  A list: a rush has some hundred. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "daemon/probes.h"
#include "io/probe.h"
#include "plimsoll/policy.h"

struct asked {
	struct asked *next;
	struct probes *probes;
	struct probe *probe;
	op_t op;
	struct told told;
};

struct probes {
	struct loop *loop;
	probes_done *done;
	void *ctx;
	struct asked *first;
};

struct probes *
probes_new(struct loop *l, probes_done *done, void *ctx)
{
	struct probes *ps = calloc(1, sizeof(*ps));

	if (ps != NULL)
		*ps = (struct probes){ l, done, ctx, NULL };
	return (ps);
}

static void
asked_free(struct asked *a)
{
	struct asked **at = &a->probes->first;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	probe_stop(a->probe);
	free(a);
}

void
probes_free(struct probes *ps)
{
	if (ps == NULL)
		return;
	while (ps->first != NULL)
		asked_free(ps->first);
	free(ps);
}

static void
asked_healthy(void *arg)
{
	struct asked *a = arg;
	struct probes *ps = a->probes;
	struct answer x = { .op = a->op, .outcome = OUTCOME_DONE };
	struct told told = a->told;

	x.told = &told;
	x.n_told = 1;
	asked_free(a);
	ps->done(ps->ctx, &x);
}

static void
probes_refuse(struct probes *ps, op_t op, const char *why)
{
	struct answer x = { .op = op, .outcome = OUTCOME_UNKNOWN };

	(void)snprintf(x.text, sizeof(x.text), "%.*s", REASON_SIZE - 1,
	    why);
	ps->done(ps->ctx, &x);
}

void
probes_start(struct probes *ps, const struct order *o, const struct server *s,
    const struct health_settings *h)
{
	struct probe_settings set = { h->path, h->every, h->timeout,
		h->rise };
	struct asked *a = calloc(1, sizeof(*a));
	struct probe_of of = { .port = s->port, .healthy = asked_healthy,
		.arg = a };
	struct err e = { 0 };

	MUST(o->n == 1);
	if (a == NULL) {
		probes_refuse(ps, o->op, "out of memory");
		return;
	}
	memcpy(of.address, s->address, sizeof(of.address));
	a->probes = ps;
	a->op = o->op;
	a->told.id = s->id;
	a->told.token = s->token;
	a->told.port = s->port;
	memcpy(a->told.address, s->address, sizeof(s->address));
	a->told.phase = PHASE_HEALTHY;
	a->next = ps->first;
	ps->first = a;
	a->probe = probe_start(ps->loop, &of, &set, &e);
	if (a->probe == NULL) {
		asked_free(a);
		probes_refuse(ps, o->op, e.text);
	}
}

void
probes_end(struct probes *ps, op_t op)
{
	struct asked *a = ps->first;

	while (a != NULL && a->op != op)
		a = a->next;
	if (a != NULL)
		asked_free(a);
}
