/* SPDX-License-Identifier: MIT */
/* Operations under way and the inbox, whose bounds are part of the promise. */
#include <string.h>

#include "base/rng.h"
#include "daemon/inbox.h"
#include "daemon/ops.h"
#include "unit.h"

static struct order
order(op_t op, ns_t deadline)
{
	return ((struct order){ .kind = ORDER_LAUNCH, .group = 3, .way = 2,
		.op = op, .deadline = deadline });
}

/* I-24: told once; the late answer is still known. */
START_TEST(test_deadline)
{
	struct ops *o = ops_new();
	struct order x = order(5, 100);
	struct op got;

	ck_assert(ops_open(o, &x));
	ck_assert_int_eq(ops_next(o), 100);
	ck_assert(!ops_pass(o, 99, &got));
	ck_assert(ops_pass(o, 100, &got));
	ck_assert_uint_eq(got.op, 5);
	ck_assert_int_eq(got.group, 3);
	ck_assert_int_eq(got.way, 2);
	ck_assert(!ops_pass(o, 101, &got));
	ck_assert(ops_close(o, 5, &got));
	ck_assert(got.passed);
	ck_assert(!ops_close(o, 5, &got));
	ck_assert_int_eq(ops_count(o), 0);
	ops_free(o);
}
END_TEST

START_TEST(test_forgotten_at_last)
{
	struct ops *o = ops_new();
	struct order x = order(5, 100);
	struct op got;

	ck_assert(ops_open(o, &x));
	ck_assert(ops_pass(o, 100, &got));
	ck_assert(!ops_pass(o, 100, &got));
	ck_assert_int_eq(ops_count(o), 1);
	ck_assert(!ops_pass(o, NS_HOUR, &got));
	ck_assert_int_eq(ops_count(o), 0);
	ck_assert_int_eq(ops_next(o), NS_NEVER);
	ops_free(o);
}
END_TEST

START_TEST(test_bounded)
{
	struct ops *o = ops_new();
	struct order x;
	op_t op;

	for (op = 1; op <= OPS_MAX; op++) {
		x = order(op, NS_NEVER);
		ck_assert(ops_open(o, &x));
	}
	x = order(op, NS_NEVER);
	ck_assert(!ops_open(o, &x));
	ops_free(o);
}
END_TEST

/* Against a plain list, with numbers that collide. */
START_TEST(test_random)
{
	enum { N = 64 };
	struct ops *o = ops_new();
	struct rng r;
	struct order x;
	struct op got;
	bool there[N] = { false };
	op_t op;
	int i, n = 0;

	rng_init(&r, unit_seed("ops", 11));
	for (i = 0; i < 20000; i++) {
		op = rng_below(&r, N);
		/* few homes, so that chains form, across the end too */
		x = order(2 * OPS_MAX - 4 + op % 4 + 2 * OPS_MAX * (op / 4),
		    NS_NEVER);
		if (!there[op]) {
			ck_assert(ops_open(o, &x));
			n++;
		} else {
			ck_assert(ops_close(o, x.op, &got));
			ck_assert_uint_eq(got.op, x.op);
			n--;
		}
		there[op] = !there[op];
		ck_assert_int_eq(ops_count(o), n);
	}
	ops_free(o);
}
END_TEST

START_TEST(test_inbox)
{
	struct inbox *b = inbox_new();
	struct told told[2] = { { .sessions = 1 }, { .sessions = 2 } };
	struct event ev = { .kind = EVENT_ANSWER };
	size_t i;

	ev.u.answer.told = told;
	ev.u.answer.n_told = 2;
	ck_assert(inbox_put(b, &ev));
	told[1].sessions = 99; /* it kept a copy */
	ck_assert_int_eq(b->at[0].u.answer.told[1].sessions, 2);
	ev.u.answer.n_told = INBOX_TOLD;
	ck_assert_msg(!inbox_put(b, &ev), "servers told of are not bounded");
	inbox_clear(b);
	ck_assert_uint_eq(b->n, 0);
	ev.kind = EVENT_JOURNAL;
	for (i = 0; i < MAX_INBOX; i++)
		ck_assert(inbox_put(b, &ev));
	ck_assert_msg(!inbox_put(b, &ev), "events are not bounded");
	inbox_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ops");
	TCase *t = tcase_create("ops");

	tcase_add_test(t, test_deadline);
	tcase_add_test(t, test_forgotten_at_last);
	tcase_add_test(t, test_bounded);
	tcase_add_test(t, test_random);
	tcase_add_test(t, test_inbox);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
