/* SPDX-License-Identifier: MIT */
/* Percentiles out of buckets against the sorted times themselves. */
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "signal/histogram.h"
#include "unit.h"

static struct histogram h;

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

/* A bucket is an eighth of its size wide, a millisecond below 16. */
START_TEST(test_close_to_the_sorted_times)
{
	static double ms[2000];
	struct rng r;
	int i, k, n = 100 + 37 * _i;
	double p, want, got;

	rng_init(&r, unit_seed("histogram", 1) + (uint64_t)_i);
	memset(&h, 0, sizeof(h));
	for (i = 0; i < n; i++) {
		ms[i] = (double)(uint64_t)num_exp(10.0 *
		    rng_unit(&r));
		histogram_feed(&h, 100 * NS_S, (uint64_t)ms[i]);
	}
	qsort(ms, (size_t)n, sizeof(ms[0]), by_size);
	for (k = 1; k < 20; k++) {
		p = k / 20.0;
		want = ms[(int)(p * n) - (p * n == (int)(p * n))];
		got = histogram_quantile(&h, 100 * NS_S, p).v * 1000.0;
		ck_assert_msg(got >= want * 0.875 - 1.0 && got <= want * 1.126 +
		    1.01, "%d times, p %.2f: %.1f ms, not %.1f", n, p, got,
		    want);
	}
}
END_TEST

static void
feed(ns_t at_s, int n, uint64_t ms)
{
	while (n-- > 0)
		histogram_feed(&h, at_s * NS_S, ms);
}

static const struct {
	const char *says;
	int n_old, old_s; /* times of 10 ms, so many seconds ago */
	int n_new;	  /* of 100 ms, now */
	bool known;
	double median_ms;
} windows[] = {
	{ "nineteen are an anecdote", 0, 1, 19, false, 0 },
	{ "twenty are not", 0, 1, 20, true, 100 },
	{ "a hundred now are enough", 500, 1, 100, true, 100 },
	{ "else the second before counts", 500, 1, 99, true, 10 },
	{ "and fourteen seconds ago", 500, 14, 99, true, 10 },
	{ "but not fifteen", 500, 15, 99, true, 100 },
	{ "nor what was in the slot a turn before", 500, 16, 99, true, 100 },
};

START_TEST(test_as_many_seconds_as_it_takes)
{
	struct value v;

	memset(&h, 0, sizeof(h));
	feed(100 - windows[_i].old_s, windows[_i].n_old, 10);
	feed(100, windows[_i].n_new, 100);
	v = histogram_quantile(&h, 100 * NS_S, 0.5);
	ck_assert_msg(v.known == windows[_i].known, "%s", windows[_i].says);
	if (v.known)
		ck_assert_msg(v.v * 1000.0 >= windows[_i].median_ms * 0.9 &&
		    v.v * 1000.0 <= windows[_i].median_ms * 1.15, "%s: %g",
		    windows[_i].says, v.v);
}
END_TEST

/* From the first second of the clock on. */
START_TEST(test_begins_with_the_clock)
{
	memset(&h, 0, sizeof(h));
	feed(0, 30, 50);
	ck_assert(histogram_quantile(&h, 0, 0.5).known);
	ck_assert(!histogram_quantile(&h, 40 * NS_S, 0.5).known);
}
END_TEST

START_TEST(test_beyond_the_last_bucket)
{
	memset(&h, 0, sizeof(h));
	feed(1, 100, UINT64_MAX);
	ck_assert_double_gt(histogram_quantile(&h, NS_S, 0.5).v, 100.0);
	ck_assert_double_gt(histogram_quantile(&h, NS_S, 1.0).v, 100.0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("histogram");
	TCase *t = tcase_create("histogram");

	tcase_add_loop_test(t, test_close_to_the_sorted_times, 0, 20);
	tcase_add_loop_test(t, test_as_many_seconds_as_it_takes, 0,
	    sizeof(windows) / sizeof(windows[0]));
	tcase_add_test(t, test_begins_with_the_clock);
	tcase_add_test(t, test_beyond_the_last_bucket);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
