/* SPDX-License-Identifier: MIT */
/* The allocator over groups: a row is a situation and what it must give. */
#include <string.h>

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

START_TEST(test_spend_is_a_limit_of_the_dearest)
{
	struct group_policy groups[2];
	struct fleet_policy p = { .spend_per_day = 240.0, .n_groups = 2,
		.groups = groups };
	struct claim a = { 1, 9, 1, 0 }, b = { 1, 9, 1, 0 };
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
	struct claim a = { 1, 9, 1, 0 };
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
	tcase_add_test(t, test_spend_is_a_limit_of_the_dearest);
	tcase_add_test(t, test_who_has_not_spoken_is_left_out);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
