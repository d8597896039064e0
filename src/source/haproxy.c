/* SPDX-License-Identifier: MIT */
/*
 * One poll asks each balancer once (process, frontends, the backend's row),
 * in one round trip and without rights; the servers' rows follow in a
 * second one only when something happened that needs them.  When all have
 * answered or failed, the sample is handed over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/runtime.h"
#include "source/haproxy.h"
#include "source/haproxy_keys.h"
#include "source/haproxy_reading.h"
#include "source/latency_log.h"

struct source;

struct balancer {
	struct source *source;
	struct runtime *runtime;
};

struct source {
	const struct host *host;
	char backend[NAME_SIZE], frontend[NAME_SIZE];
	ns_t timeout;
	int n;
	struct balancer balancers[MAX_BALANCERS];
	struct balancer_view views[MAX_BALANCERS];
	struct latency_log *log;
	op_t op;     /* the poll under way; 0 none */
	int waiting; /* balancers that it waits for */
	ns_t asked, beat;
	char trouble[REASON_SIZE]; /* of the poll under way, "" none */
};

static void	on_poll(void *arg, const struct runtime_answer *);
static void	on_rows(void *arg, const struct runtime_answer *);

static void
source_fini(void *self)
{
	struct source *s = self;
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		runtime_close(s->balancers[i].runtime, &s->balancers[i]);
	s->n = 0;
	latency_log_close(s->log);
	s->log = NULL;
}

/* The rows' check saw the names. */
static void
ask_poll(struct balancer *b)
{
	struct source *s = b->source;
	struct command c;

	command_init(&c);
	command_user(&c);
	command_info(&c);
	command_stat(&c, s->frontend[0] != '\0' ? s->frontend : NULL,
	    STAT_FRONTEND);
	command_stat(&c, s->backend, STAT_BACKEND);
	runtime_ask(b->runtime, &c, s->timeout, on_poll, b);
}

static void
ask_rows(struct balancer *b)
{
	struct command c;

	command_init(&c);
	command_user(&c);
	command_stat(&c, b->source->backend, STAT_SERVER);
	runtime_ask(b->runtime, &c, b->source->timeout, on_rows, b);
}

static int
source_init(void *self, const struct host *host, const void *settings,
    struct err *e)
{
	const struct haproxy_source_settings *set = settings;
	struct source *s = self;
	struct balancer *b;

	s->host = host;
	memcpy(s->backend, set->backend, sizeof(s->backend));
	memcpy(s->frontend, set->frontend, sizeof(s->frontend));
	s->timeout = set->timeout;
	s->beat = NS_S;
	MUST(set->sockets.n <= MAX_BALANCERS);
	while (s->n < set->sockets.n) {
		b = &s->balancers[s->n];
		b->source = s;
		b->runtime = runtime_open(host->loop,
		    set->sockets.text[s->n], e);
		if (b->runtime == NULL)
			return (-1);
		s->n++;
	}
	if (set->latency_log[0] == '\0')
		return (0);
	s->log = latency_log_open(host->loop, set->latency_log, s->backend, e);
	return (s->log == NULL ? -1 : 0);
}

/* One balancer less to wait for; the last one ends the poll. */
static void
arrived(struct source *s, ns_t now)
{
	struct sample sample;
	op_t op = s->op;

	MUST(s->waiting > 0);
	if (--s->waiting > 0)
		return;
	sample = views_sample(s->views, s->n, now, s->beat);
	if (s->log != NULL && sample.valid)
		sample.latency_s = latency_log_p95(s->log, now);
	s->op = 0;
	if (s->host->trouble != NULL)
		s->host->trouble(s->host->ctx, s->trouble);
	s->host->sampled(s->host->ctx, op, &sample);
}

static struct balancer_view *
view_of(struct balancer *b)
{
	return (&b->source->views[b - b->source->balancers]);
}

static void
on_rows(void *arg, const struct runtime_answer *a)
{
	struct balancer *b = arg;
	struct servers_reading r;

	/* Without the rows the backend's figures stand by themselves. */
	if (a->result == RUNTIME_OK && servers_parse(a->text, a->n,
	    b->source->backend, &r, NULL) == 0)
		view_feed_servers(view_of(b), a->now, &r);
	arrived(b->source, a->now);
}

static void
on_poll(void *arg, const struct runtime_answer *a)
{
	struct balancer *b = arg;
	struct source *s = b->source;
	struct balancer_view *v = view_of(b);
	struct reading r;
	struct err e = { 0 };

	if (a->result != RUNTIME_OK)
		(void)err_set(&e, EIO, "%s", a->why);
	else if (reading_parse(a->text, a->n, s->backend, &r, &e) != 0)
		(void)err_prefix(&e, "stats socket %s",
		    runtime_where(b->runtime));
	if (e.code != 0) {
		(void)snprintf(s->trouble, sizeof(s->trouble), "%.*s",
		    REASON_SIZE - 1, e.text);
		view_failed(v);
		arrived(s, a->now);
		return;
	}
	view_feed(v, a->now, s->beat, &r);
	if (view_wants_servers(v, a->now))
		ask_rows(b);
	else
		arrived(s, a->now);
}

static void
source_poll(void *self, op_t op)
{
	struct source *s = self;
	ns_t now = loop_now(s->host->loop).mono;
	int i;

	MUST(s->op == 0);
	if (s->asked > 0)
		s->beat = now - s->asked;
	s->asked = now;
	s->op = op;
	s->waiting = s->n;
	s->trouble[0] = '\0';
	for (i = 0; i < s->n; i++)
		ask_poll(&s->balancers[i]);
}

const struct source_ops source_haproxy = {
	.name = "haproxy",
	.state_size = sizeof(struct source),
	.keys = &haproxy_source_keys,
	.init = source_init,
	.poll = source_poll,
	.fini = source_fini,
};
