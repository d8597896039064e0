/* SPDX-License-Identifier: MIT */
/* Rules played beside the real one; see headroom.h. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "forecast/headroom.h"

static const float levels[HEADROOM_LEVELS] = { 1.0f, 1.1f, 1.25f, 1.5f, 1.8f,
	2.2f, 2.8f, 3.6f, 5.0f };
static const float shares[HEADROOM_SHARES] = { 0.25f, 0.4f, 0.6f, 0.85f,
	1.2f, 1.8f, 3.0f };
static const unsigned windows_min[HEADROOM_WINDOWS] = { 20, 60, 180, 480,
	1440 };

/* Two days of account: a week's habits change faster than that is kept. */
#define ACCOUNT_S 172800.0
#define EPISODE_QUIET_S 900.0
/* What goes on for longer is not one episode but how things are. */
#define EPISODE_MOST_S 1800.0
#define EPISODES_KNOWN 5
/* Another rule has to be this much cheaper to replace the one in use. */
#define SWITCH 0.97
/* A run of shortage costs more than its requests: queues, retries. */
#define SHORT_TIMES 2.0

void
headroom_init(struct headroom *h, double risk, double utilization)
{
	int i;

	MUST(risk > 0.0);
	memset(h, 0, sizeof(*h));
	h->utilization = utilization;
	h->penalty = SHORT_TIMES * 0.25 / risk;
	for (i = 0; i < HEADROOM_RULES; i++)
		h->rule[i].ready = -1.0f;
}

static float
headroom_ask(const struct headroom_view *v, int i)
{
	int level = i % HEADROOM_LEVELS, k = i / HEADROOM_LEVELS;
	float ask = levels[level] * v->load, peak;

	if (levels[level] <= 1.0f)
		ask = 0.0f;
	if (k == 0)
		return (ask);
	k--;
	peak = shares[k % HEADROOM_SHARES] * v->peak[k / HEADROOM_SHARES];
	return (ask > peak ? ask : peak);
}

static void
headroom_peaks(struct headroom *h)
{
	unsigned i, k, n;
	float m = 0.0f;

	for (i = 0, k = 0; k < HEADROOM_WINDOWS; k++) {
		n = windows_min[k];
		for (; i < n && i < h->minutes; i++)
			if (h->minute[(h->minutes - 1 - i) %
			    HEADROOM_MINUTES] > m)
				m = h->minute[(h->minutes - 1 - i) %
				    HEADROOM_MINUTES];
		h->peak_cache[k] = m;
	}
}

/* One bucket of one rule: what it had ready, what it paid. */
static void
headroom_pay(struct headroom *h, struct headroom_rule *r, float ask,
    float load, float keep)
{
	float lack;

	if (ask >= r->ready)
		r->ready = ask;
	else
		r->ready = ask + (r->ready - ask) * keep;
	r->cost += r->ready;
	lack = load - r->ready;
	if (lack > 0.0f) {
		r->short_ep += lack * (float)h->penalty;
		h->quiet_s = 0.0;
	}
}

/* Puts an episode among the worst; returns what falls out of them. */
static float
headroom_worst(float *worst, float cost)
{
	float swap;
	int k;

	for (k = 0; k < HEADROOM_WORST; k++)
		if (cost > worst[k]) {
			swap = worst[k];
			worst[k] = cost;
			cost = swap;
		}
	return (cost);
}

static void
headroom_episode_end(struct headroom *h)
{
	struct headroom_rule *r;
	bool any = false;
	int i;

	for (i = 0; i < HEADROOM_RULES; i++) {
		r = &h->rule[i];
		any = any || r->short_ep > 0.0f;
		if (r->short_ep > 0.0f)
			r->cost += headroom_worst(r->worst, r->short_ep);
		r->short_ep = 0.0f;
	}
	h->episodes += any;
	h->episode_s = 0.0;
}

/*
 * With the episode that is under way, as if it were over.  When there were
 * enough of them only the worst is still left out.
 */
