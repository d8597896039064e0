/* SPDX-License-Identifier: MIT */
/* Ledger against world: orphans and absences, phases, quiet steps. */
#include "ledger_world.h"

#define MIN_SPACING (60 * NS_S)

/* ---- orphans ---- */

START_TEST(test_orphan_at_start_is_adopted_before_a_launch)
{
	struct told t[2] = { stranger(1, 7, PHASE_BOOTED),
		stranger(2, 8, PHASE_BOOTED) };
	int i;

	ledger_begin(&b.ledger, &b.now);
	b.d.launch = 2;
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
	for (i = 0; i < b.o->n; i++)
		if (b.o->at[i].kind == ORDER_LIST)
			ledger_answer(&b.ledger, b.o->at[i].op, OUTCOME_DONE,
			    t, 2);
	ck_assert_int_eq(servers_pending(b.t), 2);
	lb_step(&b);
	ck_assert_int_eq(b.o->at[0].kind, ORDER_RECORD);
	ck_assert_int_eq(b.o->at[0].n, 2);
	ck_assert_int_eq(lb_count(&b, ORDER_PROBE), 2);
}
END_TEST

START_TEST(test_orphan_later_waits_and_counts_as_nothing)
{
	struct told t[2];

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_BOOTED);
	t[1] = stranger(50, 7, PHASE_BOOTED);
	world_says(t, 2, t, 1, 100);
	ck_assert_int_eq(servers_pending(b.t), 0);
	ck_assert_int_eq(lb_server(&b, 50)->flags & SERVER_OURS, 0);
	ck_assert(!(ledger_alarms(&b.ledger) & 1u << ALARM_LEDGER));
	world_says(t, 2, t, 1, 90);
	ck_assert_int_ne(lb_server(&b, 50)->flags & SERVER_OURS, 0);
	ck_assert_int_eq(servers_pending(b.t), 1);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_LEDGER);
}
END_TEST

START_TEST(test_orphan_that_goes_leaves_nothing)
{
	struct told t[2];

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_BOOTED);
	t[1] = stranger(50, 7, PHASE_BOOTED);
	world_says(t, 2, t, 1, 60);
	ck_assert_ptr_nonnull(lb_server(&b, 50));
	world_says(t, 1, t, 1, 60);
	ck_assert_ptr_null(lb_server(&b, 50));
	ck_assert_int_eq(b.t->n, 1);
}
END_TEST

START_TEST(test_orphan_with_traffic_is_adopted_as_serving)
{
	struct told t[2], seen[2];
	int i;

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t[0] = seen[0] = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	t[1] = stranger(50, 7, PHASE_BOOTED);
	seen[1] = t[1];
	memset(&seen[1].token, 0, sizeof(seen[1].token));
	(void)snprintf(seen[1].id.text, ID_SIZE, "@shop/s2");
	for (i = 0; i < 200; i++) {
		world_says(t, 2, seen, 2, 1);
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	}
	ck_assert_int_eq(b.t->n, 2); /* not counted twice */
	ck_assert_int_eq(servers_serving(b.t), 2);
	ck_assert_int_ne(lb_server(&b, 50)->flags & SERVER_OURS, 0);
}
END_TEST

START_TEST(test_other_groups_and_tags_are_left_alone)
{
	struct told t[3] = { stranger(50, 7, PHASE_BOOTED),
		stranger(51, 8, PHASE_BOOTED), stranger(52, 0, PHASE_BOOTED) };

	b.ledger.alone = false;
	(void)snprintf(t[0].group, NAME_SIZE, "dashboard");
	/* t[1] does not say whose it is, t[2] carries no token. */
	lb_ready(&b);
	world_says(t, 3, NULL, 0, 400);
	ck_assert_int_eq(b.t->n, 0);
	(void)snprintf(t[1].group, NAME_SIZE, "shop");
	world_says(t, 3, NULL, 0, 40);
	ck_assert_int_eq(b.t->n, 1);
}
END_TEST

/* ---- absences ---- */

START_TEST(test_pending_gone_after_three_listings)
{
	struct told t[1];
	int i;

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_BOOTED);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 2);
	for (i = 0; i < 119; i++) {
		world_says(t, 1, t, 1, 1);
		ck_assert_int_eq(servers_pending(b.t), 1);
	}
	for (i = 0; i < 120 && servers_pending(b.t) > 0; i++)
		world_says(t, 1, t, 1, 1);
	ck_assert_int_eq(servers_pending(b.t), 0);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_LEDGER);
	/* It is ended all the same: gone already is success. */
	lb_until(&b, ORDER_TERMINATE, 2);
}
END_TEST

