/* SPDX-License-Identifier: MIT */
/*
 * Every clamp in its place and named, the calendar, and what lies ahead.
 * Each row is a group under a steady load, and what it may have.
 */
#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "core/group_priv.h"
#include "forecast/announced.h"
#include "unit.h"

enum { SECONDS = 120, WALL = 1790000000 };

static struct group_policy policy;
static struct group *g;
static struct decision d;
static struct claim claim;
static struct now now;
static struct rng rng;
static void *memory;

static void
begin(void)
{
	memset(&policy, 0, sizeof(policy));
	(void)snprintf(policy.name, sizeof(policy.name), "web");
	policy.size.min = 2;
	policy.size.max = 50;
	policy.size.hard_max = 60;
	policy.size.rate_rps = 100.0;
	policy.size.utilization = 0.8;
	policy.size.latency = NS_S;
	policy.size.errors = 0.01;
	policy.forecast.risk = 0.01;
	policy.forecast.false_alarms_per_week = 1.0;
	policy.forecast.lead_time = 30 * NS_S;
	policy.limit.launches_per_hour = 400;
	policy.limit.removals_pct = 10.0;
	policy.limit.removals_window = 5 * NS_MIN;
	policy.limit.rush_removals_pct = 25.0;
	policy.limit.peak_window = 5 * NS_MIN;
	policy.limit.peak_margin = 1.0;
	policy.limit.boot_deadline = 10 * NS_MIN;
	policy.limit.doubt_alarm = 15 * NS_MIN;
	rng_init(&rng, 5);
	now = (struct now){ 10 * NS_HOUR, WALL };
}

static void
serve(int n)
{
	struct server s;
	int i;

	free(memory);
	memory = calloc(1, group_size(&policy));
	ck_assert_int_eq(group_init(&g, memory, &policy, 1, NULL), 0);
	for (i = 0; i < n; i++) {
		memset(&s, 0, sizeof(s));
		(void)snprintf(s.id.text, sizeof(s.id.text), "i-%d", i);
		s.phase = PHASE_SERVING;
		s.flags = SERVER_OURS | SERVER_RESTORED;
		s.since = s.serving_since = NS_S;
		ck_assert_ptr_nonnull(servers_add(group_servers(g), &s));
	}
}

/* Servers of 100 requests/s: slower as they fill, a queue when they are. */
static void
second(double rps)
{
	double cap = 100.0 * servers_serving(group_servers(g)), rho, over;
	struct sample s;

	rps *= 0.98 + 0.04 * rng_unit(&rng);
	rho = rps / cap;
	over = rps > cap ? rps - cap : 0.0;
	memset(&s, 0, sizeof(s));
	now.mono += NS_S;
	now.wall_s++;
	s.valid = rps >= 0.0;
	s.period = NS_S;
	s.proof = PROOF_ALIVE;
	s.requests_rps = value_of(rps);
	s.errors_rps = value_of(over);
	s.queue = value_of(over > 0.0 ? 5.0 * cap : 0.0);
	s.latency_s = value_of(over > 0.0 ? 5.0 :
	    rho > 0.8 ? 0.1 + 2.0 * (rho - 0.8) : 0.1);
	s.inflight = value_of(over > 0.0 ? 5.05 * cap : rps * 0.05);
	group_feed(g, &now, &s);
	group_need(g, &now, &claim);
	group_decide(g, &now, &claim, &d);
	group_launched(g, now.mono, now.mono, d.launch);
}

static void
run(double rps, int seconds)
{
	while (seconds-- > 0)
		second(rps);
}

static bool
clamped(enum clamp_kind k)
{
	int i;

	for (i = 0; i < d.n_clamps; i++)
		if (d.clamps[i].kind == k)
			return (true);
	return (false);
}

static bool
alarmed(enum alarm a)
{
	return ((d.alarms >> a & 1) != 0);
}

START_TEST(test_minimum_and_maximum)
{
	begin();
	serve(2);
	run(10.0, SECONDS);
	ck_assert_int_eq(d.desired, 2);
	begin();
	policy.size.max = policy.size.hard_max = 5;
	serve(5);
	run(480.0, SECONDS);
	ck_assert_int_eq(d.desired, 5);
	ck_assert(clamped(CLAMP_MAX));
	ck_assert(alarmed(ALARM_AT_MAX));
}
END_TEST

