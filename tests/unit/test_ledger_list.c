/* SPDX-License-Identifier: MIT */
/*
 * Ledger against world: listings, orphans, restarts, a doubtful journal, ill
 * health, and the words for single servers.
 */
#include "ledger_bench.h"

#define MIN_SPACING (60 * NS_S)

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

static struct told
stranger(int i, uint8_t tag, enum phase p)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	s.token.byte[0] = tag;
	return (lb_told(&s, i, p));
}

/* Answers each listing with these, each view with those, for a while. */
static void
world_says(struct told *told, size_t n, struct told *seen, size_t n_seen,
    int steps)
{
	int i;

	while (steps-- > 0) {
		lb_step(&b);
		for (i = 0; i < b.o->n; i++) {
			if (b.o->at[i].kind == ORDER_LIST)
				ledger_answer(&b.ledger, b.o->at[i].op,
				    OUTCOME_DONE, told, n);
			if (b.o->at[i].kind == ORDER_SEEN)
				ledger_answer(&b.ledger, b.o->at[i].op,
				    OUTCOME_DONE, seen, n_seen);
		}
	}
}

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

static int	word(enum word_kind, int);

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

static int
word(enum word_kind k, int i)
{
	struct word w = { .kind = k };

	(void)snprintf(w.id.text, ID_SIZE, "i-%04d", i);
	w.until_wall_s = k == WORD_PROTECT ? b.now.wall_s + 100 : 0;
	return (ledger_word(&b.ledger, &b.now, &w, NULL));
}

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
	TCase *t = tcase_create("world");

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
	tcase_add_test(t, test_sick_goes_when_its_peers_are_well);
	tcase_add_test(t, test_sick_that_recovers_stays);
	tcase_add_test(t, test_much_of_the_fleet_sick_holds_everything);
	tcase_add_test(t, test_the_only_ones_left_are_not_removed);
	tcase_add_test(t, test_a_listing_tells_health_that_was_missed);
	tcase_add_test(t, test_word_drain_is_not_taken_back);
	tcase_add_test(t, test_word_protect);
	tcase_add_test(t, test_word_replace_launches_first);
	tcase_add_test(t, test_words_wait_for_the_journal);
	tcase_add_test(t, test_operators_hold_stops_everything);
	tcase_add_test(t, test_phases_are_timed);
	tcase_add_test(t, test_quiet_steps_walk_nothing);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
