/* SPDX-License-Identifier: MIT */
/*
 * The gate: what leaves when.  Orders are written as letters in the order in
 * which they leave: L launch, A add, D drain, R remove, T terminate, P probe.
 */
#include <string.h>

#include "daemon/gate.h"
#include "unit.h"

static struct orders orders;
static char left[256];

static const char letters[ORDER_KIND_COUNT + 1] = "rfLklPpADRTs";

static void
out(void *ctx, const struct order *o, const struct server *s)
{
	size_t n = strlen(left);

	(void)ctx;
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->id.text, "s1");
	left[n] = letters[o->kind];
	left[n + 1] = '\0';
}

static struct gate *
setup(void)
{
	struct gate *g = gate_new(out, NULL);

	ck_assert_ptr_nonnull(g);
	memset(left, 0, sizeof(left));
	return (g);
}

/* A step with these orders, each for server s1, good for a minute. */
static void
step(struct gate *g, ns_t now, const char *kinds, uint64_t seq)
{
	struct order *o;

	memset(&orders, 0, sizeof(orders));
	for (; *kinds != '\0'; kinds++) {
		o = &orders.at[orders.n++];
		o->kind = (enum order_kind)(strchr(letters, *kinds) - letters);
		o->op = (op_t)orders.n;
		o->deadline = now + NS_MIN;
		o->first = orders.n_servers;
		o->n = 1;
		memcpy(orders.servers[orders.n_servers++].id.text, "s1", 3);
	}
	gate_step(g, now, &orders, seq);
}

/* I-12, I-27: the record first. */
START_TEST(test_waits_for_durable)
{
	struct gate *g = setup();

	step(g, 0, "rLT", 7);
	ck_assert_str_eq(left, "");
	gate_durable(g, 10 * NS_MS, 6);
	ck_assert_str_eq(left, "");
	gate_durable(g, 20 * NS_MS, 7);
	ck_assert_str_eq(left, "LT");
	ck_assert_int_eq(gate_waiting(g), 0);
	gate_free(g);
}
END_TEST

START_TEST(test_nothing_recorded_leaves_at_once)
{
	struct gate *g = setup();

	step(g, 0, "lP", 0);
	ck_assert_str_eq(left, "lP");
	gate_free(g);
}
END_TEST

START_TEST(test_nobody_overtakes)
{
	struct gate *g = setup();

	step(g, 0, "rL", 1);
	step(g, NS_MS, "P", 0);
	step(g, 2 * NS_MS, "rD", 2);
	ck_assert_str_eq(left, "");
	gate_durable(g, 3 * NS_MS, 1);
	ck_assert_str_eq(left, "LP");
	gate_durable(g, 4 * NS_MS, 2);
	ck_assert_str_eq(left, "LPD");
	gate_free(g);
}
END_TEST

/* I-29: launches go on, removals wait, also those that became durable. */
START_TEST(test_bad_journal)
{
	struct gate *g = setup();

	step(g, 0, "rLDTRA", 1);
	ck_assert_str_eq(left, "");
	gate_journal(g, NS_S, JOURNAL_BAD);
	ck_assert_str_eq(left, "LA");
	step(g, NS_S, "rLT", 2);
	ck_assert_str_eq(left, "LAL");
	gate_durable(g, 2 * NS_S, 2);
	ck_assert_str_eq(left, "LAL");
	gate_journal(g, 3 * NS_S, JOURNAL_GOOD);
	ck_assert_str_eq(left, "LALDTRT");
	gate_free(g);
}
END_TEST

/* Good again is not durable yet. */
START_TEST(test_good_but_not_durable)
{
	struct gate *g = setup();

	gate_journal(g, 0, JOURNAL_BAD);
	step(g, 0, "rT", 3);
	gate_durable(g, NS_S, 2);
	gate_journal(g, NS_S, JOURNAL_GOOD);
	ck_assert_str_eq(left, "");
	gate_durable(g, NS_S, 3);
	ck_assert_str_eq(left, "T");
	gate_free(g);
}
END_TEST

/* A removal that waited beyond its deadline must never leave. */
START_TEST(test_passed_never_leaves)
{
	struct gate *g = setup();

	gate_journal(g, 0, JOURNAL_BAD);
	step(g, 0, "rT", 1);
	gate_durable(g, NS_S, 1);
	step(g, NS_MIN, "", 0);
	ck_assert_int_eq(gate_waiting(g), 0);
	gate_journal(g, NS_MIN, JOURNAL_GOOD);
	ck_assert_str_eq(left, "");
	gate_free(g);
}
END_TEST

/* The drain was taken back while it waited: it is gone. */
START_TEST(test_taken_back)
{
	struct gate *g = setup();

	gate_journal(g, 0, JOURNAL_BAD);
	step(g, 0, "rD", 1);
	ck_assert_int_eq(gate_waiting(g), 1);
	step(g, NS_S, "A", 0);
	ck_assert_str_eq(left, "A");
	ck_assert_int_eq(gate_waiting(g), 0);
	gate_free(g);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate");
	TCase *t = tcase_create("gate");

	tcase_add_test(t, test_waits_for_durable);
	tcase_add_test(t, test_nothing_recorded_leaves_at_once);
	tcase_add_test(t, test_nobody_overtakes);
	tcase_add_test(t, test_bad_journal);
	tcase_add_test(t, test_good_but_not_durable);
	tcase_add_test(t, test_passed_never_leaves);
	tcase_add_test(t, test_taken_back);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