/* I-06: others leave no room yet; it is still what should be. */
START_TEST(test_never_below_the_minimum)
{
	begin();
	policy.size.min = 3;
	serve(1);
	run(10.0, 30);
	claim.have = 1;
	claim.granted = 1;
	group_decide(g, &now, &claim, &d);
	ck_assert_int_eq(d.desired, 3);
	ck_assert_int_eq(d.launch, 0);
}
END_TEST

/* An exact number is just that, up and down; a ceiling only lowers. */
static const struct {
	enum word_kind kind;
	int servers, desired; /* 0: as without the word */
} numbers[] = { { WORD_EXACT, 17, 17 }, { WORD_EXACT, 6, 6 },
	{ WORD_AT_MOST, 17, 0 }, { WORD_AT_MOST, 6, 6 },
	{ WORD_AT_LEAST, 17, 17 }, { WORD_AT_LEAST, 6, 0 } };

START_TEST(test_numbers_of_an_operator)
{
	struct word w = { .kind = numbers[_i].kind,
		.servers = numbers[_i].servers };
	struct err e = { 0 };
	int plain;

	begin();
	policy.limit.removals_pct = 100.0;
	serve(8);
	run(620.0, SECONDS);
	plain = claim.want;
	ck_assert_int_gt(plain, 6);
	ck_assert_int_lt(plain, 17);
	w.until_wall_s = now.wall_s + 600;
	ck_assert_msg(group_word(g, &now, &w, &e) == 0, "%s", e.text);
	group_need(g, &now, &claim);
	ck_assert_int_eq(claim.want, numbers[_i].desired > 0 ?
	    numbers[_i].desired : plain);
}
END_TEST

START_TEST(test_a_healthy_one_waits_for_its_balancer)
{
	struct servers *s;

	begin();
	serve(6);
	run(300.0, SECONDS);
	s = group_servers(g);
	servers_phase(s, &s->at[4], PHASE_HEALTHY, now.mono);
	servers_phase(s, &s->at[5], PHASE_BOOTED, now.mono);
	run(-1.0, 10); /* the balancer is silent */
	ck_assert_int_eq(d.n_terminate, 1);
	ck_assert_str_eq(d.terminate[0].text, "i-5");
}
END_TEST

START_TEST(test_dependency)
{
	begin();
	policy.n_depends = 1;
	policy.depends[0] = (struct depend_settings){ "db", 180, 20, 20 };
	serve(6);
	run(1000.0, SECONDS);
	/* (180 - 20) / 20 connections: eight servers and no more (I-40). */
	ck_assert_int_eq(d.desired, 8);
	ck_assert(clamped(CLAMP_DEPENDENCY));
	servers_phase(group_servers(g), &group_servers(g)->at[0],
	    PHASE_DRAINING, now.mono);
	second(1000.0);
	ck_assert_int_eq(claim.want, 7);
}
END_TEST

START_TEST(test_launches_an_hour)
{
	int launched = 0, i;

	begin();
	policy.limit.launches_per_hour = 3;
	serve(4);
	for (i = 0; i < SECONDS; i++) {
		second(900.0);
		launched += d.launch;
	}
	/* Nothing arrives here, so what is asked for again is counted. */
	ck_assert_int_eq(launched, 3);
	ck_assert(clamped(CLAMP_LAUNCH_RATE));
	for (i = 0; i < 3300; i++) {
		second(900.0);
		launched += d.launch;
	}
	ck_assert_int_eq(launched, 3);
	for (i = 0; i < 420; i++) {
		second(900.0);
		launched += d.launch;
	}
	ck_assert_int_eq(launched, 6);
}
END_TEST

