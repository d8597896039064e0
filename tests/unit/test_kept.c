/* SPDX-License-Identifier: MIT */
/* What a restart must not forget: breakers, cooldowns, the last removal. */
#include "core/ledger_priv.h"
#include "ledger_bench.h"

static struct lb b;
static uint8_t kept[4096];
static size_t n_kept;

static void
setup(void)
{
	lb_init(&b);
	b.policy.n_ways = 1;
}

static void
teardown(void)
{
	lb_fini(&b);
}

/* The next life begins at this moment of its boot clock. */
static void
restart(ns_t mono)
{
	n_kept = ledger_save(&b.ledger, kept, sizeof(kept));
	ck_assert_int_eq(n_kept, ledger_kept());
	ck_assert(!b.ledger.kept_news);
	free(b.memory);
	lb_group(&b);
	b.now.mono = mono;
	ck_assert_int_eq(ledger_load(&b.ledger, &b.now, kept, n_kept), n_kept);
	lb_ready(&b);
}

/* Seconds until a launch is asked for; it stays unanswered. */
static int
until_launch(int most)
{
	int i;

	for (i = 0; i < most; i++) {
		b.d.launch = 8;
		lb_step(&b);
		lb_listings(&b);
		if (lb_find(&b, ORDER_LAUNCH) != NULL)
			break;
	}
	return (i);
}

START_TEST(test_a_tripped_way_stays_tripped)
{
	int i;

	b.policy.limit.boot_deadline = 60 * NS_S;
	lb_ready(&b);
	for (i = 0; i < 3; i++)
		intent_booted(&b.ledger, 0, false);
	ck_assert(b.ledger.kept_news);
	restart(b.now.mono);
	ck_assert(ledger_alarms(&b.ledger) & 1u << ALARM_BREAKER);
	i = until_launch(400);
	ck_assert_int_ge(i, 290);
	ck_assert_int_le(i, 310);
	ck_assert_int_eq(lb_find(&b, ORDER_LAUNCH)->n, 1); /* a probe */
}
END_TEST

START_TEST(test_two_boots_failed_before_and_one_after)
{
	lb_ready(&b);
	intent_booted(&b.ledger, 0, false);
	intent_booted(&b.ledger, 0, false);
	restart(b.now.mono);
	ck_assert(!intent_tripped(&b.ledger, 0));
	intent_booted(&b.ledger, 0, false);
	ck_assert(intent_tripped(&b.ledger, 0));
}
END_TEST

/* Sixteen refusals in a row: minutes between two asks, after a restart too. */
START_TEST(test_a_refusing_way_is_left_alone)
{
	int i;

	lb_ready(&b);
	for (i = 0; i < 16; i++)
		intent_refused(&b.ledger, 0, OUTCOME_QUOTA);
	b.ledger.way[0].until = b.now.mono + 900 * NS_S;
	ck_assert(b.ledger.kept_news);
	restart(b.now.mono);
	ck_assert_int_eq(b.ledger.way[0].refusals, 16);
	ck_assert(b.ledger.refused_until > b.now.mono);
	i = until_launch(1000);
	ck_assert_int_ge(i, 890);
	ck_assert_int_le(i, 910);
}
END_TEST

/* I-11 over a restart, also of the machine: its clock begins at 0. */
static const ns_t moments[] = { 1000 * NS_S, 40 * NS_S };

START_TEST(test_one_removal_for_ill_health_in_a_window)
{
	lb_ready(&b);
	b.ledger.health_removed = b.now.mono - 100 * NS_S;
	restart(moments[_i]);
	ck_assert_int_ge(b.ledger.health_removed, 0);
	ck_assert_int_le(b.now.mono - b.ledger.health_removed, 110 * NS_S);
}
END_TEST

START_TEST(test_never_removed_stays_never)
{
	lb_ready(&b);
	restart(b.now.mono);
	ck_assert_int_lt(b.ledger.health_removed, 0);
}
END_TEST

/* I-08 over a restart: servers that are gone were launches, too. */
START_TEST(test_launches_of_the_hour)
{
	lb_ready(&b);
	intent_count(&b.ledger, b.now.mono, 30);
	ck_assert(b.ledger.kept_news);
	restart(moments[_i]);
	ck_assert_int_eq(group_launches(b.group, b.now.mono), 30);
	ck_assert_int_eq(group_launches_left(b.group, b.now.mono), 370);
	/* Those that were restored before are not counted twice. */
	n_kept = ledger_save(&b.ledger, kept, sizeof(kept));
	ck_assert_int_eq(ledger_load(&b.ledger, &b.now, kept, n_kept), n_kept);
	ck_assert_int_eq(group_launches(b.group, b.now.mono), 30);
	b.now.mono += 61 * NS_MIN;
	ck_assert_int_eq(group_launches(b.group, b.now.mono), 0);
}
END_TEST

/* What is no such record is not taken, nor is a part of it. */
START_TEST(test_damaged_bytes_change_nothing)
{
	size_t i;

	lb_ready(&b);
	n_kept = ledger_save(&b.ledger, kept, sizeof(kept));
	ck_assert_int_eq(ledger_save(&b.ledger, kept, n_kept - 1), 0);
	free(b.memory);
	lb_group(&b);
	ck_assert_int_eq(ledger_load(&b.ledger, &b.now, kept, n_kept - 1), 0);
	kept[0] ^= 1;
	ck_assert_int_eq(ledger_load(&b.ledger, &b.now, kept, n_kept), 0);
	kept[0] ^= 1;
	for (i = 16; i < 48; i += 8) { /* a span or a count below 0 */
		kept[i + 3] ^= 0x80;
		kept[i + 7] ^= 0x80;
		ck_assert_msg(ledger_load(&b.ledger, &b.now, kept, n_kept) ==
		    0, "byte %zu", i + 7);
		kept[i + 3] ^= 0x80;
		kept[i + 7] ^= 0x80;
	}
	ck_assert_int_eq(b.ledger.way[0].failures, 0);
	ck_assert_int_eq(ledger_load(&b.ledger, &b.now, kept, n_kept), n_kept);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("kept");
	TCase *t = tcase_create("kept");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_a_tripped_way_stays_tripped);
	tcase_add_test(t, test_two_boots_failed_before_and_one_after);
	tcase_add_test(t, test_a_refusing_way_is_left_alone);
	tcase_add_loop_test(t, test_one_removal_for_ill_health_in_a_window, 0,
	    2);
	tcase_add_test(t, test_never_removed_stays_never);
	tcase_add_loop_test(t, test_launches_of_the_hour, 0, 2);
	tcase_add_test(t, test_damaged_bytes_change_nothing);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
