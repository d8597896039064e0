/* SPDX-License-Identifier: MIT */
/* Ledger against world: restarts, and a journal that is in doubt. */
#include "ledger_world.h"

/* ---- restarts ---- */

static struct server
record(int i, enum phase p, ns_t since)
{
	struct told t = stranger(i, (uint8_t)i, p);
	struct server s;

	memset(&s, 0, sizeof(s));
	s.id = t.id;
	s.token = t.token;
	memcpy(s.address, t.address, sizeof(s.address));
	s.port = t.port;
	s.phase = (uint8_t)p;
	s.flags = SERVER_OURS;
	s.since = s.phase_since = since;
	s.serving_since = p >= PHASE_SERVING ? since : 0;
	s.deadline = s.retry = NS_NEVER;
	s.op = 77;
	return (s);
}

static void
restore(const struct server *s)
{
	struct err e = { 0 };

	ck_assert_msg(ledger_restore(&b.ledger, &b.now, s, &e) == 0, "%s",
	    e.text);
}

START_TEST(test_restart_starts_at_the_present_size)
{
	struct server s = record(1, PHASE_SERVING, 900 * NS_S);
	const struct order *q;

	restore(&s);
	s = record(2, PHASE_DECIDED, 999 * NS_S);
	memset(&s.id, 0, sizeof(s.id));
	restore(&s);
	ck_assert_int_eq(servers_serving(b.t), 1);
	ck_assert_int_eq(servers_pending(b.t), 1);
	ledger_begin(&b.ledger, &b.now);
	b.d.launch = 1;
	lb_end(&b, 1);
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
	ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	q = lb_find(&b, ORDER_ADD); /* again: idempotent */
	ck_assert_str_eq(b.o->servers[q->first].id.text, "i-0001");
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_LOOKUP));
}
END_TEST

START_TEST(test_restart_goes_on_with_a_drain)
{
	struct server s = record(1, PHASE_DRAINING, 990 * NS_S);
	const struct order *q;
	int i;

	s.deadline = 1015 * NS_S;
	restore(&s);
	s = record(2, PHASE_SERVING, 900 * NS_S);
	restore(&s);
	ledger_begin(&b.ledger, &b.now);
	lb_step(&b);
	q = lb_find(&b, ORDER_DRAIN);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->deadline, 1015 * NS_S); /* as it was */
	for (i = 0; i < 25; i++) {
		lb_step(&b); /* nobody answers: nothing is cut */
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
	}
	for (i = 0; i < 10 && lb_find(&b, ORDER_REMOVE) == NULL; i++) {
		lb_step(&b);
		lb_listings(&b);
	}
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_REMOVE));
}
END_TEST

START_TEST(test_found_late_has_time_to_answer)
{
	struct server s = record(2, PHASE_DECIDED, 100 * NS_S);
	struct told t = lb_told(&s, 2, PHASE_BOOTED);
	const struct order *q;
	int i;

	memset(&s.id, 0, sizeof(s.id));
	restore(&s);
	ledger_begin(&b.ledger, &b.now);
	q = lb_until(&b, ORDER_LOOKUP, 2);
	ledger_answer(&b.ledger, q->op, OUTCOME_DONE, &t, 1);
	for (i = 0; i < 58; i++) {
		lb_step(&b);
		lb_listings(&b);
		ck_assert_int_eq(lb_server(&b, 2)->phase, PHASE_BOOTED);
	}
	for (i = 0; i < 5; i++)
		lb_step(&b);
	ck_assert_int_ge(lb_server(&b, 2)->phase, PHASE_REMOVING);
}
END_TEST

