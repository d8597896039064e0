/* SPDX-License-Identifier: MIT */
/*
 * Orders on their way to a provider.  The drivers here are counters, since
 * what is judged is what reaches them.
 */
#include <string.h>

#include "base/err.h"
#include "daemon/hands.h"
#include "daemon/retries.h"
#include "io/loop.h"
#include "policy/compare.h"
#include "policy/policy.h"
#include "unit.h"

static struct policy policy;
static struct hands *hands;
static const struct host *host; /* of the provider */
static int looked, throttled, answered;
static int ways_told, way_bad = -1, try_bad = -1; /* which one fails */

static int
count_init(void *self, const struct host *h, const void *set, struct err *e)
{
	(void)self, (void)set, (void)e;
	host = h;
	return (0);
}

static int
other_init(void *self, const struct host *h, const void *set, struct err *e)
{
	(void)self, (void)h, (void)set, (void)e;
	return (0);
}

static int
count_way(void *self, const char *group, uint8_t way, const void *set,
    struct err *e)
{
	(void)self, (void)group, (void)set;
	ways_told++;
	return (way == way_bad ? err_set(e, 1, "bad") : 0);
}

static int
count_try(void *self, const void *set, struct err *e)
{
	(void)self;
	return (set != NULL && *(const int *)set == try_bad ?
	    err_set(e, 1, "bad") : 0);
}

static void
count_lookup(void *self, op_t op, const struct token *t)
{
	(void)self, (void)op, (void)t;
	looked++;
}

static void
count_fini(void *self)
{
	(void)self;
}

static const struct provider_ops provider = { .name = "count",
	.state_size = 8, .init = count_init, .add_way = count_way,
	.try_way = count_try,
	.lookup = count_lookup, .fini = count_fini };
static const struct balancer_ops balancer = { .name = "count",
	.state_size = 8, .init = other_init, .fini = count_fini };
static const struct source_ops source = { .name = "count", .state_size = 8,
	.init = other_init, .fini = count_fini };

static void
on_answer(void *ctx, const struct answer *a)
{
	(void)ctx;
	answered++;
	throttled += a->outcome == OUTCOME_THROTTLED;
}

static char trouble[REASON_SIZE];

static void
on_trouble(void *ctx, const char *who, const char *sentence)
{
	(void)ctx, (void)who;
	(void)snprintf(trouble, sizeof(trouble), "%s", sentence);
}

static struct loop *
begin(void)
{
	static struct group_policy groups[1];
	static struct policy_group own[1];
	struct hands_hooks hooks = { .answer = on_answer,
		.trouble = on_trouble };
	struct loop *loop = loop_new(NULL);
	struct err e = { 0 };

	ck_assert_ptr_nonnull(loop);
	memset(&policy, 0, sizeof(policy));
	(void)snprintf(groups[0].name, NAME_SIZE, "shop");
	policy.fleet.groups = groups;
	policy.fleet.n_groups = policy.n_providers = 1;
	policy.providers[0].ops = &provider;
	(void)snprintf(policy.providers[0].name, NAME_SIZE, "count");
	memset(own, 0, sizeof(own));
	policy.group = own;
	policy.group[0].balancer = &balancer;
	policy.group[0].source = &source;
	policy.group[0].n_ways = 1;
	hands = hands_new(loop, &policy, &hooks, &e);
	ck_assert_msg(hands != NULL, "%s", e.text);
	return (loop);
}

/* A lookup that fails again and again: ten are saved up, one is free. */
START_TEST(test_retries_are_one_in_ten)
{
	struct order o = { .kind = ORDER_LOOKUP, .op = 1, .n = 1 };
	struct server s = { .token.byte = { 1 } };
	struct loop *loop = begin();
	struct answer a = { .outcome = OUTCOME_UNKNOWN };
	struct op passed = { .kind = ORDER_LOOKUP };
	int i;

	for (i = 0; i < 40; i++, o.op++) {
		hands_out(hands, &o, &s);
		a.op = passed.op = o.op;
		if (throttled > 0)
			break;
		if (i % 2 == 0)
			host->post(host->ctx, &a);
		else
			hands_passed(hands, &passed);
	}
	/* the first call, one that is free, ten that were saved up */
	ck_assert_int_eq(looked, 2 + RETRIES_MOST);
	ck_assert_int_eq(throttled, 1);
	ck_assert_int_eq(answered, throttled + (looked + 1) / 2);
	hands_free(hands);
	loop_free(loop);
}
END_TEST

/* A file of a way that became bad refuses the reload. */
START_TEST(test_a_bad_way_refuses_the_reload)
{
	static int numbers[2] = { 1, 2 };
	static struct plan plan;
	struct loop *loop = begin();
	struct err e = { 0 };

	policy.group[0].n_ways = 2;
	policy.group[0].ways[0].settings = &numbers[0];
	policy.group[0].ways[1].settings = &numbers[1];
	plan.n_groups = 1;
	ways_told = 0;
	try_bad = 2;
	ck_assert_int_ne(hands_prepare(hands, &policy, &plan, &e), 0);
	ck_assert_str_eq(e.text, "group 'shop', way 'count': bad");
	hands_forget(hands);
	ck_assert_int_eq(ways_told, 0);
	try_bad = -1;
	ck_assert_int_eq(hands_prepare(hands, &policy, &plan, &e), 0);
	hands_reload(hands, &policy, &plan);
	ck_assert_int_eq(ways_told, 2);
	hands_free(hands);
	loop_free(loop);
}
END_TEST

/* Past the point of no return the others are told all the same. */
START_TEST(test_a_way_that_fails_keeps_no_other_out)
{
	static struct plan plan;
	struct loop *loop = begin();
	struct err e = { 0 };

	policy.group[0].n_ways = 2;
	plan.n_groups = 1;
	ck_assert_int_eq(hands_prepare(hands, &policy, &plan, &e), 0);
	ways_told = way_bad = 0;
	hands_reload(hands, &policy, &plan);
	way_bad = -1;
	ck_assert_int_eq(ways_told, 2);
	ck_assert_str_eq(trouble, "group 'shop', way 'count': bad");
	hands_free(hands);
	loop_free(loop);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hands");
	TCase *t = tcase_create("hands");

	tcase_add_test(t, test_retries_are_one_in_ten);
	tcase_add_test(t, test_a_bad_way_refuses_the_reload);
	tcase_add_test(t, test_a_way_that_fails_keeps_no_other_out);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
