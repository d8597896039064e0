/* SPDX-License-Identifier: MIT */
/* The change test and the growth of a rush; see spike.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "forecast/spike.h"
#include "signal/level.h"

enum { FIRST_SCALE = 1 };
#define WEEK_S 604800.0
/* Neighbouring seconds and windows share most of their data. */
#define TESTS_PER_S 1.0
/* A rise of less than this needs nobody, however sure it is. */
#define SPIKE_LEAST 0.08
/* A rush without a new alarm for so long is over. */
#define SPIKE_QUIET_S 45.0
#define GROWN_MOST 6.0
/*
 * In a part of a second: less of a rise waits for the whole, the tests are
 * more, and of the load so much of its noise is left out.
 */
#define EARLY_LEAST 0.5
#define EARLY_SURER 0.5
#define EARLY_SIGMAS 2.0

double
spike_quantile(double p)
{
	double t;

	MUST(p > 0.0 && p < 0.5);
	t = sqrt(-2.0 * num_log(p));
	return (t - (2.30753 + 0.27061 * t) /
	    (1.0 + 0.99229 * t + 0.04481 * t * t));
}

void
spike_init(struct spike *s, double per_week)
{
	double p = per_week / (WEEK_S * TESTS_PER_S);

	memset(s, 0, sizeof(*s));
	s->limit = spike_quantile(num_clamp(p, 1e-12, 0.01));
}

/*
 * The same for counts: what comes in few large grains has a longer tail than
 * its spread tells of.  Roots of two counts, of n seconds after m seconds
 * (Anscombe 1948), where a request counts as the grain that the spread of the
 * window was learned to be made of; 1 at the least.
 */
static double
spike_counts(double rps, double n, double before_rps, unsigned m,
    double spread)
{
	double t = n / m, grain;

	grain = num_max(1.0, spread * before_rps * n / (1.0 + t));
	return (2.0 * (sqrt(rps * n / grain + 0.375) -
	    sqrt((before_rps * m / grain + 0.375) * t)) / sqrt(1.0 + t));
}

/* Strongest window, in standard deviations; none: 0. */
static double
spike_test(struct spike *s, const struct level *l)
{
	double change, z, best = 0.0, ref;
	int k;

	for (k = FIRST_SCALE; k < LEVEL_SCALES; k++) {
		if (level_length(l) < (3u << k) + 4)
			break;
		ref = level_mean(l, 1u << k, level_reference(k));
		change = level_change(l, k);
		if (change < SPIKE_LEAST)
			continue;
		z = num_min(change / level_noise(l, k, ref),
		    spike_counts(level_mean(l, 0, 1u << k), 1u << k, ref,
		    level_reference(k), l->spread[k]));
		if (z > best) {
			best = z;
			s->scale = k;
		}
	}
	return (best);
}

static void
spike_grow(struct spike *s, const struct level *l)
{
	unsigned n = s->age_s < 10.0 ? 8 : s->age_s < 40.0 ? 16 :
	    s->age_s < 120.0 ? 32 : 64;
	double h = n / 2.0, sd, slope;
	int k = n == 8 ? 2 : n == 16 ? 3 : n == 32 ? 4 : 5;

	s->level_rps = level_mean(l, 0, n / 4);
	slope = level_slope(l, n);
	sd = level_noise(l, k, s->level_rps) * s->reference_rps / h;
	s->level_rps += slope * (n / 4.0 - 1.0) / 2.0;
	s->slope = num_max(0.0, slope - 0.5 * sd);
}

/*
 * A second is long where the source is read ten times in one.  The part of it
 * that is known is tested by itself; what it raises is a lower bound of the
 * load, until the second is full.
 */
bool
spike_early(struct spike *s, const struct level *l)
{
	double rps = 0.0, noise = 0.0, n = level_part(l, &rps, &noise), ref, z;
	unsigned m = level_reference(FIRST_SCALE);

	if (n <= 0.0 || level_length(l) < (3u << FIRST_SCALE) + 4)
		return (false);
	ref = level_mean(l, 0, m);
	if (rps < (1.0 + EARLY_LEAST) * ref)
		return (false);
	z = num_min((rps / num_max(ref, 1.0) - 1.0) / noise,
	    spike_counts(rps, n, ref, m, noise * noise));
	if (z <= s->limit + EARLY_SURER)
		return (false);
	rps -= EARLY_SIGMAS * noise * ref;
	if (!s->on) {
		s->on = true;
		s->age_s = s->quiet_s = s->slope = 0.0;
		s->reference_rps = level_mean(l, 0, 30);
		s->level_rps = ref;
	}
	s->level_rps = num_max(s->level_rps, rps);
	return (true);
}

void
spike_step(struct spike *s, const struct level *l)
{
	bool alarm;

	s->z = spike_test(s, l);
	/* The newest second has to be part of it, not only its window. */
	alarm = s->z > s->limit &&
	    level_mean(l, 0, 1) > level_mean(l, 1u << s->scale,
	    level_reference(s->scale));
	if (alarm && !s->on) {
		s->on = true;
		s->age_s = (double)(1u << s->scale);
		s->reference_rps = level_mean(l, 2u << s->scale, 30);
	}
	if (!s->on)
		return;
	s->age_s += 1.0;
	s->quiet_s = alarm ? 0.0 : s->quiet_s + 1.0;
	if (s->quiet_s > SPIKE_QUIET_S) {
		s->on = false;
		s->slope = s->age_s = s->quiet_s = 0.0;
		return;
	}
	spike_grow(s, l);
}

double
spike_forecast(const struct spike *s, double ahead, double least)
{
	double grown;

	if (!s->on)
		return (0.0);
	/* What has grown so many times may do it once more. */
	grown = num_clamp(s->level_rps / num_max(s->reference_rps, 1.0), least,
	    num_max(least, GROWN_MOST));
	return (num_min(s->level_rps + s->slope * ahead,
	    grown * s->level_rps));
}