START_TEST(test_restart_gives_an_old_drain_time)
{
	struct server s = record(1, PHASE_DRAINING, 900 * NS_S);

	s.deadline = 930 * NS_S; /* passed while we were away */
	restore(&s);
	s = record(2, PHASE_SERVING, 900 * NS_S);
	restore(&s);
	lb_ready(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
	ck_assert_int_eq(lb_server(&b, 1)->deadline, 1010 * NS_S);
}
END_TEST

START_TEST(test_restart_removes_nothing_until_both_answered)
{
	struct server s = record(1, PHASE_REMOVING, 900 * NS_S);
	const struct order *q;
	struct told t[2];
	int i;

	restore(&s);
	s = record(2, PHASE_FAILED, 900 * NS_S);
	restore(&s);
	s = record(3, PHASE_SERVING, 900 * NS_S);
	restore(&s);
	s = record(4, PHASE_SERVING, 900 * NS_S);
	restore(&s);
	t[0] = lb_told(lb_server(&b, 1), 1, PHASE_BOOTED);
	t[1] = lb_told(lb_server(&b, 2), 2, PHASE_BOOTED);
	ledger_begin(&b.ledger, &b.now);
	for (i = 0; i < 60; i++) {
		lb_end(&b, 3);
		lb_step(&b);
		q = lb_find(&b, ORDER_LIST);
		if (q != NULL) /* of the first way; the balancer is silent */
			ledger_answer(&b.ledger, q->op, OUTCOME_DONE, t, 2);
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	}
	ck_assert_int_eq(servers_serving(b.t), 2);
	ledger_answer(&b.ledger, lb_until(&b, ORDER_SEEN, 20)->op,
	    OUTCOME_DONE, NULL, 0);
	lb_end(&b, 3);
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_REMOVE));
	ck_assert_int_eq(lb_server(&b, 3)->phase, PHASE_DRAINING);
}
END_TEST

START_TEST(test_restart_begins_with_a_minute_without_removals)
{
	struct server s;
	int i;

	for (i = 1; i <= 3; i++) {
		s = record(i, PHASE_SERVING, 900 * NS_S);
		restore(&s);
	}
	lb_ready(&b);
	for (i = 0; i < 57; i++) {
		lb_end(&b, 1);
		lb_step(&b);
		lb_listings(&b);
		ck_assert_int_eq(servers_serving(b.t), 3);
	}
	for (i = 0; i < 3; i++) {
		lb_end(&b, 1);
		lb_step(&b);
	}
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

START_TEST(test_restart_keeps_the_cap_an_hour)
{
	struct server s;
	int i;

	b.policy.limit.launches_per_hour = 4;
	for (i = 1; i <= 3; i++) {
		s = record(i, PHASE_SERVING, (1000 - i * 60) * NS_S);
		restore(&s);
	}
	lb_ready(&b);
	b.d.launch = 5;
	lb_step(&b);
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 1);
}
END_TEST

START_TEST(test_restore_refuses_nonsense)
{
	struct server s = record(1, PHASE_SERVING, 900 * NS_S), bad;
	struct err e = { 0 };

	restore(&s);
	ck_assert_int_eq(ledger_restore(&b.ledger, &b.now, &s, &e), -1);
	bad = record(2, PHASE_COUNT, 0);
	ck_assert_int_eq(ledger_restore(&b.ledger, &b.now, &bad, &e), -1);
	bad = record(3, PHASE_SERVING, 0);
	memset(bad.id.text, 'x', ID_SIZE);
	ck_assert_int_eq(ledger_restore(&b.ledger, &b.now, &bad, &e), -1);
	bad = record(4, PHASE_SERVING, INT64_MIN);
	bad.phase_since = INT64_MAX;
	ck_assert_int_eq(ledger_restore(&b.ledger, &b.now, &bad, &e), 0);
	ck_assert_int_eq(b.t->n, 2);
	lb_ready(&b);
}
END_TEST

START_TEST(test_ops_and_tokens_differ_after_a_restart)
{
	struct server first, again;
	op_t op;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	op = lb_find(&b, ORDER_LAUNCH)->op;
	first = b.o->servers[lb_find(&b, ORDER_LAUNCH)->first];
	free(b.memory);
	lb_group(&b); /* the same seed */
	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	again = b.o->servers[lb_find(&b, ORDER_LAUNCH)->first];
	ck_assert_uint_gt(lb_find(&b, ORDER_LAUNCH)->op, op);
	ck_assert_mem_ne(&first.token, &again.token, sizeof(first.token));
}
END_TEST

