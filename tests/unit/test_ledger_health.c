/* SPDX-License-Identifier: MIT */
/* Ledger against world: ill health, and the words for single servers. */
#include "ledger_world.h"

/* ---- ill health ---- */

static void
down(int i, bool up)
{
	ledger_health(&b.ledger, &lb_server(&b, i)->id, up);
}

START_TEST(test_sick_goes_when_its_peers_are_well)
{
	int i;

	lb_ready(&b);
	lb_serve(&b, 10, 1);
	down(3, false);
	for (i = 0; i < 29; i++) {
		lb_step(&b);
		ck_assert_int_eq(servers_serving(b.t), 10);
	}
	lb_step(&b);
	lb_step(&b);
	ck_assert_int_eq(lb_server(&b, 3)->phase, PHASE_DRAINING);
	/* I-11: the next only after the window. */
	down(4, false);
	for (i = 0; i < 500; i++) {
		lb_step(&b);
		lb_listings(&b);
		ck_assert_int_eq(lb_server(&b, 4)->phase, PHASE_SERVING);
	}
	for (i = 0; i < 120; i++) {
		lb_step(&b);
		lb_listings(&b);
	}
	ck_assert_int_eq(lb_server(&b, 4)->phase, PHASE_DRAINING);
}
END_TEST

START_TEST(test_sick_that_recovers_stays)
{
	int i;

	lb_ready(&b);
	lb_serve(&b, 10, 1);
	down(3, false);
	for (i = 0; i < 20; i++)
		lb_step(&b);
	down(3, true);
	for (i = 0; i < 60; i++)
		lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 10);
}
END_TEST

START_TEST(test_much_of_the_fleet_sick_holds_everything)
{
	struct hold h[MAX_HOLDS];
	int i;

	lb_ready(&b);
	lb_serve(&b, 10, 1);
	for (i = 1; i <= 4; i++)
		down(i, false);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_SICK);
	ck_assert_int_eq(ledger_holds(&b.ledger, h), 1);
	for (i = 0; i < 100; i++) {
		lb_end(&b, 9);
		lb_step(&b);
		ck_assert_int_eq(servers_serving(b.t), 10);
	}
}
END_TEST

/* I-09 in small groups: so many serve, so many of them are down. */
static const struct {
	const char *says;
	int serve, down;
	bool removed;
} small[] = {
	{ "one of three is not many: two others pass", 3, 1, true },
	{ "two of three are", 3, 2, false },
	{ "one of two is half of all", 2, 1, false },
	{ "the only one stays", 1, 1, false },
	{ "one of four", 4, 1, true },
	{ "two of four are many", 4, 2, false },
	{ "two of six are a third", 6, 2, false },
	{ "two of seven are not", 7, 2, true },
};

START_TEST(test_small_groups)
{
	int i, n;

	lb_ready(&b);
	lb_serve(&b, small[_i].serve, 1);
	for (i = 1; i <= small[_i].down; i++)
		down(i, false);
	for (i = 0; i < 60; i++)
		lb_step(&b);
	n = small[_i].serve - servers_serving(b.t);
	ck_assert_msg(n == small[_i].removed, "%s: %d removed",
	    small[_i].says, n); /* I-11: one in a window at most */
	ck_assert_int_eq((ledger_alarms(&b.ledger) >> ALARM_SICK & 1),
	    !small[_i].removed);
}
END_TEST

START_TEST(test_the_only_ones_left_are_not_removed)
{
	int i;

	b.policy.limit.sick_pct = 100;
	lb_ready(&b);
	lb_serve(&b, 2, 1);
	down(1, false);
	down(2, false);
	for (i = 0; i < 100; i++)
		lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

START_TEST(test_a_listing_tells_health_that_was_missed)
{
	struct told t[5];
	int i;

	lb_ready(&b);
	lb_serve(&b, 5, 1);
	for (i = 0; i < 5; i++)
		t[i] = lb_told(lb_server(&b, i + 1), i + 1, PHASE_SERVING);
	t[2].phase = PHASE_FAILED;
	world_says(t, 5, t, 5, 50);
	ck_assert_int_ge(lb_server(&b, 3)->phase, PHASE_DRAINING);
	ck_assert_int_eq(servers_serving(b.t), 4);
}
END_TEST

/* ---- words ---- */

START_TEST(test_word_drain_is_not_taken_back)
{
	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ck_assert_int_eq(word(WORD_DRAIN, 2), 0);
	ck_assert_int_eq(word(WORD_DRAIN, 99), -1);
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_DRAIN));
	b.d.launch = 1;
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_ADD));
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_LAUNCH));
}
END_TEST

START_TEST(test_word_protect)
{
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ck_assert_int_eq(word(WORD_PROTECT, 2), 0);
	for (i = 0; i < 99; i++) {
		lb_end(&b, 2);
		lb_step(&b);
		ck_assert_int_eq(servers_serving(b.t), 3);
	}
	lb_step(&b);
	lb_end(&b, 2);
	lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

START_TEST(test_word_replace_launches_first)
{
	const struct order *q;
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ck_assert_int_eq(word(WORD_REPLACE, 2), 0);
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_int_eq(q->n, 1);
	lb_accept(&b, q, 8);
	for (i = 0; i < 3; i++) {
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
		ck_assert_int_eq(lb_server(&b, 2)->phase, PHASE_SERVING);
	}
	lb_answer(&b, &(struct order){ .op = lb_server(&b, 8)->op },
	    OUTCOME_DONE);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_ADD), OUTCOME_DONE);
	lb_step(&b);
	ck_assert_int_eq(lb_server(&b, 2)->phase, PHASE_DRAINING);
	ck_assert_int_eq(servers_serving(b.t), 3);
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
}
END_TEST

START_TEST(test_words_wait_for_the_journal)
{
	struct err e = { 0 };
	struct word w = { .kind = WORD_DRAIN };

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ledger_journal(&b.ledger, JOURNAL_BAD);
	w.id = lb_server(&b, 1)->id;
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now, &w, &e), -1);
	ck_assert_str_eq(e.text, "server 'i-0001' cannot be removed now: the "
	    "journal is not durable");
}
END_TEST

START_TEST(test_operators_hold_stops_everything)
{
	struct hold h = { .what = HOLD_ALL, .by = HOLD_OPERATOR };
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	lb_end(&b, 1);
	lb_step(&b);
	for (i = 0; i < 60; i++) {
		b.d.n_holds = 1;
		b.d.holds[0] = h;
		b.d.launch = 2;
		lb_end(&b, 2);
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN)); /* a second */
		ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
	}
	ck_assert_int_eq(servers_serving(b.t), 2);
	lb_step(&b);
	lb_until(&b, ORDER_REMOVE, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger_health");
	TCase *t = tcase_create("health");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_sick_goes_when_its_peers_are_well);
	tcase_add_test(t, test_sick_that_recovers_stays);
	tcase_add_test(t, test_much_of_the_fleet_sick_holds_everything);
	tcase_add_loop_test(t, test_small_groups, 0,
	    sizeof(small) / sizeof(small[0]));
	tcase_add_test(t, test_the_only_ones_left_are_not_removed);
	tcase_add_test(t, test_a_listing_tells_health_that_was_missed);
	tcase_add_test(t, test_word_drain_is_not_taken_back);
	tcase_add_test(t, test_word_protect);
	tcase_add_test(t, test_word_replace_launches_first);
	tcase_add_test(t, test_words_wait_for_the_journal);
	tcase_add_test(t, test_operators_hold_stops_everything);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
