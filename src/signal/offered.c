/* SPDX-License-Identifier: MIT */
/* Offered load; see offered.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "signal/offered.h"

enum {
	/* Older than three periods is no measurement of now (I-01). */
	OLD_PERIODS = 3,
	/* Busy figures repeat to the last bit for so long only when stuck. */
	FROZEN_SAMPLES = 6,
	/* A jump beyond WILD_TIMES counts from its third sample on. */
	WILD_SAMPLES = 3
};
#define FROZEN_RPS 20.0 /* below, a count may well repeat */
#define WILD_TIMES 12.0
#define WILD_RPS 100.0
/* A queue that takes longer than this is full work, not a hiccup. */
#define FULL_WAIT_S 0.25
/* Nobody waits longer, and where nothing is served all wait. */
#define WAIT_MOST_S 60.0
/* Answers that take so many times an idle system's time tell of a queue. */
#define HIDDEN_FULL 8.0

void
offered_init(struct offered *o)
{
	memset(o, 0, sizeof(*o));
	retry_init(&o->retry);
	o->period = NS_S;
	o->mean_of_p95 = 0.5;
	o->hidden = -1.0;
}

static void
offered_mark(struct offered *o, enum trust t)
{
	unsigned i = o->n % OFFERED_WINDOW;
	uint64_t bit = UINT64_C(1) << (i % 64);

	if (t == TRUST_FULL)
		o->good[i / 64] |= bit;
	else
		o->good[i / 64] &= ~bit;
	o->n++;
}

double
offered_trusted(const struct offered *o, unsigned n)
{
	unsigned i, k, good = 0;

	if (n > OFFERED_WINDOW)
		n = OFFERED_WINDOW;
	if (n > o->n)
		n = o->n;
	for (k = 0; k < n; k++) {
		i = (o->n - 1 - k) % OFFERED_WINDOW;
		good += (unsigned)(o->good[i / 64] >> (i % 64) & 1);
	}
	return (n > 0 ? (double)good / n : 0.0);
}

static bool
offered_frozen(struct offered *o, const struct sample *s)
{
	double now[4] = { s->requests_rps.v, s->inflight.v, s->latency_s.v,
		s->errors_rps.v };

	if (memcmp(now, o->last, sizeof(now)) == 0)
		o->same++;
	else
		o->same = 0;
	memcpy(o->last, now, sizeof(now));
	/* With the rate alone, a smooth source is told from a stuck one late. */
	if (!s->inflight.known || !s->latency_s.known)
		return (o->same >= 10 * FROZEN_SAMPLES &&
		    s->requests_rps.v > FROZEN_RPS);
	return (o->same >= FROZEN_SAMPLES && s->requests_rps.v > FROZEN_RPS);
}

static enum trust
offered_trust(struct offered *o, const struct sample *s)
{
	ns_t period = o->period > NS_S ? o->period : NS_S;

	if (!s->valid || !s->requests_rps.known)
		return (TRUST_NONE);
	if (s->age > OLD_PERIODS * period)
		return (TRUST_NONE);
	/* Counters that began anew: this interval is void (I-04). */
	if (s->has_epoch && o->has_epoch && s->epoch != o->epoch)
		return (TRUST_NONE);
	/* A zero is a zero only when the balancer lives (I-02). */
	if (s->requests_rps.v == 0.0 && s->proof != PROOF_ALIVE)
		return (TRUST_NONE);
	if (offered_frozen(o, s))
		return (TRUST_NONE);
	if (s->requests_rps.v > WILD_RPS &&
	    s->requests_rps.v > WILD_TIMES * o->level && o->begun &&
	    ++o->wild < WILD_SAMPLES)
		return (TRUST_NONE);
	if (s->partial || s->proof == PROOF_NONE || s->censored)
		return (TRUST_RAISE);
	return (TRUST_FULL);
}

/* The wait that latency betrays where the queue is not to be seen. */
static double
offered_wait(const struct offered *o, const struct sample *s, double served)
{
	double wait = 0.0;

	if (s->queue.known && s->queue.v > 0.0)
		wait = served > s->queue.v / WAIT_MOST_S ?
		    s->queue.v / served : WAIT_MOST_S;
	if ((s->censored || !s->queue.known) && s->latency_s.known &&
	    o->base_latency_s > 0.0)
		wait = num_max(wait, s->latency_s.v - HIDDEN_FULL * o->base_latency_s);
	return (num_max(wait, 0.0));
}

/*
 * Arrivals behind a balancer that is at its limit.  At full work the servers
 * finish what they can, and the rest fails or piles up, which the wait tells;
 * while they have time to spare, Little's law tells the rate from requests
 * in flight and their time.
 */
