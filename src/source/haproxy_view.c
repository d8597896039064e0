/* SPDX-License-Identifier: MIT */
/* One balancer over time, and several as one sample.  Pure. */
#include "base/num.h"
#include "source/haproxy_reading.h"

/* The servers' rows also come by themselves, to see queues of their own. */
#define SERVERS_EVERY (5 * NS_S)
/* Uptime is told in whole seconds. */
#define UPTIME_MOVES (2 * NS_S)

void
view_failed(struct balancer_view *v)
{
	v->reached = false;
	v->has_rates = false;
}

static void
view_life(struct balancer_view *v, ns_t now, ns_t beat,
    const struct reading *r, bool same)
{
	if (!same || r->info.uptime_s != v->uptime_s)
		v->uptime_at = now;
	v->alive = same && now - v->uptime_at < UPTIME_MOVES + beat;
	v->uptime_s = r->info.uptime_s;
}

void
view_feed(struct balancer_view *v, ns_t now, ns_t beat,
    const struct reading *r)
{
	uint64_t epoch = haproxy_epoch(&r->info);
	bool same = v->at > 0 && epoch == v->epoch;

	if (v->counters.n == 0)
		counters_init(&v->counters, COUNT_N, NS_S);
	/* Three polls and a bit; longer and the mean hides what happened. */
	counters_gap(&v->counters, 3 * beat + NS_S);
	v->has_rates = counters_feed(&v->counters, now, epoch, r->count,
	    v->rate) == COUNTERS_RATES;
	view_life(v, now, beat, r, same);
	if (!same)
		v->has_servers = false;
	v->dt_s = ns_to_s(now - v->at);
	v->unanswered = 0;
	v->reached = true;
	v->epoch = epoch;
	v->at = now;
	v->now = *r;
}

bool
view_wants_servers(const struct balancer_view *v, ns_t now)
{
	const struct reading *then = &v->at_servers;

	if (!v->has_servers || now - v->servers_at >= SERVERS_EVERY)
		return (true);
	return (v->now.count[COUNT_UNREACHED] != then->count[COUNT_UNREACHED] ||
	    v->now.retries != then->retries || v->now.up != then->up ||
	    v->servers.queue > 0 ||
	    v->now.inflight > 1.5 * then->inflight + 10);
}

void
view_feed_servers(struct balancer_view *v, ns_t now,
    const struct servers_reading *s)
{
	/*
	 * Each rise of the backend's econ brings the rows, so what was added
	 * since the last rows was added since the last poll.
	 */
	if (v->has_servers && v->has_rates &&
	    s->unanswered >= v->servers.unanswered)
		v->unanswered = num_min(v->rate[COUNT_UNREACHED],
		    (double)(s->unanswered - v->servers.unanswered) / v->dt_s);
	v->servers = *s;
	v->has_servers = true;
	v->servers_at = now;
	v->at_servers = v->now;
}

struct sum {
	double requests, errors, unreached, unanswered, queue, inflight;
	double mean, mean_weight, up, most;
	int reached, rates, alive;
};

static void
sum_gauges(struct sum *t, const struct balancer_view *v)
{
	double most = v->has_rates ? v->rate[COUNT_REQUESTS] : 0;

	t->reached++;
	t->alive += v->alive;
	t->queue += v->now.queue + (v->has_servers ? v->servers.queue : 0);
	t->inflight += v->now.inflight;
	/* The one that carries most knows best who serves; else the larger. */
	if (t->reached == 1 || most > t->most ||
	    (most == t->most && v->now.up > t->up)) {
		t->most = most;
		t->up = v->now.up;
	}
}

static void
sum_rates(struct sum *t, const struct balancer_view *v)
{
	t->rates++;
	t->requests += v->rate[COUNT_REQUESTS];
	t->errors += v->rate[COUNT_ERRORS];
	t->unreached += v->rate[COUNT_UNREACHED];
	t->unanswered += v->unanswered;
	if (!v->now.mean_s.known)
		return;
	t->mean += v->now.mean_s.v * v->rate[COUNT_REQUESTS];
	t->mean_weight += v->rate[COUNT_REQUESTS];
}

static void
put_rates(struct sample *s, const struct sum *t)
{
	s->requests_rps = value_of(t->requests);
	s->errors_rps = value_of(t->errors);
	s->refused_rps = value_of(num_max(0.0,
	    num_min(t->unreached, t->errors) - t->unanswered));
	s->connect_errors_rps = value_of(t->unanswered);
	/* Without requests it stands still: no hint. */
	if (t->mean_weight > 0)
		s->latency_mean_s = value_of(t->mean / t->mean_weight);
}

struct sample
views_sample(const struct balancer_view *v, int n, ns_t now, ns_t beat)
{
	struct sample s = { .period = beat, .proof = PROOF_NONE };
	struct sum t = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		s.epoch += v[i].epoch;
		if (!v[i].reached)
			continue;
		sum_gauges(&t, &v[i]);
		s.censored = s.censored || v[i].now.full;
		if (now - v[i].at > s.age)
			s.age = now - v[i].at;
		if (v[i].has_rates)
			sum_rates(&t, &v[i]);
	}
	if (t.reached == 0)
		return (s);
	s.valid = true;
	s.has_epoch = true;
	s.partial = t.rates < n;
	s.proof = t.alive == t.reached ? PROOF_ALIVE : PROOF_NONE;
	s.queue = value_of(t.queue);
	s.inflight = value_of(t.inflight);
	s.up = value_of(t.up);
	if (t.rates > 0)
		put_rates(&s, &t);
	return (s);
}
