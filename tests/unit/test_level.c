/* SPDX-License-Identifier: MIT */
/* Load on a grid of seconds, and the change test on top of it. */
#include <math.h>

#include "base/num.h"
#include "base/rng.h"
#include "forecast/spike.h"
#include "signal/level.h"
#include "unit.h"

START_TEST(test_means_over_any_window)
{
	struct level l;
	unsigned i, n, ago, k;
	double sum;

	level_init(&l);
	for (i = 0; i < 3000; i++)
		ck_assert(level_feed(&l, (double)(i % 97), 1.0));
	for (n = 1; n < 300; n += 7)
		for (ago = 0; ago < 200; ago += 13) {
			for (sum = 0.0, k = 0; k < n; k++)
				sum += (double)((2999 - ago - k) % 97);
			ck_assert_double_eq_tol(level_mean(&l, ago, n),
			    sum / n, 1e-6);
		}
}
END_TEST

static const struct {
	const char *says;
	double dt;
	int samples;
	unsigned seconds;
} grids[] = {
	{ "samples of a second fill a second each", 1.0, 100, 100 },
	{ "samples of a tenth fill a second in ten", 0.1, 1000, 100 },
	{ "samples of ten seconds fill ten", 10.0, 10, 100 },
	{ "uneven ones keep the time", 1.7, 100, 170 },
};

START_TEST(test_grid)
{
	struct level l;
	int i;

	level_init(&l);
	for (i = 0; i < grids[_i].samples; i++)
		(void)level_feed(&l, 50.0, grids[_i].dt);
	ck_assert_msg(abs((int)level_length(&l) - (int)grids[_i].seconds) <= 1,
	    "%s: %u", grids[_i].says, level_length(&l));
	ck_assert_double_eq_tol(level_mean(&l, 0, 60), 50.0, 1e-9);
}
END_TEST

START_TEST(test_slope)
{
	struct level l;
	int i;

	level_init(&l);
	for (i = 0; i < 100; i++)
		(void)level_feed(&l, 10.0 + 3.0 * i, 1.0);
	ck_assert_double_eq_tol(level_slope(&l, 16), 3.0, 1e-9);
}
END_TEST

/* Load as the arena's: a wander of half a minute and counting noise. */
static double
noisy(struct rng *r, double rps, double *wander, double width)
{
	double g = 0.0;
	int i;

	for (i = 0; i < 12; i++)
		g += rng_unit(r);
	*wander += -*wander / 30.0 + (g - 6.0) * width * sqrt(2.0 / 30.0);
	for (g = 0.0, i = 0; i < 12; i++)
		g += rng_unit(r);
	rps *= num_exp(*wander);
	return (num_max(0.0, rps + (g - 6.0) * sqrt(rps)));
}

static const struct {
	double rps, wander;
} sites[] = { { 4.0, 0.02 }, { 30.0, 0.06 }, { 1000.0, 0.06 },
	{ 1000.0, 0.12 }, { 50000.0, 0.03 } };

START_TEST(test_quiet_when_nothing_happens)
{
	double wander = 0.0;
	struct level l;
	struct spike s;
	struct rng r;
	int i, onsets = 0;
	bool on;

	rng_init(&r, unit_seed("level", 3));
	level_init(&l);
	spike_init(&s, 1.0);
	for (i = 0; i < 3 * 86400; i++) {
		(void)level_feed(&l, noisy(&r, sites[_i].rps, &wander,
		    sites[_i].wander), 1.0);
		on = s.on;
		spike_step(&s, &l);
		onsets += s.on && !on;
		level_learn(&l, s.on);
	}
	/* One a week is asked for; a normal tail is no promise. */
	ck_assert_msg(onsets <= 8, "%d rushes in 3 days at %.0f requests/s",
	    onsets, sites[_i].rps);
}
END_TEST

/* Requests that come by the hundred: few counts with a long tail upward. */
START_TEST(test_grains_are_no_rush)
{
	double most = num_exp(-5.5), p;
	struct level l;
	struct spike s;
	struct rng r;
	int i, k, onsets = 0;
	bool on;

	rng_init(&r, unit_seed("level", 7));
	level_init(&l);
	spike_init(&s, 1.0);
	for (i = 0; i < 86400; i++) {
		for (k = 0, p = rng_unit(&r); p > most; k++)
			p *= rng_unit(&r);
		(void)level_feed(&l, 158.0 * k, 1.0);
		on = s.on;
		spike_step(&s, &l);
		onsets += s.on && !on;
		level_learn(&l, s.on);
	}
	ck_assert_msg(onsets <= 8, "%d rushes in a day", onsets);
}
END_TEST

static const struct {
	double times, ramp_s;
	int within_s;
} rushes[] = { { 2.5, 20, 8 }, { 5, 120, 14 }, { 3, 60, 14 },
	{ 1.5, 20, 20 }, { 5, 300, 45 } };

