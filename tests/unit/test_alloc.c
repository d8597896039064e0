/* SPDX-License-Identifier: MIT */
/* The allocator over groups: a row is a situation and what it must give. */
#include <string.h>

#include "base/rng.h"
#include "core/alloc.h"
#include "unit.h"

enum { N = 3 };

static const struct row {
	const char *says;
	int limit;
	struct {
		int priority, floor, want, have;
	} in[N];
	int granted[N];
} rows[] = {
	{ "without a limit everyone gets what it wants", 0,
	    { { 1, 2, 90, 4 }, { 1, 2, 40, 4 }, { 9, 2, 10, 4 } },
	    { 90, 40, 10 } },
	{ "the higher priority goes first", 20,
	    { { 100, 2, 16, 2 }, { 50, 2, 10, 2 }, { 10, 0, 5, 0 } },
	    { 16, 4, 0 } },
	{ "the order in the policy does not matter", 20,
	    { { 10, 0, 5, 0 }, { 50, 2, 10, 2 }, { 100, 2, 16, 2 } },
	    { 0, 4, 16 } },
	{ "every floor comes before any want", 20,
	    { { 100, 2, 30, 2 }, { 50, 6, 10, 6 }, { 10, 5, 5, 5 } },
	    { 9, 6, 5 } },
	{ "equals share what is left by what they lack", 30,
	    { { 5, 0, 20, 0 }, { 5, 0, 20, 0 }, { 5, 0, 20, 0 } },
	    { 10, 10, 10 } },
	{ "a low group that has too many gives back before a high one grows",
	    20,
	    { { 100, 2, 18, 8 }, { 10, 2, 12, 12 }, { 10, 0, 0, 0 } },
	    { 8, 2, 0 } },
	{ "what was given back goes to the high one", 20,
	    { { 100, 2, 18, 8 }, { 10, 2, 12, 5 }, { 10, 0, 0, 0 } },
	    { 15, 2, 0 } },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	static struct group_policy groups[N];
	struct fleet_policy p = { .max_servers = r->limit, .n_groups = N,
		.groups = groups };
	struct claim claims[N], *list[N];
	int i;

	for (i = 0; i < N; i++) {
		groups[i].priority = r->in[i].priority;
		claims[i].floor = r->in[i].floor;
		claims[i].want = r->in[i].want;
		claims[i].have = r->in[i].have;
		claims[i].granted = -1;
		list[i] = &claims[i];
	}
	alloc_share(&p, list, N);
	for (i = 0; i < N; i++)
		ck_assert_msg(claims[i].granted == r->granted[i],
		    "%s: group %d got %d, not %d", r->says, i,
		    claims[i].granted, r->granted[i]);
}
END_TEST

/* 100 connections, 10 of them kept back. */
static const struct shared {
	const char *says;
	struct {
		double per_server;
		int priority, floor, want, have, beside;
	} in[N];
	int granted[N];
} shareds[] = {
	{ "who does not name it takes nothing of it",
	    { { 5, 9, 2, 30, 4, 0 }, { 0, 1, 2, 90, 2, 0 },
	    { 0, 1, 2, 90, 2, 0 } }, { 30, 90, 90 } },
	{ "what suffices is granted",
	    { { 5, 9, 2, 10, 4, 0 }, { 2, 1, 2, 20, 2, 0 },
	    { 0, 1, 2, 9, 2, 0 } }, { 10, 20, 9 } },
	{ "the higher priority goes first",
	    { { 5, 9, 2, 16, 4, 0 }, { 2, 1, 2, 20, 2, 0 },
	    { 0, 1, 2, 9, 2, 0 } }, { 16, 5, 9 } },
	{ "the order in the policy does not matter",
	    { { 2, 1, 2, 20, 2, 0 }, { 5, 9, 2, 16, 4, 0 },
	    { 0, 1, 2, 9, 2, 0 } }, { 5, 16, 9 } },
	{ "floors come before any want",
	    { { 5, 9, 2, 40, 4, 0 }, { 5, 1, 6, 9, 6, 0 },
	    { 5, 1, 2, 2, 2, 0 } }, { 10, 6, 2 } },
	{ "equals share by what they lack",
	    { { 5, 1, 0, 12, 0, 0 }, { 5, 1, 0, 12, 0, 0 },
	    { 5, 1, 0, 12, 0, 0 } }, { 6, 6, 6 } },
	{ "growth waits for what a low group still has",
	    { { 5, 9, 2, 16, 4, 0 }, { 5, 1, 2, 12, 12, 0 },
	    { 0, 1, 2, 9, 2, 0 } }, { 6, 2, 9 } },
	{ "and for what drains",
	    { { 5, 9, 2, 16, 4, 0 }, { 5, 1, 2, 2, 2, 3 },
	    { 0, 1, 2, 9, 2, 0 } }, { 13, 2, 9 } },
};