START_TEST(test_refused_launches_do_not_count)
{
	int launched = 0, i;

	begin();
	policy.limit.launches_per_hour = 20;
	serve(4);
	for (i = 0; i < SECONDS; i++) {
		second(900.0);
		launched += d.launch;
		if (d.launch == 0)
			continue;
		group_launched(g, now.mono, now.mono, -d.launch);
		group_granted(g, &now, 0, 0, d.launch, OUTCOME_CAPACITY);
	}
	ck_assert_int_gt(launched, 20);
}
END_TEST

/* What is taken back is as if it had never been; an hour is sixty minutes. */
START_TEST(test_the_hour_to_the_launch)
{
	int i;

	begin();
	policy.limit.launches_per_hour = 20;
	serve(4);
	group_launched(g, now.mono, now.mono, 7);
	ck_assert_int_eq(group_launches_left(g, now.mono), 13);
	group_launched(g, now.mono, now.mono, -7);
	ck_assert_int_eq(group_launches_left(g, now.mono), 20);
	group_launched(g, now.mono, now.mono, -1); /* never less than none */
	ck_assert_int_eq(group_launches_left(g, now.mono), 20);
	group_launched(g, now.mono, now.mono, 5);
	for (i = 0; i < 60; i++) {
		ck_assert_int_eq(group_launches_left(g, now.mono), 15);
		now.mono += NS_MIN;
	}
	ck_assert_int_eq(group_launches_left(g, now.mono), 15);
	now.mono += NS_MIN;
	ck_assert_int_eq(group_launches_left(g, now.mono), 20);
}
END_TEST

START_TEST(test_launches_are_remembered)
{
	begin();
	policy.limit.launches_per_hour = 3;
	serve(4);
	group_launched(g, now.mono, now.mono - NS_MIN, 3);
	run(900.0, SECONDS);
	ck_assert_int_eq(d.desired, 4);
	ck_assert(clamped(CLAMP_LAUNCH_RATE));
}
END_TEST

START_TEST(test_spend)
{
	begin();
	policy.limit.price_per_hour = 1.0;
	now.wall_s = WALL / 86400 * 86400; /* the whole day is left */
	policy.limit.spend_per_day = 24.0 * 7 + 1.0;
	serve(4);
	run(1500.0, SECONDS);
	ck_assert_int_eq(d.desired, 7);
	ck_assert(clamped(CLAMP_SPEND));
}
END_TEST

/* Each server costs while it is there; a gap in the steps costs a minute. */
START_TEST(test_money_spent)
{
	struct spend *s;

	begin();
	policy.limit.price_per_hour = 3600.0;
	policy.limit.spend_per_day = 1e9;
	now.wall_s = WALL / 86400 * 86400 + 100;
	serve(4);
	s = &g->learned.spend;
	run(10.0, 1);
	ck_assert_double_eq_tol(s->today, 0.0, 1e-9); /* begins with it */
	run(10.0, 50);
	ck_assert_double_eq_tol(s->today, 200.0, 1e-6);
	now.mono += 3600 * NS_S;
	run(10.0, 1);
	ck_assert_double_eq_tol(s->today, 440.0, 1e-6);
	now.wall_s += 86400;
	run(10.0, 1);
	ck_assert_double_eq_tol(s->today, 4.0, 1e-6); /* another day */
	run(10.0, 1);
	ck_assert_double_eq_tol(s->today, 8.0, 1e-6);
}
END_TEST

/* In a currency of large coins, too. */
START_TEST(test_spend_of_less_than_one)
{
	begin();
	policy.limit.price_per_hour = 0.004;
	now.wall_s = WALL / 86400 * 86400;
	policy.limit.spend_per_day = 0.004 * (24.0 * 7 + 1.0);
	serve(4);
	run(1500.0, SECONDS);
	ck_assert_int_eq(d.desired, 7);
	ck_assert(clamped(CLAMP_SPEND));
}
END_TEST

START_TEST(test_words_yield_to_dependency_and_max)
{
	struct word w;

	begin();
	policy.n_depends = 1;
	policy.depends[0] = (struct depend_settings){ "db", 200, 20, 0 };
	serve(4);
	run(100.0, 5);
	memset(&w, 0, sizeof(w));
	w.kind = WORD_AT_LEAST;
	w.servers = 30;
	w.until_wall_s = now.wall_s + 7200;
	ck_assert_int_eq(group_word(g, &now, &w, NULL), 0);
	second(100.0);
	ck_assert_int_eq(claim.want, 10);
	ck_assert(clamped(CLAMP_WORD));
	ck_assert(clamped(CLAMP_DEPENDENCY));
	ck_assert_int_eq(d.mode, MODE_MANUAL);
}
END_TEST

