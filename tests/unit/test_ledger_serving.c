/* SPDX-License-Identifier: MIT */
/* The ledger from a server's first request to its last. */
#include "ledger_world.h"

/* ---- serving and leaving ---- */

/* What is failed already, or on its way out, does not fail again. */
START_TEST(test_fails_once)
{
	struct told t;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 3);
	t = lb_told(lb_server(&b, 3), 3, PHASE_GONE);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	ck_assert_int_eq(lb_server(&b, 3)->phase, PHASE_FAILED);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	ck_assert_int_eq(lb_server(&b, 3)->phase, PHASE_FAILED);
	ck_assert_int_eq(b.ledger.way[0].failures, 1);
	t = lb_told(lb_server(&b, 1), 1, PHASE_GONE);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	ck_assert_int_eq(lb_server(&b, 1)->phase, PHASE_REMOVING);
	lb_server(&b, 1)->phase_since -= NS_S;
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	ck_assert_int_lt(lb_server(&b, 1)->phase_since, b.now.mono);
}
END_TEST

START_TEST(test_exit_of_a_serving_server)
{
	const struct order *q;
	struct told t;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	t = lb_told(lb_server(&b, 1), 1, PHASE_GONE);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	ck_assert_int_eq(servers_serving(b.t), 1);
	lb_step(&b);
	q = lb_find(&b, ORDER_REMOVE);
	ck_assert_ptr_nonnull(q); /* at once */
	ck_assert_str_eq(b.o->servers[q->first].id.text, "i-0001");
	lb_answer(&b, q, OUTCOME_DONE);
	q = lb_until(&b, ORDER_TERMINATE, 1);
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	ck_assert_int_eq(b.t->n, 1);
}
END_TEST

START_TEST(test_drain_ends_at_its_deadline)
{
	const struct order *q;
	ns_t began;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	lb_end(&b, 1);
	began = b.now.mono;
	lb_step(&b);
	q = lb_find(&b, ORDER_DRAIN);
	ck_assert_int_eq(q->deadline, began + 30 * NS_S);
	while (b.now.mono < began + 30 * NS_S) {
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
	}
	/* The host's own answer at the deadline. */
	lb_until(&b, ORDER_REMOVE, 3);
	ck_assert_int_eq(b.now.mono <= began + 33 * NS_S, true);
}
END_TEST

START_TEST(test_drains_are_taken_back_before_a_launch)
{
	const struct order *q;
	op_t drain;

	lb_ready(&b);
	lb_serve(&b, 5, 1);
	lb_end(&b, 2);
	lb_step(&b);
	drain = lb_find(&b, ORDER_DRAIN)->op;
	b.d.launch = 2;
	lb_step(&b);
	q = lb_find(&b, ORDER_ADD);
	ck_assert_ptr_nonnull(q);
	ck_assert_str_eq(b.o->servers[q->first].id.text, "i-0002");
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 1);
	/* The drain's answer means nothing any more. */
	ledger_answer(&b.ledger, drain, OUTCOME_DONE, NULL, 0);
	lb_answer(&b, q, OUTCOME_DONE);
	ck_assert_int_eq(servers_serving(b.t), 5);
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
}
END_TEST

START_TEST(test_taken_back_while_its_add_is_under_way)
{
	const struct order *q;
	op_t add;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 9);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_PROBE), OUTCOME_DONE);
	lb_step(&b);
	add = lb_find(&b, ORDER_ADD)->op;
	lb_end(&b, 9);
	lb_step(&b);
	ck_assert_int_eq(lb_server(&b, 9)->phase, PHASE_DRAINING);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_ADD);
	ck_assert_ptr_null(q); /* one at a time */
	ledger_answer(&b.ledger, add, OUTCOME_DONE, NULL, 0);
	ck_assert_int_eq(lb_server(&b, 9)->phase, PHASE_SERVING);
}
END_TEST

START_TEST(test_in_the_balancer_again_before_it_ends)
{
	const struct order *q;
	struct told t[2];
	int i;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	t[1] = lb_told(lb_server(&b, 2), 2, PHASE_SERVING);
	lb_end(&b, 1);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_DRAIN), OUTCOME_DONE);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_REMOVE), OUTCOME_DONE);
	b.ledger.seen_due = b.now.mono;
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_TERMINATE), OUTCOME_UNKNOWN);
	ledger_answer(&b.ledger, lb_find(&b, ORDER_SEEN)->op, OUTCOME_DONE,
	    t, 2);
	for (i = 0; i < 4 && lb_find(&b, ORDER_REMOVE) == NULL; i++) {
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
	}
	q = lb_find(&b, ORDER_REMOVE);
	ck_assert_ptr_nonnull(q);
	lb_answer(&b, q, OUTCOME_DONE);
	lb_until(&b, ORDER_TERMINATE, 3);
}
END_TEST

