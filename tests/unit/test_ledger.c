/* SPDX-License-Identifier: MIT */
/*
 * The ledger, transition by transition; each test is one sentence of its
 * contract.  What each guard is worth was seen by taking it out: see the
 * list at the end of test_fleet_campaign.c.
 */
#include "ledger_bench.h"

static struct lb b;

static void
setup(void)
{
	lb_init(&b);
}

static void
teardown(void)
{
	lb_fini(&b);
}

START_TEST(test_life)
{
	const struct order *q;
	struct server *s;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	ck_assert_int_eq(b.o->at[0].kind, ORDER_RECORD);
	ck_assert_int_eq(b.o->servers[0].phase, PHASE_DECIDED);
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->n, 1);
	ck_assert(token_is_set(&b.o->servers[q->first].token));
	lb_accept(&b, q, 1);
	s = lb_server(&b, 1);
	ck_assert_int_eq(s->phase, PHASE_ACCEPTED);
	lb_step(&b);
	ck_assert_int_eq(b.o->at[0].kind, ORDER_RECORD);
	q = lb_find(&b, ORDER_PROBE);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->deadline, s->since + 600 * NS_S);
	lb_answer(&b, q, OUTCOME_DONE);
	ck_assert_int_eq(s->phase, PHASE_HEALTHY);
	lb_step(&b);
	q = lb_find(&b, ORDER_ADD);
	ck_assert_ptr_nonnull(q);
	lb_answer(&b, q, OUTCOME_DONE);
	ck_assert_int_eq(s->phase, PHASE_SERVING);
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_RECORD));
	lb_serve(&b, 1, 2);
	lb_end(&b, 1);
	lb_step(&b);
	ck_assert_int_eq(b.o->at[0].kind, ORDER_RECORD);
	ck_assert_int_eq(b.o->servers[0].phase, PHASE_DRAINING);
	q = lb_find(&b, ORDER_DRAIN);
	ck_assert_ptr_nonnull(q);
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	q = lb_find(&b, ORDER_REMOVE);
	ck_assert_ptr_nonnull(q);
	ck_assert_ptr_null(lb_find(&b, ORDER_TERMINATE));
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	q = lb_find(&b, ORDER_TERMINATE);
	ck_assert_ptr_nonnull(q);
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	q = lb_find(&b, ORDER_FORGET);
	ck_assert_ptr_nonnull(q);
	ck_assert_str_eq(b.o->servers[q->first].id.text, "i-0001");
	ck_assert_int_eq(b.t->n, 1);
	lb_step(&b);
	ck_assert(lb_quiet(&b));
}
END_TEST

/* I-20: without its word it is not asked, so that nobody is sent to it. */
START_TEST(test_secrets_before_health)
{
	const struct order *q;
	struct server *s;
	struct told t;

	b.policy.secrets_first = true;
	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 1);
	s = lb_server(&b, 1);
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_PROBE));
	t = (struct told){ .token = s->token, .phase = PHASE_BOOTED };
	ledger_happened(&b.ledger, HAPPENED_PHASE, &t);
	ck_assert_int_eq(s->phase, PHASE_BOOTED);
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_PROBE));
	t.phase = PHASE_SECRETS;
	ledger_happened(&b.ledger, HAPPENED_PHASE, &t);
	lb_step(&b);
	q = lb_find(&b, ORDER_PROBE);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->deadline, s->since + 600 * NS_S);
	lb_answer(&b, q, OUTCOME_DONE);
	ck_assert_int_eq(s->phase, PHASE_HEALTHY);
}
END_TEST

/* ---- launching ---- */

START_TEST(test_nothing_before_the_listings)
{
	ledger_begin(&b.ledger, &b.now);
	b.d.launch = 2;
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
	ck_assert_int_eq(lb_count(&b, ORDER_LIST), 2);
	ck_assert_int_eq(lb_count(&b, ORDER_SEEN), 1);
	lb_listings(&b);
	b.d.launch = 2;
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_LAUNCH));
}
END_TEST

START_TEST(test_silent_provider_stops_no_launch_for_long)
{
	int i;

	ledger_begin(&b.ledger, &b.now);
	for (i = 0; i < 29; i++) {
		b.d.launch = 1;
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
	}
	for (i = 0; i < 3 && lb_find(&b, ORDER_LAUNCH) == NULL; i++) {
		b.d.launch = 1;
		lb_step(&b);
	}
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_LAUNCH));
}
END_TEST

