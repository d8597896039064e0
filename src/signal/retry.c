/* SPDX-License-Identifier: MIT */
/* Learned retries; see retry.h. */
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "signal/retry.h"

/*
 * Half of what fails comes back until we know better: people reload a page,
 * programs retry once or twice.  With 0 a first overload looks larger than
 * it is by its retries, with 1 a rush that begins with errors looks smaller.
 */
#define RETRY_PRIOR 0.5
#define RETRY_SPREAD 0.3 /* how far from it is ordinary */
/* Changes are forgotten with this time constant, in informative seconds. */
#define RETRY_MEMORY 90.0
#define RETRY_CALM 600.0

void
retry_init(struct retry *r)
{
	memset(r, 0, sizeof(*r));
	r->delay = 3;
	r->share = RETRY_PRIOR;
}

static double
retry_back(const struct retry *r, int lag)
{
	return (r->errors[(r->at - (unsigned)lag) % RETRY_RING]);
}

void
retry_gap(struct retry *r)
{
	r->n = 0;
	memset(r->errors, 0, sizeof(r->errors));
}

static void
retry_learn(struct retry *r, double change)
{
	double keep = 1.0 - 1.0 / RETRY_MEMORY, x, sxx, sxy, best = 0.0, score;
	double prior = r->noise / (RETRY_SPREAD * RETRY_SPREAD);
	struct retry_sums *s;
	int i;

	r->weight = keep * r->weight + 1.0;
	r->sy = keep * r->sy + change;
	for (i = 0; i < RETRY_LAGS; i++) {
		s = &r->lag[i];
		x = retry_back(r, i + 1) - retry_back(r, i + 2);
		s->sx = keep * s->sx + x;
		s->sxx = keep * s->sxx + x * x;
		s->sxy = keep * s->sxy + x * change;
		sxx = s->sxx - s->sx * s->sx / r->weight;
		sxy = s->sxy - s->sx * r->sy / r->weight;
		score = sxy > 0.0 ? sxy * sxy / (sxx + prior + 1.0) : 0.0;
		if (i + 1 == r->delay)
			score *= 1.2;
		if (score <= best)
			continue;
		best = score;
		r->delay = i + 1;
		r->share = num_clamp((sxy + prior * RETRY_PRIOR) /
		    (sxx + prior + 1e-9), 0.0, 1.0);
	}
}

void
retry_feed(struct retry *r, double arrivals, double errors)
{
	double change = arrivals - r->arrivals, sum = errors;
	int i;

	MUST(arrivals >= 0.0 && errors >= 0.0);
	r->at++;
	r->errors[r->at % RETRY_RING] = errors;
	r->arrivals = arrivals;
	if (r->n < RETRY_RING) {
		r->n++;
		return;
	}
	for (i = 1; i <= RETRY_LAGS + 1; i++)
		sum += retry_back(r, i);
	if (sum <= 0.01 * arrivals)
		r->noise += (change * change - r->noise) / RETRY_CALM;
	else
		retry_learn(r, change);
}

double
retry_rps(const struct retry *r)
{
	return (r->share * retry_back(r, r->delay));
}