START_TEST(test_safe_mode_removes_nothing)
{
	struct hold h[MAX_HOLDS];
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ledger_safe_mode(&b.ledger, b.now.mono + 100 * NS_S);
	ck_assert_int_eq(ledger_holds(&b.ledger, h), 1);
	ck_assert_int_eq(h[0].what, HOLD_IN);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_SAFE_MODE);
	for (i = 0; i < 99; i++) {
		lb_end(&b, 1);
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	}
	lb_end(&b, 1);
	lb_step(&b);
	lb_end(&b, 1);
	lb_step(&b);
	ck_assert_int_eq(servers_serving(b.t), 2);
}
END_TEST

/* ---- the journal ---- */

START_TEST(test_bad_journal_in_the_step_of_a_word)
{
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	ck_assert_int_eq(word(WORD_DRAIN, 2), 0);
	ledger_journal(&b.ledger, JOURNAL_BAD);
	for (i = 0; i < 60; i++) {
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	}
	ledger_journal(&b.ledger, JOURNAL_GOOD);
	/* It has its whole time now. */
	ck_assert_int_ge(lb_until(&b, ORDER_DRAIN, 3)->deadline,
	    b.now.mono + 28 * NS_S);
}
END_TEST

START_TEST(test_bad_journal_keeps_a_drain_back)
{
	ns_t good;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	lb_end(&b, 1);
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_DRAIN)); /* nobody does it */
	ledger_journal(&b.ledger, JOURNAL_BAD);
	while (b.now.mono < lb_server(&b, 1)->phase_since + 20 * NS_S)
		lb_step(&b);
	ledger_journal(&b.ledger, JOURNAL_GOOD);
	good = b.now.mono;
	while (b.now.mono < good + 30 * NS_S) {
		lb_step(&b);
		lb_listings(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
	}
	lb_until(&b, ORDER_REMOVE, 3);
}
END_TEST

START_TEST(test_bad_journal_launches_and_removes_nothing)
{
	struct hold h[MAX_HOLDS];
	const struct order *q;
	int i;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	lb_end(&b, 1);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_DRAIN), OUTCOME_DONE);
	ledger_journal(&b.ledger, JOURNAL_BAD);
	ck_assert_int_eq(ledger_holds(&b.ledger, h), 1);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_JOURNAL);
	for (i = 0; i < 60; i++) {
		lb_end(&b, 2);
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE));
		ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
		ck_assert_ptr_null(lb_find(&b, ORDER_DRAIN));
	}
	ck_assert_int_eq(word(WORD_PROTECT, 2), 0); /* removes nothing */
	b.d.launch = 2; /* one is the drain that is taken back */
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_ptr_nonnull(q);
	lb_accept(&b, q, 8);
	lb_step(&b);
	ledger_journal(&b.ledger, JOURNAL_GOOD);
	lb_step(&b);
	ck_assert_int_eq(b.o->at[0].kind, ORDER_RECORD);
	ck_assert_int_eq(b.o->at[0].n, 4); /* all, in the new generation */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger_restart");
	TCase *t = tcase_create("restarts");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_restart_starts_at_the_present_size);
	tcase_add_test(t, test_restart_goes_on_with_a_drain);
	tcase_add_test(t, test_found_late_has_time_to_answer);
	tcase_add_test(t, test_restart_gives_an_old_drain_time);
	tcase_add_test(t, test_restart_removes_nothing_until_both_answered);
	tcase_add_test(t, test_restart_begins_with_a_minute_without_removals);
	tcase_add_test(t, test_restart_keeps_the_cap_an_hour);
	tcase_add_test(t, test_restore_refuses_nonsense);
	tcase_add_test(t, test_ops_and_tokens_differ_after_a_restart);
	tcase_add_test(t, test_safe_mode_removes_nothing);
	tcase_add_test(t, test_bad_journal_in_the_step_of_a_word);
	tcase_add_test(t, test_bad_journal_keeps_a_drain_back);
	tcase_add_test(t, test_bad_journal_launches_and_removes_nothing);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
