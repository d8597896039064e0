/* SPDX-License-Identifier: MIT */
/* The budget of retries (I-18): one call in ten, and one each ten seconds. */
#include <string.h>

#include "daemon/retries.h"
#include "unit.h"

static struct retries r;
static op_t next_op = 1;

static struct server
server(int i)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	s.token.byte[0] = 1;
	memcpy(&s.token.byte[4], &i, sizeof(i));
	return (s);
}

static op_t last;

static bool
call(ns_t now, enum order_kind kind, int i)
{
	struct order o = { .kind = kind, .op = next_op++, .n = 1 };
	struct server s = server(i);

	last = o.op;
	return (retries_may(&r, now, &o, &s));
}

START_TEST(test_first_calls_always_leave)
{
	int i;

	retries_init(&r);
	for (i = 0; i < 5000; i++) {
		ck_assert(call(0, i % 3 == 0 ? ORDER_TERMINATE : i % 3 == 1 ?
		    ORDER_LOOKUP : ORDER_LAUNCH, i));
		retries_answer(&r, last, i % 3 == 2 ? OUTCOME_QUOTA :
		    OUTCOME_UNKNOWN);
	}
}
END_TEST

/* What was answered well is asked again for a reason of its own. */
START_TEST(test_done_is_no_retry)
{
	int i;

	retries_init(&r);
	for (i = 0; i < 200; i++) {
		ck_assert(call(0, ORDER_LOOKUP, 7));
		retries_answer(&r, last, OUTCOME_DONE);
	}
}
END_TEST

static const enum outcome failures[] = { OUTCOME_CAPACITY, OUTCOME_QUOTA,
	OUTCOME_THROTTLED, OUTCOME_PERMANENT, OUTCOME_UNKNOWN };

/* An hour in which all fails; twenty servers want to go, each second. */
START_TEST(test_one_in_ten)
{
	long calls = 0, retried = 0, held = 0;
	int s, i;

	retries_init(&r);
	for (s = 0; s < 3600; s++) {
		for (i = 0; i < 20; i++) {
			if (!call(s * NS_S, i % 2 ? ORDER_TERMINATE :
			    ORDER_LOOKUP, i)) {
				held++;
				continue;
			}
			calls++;
			retried += s > 0;
			retries_answer(&r, last, failures[_i]);
		}
		ck_assert(call(s * NS_S, ORDER_LIST, 0));
		calls++;
	}
	ck_assert_int_le(retried, calls / 10 + RETRIES_MOST + 3600 /
	    RETRIES_FREE_S + 1);
	ck_assert_int_ge(retried, 3600 / RETRIES_FREE_S);
	ck_assert_int_gt(held, 0);
}
END_TEST

/* The trouble is over: the next free one finds out. */
START_TEST(test_it_comes_back_by_itself)
{
	int s, i, left = 0;

	retries_init(&r);
	for (i = 0; i < 100; i++) {
		ck_assert(call(0, ORDER_TERMINATE, i));
		retries_answer(&r, last, OUTCOME_UNKNOWN);
	}
	for (s = 1; s <= 1000; s++)
		for (i = left; i < 100; i++) {
			if (!call(s * NS_S, ORDER_TERMINATE, i))
				break;
			retries_answer(&r, last, OUTCOME_DONE);
			left = i + 1;
		}
	ck_assert_int_eq(left, 100);
}
END_TEST

/* One batch is one call, whoever of it failed before. */
START_TEST(test_a_batch_with_one_that_failed)
{
	struct server s[3] = { server(1), server(2), server(3) };
	struct order o = { .kind = ORDER_TERMINATE, .op = 1000, .n = 3 };
	int i;

	retries_init(&r);
	ck_assert(call(0, ORDER_TERMINATE, 2));
	retries_answer(&r, last, OUTCOME_UNKNOWN);
	for (i = 0; i <= RETRIES_MOST; i++, o.op++) {
		ck_assert(retries_may(&r, 0, &o, s));
		retries_answer(&r, o.op, OUTCOME_UNKNOWN);
	}
	ck_assert(!retries_may(&r, 0, &o, s));
	ck_assert(retries_may(&r, RETRIES_FREE_S * NS_S, &o, s));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("retries");
	TCase *t = tcase_create("retries");

	tcase_add_test(t, test_first_calls_always_leave);
	tcase_add_test(t, test_done_is_no_retry);
	tcase_add_loop_test(t, test_one_in_ten, 0, 5);
	tcase_add_test(t, test_it_comes_back_by_itself);
	tcase_add_test(t, test_a_batch_with_one_that_failed);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