START_TEST(test_terminate_is_tried_again)
{
	const struct order *q;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	lb_end(&b, 1);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_DRAIN), OUTCOME_DONE);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_REMOVE), OUTCOME_DONE);
	lb_step(&b);
	q = lb_find(&b, ORDER_TERMINATE);
	lb_answer(&b, q, OUTCOME_UNKNOWN);
	lb_step(&b);
	ck_assert_int_eq(b.t->count[PHASE_REMOVING], 1);
	q = lb_until(&b, ORDER_TERMINATE, 5);
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	ck_assert_int_eq(b.t->n, 1);
}
END_TEST

START_TEST(test_an_answer_that_the_host_owes)
{
	const struct order *q;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	lb_end(&b, 1);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_DRAIN), OUTCOME_DONE);
	q = lb_until(&b, ORDER_REMOVE, 1);
	ck_assert_ptr_nonnull(q);
	lb_step(&b);
	lb_until(&b, ORDER_REMOVE, 20); /* given up, asked again */
}
END_TEST

START_TEST(test_never_below_the_minimum)
{
	int i;

	b.policy.size.min = 18;
	lb_ready(&b);
	lb_serve(&b, 20, 1);
	for (i = 1; i <= 5; i++)
		lb_end(&b, i);
	lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 18);
}
END_TEST

START_TEST(test_removals_a_minute_are_bounded)
{
	int i;

	lb_ready(&b);
	lb_serve(&b, 20, 1);
	for (i = 1; i <= 20; i++)
		lb_end(&b, i);
	lb_step(&b);
	ck_assert_int_eq(b.t->count[PHASE_DRAINING], 5);
	for (i = 0; i < 59; i++) { /* the minute slides */
		lb_end(&b, 6 + i % 10);
		lb_step(&b);
		ck_assert_int_le(20 - servers_serving(b.t), 5);
	}
}
END_TEST

/* The core asks by the policy's window; the ledger may not be stricter. */
START_TEST(test_removals_keep_a_shorter_window)
{
	int i, first;

	b.policy.limit.removals_pct = 20;
	b.policy.limit.rush_removals_pct = 20;
	b.policy.limit.removals_window = 2 * NS_S;
	lb_ready(&b);
	lb_serve(&b, 20, 1);
	for (i = 1; i <= 20; i++)
		lb_end(&b, i);
	lb_step(&b);
	first = 20 - servers_serving(b.t);
	ck_assert_int_eq(first, 4);
	for (i = 0; i < 25; i++) {
		lb_end(&b, 5 + i % 10);
		lb_step(&b);
	}
	ck_assert_int_gt(20 - servers_serving(b.t), first);
}
END_TEST

START_TEST(test_not_ours_is_never_removed)
{
	struct told t;
	struct server none;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	memset(&none, 0, sizeof(none));
	t = lb_told(&none, 900, PHASE_SERVING);
	ledger_answer(&b.ledger, lb_until(&b, ORDER_SEEN, 11)->op,
	    OUTCOME_DONE, &t, 1);
	ck_assert_int_eq(servers_serving(b.t), 4);
	lb_end(&b, 900);
	lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 4);
	ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now, &(struct word){
	    .kind = WORD_DRAIN, .id = t.id }, NULL), -1);
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now, &(struct word){
	    .kind = WORD_ADOPT, .id = t.id }, NULL), -1);
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now, &(struct word){
	    .kind = WORD_PROTECT, .id = t.id }, NULL), -1);
}
END_TEST

/* After a reload of the policy: the balancer's driver is a new one. */
START_TEST(test_a_new_driver_is_told_again)
{
	const struct order *q;
	struct told t;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	t = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	(void)snprintf(t.id.text, ID_SIZE, "@shop/w1");
	q = lb_until(&b, ORDER_SEEN, 11);
	ledger_answer(&b.ledger, q->op, OUTCOME_DONE, (struct told[]){ t,
	    lb_told(lb_server(&b, 2), 2, PHASE_SERVING) }, 2);
	lb_step(&b);
	q = lb_find(&b, ORDER_ADD);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->n, 1);
	ck_assert_str_eq(b.o->servers[q->first].id.text,
	    lb_server(&b, 1)->id.text);
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger_serving");
	TCase *t = tcase_create("serving");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_fails_once);
	tcase_add_test(t, test_exit_of_a_serving_server);
	tcase_add_test(t, test_drain_ends_at_its_deadline);
	tcase_add_test(t, test_drains_are_taken_back_before_a_launch);
	tcase_add_test(t, test_taken_back_while_its_add_is_under_way);
	tcase_add_test(t, test_in_the_balancer_again_before_it_ends);
	tcase_add_test(t, test_terminate_is_tried_again);
	tcase_add_test(t, test_an_answer_that_the_host_owes);
	tcase_add_test(t, test_never_below_the_minimum);
	tcase_add_test(t, test_removals_a_minute_are_bounded);
	tcase_add_test(t, test_removals_keep_a_shorter_window);
	tcase_add_test(t, test_not_ours_is_never_removed);
	tcase_add_test(t, test_a_new_driver_is_told_again);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