START_TEST(test_calendar_before_it_begins)
{
	begin();
	policy.n_calendar = 1;
	policy.calendar[0] = (struct calendar_window){ WALL + 400, WALL + 900,
		3.0, 0, 0, "sale" };
	serve(4);
	run(200.0, 300);
	ck_assert_int_le(claim.want, 4);
	/* The lead time is half a minute: now it is in sight. */
	run(200.0, 80);
	ck_assert_int_eq(claim.want, 8);
	ck_assert_int_eq(d.winner, WINNER_CALENDAR);
	/* The event's own load does not multiply it. */
	run(600.0, 60);
	ck_assert_int_le(claim.want, 16);
}
END_TEST

START_TEST(test_calendar_min_and_max)
{
	begin();
	policy.n_calendar = 2;
	policy.calendar[0] = (struct calendar_window){ WALL, WALL + 500, 0.0,
		9, 0, "show" };
	policy.calendar[1] = (struct calendar_window){ WALL + 600, WALL + 9999,
		0.0, 0, 6, "maintenance" };
	serve(4);
	run(100.0, 30);
	ck_assert_int_eq(claim.want, 9);
	ck_assert(clamped(CLAMP_MIN));
	run(100.0, 580);
	run(2000.0, 30);
	ck_assert_int_le(claim.want, 6);
	ck_assert(clamped(CLAMP_MAX));
}
END_TEST

START_TEST(test_survivable)
{
	begin();
	serve(10);
	run(250.0, SECONDS);
	/* Lead time 30 s, at most 50 servers: 5000 over 250 requests/s. */
	ck_assert_double_eq_tol(d.survivable, 20.0, 2.0);
	ck_assert(!alarmed(ALARM_MAX_IN_SIGHT));
	run(3600.0, SECONDS);
	ck_assert_double_lt(d.survivable, 1.5);
	ck_assert(alarmed(ALARM_MAX_IN_SIGHT));
}
END_TEST

START_TEST(test_lagging_and_blind)
{
	begin();
	policy.limit.launches_per_hour = 100000;
	serve(4);
	run(200.0, 60);
	ck_assert(!alarmed(ALARM_LAGGING));
	run(1500.0, 60);
	ck_assert(alarmed(ALARM_LAGGING));
	run(-1.0, 60);
	ck_assert(!alarmed(ALARM_NO_DATA));
	run(-1.0, 900);
	ck_assert(alarmed(ALARM_NO_DATA));
	run(300.0, 10);
	ck_assert(!alarmed(ALARM_NO_DATA));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clamp");
	TCase *t = tcase_create("clamp");
	int rc;

	tcase_add_test(t, test_minimum_and_maximum);
	tcase_add_test(t, test_never_below_the_minimum);
	tcase_add_loop_test(t, test_numbers_of_an_operator, 0,
	    (int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(t, test_a_healthy_one_waits_for_its_balancer);
	tcase_add_test(t, test_dependency);
	tcase_add_test(t, test_launches_an_hour);
	tcase_add_test(t, test_refused_launches_do_not_count);
	tcase_add_test(t, test_the_hour_to_the_launch);
	tcase_add_test(t, test_money_spent);
	tcase_add_test(t, test_spend_of_less_than_one);
	tcase_add_test(t, test_launches_are_remembered);
	tcase_add_test(t, test_spend);
	tcase_add_test(t, test_words_yield_to_dependency_and_max);
	tcase_add_test(t, test_calendar_before_it_begins);
	tcase_add_test(t, test_calendar_min_and_max);
	tcase_add_test(t, test_survivable);
	tcase_add_test(t, test_lagging_and_blind);
	suite_add_tcase(s, t);
	rc = unit_run(s);
	free(memory);
	return (rc);
}
