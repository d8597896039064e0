/* SPDX-License-Identifier: MIT */
/* Marginal benefit: servers that help, servers that do not, and doubt. */
#include <string.h>

#include "plimsoll/limits.h"
#include "size/benefit.h"
#include "unit.h"

static struct benefit b;

/* Seconds in which so many servers finish that at full work (or not). */
static void
work(double servers, double done, int seconds, bool full)
{
	struct reading r = { .trust = TRUST_FULL, .dt_s = 1.0,
		.served_rps = done, .wait_s = full ? 5.0 : 0.0, .full = full };

	while (seconds-- > 0)
		benefit_feed(&b, &r, servers, true);
}

/* Ten servers at full work, then a step. */
static void
step(double servers, double done, int seconds)
{
	benefit_init(&b);
	work(10, 1000, 120, true);
	ck_assert(!b.none);
	work(servers, done, seconds, true);
}

static const struct {
	double servers, done;
	int seconds;
	bool none;
	const char *why;
} steps[] = {
	{ 15, 1500, 60, false, "half as many again do half as much again" },
	{ 15, 1200, 60, false, "they thrash, and help all the same" },
	{ 15, 1000, 60, true, "they bring nothing" },
	{ 15, 900, 60, true, "they do harm" },
	{ 100, 1400, 80, true, "far too little for so many" },
	{ 15, 1000, 15, false, "too early to tell" },
	{ 12, 1000, 60, false, "less than a step" },
	{ 10, 600, 60, false, "no step" },
	{ 8, 500, 60, false, "fewer" },
};

START_TEST(test_steps)
{
	char text[200];

	step(steps[_i].servers, steps[_i].done, steps[_i].seconds);
	ck_assert_msg(b.none == steps[_i].none, "%s", steps[_i].why);
	ck_assert_int_eq(benefit_most(&b, 15), steps[_i].none ? 15 :
	    MAX_SERVERS);
	benefit_evidence(&b, text, sizeof(text));
	ck_assert_int_eq(text[0] != '\0', steps[_i].none);
}
END_TEST

START_TEST(test_small_fleets_step_by_one)
{
	benefit_init(&b);
	work(1, 100, 60, true);
	work(2, 100, 60, true);
	ck_assert(b.none);
}
END_TEST

START_TEST(test_it_ends)
{
	/* They finish more: something has given way. */
	step(15, 1000, 60);
	work(15, 1300, 60, true);
	ck_assert(!b.none && !b.doubted);
	/* Time to spare. */
	step(15, 1000, 60);
	work(15, 1000, 15, false);
	ck_assert(b.none);
	work(15, 1000, 10, false);
	ck_assert(!b.none && !b.doubted);
	ck_assert_int_eq(benefit_most(&b, 15), MAX_SERVERS);
}
END_TEST

START_TEST(test_tried_again_with_one_step)
{
	step(15, 1000, 60);
	work(15, 1000, 250, true);
	ck_assert(b.none);
	work(15, 1000, 60, true);
	ck_assert(!b.none);
	ck_assert_int_eq(benefit_most(&b, 15), 20);
	/* In vain. */
	work(20, 1000, 60, true);
	ck_assert(b.none);
	/* Not in vain. */
	work(20, 1000, 300, true);
	work(25, 1300, 60, true);
	ck_assert(!b.none && !b.doubted);
}
END_TEST

/* A queue that still grows drowns them: that is no verdict on the step. */
START_TEST(test_a_longer_queue_begins_anew)
{
	struct reading r = { .trust = TRUST_FULL, .dt_s = 1.0,
		.served_rps = 1000, .full = true };
	int i;

	benefit_init(&b);
	for (i = 0; i < 300; i++) {
		r.wait_s = 0.1 * i;
		r.served_rps = 1000 - 2.0 * i;
		benefit_feed(&b, &r, 10.0 + i / 120, true);
		ck_assert(!b.none);
	}
}
END_TEST

static const struct {
	struct reading r;
	bool steady;
	double servers;
} doubts[] = {
	{ { .trust = TRUST_RAISE, .dt_s = 1, .full = true }, true, 15 },
	{ { .trust = TRUST_NONE, .dt_s = 1, .full = true }, true, 15 },
	{ { .trust = TRUST_FULL, .dt_s = 1, .full = true, .hidden = true },
	    true, 15 },
	{ { .trust = TRUST_FULL, .dt_s = 1, .full = true, .served_rps = 1000,
	    .wait_s = 5 }, false, 15 },
	{ { .trust = TRUST_FULL, .dt_s = 1, .full = true }, true, 0 },
};

/* What cannot be trusted, and servers that warm up, are no evidence. */
START_TEST(test_doubt)
{
	int i;

	benefit_init(&b);
	work(10, 1000, 120, true);
	for (i = 0; i < 120; i++)
		benefit_feed(&b, &doubts[_i].r, doubts[_i].servers,
		    doubts[_i].steady);
	ck_assert(!b.none);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("benefit");
	TCase *t = tcase_create("benefit");

	tcase_add_loop_test(t, test_steps, 0,
	    sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(t, test_small_fleets_step_by_one);
	tcase_add_test(t, test_it_ends);
	tcase_add_test(t, test_tried_again_with_one_step);
	tcase_add_test(t, test_a_longer_queue_begins_anew);
	tcase_add_loop_test(t, test_doubt, 0,
	    sizeof(doubts) / sizeof(doubts[0]));
	suite_add_tcase(s, t);
	return (unit_run(s));
}