START_TEST(test_part_accepted_next_way_for_the_rest)
{
	const struct order *q;
	struct told t;

	lb_ready(&b);
	b.d.launch = 3;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_int_eq(q->way, 0);
	t = lb_told(&b.o->servers[q->first + 1], 5, PHASE_ACCEPTED);
	ledger_answer(&b.ledger, q->op, OUTCOME_CAPACITY, &t, 1);
	ck_assert_int_eq(servers_pending(b.t), 1);
	b.d.launch = 2;
	lb_step(&b);
	ck_assert_ptr_nonnull(lb_find(&b, ORDER_FORGET));
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->way, 1);
	ck_assert_int_eq(q->n, 2);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_REFUSED);
}
END_TEST

/* Refusals, and how long the way is left alone: first and at most (s). */
static const struct {
	enum outcome why;
	int first, most;
} refusals[] = {
	{ OUTCOME_CAPACITY, 10, 300 },
	{ OUTCOME_QUOTA, 60, 900 },
	{ OUTCOME_THROTTLED, 2, 120 },
	{ OUTCOME_PERMANENT, 60, 1800 },
};

START_TEST(test_refusal_backs_off)
{
	const struct order *q = NULL;
	int i, waited = 0, most = 0;

	b.policy.n_ways = 1;
	lb_ready(&b);
	for (i = 0; i < 4000; i++) {
		b.d.launch = 1;
		lb_step(&b);
		lb_listings(&b);
		q = lb_find(&b, ORDER_LAUNCH);
		if (q == NULL) {
			waited++;
			continue;
		}
		if (waited > 0 && most == 0)
			ck_assert_int_le(waited, refusals[_i].first + 1);
		most = waited > most ? waited : most;
		waited = 0;
		lb_answer(&b, q, refusals[_i].why);
	}
	ck_assert_int_le(most, refusals[_i].most + 1);
	ck_assert_int_ge(most, refusals[_i].most / 4);
	ck_assert_int_le(b.t->n, 1);
}
END_TEST

START_TEST(test_unknown_counts_and_is_never_asked_again)
{
	const struct order *q;
	struct server *s;
	struct told t;
	int i;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	t = lb_told(&b.o->servers[q->first], 9, PHASE_BOOTED);
	lb_answer(&b, q, OUTCOME_UNKNOWN);
	ck_assert_int_eq(servers_pending(b.t), 1);
	for (i = 0; i < 300; i++) {
		lb_step(&b);
		ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
		q = lb_find(&b, ORDER_LOOKUP);
		if (q != NULL)
			lb_answer(&b, q, OUTCOME_UNKNOWN);
		ck_assert_int_eq(servers_pending(b.t), 1);
	}
	q = lb_until(&b, ORDER_LOOKUP, 60);
	ledger_answer(&b.ledger, q->op, OUTCOME_DONE, &t, 1);
	s = lb_server(&b, 9);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->phase, PHASE_BOOTED);
	ck_assert_int_eq(s->flags & SERVER_UNKNOWN, 0);
}
END_TEST

START_TEST(test_not_found_is_gone_after_three_over_two_minutes)
{
	const struct order *q;
	ns_t asked;
	int found = 0;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	asked = b.now.mono;
	lb_answer(&b, lb_find(&b, ORDER_LAUNCH), OUTCOME_UNKNOWN);
	while (b.t->n > 0 && b.now.mono - asked < 400 * NS_S) {
		lb_step(&b);
		q = lb_find(&b, ORDER_LOOKUP);
		if (q != NULL) {
			lb_answer(&b, q, OUTCOME_DONE);
			found++;
		}
		if (b.now.mono - asked < 119 * NS_S)
			ck_assert_int_eq(b.t->n, 1);
	}
	ck_assert_int_eq(b.t->n, 0);
	ck_assert_int_ge(found, 3);
	ck_assert_int_le(b.now.mono - asked, 200 * NS_S);
}
END_TEST

