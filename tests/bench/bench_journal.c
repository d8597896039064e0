/* SPDX-License-Identifier: MIT */
/*
 * Figures of the journal: what one group costs a day, and how long a record
 * takes to be durable.  The day is made up: samples each second with the
 * noise of a real poll (counts over an uneven second, latencies, ages), and
 * two hundred scale events.  Usage: bench_journal [FOLDER]; the folder's disk
 * is the one that is measured.
 */
#include <math.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "base/rng.h"
#include "io/clock.h"
#include "io/loop.h"
#include "record/journal.h"

enum { DAY_S = 86400, COMMITS = 1000, AHEAD = 200, EVENTS = 200 };

struct bench {
	struct loop *loop;
	struct journal *j;
	struct rng rng;
	uint64_t durable;
	double load;
	int serving;
	struct decision decision;
};

static void
on_durable(void *ctx, uint64_t seq)
{
	((struct bench *)ctx)->durable = seq;
}

static void
on_state(void *ctx, enum journal_state s, const char *why)
{
	(void)ctx;
	printf("state %s: %s\n", s == JOURNAL_BAD ? "bad" : "good", why);
}

/* About normal, by twelve uniform ones. */
static double
noise(struct bench *b)
{
	double sum = -6.0;
	int i;

	for (i = 0; i < 12; i++)
		sum += rng_unit(&b->rng);
	return (sum);
}

static void
sample(struct bench *b, int second, struct event *ev)
{
	struct sample *s = &ev->u.sample;
	double took = 1.0 + 0.0003 * noise(b), count;

	b->load = 300.0 + 200.0 * sin(second * 7.27e-5) +
	    (second % 7200 < 300 ? 400.0 : 0.0);
	count = floor(b->load + sqrt(b->load) * noise(b));
	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_SAMPLE;
	s->valid = true;
	s->requests_rps = value_of((count > 0 ? count : 0) / took);
	s->errors_rps = value_of(rng_below(&b->rng, 30) == 0 ? 1 / took : 0);
	s->refused_rps = value_of(0);
	s->connect_errors_rps = value_of(0);
	s->queue = value_of(0);
	s->inflight = value_of(floor(b->load * 0.05 + 2 * rng_unit(&b->rng)));
	s->latency_s = value_of(0.045 + 0.004 * rng_unit(&b->rng));
	s->latency_mean_s = value_of((double)(40 + rng_below(&b->rng, 5)) /
	    1000);
	s->age = 2 * NS_MS + (ns_t)rng_below(&b->rng, NS_MS);
	s->period = NS_S;
	s->proof = PROOF_ALIVE;
	s->has_epoch = true;
	s->epoch = 123456789;
	s->up = value_of(b->serving);
}

static void
decide(struct bench *b, int second)
{
	struct decision *d = &b->decision;

	if (second % (DAY_S / EVENTS) == 0)
		b->serving = 4 + (int)rng_below(&b->rng, 8);
	d->at = second * NS_S;
	d->desired = d->serving = b->serving;
	d->need = (int)(b->load / 75);
	d->load_rps = value_of(b->load);
	d->forecast_rps = value_of(b->load * 1.1);
	d->capacity_rps = 100;
	d->lead = 30 * NS_S;
	d->n_clamps = 1;
	d->clamps[0] = (struct clamp){ CLAMP_SCALE_IN, d->need, d->desired };
	(void)snprintf(d->reason, sizeof(d->reason), "%.0f requests/s need "
	    "%d servers at 75 requests/s each; what carried the recent peak "
	    "stays until a lead time after it", b->load, d->need);
}

static void
servers(struct bench *b, int second)
{
	struct server s = { .phase = PHASE_DECIDED, .flags = SERVER_OURS };
	int p;

	if (second % (DAY_S / EVENTS) != 0)
		return;
	memcpy(s.token.byte, &second, sizeof(second));
	s.token.byte[9] = 1;
	for (p = PHASE_DECIDED; p < PHASE_GONE; p++) {
		s.phase = (uint8_t)p;
		(void)snprintf(s.id.text, sizeof(s.id.text), "i-%012d",
		    second);
		journal_server(b->j, 0, &s);
	}
	journal_forget(b->j, 0, &s);
}

static uint64_t
step(struct bench *b, int second)
{
	struct now real = loop_now(b->loop), now = {
		second * NS_S + (ns_t)rng_below(&b->rng, 2 * NS_MS),
		1700000000 + second };
	struct event ev;

	sample(b, second, &ev);
	decide(b, second);
	journal_inbox(b->j, &now, &ev, 1);
	journal_decision(b->j, 0, &b->decision);
	servers(b, second);
	if (second % 60 == 0)
		journal_learned(b->j, 0, &b->decision, 4096);
	return (journal_commit(b->j, &real));
}

static void
until(struct bench *b, uint64_t seq)
{
	while (b->durable < seq)
		(void)event_base_loop(loop_base(b->loop), EVLOOP_ONCE);
}

static void
begin(struct bench *b, const char *folder, ns_t durable_in)
{
	static const struct group_policy policy = { .name = "storefront" };
	struct journal_options o = { .folder = folder, .loop = b->loop,
		.durable_in = durable_in };
	struct err e = { 0 };
	struct past past;

	o.hooks = (struct journal_hooks){ b, on_durable, on_state, NULL };
	b->durable = 0;
	if (journal_open(&b->j, &o, &past, &e) != 0) {
		printf("%s\n", e.text);
		MUST(e.code == 0);
	}
	past_free(&past);
	MUST(journal_groups(b->j, &policy, 1) == 0);
}

static void
day(struct bench *b, const char *folder)
{
	char path[256];
	struct stat st;
	int second;
	uint64_t seq = 0;

	begin(b, folder, NS_HOUR); /* the size, however slow the disk */
	for (second = 0; second < DAY_S; second++) {
		seq = step(b, second);
		if (second % AHEAD == 0)
			until(b, seq);
	}
	until(b, seq);
	journal_close(b->j, true);
	(void)snprintf(path, sizeof(path), "%s/journal.1.db", folder);
	if (stat(path, &st) == 0)
		printf("one group, one day: %.2f MB\n",
		    (double)st.st_size / 1e6);
	(void)unlink(path);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/* One commit at a time, as in calm. */
static void
latency(struct bench *b, const char *folder)
{
	static double ms[COMMITS];
	ns_t from;
	int i;

	begin(b, folder, 0);
	for (i = 0; i < COMMITS; i++) {
		from = clock_now().mono;
		until(b, step(b, i));
		ms[i] = ns_to_s(clock_now().mono - from) * 1e3;
	}
	journal_close(b->j, true);
	qsort(ms, COMMITS, sizeof(ms[0]), by_size);
	printf("a record is durable after: p50 %.2f ms, p99 %.2f ms, "
	    "at most %.2f ms (%d commits)\n", ms[COMMITS / 2],
	    ms[COMMITS * 99 / 100], ms[COMMITS - 1], COMMITS);
}

int
main(int argc, char **argv)
{
	char made[] = "/tmp/plimsoll-bench-XXXXXX", path[300];
	const char *folder = argc > 1 ? argv[1] : mkdtemp(made);
	static const char *const left[] = { "journal.1.db", "fleet.txt",
		"plimsolld.pid" };
	static struct bench b;
	size_t i;

	MUST(folder != NULL);
	b.loop = loop_new(NULL);
	MUST(b.loop != NULL);
	rng_init(&b.rng, 1);
	day(&b, folder);
	latency(&b, folder);
	loop_free(b.loop);
	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, left[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return (0);
}