START_TEST(test_a_listing_from_before_the_launch_says_nothing)
{
	const struct order *q;
	struct told t;

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t = lb_told(lb_server(&b, 1), 1, PHASE_BOOTED);
	b.ledger.way[0].counted -= MIN_SPACING;
	q = lb_until(&b, ORDER_LIST, 40);
	ck_assert_int_eq(q->way, 0);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 2);
	ledger_answer(&b.ledger, b.ledger.way[0].list_op, OUTCOME_DONE, &t, 1);
	ck_assert_int_eq(lb_server(&b, 2)->misses, 0);
}
END_TEST

START_TEST(test_empty_and_failed_listings_mean_nothing)
{
	int i, k;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 9);
	for (i = 0; i < 550; i++) {
		lb_step(&b);
		for (k = 0; k < b.o->n; k++)
			if (b.o->at[k].kind == ORDER_LIST)
				ledger_answer(&b.ledger, b.o->at[k].op,
				    i % 2 ? OUTCOME_DONE : OUTCOME_UNKNOWN,
				    NULL, 0);
		ck_assert_int_eq(servers_serving(b.t), 3);
		ck_assert_int_eq(servers_pending(b.t), 1);
	}
}
END_TEST

START_TEST(test_serving_and_not_listed_stays_and_alarms)
{
	struct told t[2];

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	t[1] = lb_told(lb_server(&b, 2), 2, PHASE_SERVING);
	world_says(t, 1, t, 2, 300);
	ck_assert_int_eq(servers_serving(b.t), 2);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_LEDGER);
	/* Neither listed nor in the balancer: then it is gone. */
	world_says(t, 1, t, 1, 90);
	ck_assert_int_eq(servers_serving(b.t), 1);
}
END_TEST

START_TEST(test_balancer_that_forgot_is_told_again)
{
	struct told t[2];
	int i, adds = 0;

	lb_ready(&b);
	lb_serve(&b, 2, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	t[1] = lb_told(lb_server(&b, 2), 2, PHASE_DRAINING);
	for (i = 0; i < 15; i++) {
		world_says(t, 2, t + 1, 1, 1);
		adds += lb_count(&b, ORDER_ADD);
	}
	ck_assert_int_eq(adds, 2); /* one was out, one was set to drain */
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

START_TEST(test_foreign_comes_and_goes)
{
	struct told t[2];

	lb_ready(&b);
	lb_serve(&b, 1, 1);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_SERVING);
	t[1] = stranger(70, 0, PHASE_SERVING);
	world_says(t, 1, t, 2, 12);
	ck_assert_int_eq(servers_serving(b.t), 2);
	world_says(t, 1, t, 1, 25);
	ck_assert_int_eq(servers_serving(b.t), 1);
}
END_TEST

START_TEST(test_phases_are_timed)
{
	const struct order *q;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	lb_step(&b);
	lb_step(&b);
	ledger_answer(&b.ledger, q->op, OUTCOME_UNKNOWN, NULL, 0);
	lb_serve(&b, 1, 5);
	ck_assert_int_eq(lb_server(&b, 5)->reached_ds[0], 10);
	ck_assert_int_eq(lb_server(&b, 5)->reached_ds[PHASE_HEALTHY -
	    PHASE_ACCEPTED], 20);
	ck_assert_int_eq(lb_server(&b, 5)->reached_ds[PHASE_SERVING -
	    PHASE_ACCEPTED], 30);
}
END_TEST

START_TEST(test_quiet_steps_walk_nothing)
{
	int i, walks = 0;

	lb_ready(&b);
	lb_serve(&b, 20, 1);
	for (i = 0; i < 300; i++) {
		lb_step(&b);
		walks += b.ledger.walk;
		lb_listings(&b);
	}
	/* Only where a listing came: each 30 s by two ways, each 10 s. */
	ck_assert_int_le(walks, 300 / 10 + 300 / 15 + 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger_list");
	TCase *t = tcase_create("listings");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_orphan_at_start_is_adopted_before_a_launch);
	tcase_add_test(t, test_orphan_later_waits_and_counts_as_nothing);
	tcase_add_test(t, test_orphan_that_goes_leaves_nothing);
	tcase_add_test(t, test_orphan_with_traffic_is_adopted_as_serving);
	tcase_add_test(t, test_other_groups_and_tags_are_left_alone);
	tcase_add_test(t, test_pending_gone_after_three_listings);
	tcase_add_test(t, test_a_listing_from_before_the_launch_says_nothing);
	tcase_add_test(t, test_empty_and_failed_listings_mean_nothing);
	tcase_add_test(t, test_serving_and_not_listed_stays_and_alarms);
	tcase_add_test(t, test_balancer_that_forgot_is_told_again);
	tcase_add_test(t, test_foreign_comes_and_goes);
	tcase_add_test(t, test_phases_are_timed);
	tcase_add_test(t, test_quiet_steps_walk_nothing);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