START_TEST(test_a_dependency_that_groups_share)
{
	const struct shared *r = &shareds[_i];
	static struct group_policy groups[N];
	struct fleet_policy p = { .n_groups = N, .groups = groups };
	struct claim claims[N], *list[N];
	int i;

	memset(groups, 0, sizeof(groups));
	for (i = 0; i < N; i++) {
		groups[i].priority = r->in[i].priority;
		groups[i].n_depends = r->in[i].per_server > 0.0;
		groups[i].depends[0] = (struct depend_settings){ "db", 100.0,
			r->in[i].per_server, 10.0 };
		claims[i] = (struct claim){ .floor = r->in[i].floor,
			.want = r->in[i].want, .have = r->in[i].have,
			.granted = -1, .beside = r->in[i].beside };
		list[i] = &claims[i];
	}
	alloc_share(&p, list, N);
	for (i = 0; i < N; i++)
		ck_assert_msg(claims[i].granted == r->granted[i],
		    "%s: group %d got %d, not %d", r->says, i,
		    claims[i].granted, r->granted[i]);
}
END_TEST

/* I-40 over random claims: who grows never takes the budget past its end. */
START_TEST(test_a_shared_budget_holds)
{
	static struct group_policy groups[N];
	struct fleet_policy p = { .n_groups = N, .groups = groups };
	struct claim claims[N], *list[N];
	struct rng r;
	double used, budget;
	bool grows;
	int i, k;

	rng_init(&r, unit_seed("budget", 11));
	for (k = 0; k < 20000; k++) {
		budget = (double)rng_below(&r, 300);
		memset(groups, 0, sizeof(groups));
		for (i = 0; i < N; i++) {
			groups[i].priority = (int)rng_below(&r, 3);
			groups[i].n_depends = 1;
			groups[i].depends[0] = (struct depend_settings){ "db",
				budget, 1.0 + (double)rng_below(&r, 9), 0.0 };
			claims[i] = (struct claim){
				.floor = (int)rng_below(&r, 5),
				.have = (int)rng_below(&r, 20),
				.beside = (int)rng_below(&r, 4) };
			claims[i].want = claims[i].floor +
			    (int)rng_below(&r, 40);
			list[i] = &claims[i];
		}
		alloc_share(&p, list, N);
		used = 0.0;
		grows = false;
		for (i = 0; i < N; i++) {
			ck_assert_int_le(claims[i].granted, claims[i].want);
			ck_assert_int_ge(claims[i].granted, 0);
			used += groups[i].depends[0].per_server *
			    (claims[i].beside + (claims[i].granted >
			    claims[i].have ? claims[i].granted :
			    claims[i].have));
			grows = grows || claims[i].granted > claims[i].have;
		}
		if (grows)
			ck_assert_double_le(used, budget + 1e-6);
	}
}
END_TEST

START_TEST(test_spend_is_a_limit_of_the_dearest)
{
	struct group_policy groups[2];
	struct fleet_policy p = { .spend_per_day = 240.0, .n_groups = 2,
		.groups = groups };
	struct claim a = { 1, 9, 1, 0, 0 }, b = { 1, 9, 1, 0, 0 };
	struct claim *list[2] = { &a, &b };

	memset(groups, 0, sizeof(groups));
	groups[0].limit.price_per_hour = 1.0;
	groups[1].limit.price_per_hour = 0.1;
	alloc_share(&p, list, 2);
	ck_assert_int_eq(a.granted + b.granted, 10);
}
END_TEST

START_TEST(test_who_has_not_spoken_is_left_out)
{
	struct group_policy groups[2];
	struct fleet_policy p = { .max_servers = 5, .n_groups = 2,
		.groups = groups };
	struct claim a = { 1, 9, 1, 0, 0 };
	struct claim *list[2] = { NULL, &a };

	memset(groups, 0, sizeof(groups));
	alloc_share(&p, list, 2);
	ck_assert_int_eq(a.granted, 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alloc");
	TCase *t = tcase_create("alloc");

	tcase_add_loop_test(t, test_row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(t, test_a_dependency_that_groups_share, 0,
	    sizeof(shareds) / sizeof(shareds[0]));
	tcase_add_test(t, test_a_shared_budget_holds);
	tcase_add_test(t, test_spend_is_a_limit_of_the_dearest);
	tcase_add_test(t, test_who_has_not_spoken_is_left_out);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
