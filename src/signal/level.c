/* SPDX-License-Identifier: MIT */
/* Load on a grid of seconds; see level.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "signal/level.h"

/* The reference is four windows long, at most a minute, at least 8 s. */
#define LEVEL_REF_MIN 8u
#define LEVEL_REF_MAX 60u
/* Half an hour of calm replaces what was learned. */
#define LEVEL_MEMORY 1800.0
/*
 * A site's own noise is not known in its first minutes: until some were
 * heard, a tenth of the load is taken for noise, and shorter windows more.
 */
/* Of a second in a rush counts so much. */
#define LEVEL_RUSH 0.125
#define LEVEL_PRIOR 0.08
#define LEVEL_PRIOR_S 120.0
#define LEVEL_PART 0.9 /* of a second: less is a part */

void
level_init(struct level *l)
{
	int k;

	memset(l, 0, sizeof(*l));
	for (k = 0; k < LEVEL_SCALES; k++)
		l->spread[k] = LEVEL_PRIOR * LEVEL_PRIOR;
	l->part_spread = LEVEL_PRIOR * LEVEL_PRIOR;
	l->heard = LEVEL_PRIOR_S;
}

unsigned
level_length(const struct level *l)
{
	return (l->n < LEVEL_RING - 1 ? l->n : LEVEL_RING - 1);
}

/* Once a round the sums are moved down, so that they keep their digits. */
static void
level_push(struct level *l, double rps)
{
	unsigned at = l->n % LEVEL_RING, i;
	double base, before = l->n > 0 ? l->sum[(l->n - 1) % LEVEL_RING] : 0.0;

	l->sum[at] = before + rps;
	l->slot[at] = rps;
	l->n++;
	if (at != LEVEL_RING - 1)
		return;
	base = l->sum[0];
	for (i = 0; i < LEVEL_RING; i++)
		l->sum[i] -= base;
}

/*
 * Samples shorter than a second are learned by themselves: a page with all
 * its pictures comes within a tenth of one, and is no rush.
 */
static void
level_learn_part(struct level *l, double rps, double dt)
{
	double ref = num_max(level_mean(l, 0, LEVEL_REF_MIN), 1.0);
	double x = (rps - ref) / ref;

	if (dt > LEVEL_PART || level_length(l) < LEVEL_REF_MIN)
		return;
	l->part_spread += dt / l->heard * (num_min(x * x * dt,
	    9.0 * l->part_spread) - l->part_spread);
}

bool
level_feed(struct level *l, double rps, double dt)
{
	bool full = false;
	double take;
	int i;

	MUST(dt >= 0.0 && rps >= 0.0);
	level_learn_part(l, rps, dt);
	l->last_rps = rps;
	l->last_s = dt <= LEVEL_PART ? dt : 0.0;
	for (i = 0; i < LEVEL_RING && dt > 1e-9; i++) {
		take = num_min(1.0 - l->part_s, dt);
		l->part += rps * take;
		l->part_s += take;
		dt -= take;
		if (l->part_s < 1.0 - 1e-6)
			break;
		level_push(l, l->part / l->part_s);
		l->part = l->part_s = 0.0;
		full = true;
	}
	return (full);
}

double
level_part(const struct level *l, double *ret_rps, double *ret_noise)
{
	double ref = num_max(level_mean(l, 0, LEVEL_REF_MIN), 1.0);

	if (l->last_s <= 0.0 || level_length(l) < LEVEL_REF_MIN + 2)
		return (0.0);
	*ret_rps = l->last_rps;
	*ret_noise = sqrt(num_max(num_max(l->part_spread, l->spread[0]),
	    1.0 / ref) / l->last_s);
	return (l->last_s);
}

double
level_mean(const struct level *l, unsigned ago, unsigned n)
{
	unsigned have = level_length(l), end;

	if (have == 0)
		return (0.0);
	if (have > 1 && ago > have - 2)
		ago = have - 2;
	if (n > have - 1 - ago)
		n = have - 1 - ago;
	if (have == 1)
		return (l->slot[0]);
	if (n == 0)
		return (l->slot[(l->n - 1 - ago) % LEVEL_RING]);
	end = l->n - 1 - ago;
	return (num_max(0.0, (l->sum[end % LEVEL_RING] -
	    l->sum[(end - n) % LEVEL_RING]) / n));
}

unsigned
level_reference(int k)
{
	unsigned n = 4u << k;

	return (n < LEVEL_REF_MIN ? LEVEL_REF_MIN :
	    n > LEVEL_REF_MAX ? LEVEL_REF_MAX : n);
}

double
level_change(const struct level *l, int k)
{
	double ref;

	MUST(k >= 0 && k < LEVEL_SCALES);
	ref = level_mean(l, 1u << k, level_reference(k));
	return ((level_mean(l, 0, 1u << k) - ref) / num_max(ref, 1.0));
}

double
level_noise(const struct level *l, int k, double reference)
{
	/* Counting alone gives this much, whatever was learned. */
	double count = 1.0 / (num_max(reference, 1.0) * (double)(1u << k));

	MUST(k >= 0 && k < LEVEL_SCALES);
	return (sqrt(num_max(l->spread[k], count)));
}

void
level_learn(struct level *l, bool rush)
{
	double x, most, w;
	int k;

	l->heard = num_min(l->heard + (rush ? 0.5 : 1.0), LEVEL_MEMORY);
	for (k = 0; k < LEVEL_SCALES; k++) {
		if (level_length(l) < (1u << k) + LEVEL_REF_MIN)
			break;
		x = level_change(l, k);
		/* A fall is no part of a rush. */
		w = (rush && x > 0.0 ? LEVEL_RUSH : 1.0) / l->heard;
		/* One wild second must not deafen the test for half an hour. */
		most = 9.0 * l->spread[k];
		l->spread[k] += w * (num_min(x * x, most) - l->spread[k]);
	}
}

double
level_slope(const struct level *l, unsigned n)
{
	unsigned h = n / 2;

	if (h < 1 || level_length(l) < 2 * h + 1)
		return (0.0);
	return ((level_mean(l, 0, h) - level_mean(l, h, h)) / h);
}