static float
headroom_cost(const struct headroom *h, const struct headroom_rule *r)
{
	float worst[HEADROOM_WORST], cost = r->cost;

	memcpy(worst, r->worst, sizeof(worst));
	if (r->short_ep > 0.0f)
		cost += headroom_worst(worst, r->short_ep);
	return (h->episodes >= EPISODES_KNOWN ? cost + worst[1] : cost);
}

static void
headroom_bucket(struct headroom *h, double lead, double hold)
{
	float fade = (float)(1.0 - HEADROOM_BUCKET_S / ACCOUNT_S), load, base;
	/* What is there goes away within some minutes after the hold. */
	float keep = (float)num_exp(-HEADROOM_BUCKET_S / (hold + 60.0));
	struct headroom_view *v = &h->view[h->buckets % HEADROOM_DELAY];
	const struct headroom_view *then;
	unsigned back = (unsigned)(lead / HEADROOM_BUCKET_S + 0.999), i;
	int k;

	v->load = (float)(h->bucket_sum / h->bucket_s);
	v->base = (float)h->bucket_base;
	memcpy(v->peak, h->peak_cache, sizeof(v->peak));
	for (k = 0; k < HEADROOM_WINDOWS; k++)
		if (h->minute_max > v->peak[k])
			v->peak[k] = (float)h->minute_max;
	h->buckets++;
	if (back > HEADROOM_DELAY - 1)
		back = HEADROOM_DELAY - 1;
	if (back >= h->buckets)
		return;
	then = &h->view[(h->buckets - 1 - back) % HEADROOM_DELAY];
	/* What is provisioned for is carried with the utilization to spare. */
	load = (float)(h->bucket_max * h->utilization);
	base = then->base;
	for (i = 0; i < HEADROOM_RULES; i++) {
		float ask = headroom_ask(then, (int)i);

		h->rule[i].cost *= fade;
		headroom_pay(h, &h->rule[i], ask > base ? ask : base, load,
		    keep);
	}
	h->quiet_s += HEADROOM_BUCKET_S;
	if (h->quiet_s <= HEADROOM_BUCKET_S || h->episode_s > 0.0)
		h->episode_s += HEADROOM_BUCKET_S;
	if (h->quiet_s > EPISODE_QUIET_S || h->episode_s > EPISODE_MOST_S)
		headroom_episode_end(h);
	for (i = 0; i < HEADROOM_RULES; i++)
		if (headroom_cost(h, &h->rule[i]) < (float)SWITCH *
		    headroom_cost(h, &h->rule[h->best]))
			h->best = (int)i;
	h->floor_rps = headroom_ask(v, h->best);
}

void
headroom_step(struct headroom *h, double load, double base, double lead,
    double hold)
{
	h->bucket_s += 1.0;
	h->bucket_sum += load;
	h->bucket_max = num_max(h->bucket_max, load);
	h->bucket_base = num_max(h->bucket_base, base);
	h->minute_max = num_max(h->minute_max, load);
	if (h->bucket_s < HEADROOM_BUCKET_S)
		return;
	headroom_bucket(h, lead, hold);
	h->bucket_s = h->bucket_sum = h->bucket_max = h->bucket_base = 0.0;
	if (h->buckets % (60 / HEADROOM_BUCKET_S) != 0)
		return;
	h->minute[h->minutes % HEADROOM_MINUTES] = (float)h->minute_max;
	h->minutes++;
	h->minute_max = 0.0;
	headroom_peaks(h);
}

double
headroom_floor(const struct headroom *h)
{
	return (h->floor_rps);
}

void
headroom_rule(const struct headroom *h, double *times, double *share,
    double *window_s)
{
	int k = h->best / HEADROOM_LEVELS;

	*times = (double)levels[h->best % HEADROOM_LEVELS];
	*share = k == 0 ? 0.0 : (double)shares[(k - 1) % HEADROOM_SHARES];
	*window_s = k == 0 ? 0.0 :
	    60.0 * windows_min[(k - 1) / HEADROOM_SHARES];
}