START_TEST(test_sees_a_rush_while_it_builds_up)
{
	double wander = 0.0, up;
	struct level l;
	struct spike s;
	struct rng r;
	int i;

	rng_init(&r, unit_seed("level", 5));
	level_init(&l);
	spike_init(&s, 1.0);
	for (i = 0; i < 7200; i++) {
		(void)level_feed(&l, noisy(&r, 1000.0, &wander, 0.06), 1.0);
		spike_step(&s, &l);
		level_learn(&l, s.on);
	}
	s.on = false;
	for (i = 0; i < 900 && !s.on; i++) {
		up = num_min(1.0, i / rushes[_i].ramp_s);
		(void)level_feed(&l, noisy(&r, 1000.0 *
		    (1.0 + (rushes[_i].times - 1.0) * up), &wander, 0.06), 1.0);
		spike_step(&s, &l);
	}
	ck_assert_msg(i <= rushes[_i].within_s, "seen after %d s", i);
	ck_assert_double_gt(spike_forecast(&s, 60.0, 2.0), s.level_rps);
	ck_assert_double_eq_tol(s.reference_rps, 1000.0, 200.0);
}
END_TEST

/* Ten samples a second of this load, bursts of a tenth on it or not. */
static int
tenths(struct level *l, struct spike *s, struct rng *r, double rps, int n,
    bool bursts)
{
	int i, early = 0;
	double x;

	for (i = 0; i < n; i++) {
		x = rps * (0.9 + 0.2 * rng_unit(r));
		if (bursts)
			x *= i % 7 == 0 ? 5.0 : 0.33;
		if (level_feed(l, x, 0.1)) {
			spike_step(s, l);
			level_learn(l, s->on);
		} else
			early += spike_early(s, l);
	}
	return (early);
}

START_TEST(test_an_onset_within_a_second)
{
	struct level l;
	struct spike s;
	struct rng r;

	rng_init(&r, unit_seed("onset", 5));
	level_init(&l);
	spike_init(&s, 1.0);
	ck_assert_int_eq(tenths(&l, &s, &r, 100.0, 1200, false), 0);
	ck_assert(!s.on);
	/* Its first sample; a lower bound of the load. */
	ck_assert_int_eq(tenths(&l, &s, &r, 500.0, 1, false), 1);
	ck_assert(s.on);
	ck_assert_double_gt(spike_forecast(&s, 60.0, 1.3), 250.0);
	ck_assert_double_le(spike_forecast(&s, 60.0, 1.3), 550.0);
	ck_assert_double_eq_tol(s.reference_rps, 100.0, 10.0);
}
END_TEST

/* What always comes in tenths of a second is no rush. */
START_TEST(test_bursts_within_a_second_are_learned)
{
	struct level l;
	struct spike s;
	struct rng r;

	rng_init(&r, unit_seed("bursts", 6));
	level_init(&l);
	spike_init(&s, 1.0);
	(void)tenths(&l, &s, &r, 100.0, 6000, true);
	ck_assert_int_eq(tenths(&l, &s, &r, 100.0, 36000, true), 0);
	ck_assert(!s.on);
}
END_TEST

/* Few requests prove little: two in a tenth of a second where one is usual. */
START_TEST(test_few_requests_are_no_onset)
{
	struct level l;
	struct spike s;
	struct rng r;
	int i;

	rng_init(&r, unit_seed("few", 7));
	level_init(&l);
	spike_init(&s, 1.0);
	(void)tenths(&l, &s, &r, 10.0, 1200, false);
	for (i = 0; i < 600; i++) {
		(void)level_feed(&l, 10.0, 0.1);
		ck_assert(!spike_early(&s, &l));
		(void)level_feed(&l, 20.0 * (double)(i % 2), 0.1);
		ck_assert(!spike_early(&s, &l));
	}
}
END_TEST

/* Samples of a second and more are none of its business. */
START_TEST(test_whole_seconds_are_not_tested_early)
{
	struct level l;
	struct spike s;
	int i;

	level_init(&l);
	spike_init(&s, 1.0);
	for (i = 0; i < 60; i++)
		(void)level_feed(&l, 100.0, 1.0);
	(void)level_feed(&l, 100.0, 0.5);
	(void)level_feed(&l, 5000.0, 1.2);
	ck_assert(!spike_early(&s, &l));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("level");
	TCase *t = tcase_create("level");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_means_over_any_window);
	tcase_add_loop_test(t, test_grid, 0, sizeof(grids) / sizeof(grids[0]));
	tcase_add_test(t, test_slope);
	tcase_add_loop_test(t, test_quiet_when_nothing_happens, 0,
	    sizeof(sites) / sizeof(sites[0]));
	tcase_add_test(t, test_grains_are_no_rush);
	tcase_add_loop_test(t, test_sees_a_rush_while_it_builds_up, 0,
	    sizeof(rushes) / sizeof(rushes[0]));
	tcase_add_test(t, test_an_onset_within_a_second);
	tcase_add_test(t, test_bursts_within_a_second_are_learned);
	tcase_add_test(t, test_few_requests_are_no_onset);
	tcase_add_test(t, test_whole_seconds_are_not_tested_early);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