START_TEST(test_late_answer_names_an_unknown)
{
	const struct order *q;
	struct told t;
	op_t op;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	op = q->op;
	t = lb_told(&b.o->servers[q->first], 4, PHASE_ACCEPTED);
	lb_answer(&b, q, OUTCOME_UNKNOWN);
	lb_step(&b);
	ledger_answer(&b.ledger, op, OUTCOME_DONE, &t, 1);
	ck_assert_int_eq(lb_server(&b, 4)->phase, PHASE_ACCEPTED);
	/* And twice, and for the lookup that is still under way. */
	ledger_answer(&b.ledger, op, OUTCOME_DONE, &t, 1);
	ledger_answer(&b.ledger, op, OUTCOME_CAPACITY, NULL, 0);
	ck_assert_int_eq(b.t->n, 1);
	ck_assert_int_eq(servers_pending(b.t), 1);
}
END_TEST

START_TEST(test_foreign_and_torn_answers_change_nothing)
{
	struct told t;
	struct server none;

	lb_ready(&b);
	lb_serve(&b, 3, 1);
	memset(&none, 0, sizeof(none));
	none.token.byte[0] = 9;
	t = lb_told(&none, 77, PHASE_BOOTED);
	memset(t.id.text, 'x', ID_SIZE); /* without its NUL */
	ledger_answer(&b.ledger, 0, OUTCOME_DONE, &t, 1);
	ledger_answer(&b.ledger, UINT64_MAX, OUTCOME_DONE, &t, 1);
	ledger_answer(&b.ledger, (op_t)3 << 58 | 12345, OUTCOME_DONE, &t, 1);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	lb_step(&b);
	lb_step(&b);
	ck_assert_int_eq(b.t->n, 3);
	ck_assert_int_eq(servers_serving(b.t), 3);
}
END_TEST

/* An answer that also names what nobody asked for. */
START_TEST(test_launch_names_a_stranger)
{
	const struct order *q;
	struct told told[2];
	struct server odd;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	memset(&odd, 0, sizeof(odd));
	odd.token.byte[3] = 9;
	told[0] = lb_told(&odd, 7, PHASE_ACCEPTED);
	told[1] = lb_told(&b.o->servers[q->first], 1, PHASE_ACCEPTED);
	ledger_answer(&b.ledger, q->op, OUTCOME_DONE, told, 2);
	ck_assert_int_eq(b.t->n, 1);
	ck_assert_int_eq(lb_server(&b, 1)->phase, PHASE_ACCEPTED);
	ck_assert_ptr_null(lb_server(&b, 7));
}
END_TEST

START_TEST(test_no_op_is_no_answer)
{
	ledger_begin(&b.ledger, &b.now);
	ledger_answer(&b.ledger, 0, OUTCOME_DONE, NULL, 0);
	b.d.launch = 1;
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_LIST), OUTCOME_DONE);
	b.d.launch = 1;
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH)); /* nobody was seen */
}
END_TEST

START_TEST(test_unknown_beside_a_new_intent_is_not_asked_for)
{
	const struct order *q;

	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_LAUNCH), OUTCOME_UNKNOWN);
	lb_step(&b);
	b.ledger.way[0].calls = 3; /* enough for writes, not for lookups */
	b.ledger.way[0].calls_at = b.now.mono;
	lb_step(&b);
	b.d.launch = 1;
	lb_step(&b);
	q = lb_find(&b, ORDER_LAUNCH);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->n, 1);
}
END_TEST

START_TEST(test_two_of_ours_with_one_id)
{
	lb_ready(&b);
	lb_serve(&b, 1, 1);
	b.d.launch = 1;
	lb_step(&b);
	/* The provider gives the new one the name of the first. */
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 1);
	ck_assert_int_eq(servers_serving(b.t), 1);
	ck_assert_int_eq(b.t->count[PHASE_DECIDED], 1);
	ck_assert_int_eq(lb_server(&b, 1)->phase, PHASE_SERVING);
	lb_step(&b);
}
END_TEST

START_TEST(test_launches_per_hour)
{
	const struct order *q;
	int i, n = 0;

	b.policy.limit.launches_per_hour = 5;
	lb_ready(&b);
	for (i = 0; i < 3500; i++) {
		b.d.launch = 2;
		lb_step(&b);
		lb_listings(&b);
		q = lb_find(&b, ORDER_LAUNCH);
		if (q != NULL) {
			lb_accept(&b, q, 100 + n);
			n += q->n;
		}
	}
	ck_assert_int_eq(n, 5);
	for (i = 0; i < 200; i++) {
		b.d.launch = 2;
		lb_step(&b);
		q = lb_find(&b, ORDER_LAUNCH);
		if (q != NULL)
			n += q->n;
	}
	ck_assert_int_eq(n, 10);
}
END_TEST

