/* SPDX-License-Identifier: MIT */
/* The shadow of a dry run: a small world of its own beside the real one. */
#include <string.h>

#include "daemon/shadow.h"
#include "unit.h"

static struct answer last;
static struct told last_told;
static int answers;

static void
answer(void *ctx, const struct answer *a)
{
	(void)ctx;
	last = *a;
	if (a->n_told > 0)
		last_told = a->told[0];
	answers++;
}

static const struct shadow_hooks hooks = { NULL, answer };

static struct order
order(enum order_kind kind, op_t op)
{
	return ((struct order){ .kind = kind, .group = 2, .way = 1, .op = op,
		.deadline = NS_NEVER, .n = 1 });
}

static bool
out(struct shadow *s, ns_t now, enum order_kind kind, op_t op,
    const struct server *sv)
{
	struct order o = order(kind, op);

	return (shadow_out(s, now, &o, sv, "web", 30 * NS_S));
}

static const struct told *
listed(struct shadow *s, enum order_kind kind, size_t want)
{
	struct told real = { .id = { "real" } };
	const struct told *t;
	size_t n = 0;

	t = shadow_correct(s, kind, 2, 1, &real, 1, &n);
	ck_assert_uint_eq(n, want);
	return (t);
}

/* A made server: healthy after the lead time, not before, then serving. */
START_TEST(test_life)
{
	struct shadow *s = shadow_new(&hooks);
	struct server sv = { .token = { { 1, 2, 3 } } };

	answers = 0;
	ck_assert(out(s, NS_S, ORDER_LAUNCH, 1, &sv));
	ck_assert_int_eq(answers, 1);
	ck_assert_int_eq(last.outcome, OUTCOME_DONE);
	ck_assert_uint_eq(last.n_told, 1);
	ck_assert_int_eq(strncmp(last_told.id.text, "shadow-0102", 11), 0);
	ck_assert_int_eq(last_told.address[12], 240);
	sv.id = last_told.id;
	ck_assert(out(s, 2 * NS_S, ORDER_PROBE, 2, &sv));
	shadow_tick(s, 31 * NS_S - 1);
	ck_assert_int_eq(answers, 1);
	shadow_tick(s, 31 * NS_S);
	ck_assert_uint_eq(last.op, 2);
	ck_assert_int_eq(last_told.phase, PHASE_HEALTHY);
	(void)listed(s, ORDER_LIST, 2);
	(void)listed(s, ORDER_SEEN, 1);
	ck_assert(out(s, 31 * NS_S, ORDER_ADD, 3, &sv));
	shadow_tick(s, 31 * NS_S);
	ck_assert_uint_eq(last.op, 3);
	(void)listed(s, ORDER_SEEN, 2);
	ck_assert_int_eq(shadow_serving(s, 2), 1);
	ck_assert(out(s, 32 * NS_S, ORDER_DRAIN, 4, &sv));
	shadow_tick(s, 33 * NS_S);
	ck_assert_uint_eq(last.op, 4);
	ck_assert(out(s, 33 * NS_S, ORDER_TERMINATE, 5, &sv));
	ck_assert_uint_eq(last.op, 5);
	(void)listed(s, ORDER_LIST, 1);
	ck_assert_int_eq(shadow_serving(s, 2), 0);
	shadow_free(s);
}
END_TEST

/* A real one is taken away in the shadow only. */
START_TEST(test_real_one_removed)
{
	struct shadow *s = shadow_new(&hooks);
	struct server sv = { .id = { "real" } };

	(void)listed(s, ORDER_LIST, 1);
	ck_assert(out(s, 0, ORDER_DRAIN, 1, &sv));
	(void)listed(s, ORDER_LIST, 1);
	(void)listed(s, ORDER_SEEN, 0);
	ck_assert(out(s, 0, ORDER_ADD, 2, &sv)); /* taken back */
	(void)listed(s, ORDER_SEEN, 1);
	ck_assert(out(s, 0, ORDER_TERMINATE, 3, &sv));
	(void)listed(s, ORDER_LIST, 0);
	(void)listed(s, ORDER_SEEN, 0);
	ck_assert_int_eq(shadow_removed(s, 2), 1);
	ck_assert_int_eq(shadow_removed(s, 1), 0);
	shadow_free(s);
}
END_TEST

/* Only what reads may go on to the real drivers. */
START_TEST(test_only_reading_goes_on)
{
	struct shadow *s = shadow_new(&hooks);
	struct server sv = { .id = { "real" } };
	int k;

	for (k = ORDER_LAUNCH; k < ORDER_KIND_COUNT; k++) {
		sv.token.byte[0] = (uint8_t)(k + 1);
		ck_assert_int_eq(!out(s, 0, (enum order_kind)k, 9, &sv),
		    k == ORDER_LIST || k == ORDER_SEEN || k == ORDER_LOOKUP);
	}
	shadow_free(s);
}
END_TEST

START_TEST(test_probe_ended)
{
	struct shadow *s = shadow_new(&hooks);
	struct server sv = { .id = { "x" } };

	answers = 0;
	ck_assert(out(s, 0, ORDER_PROBE, 7, &sv));
	ck_assert(out(s, 0, ORDER_PROBE_END, 7, &sv));
	shadow_tick(s, NS_HOUR);
	ck_assert_int_eq(answers, 0);
	shadow_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("shadow");
	TCase *t = tcase_create("shadow");

	tcase_add_test(t, test_life);
	tcase_add_test(t, test_real_one_removed);
	tcase_add_test(t, test_only_reading_goes_on);
	tcase_add_test(t, test_probe_ended);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
