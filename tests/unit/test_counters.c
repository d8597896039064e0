/* SPDX-License-Identifier: MIT */
/* Counters to rates: a row is a history and what is said of its last step. */
#include <string.h>

#include "base/rng.h"
#include "signal/counters.h"
#include "unit.h"

struct reading {
	double at_s;
	uint64_t epoch;
	uint64_t v[2];
};

static const struct row {
	const char *proves;
	struct reading before, now;
	enum counters_said said;
	double rate[2];
} rows[] = {
	{ "a second is a second", { 10, 1, { 100, 5 } }, { 11, 1, { 150, 5 } },
	    COUNTERS_RATES, { 50, 0 } },
	{ "uneven intervals count as long as they were",
	    { 10, 1, { 100, 0 } }, { 12.5, 1, { 150, 10 } }, COUNTERS_RATES,
	    { 20, 4 } },
	{ "nothing happened is zero", { 10, 1, { 100, 5 } },
	    { 11, 1, { 100, 5 } }, COUNTERS_RATES, { 0, 0 } },
	{ "one counter that fell spoils all", { 10, 1, { 100, 5 } },
	    { 11, 1, { 150, 4 } }, COUNTERS_FELL, { 0 } },
	{ "another process says nothing, though it counted on",
	    { 10, 1, { 100, 5 } }, { 11, 2, { 150, 6 } }, COUNTERS_NEW_EPOCH,
	    { 0 } },
	{ "a gap says nothing", { 10, 1, { 100, 5 } }, { 15, 1, { 150, 6 } },
	    COUNTERS_GAP, { 0 } },
	{ "no gap yet at its edge", { 10, 1, { 100, 5 } },
	    { 14, 1, { 108, 5 } }, COUNTERS_RATES, { 2, 0 } },
	{ "too soon is not taken", { 10, 1, { 100, 5 } },
	    { 10.001, 1, { 101, 5 } }, COUNTERS_TOO_SOON, { 0 } },
	{ "a fall is seen however soon", { 10, 1, { 100, 5 } },
	    { 10.001, 1, { 99, 5 } }, COUNTERS_FELL, { 0 } },
	{ "a leap is a broken reading", { 10, 1, { 100, 5 } },
	    { 11, 1, { UINT64_MAX, 5 } }, COUNTERS_FELL, { 0 } },
	{ "full range without wrap", { 10, 1, { UINT64_MAX - 8, 0 } },
	    { 11, 1, { UINT64_MAX, 0 } }, COUNTERS_RATES, { 8, 0 } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct counters c;
	double got[2] = { -1, -1 };
	int i;

	counters_init(&c, 2, 4 * NS_S);
	ck_assert_int_eq(counters_feed(&c, ns_from_s(r->before.at_s),
	    r->before.epoch, r->before.v, got), COUNTERS_FIRST);
	ck_assert_msg(counters_feed(&c, ns_from_s(r->now.at_s), r->now.epoch,
	    r->now.v, got) == r->said, "%s", r->proves);
	for (i = 0; i < 2; i++)
		ck_assert_double_eq_tol(got[i],
		    r->said == COUNTERS_RATES ? r->rate[i] : -1, 1e-9);
}
END_TEST

START_TEST(test_starts_anew_after_each_fault)
{
	uint64_t a[1] = { 1000 }, b[1] = { 10 }, c2[1] = { 30 };
	struct counters c;
	double got = -1;

	counters_init(&c, 1, 4 * NS_S);
	(void)counters_feed(&c, 1 * NS_S, 1, a, &got);
	ck_assert_int_eq(counters_feed(&c, 2 * NS_S, 1, b, &got), COUNTERS_FELL);
	ck_assert_int_eq(counters_feed(&c, 3 * NS_S, 1, c2, &got),
	    COUNTERS_RATES);
	ck_assert_double_eq_tol(got, 20, 1e-9);
	ck_assert_int_eq(counters_feed(&c, 9 * NS_S, 1, c2, &got),
	    COUNTERS_GAP);
	ck_assert_int_eq(counters_feed(&c, 10 * NS_S, 1, c2, &got),
	    COUNTERS_RATES);
}
END_TEST

/* Whatever a balancer does, a rate is finite, not negative, not absurd. */
START_TEST(test_never_negative)
{
	struct counters c;
	struct rng r;
	uint64_t v[1] = { 0 }, epoch = 1;
	double got;
	ns_t t = NS_S;
	int i;

	rng_init(&r, unit_seed("counters", 3));
	counters_init(&c, 1, 4 * NS_S);
	for (i = 0; i < 20000; i++) {
		t += (ns_t)rng_below(&r, (uint64_t)(5 * NS_S));
		if (rng_unit(&r) < 0.1)
			v[0] = rng_below(&r, 1u << 30);
		else if (rng_unit(&r) < 0.02)
			v[0] = UINT64_MAX - rng_below(&r, 100);
		else
			v[0] += rng_below(&r, 10000);
		epoch += rng_unit(&r) < 0.05;
		got = 0;
		(void)counters_feed(&c, t, epoch, v, &got);
		ck_assert_double_ge(got, 0);
		ck_assert_double_le(got, COUNTERS_RATE_MAX);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("counters");
	TCase *t = tcase_create("counters");

	tcase_add_loop_test(t, test_row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_starts_anew_after_each_fault);
	tcase_add_test(t, test_never_negative);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