START_TEST(test_never_above_hard_max)
{
	lb_ready(&b);
	b.d.launch = 100;
	lb_step(&b);
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 40);
	b.d.launch = 100;
	lb_step(&b);
	ck_assert_ptr_null(lb_find(&b, ORDER_LAUNCH));
}
END_TEST

START_TEST(test_boot_deadline_fails_and_is_removed)
{
	const struct order *q;
	op_t probe;

	b.policy.limit.boot_deadline = 60 * NS_S;
	lb_ready(&b);
	b.d.launch = 1;
	lb_step(&b);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 1);
	lb_step(&b);
	probe = lb_find(&b, ORDER_PROBE)->op;
	q = lb_until(&b, ORDER_PROBE_END, 70);
	ck_assert_uint_eq(q->op, probe);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_STALLED);
	q = lb_until(&b, ORDER_TERMINATE, 3);
	ck_assert_ptr_null(lb_find(&b, ORDER_REMOVE)); /* was never in */
	ck_assert_str_eq(b.o->servers[q->first].id.text, "i-0001");
	lb_answer(&b, q, OUTCOME_DONE);
	lb_step(&b);
	ck_assert_int_eq(b.t->n, 0);
}
END_TEST

START_TEST(test_boot_failures_trip_the_way)
{
	const struct order *q;
	int i, n = 0, k;

	b.policy.limit.boot_deadline = 60 * NS_S;
	b.policy.n_ways = 1;
	lb_ready(&b);
	for (i = 0; i < 1000; i++) {
		b.d.launch = servers_pending(b.t) == 0;
		lb_step(&b);
		lb_listings(&b);
		for (k = 0; k < b.o->n; k++) {
			q = &b.o->at[k];
			if (q->kind == ORDER_LAUNCH) {
				n++;
				lb_accept(&b, q, i);
			}
			if (q->kind == ORDER_TERMINATE)
				lb_answer(&b, q, OUTCOME_DONE);
		}
	}
	/* Three, and a probe launch each five minutes. */
	ck_assert_int_eq(n, 5);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_BREAKER);
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now,
	    &(struct word){ .kind = WORD_RESUME }, NULL), 0);
	ck_assert(!(ledger_alarms(&b.ledger) & 1u << ALARM_BREAKER));
}
END_TEST

START_TEST(test_one_probe_that_boots_rearms)
{
	struct hold holds[MAX_HOLDS];

	b.policy.n_ways = 1;
	lb_ready(&b);
	b.ledger.way[0].failures = 3;
	ck_assert_int_eq(ledger_holds(&b.ledger, holds), 1);
	ck_assert_int_eq(holds[0].what, HOLD_IN);
	b.d.launch = 8;
	lb_step(&b);
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 1);
	lb_accept(&b, lb_find(&b, ORDER_LAUNCH), 1);
	lb_step(&b);
	lb_answer(&b, lb_find(&b, ORDER_PROBE), OUTCOME_DONE);
	b.d.launch = 8;
	lb_step(&b);
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 8);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("life");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_life);
	tcase_add_test(t, test_secrets_before_health);
	tcase_add_test(t, test_nothing_before_the_listings);
	tcase_add_test(t, test_silent_provider_stops_no_launch_for_long);
	tcase_add_test(t, test_part_accepted_next_way_for_the_rest);
	tcase_add_loop_test(t, test_refusal_backs_off, 0, 4);
	tcase_add_test(t, test_unknown_counts_and_is_never_asked_again);
	tcase_add_test(t, test_not_found_is_gone_after_three_over_two_minutes);
	tcase_add_test(t, test_late_answer_names_an_unknown);
	tcase_add_test(t, test_foreign_and_torn_answers_change_nothing);
	tcase_add_test(t, test_launch_names_a_stranger);
	tcase_add_test(t, test_no_op_is_no_answer);
	tcase_add_test(t, test_unknown_beside_a_new_intent_is_not_asked_for);
	tcase_add_test(t, test_two_of_ours_with_one_id);
	tcase_add_test(t, test_launches_per_hour);
	tcase_add_test(t, test_never_above_hard_max);
	tcase_add_test(t, test_boot_deadline_fails_and_is_removed);
	tcase_add_test(t, test_boot_failures_trip_the_way);
	tcase_add_test(t, test_one_probe_that_boots_rearms);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