static double
offered_hidden(struct offered *o, const struct sample *s, double capacity)
{
	double errors = s->errors_rps.known ? s->errors_rps.v : 0.0;
	double rate, queue, least = s->requests_rps.v;

	if (!s->inflight.known || !s->latency_s.known ||
	    s->latency_s.v <= 0.0 || o->base_latency_s <= 0.0)
		return (num_max(least, errors));
	if (errors <= 0.01 * least &&
	    s->latency_s.v <= HIDDEN_FULL * o->base_latency_s) {
		o->hidden = -1.0;
		rate = s->inflight.v / (s->latency_s.v * o->mean_of_p95);
		return (num_max(least, num_min(rate, 3.0 * num_max(capacity,
		    least))));
	}
	queue = num_max(0.0, s->latency_s.v - o->base_latency_s) * capacity;
	rate = capacity + errors;
	if (o->hidden >= 0.0)
		rate += queue - o->hidden;
	o->hidden = queue;
	return (num_max(least, rate));
}

static void
offered_learn(struct offered *o, const struct sample *s,
    const struct reading *r)
{
	double ratio;

	o->level += (r->arrivals_rps - o->level) *
	    num_min(1.0, r->dt_s / 30.0);
	if (s->censored || !s->latency_s.known || s->latency_s.v <= 0.0 ||
	    r->errors_rps > 0.0)
		return;
	/* Down at once, up within a day: the time of an idle system. */
	if (o->base_latency_s <= 0.0)
		o->base_latency_s = s->latency_s.v;
	o->base_latency_s += (s->latency_s.v - o->base_latency_s) *
	    (s->latency_s.v < o->base_latency_s ? 0.05 : 1e-5) *
	    num_min(r->dt_s, 20.0);
	if (r->full || !s->inflight.known || s->inflight.v <= 0.0 ||
	    r->arrivals_rps <= 1.0)
		return;
	ratio = s->inflight.v / (r->arrivals_rps * s->latency_s.v);
	o->mean_of_p95 += 0.02 * (num_clamp(ratio, 0.02, 2.0) -
	    o->mean_of_p95);
}

static struct reading
offered_read(struct offered *o, const struct sample *s, double capacity)
{
	struct reading r;
	double grown;

	memset(&r, 0, sizeof(r));
	r.hidden = s->censored;
	r.errors_rps = s->errors_rps.known ? s->errors_rps.v : 0.0;
	r.latency_s = s->latency_s;
	r.inflight = s->inflight;
	r.arrivals_rps = s->censored ? offered_hidden(o, s, capacity) :
	    s->requests_rps.v;
	if (r.arrivals_rps > 0.0)
		r.error_share = num_min(1.0, (r.errors_rps -
		    (s->refused_rps.known ? num_min(s->refused_rps.v,
		    r.errors_rps) : 0.0)) / r.arrivals_rps);
	grown = s->queue.known && !s->censored ? s->queue.v - o->queue : 0.0;
	r.served_rps = num_max(0.0, r.arrivals_rps - r.errors_rps - grown);
	if (s->censored)
		r.served_rps = num_max(0.0, r.arrivals_rps - r.errors_rps);
	r.wait_s = offered_wait(o, s, r.served_rps);
	r.full = r.wait_s > FULL_WAIT_S;
	return (r);
}

struct reading
offered_feed(struct offered *o, ns_t now, const struct sample *s,
    double capacity)
{
	enum trust t = offered_trust(o, s);
	struct reading r;
	double gap;

	if (s->period > 0)
		o->period += (s->period - o->period) / 8;
	if (s->valid && s->has_epoch) {
		o->has_epoch = true;
		o->epoch = s->epoch;
	}
	offered_mark(o, t);
	memset(&r, 0, sizeof(r));
	r.trust = t;
	if (t == TRUST_NONE)
		return (r);
	if (s->requests_rps.v <= num_max(WILD_RPS, WILD_TIMES * o->level))
		o->wild = 0;
	gap = o->begun ? ns_to_s(now - o->heard) : ns_to_s(o->period);
	r = offered_read(o, s, capacity);
	r.trust = t;
	r.dt_s = num_clamp(gap, 0.0, 3.0 * ns_to_s(o->period));
	if (gap > 5.0)
		retry_gap(&o->retry);
	retry_feed(&o->retry, r.arrivals_rps, r.errors_rps);
	r.offered_rps = num_max(0.0, r.arrivals_rps - retry_rps(&o->retry));
	if (!o->begun)
		o->level = r.arrivals_rps;
	offered_learn(o, s, &r);
	o->queue = s->queue.known ? s->queue.v : 0.0;
	if (!s->censored)
		o->hidden = -1.0;
	o->heard = now;
	o->begun = true;
	return (r);
}
