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
static char states[16]; /* b bad, g good */

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

static void
journal(void *ctx, enum journal_state s)
{
	(void)ctx;
	states[strlen(states)] = s == JOURNAL_BAD ? 'b' : 'g';
}

static const struct gate_hooks hooks = { NULL, out, journal };

static struct gate *
setup(void)
{
	struct gate *g = gate_new(&hooks);

	ck_assert_ptr_nonnull(g);
	memset(left, 0, sizeof(left));
	memset(states, 0, sizeof(states));
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
	ck_assert_str_eq(states, "");
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

/* I-29: launches go on, removals wait, and the core hears of it. */
START_TEST(test_late_journal)
{
	struct gate *g = setup();

	step(g, 0, "rLDTRA", 1);
	ck_assert_int_eq(gate_next(g), GATE_DURABLE_IN + NS_MS);
	gate_tick(g, GATE_DURABLE_IN);
	ck_assert_str_eq(left, "");
	gate_tick(g, GATE_DURABLE_IN + 1);
	ck_assert_str_eq(left, "LA");
	ck_assert_str_eq(states, "b");
	step(g, NS_S, "rLT", 2);
	ck_assert_str_eq(left, "LAL");
	/* durable at last: still no removal */
	gate_durable(g, 2 * NS_S, 2);
	ck_assert_str_eq(left, "LAL");
	ck_assert_str_eq(states, "b");
	gate_free(g);
}
END_TEST

START_TEST(test_good_after_ten_in_time)
{
	struct gate *g = setup();
	uint64_t seq;
	ns_t t = NS_S;

	step(g, 0, "rT", 1);
	gate_tick(g, t);
	ck_assert_str_eq(states, "b");
	gate_durable(g, t, 1); /* late: counts for nothing */
	for (seq = 2; seq < 2 + GATE_GOOD_AFTER; seq++) {
		ck_assert_str_eq(left, "");
		step(g, t, "r", seq);
		gate_durable(g, t + NS_MS, seq);
		t += NS_S;
	}
	ck_assert_str_eq(states, "bg");
	ck_assert_str_eq(left, "T");
	gate_free(g);
}
END_TEST

START_TEST(test_one_late_commit_begins_anew)
{
	struct gate *g = setup();
	uint64_t seq = 1;
	ns_t t = 0;
	int i;

	gate_failed(g, t);
	ck_assert_str_eq(states, "b");
	for (i = 0; i < 2 * GATE_GOOD_AFTER - 1; i++, t += NS_S, seq++) {
		step(g, t, "r", seq);
		gate_durable(g, t + (i == GATE_GOOD_AFTER - 1 ?
		    GATE_DURABLE_IN + 1 : NS_MS), seq);
	}
	ck_assert_str_eq(states, "b");
	step(g, t, "r", seq);
	gate_durable(g, t, seq);
	ck_assert_str_eq(states, "bg");
	gate_free(g);
}
END_TEST

/* A removal that waited beyond its deadline must never leave. */
START_TEST(test_passed_never_leaves)
{
	struct gate *g = setup();
	uint64_t seq;
	ns_t t = 2 * NS_MIN;

	step(g, 0, "rT", 1);
	gate_failed(g, 0);
	gate_tick(g, NS_MIN);
	ck_assert_int_eq(gate_waiting(g), 0);
	for (seq = 2; seq < 2 + GATE_GOOD_AFTER; seq++, t += NS_S) {
		step(g, t, "r", seq);
		gate_durable(g, t, seq);
	}
	ck_assert_str_eq(states, "bg");
	ck_assert_str_eq(left, "");
	gate_free(g);
}
END_TEST

/* The drain was taken back while it waited: it is gone. */
START_TEST(test_taken_back)
{
	struct gate *g = setup();

	gate_failed(g, 0);
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
	tcase_add_test(t, test_late_journal);
	tcase_add_test(t, test_good_after_ten_in_time);
	tcase_add_test(t, test_one_late_commit_begins_anew);
	tcase_add_test(t, test_passed_never_leaves);
	tcase_add_test(t, test_taken_back);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
