/* SPDX-License-Identifier: MIT */
/* Who goes: each row is a server and whether it may be taken (I-10, I-16). */
#include <string.h>

#include "core/group_priv.h"
#include "unit.h"

#define NOW (10 * NS_HOUR)
#define AGE(s) (NOW - (s) * NS_S)

static struct group_policy policy;
static struct group *g;
static struct decision d;
static void *memory;

static void
setup(void)
{
	memset(&policy, 0, sizeof(policy));
	(void)snprintf(policy.name, sizeof(policy.name), "web");
	policy.size.min = 1;
	policy.size.max = policy.size.hard_max = 50;
	policy.size.rate_rps = 100.0;
	policy.size.utilization = 0.8;
	policy.forecast.risk = 0.01;
	policy.forecast.false_alarms_per_week = 1.0;
	policy.limit.boot_deadline = 10 * NS_MIN;
	memory = calloc(1, group_size(&policy));
	ck_assert_int_eq(group_init(&g, memory, &policy, 1, NULL), 0);
	memset(&d, 0, sizeof(d));
}

static void
teardown(void)
{
	free(memory);
}

static void
add(int i, enum phase phase, uint16_t flags, ns_t since)
{
	struct server s, *v;

	memset(&s, 0, sizeof(s));
	(void)snprintf(s.id.text, ID_SIZE, "s%d", i);
	s.token.byte[0] = (uint8_t)i;
	s.token.byte[1] = 1;
	s.phase = (uint8_t)phase;
	s.flags = flags;
	s.since = s.phase_since = since;
	v = servers_add(&g->servers, &s);
	ck_assert_ptr_nonnull(v);
	if (flags & SERVER_PROTECTED)
		v->protect_until = NOW + NS_S;
}

/* What is chosen, as "s3 s1". */
static const char *
chosen(void)
{
	static char text[400];
	size_t n = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < d.n_terminate; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
		    i > 0 ? " " : "", d.terminate[i].text);
	return (text);
}

static const struct {
	const char *says;
	enum phase phase;
	uint16_t flags;
	bool chosen;
} rows[] = {
	{ "one of ours that serves", PHASE_SERVING, SERVER_OURS, true },
	{ "one on its way", PHASE_BOOTED, SERVER_OURS, true },
	{ "not one of others", PHASE_SERVING, 0, false },
	{ "nor one of others on its way", PHASE_ACCEPTED, 0, false },
	{ "nor a rehearsal", PHASE_SERVING, SERVER_OURS | SERVER_DRILL, false },
	{ "nor a protected one", PHASE_SERVING, SERVER_OURS | SERVER_PROTECTED,
	    false },
	{ "nor one that leaves already", PHASE_SERVING,
	    SERVER_OURS | SERVER_LEAVING, false },
	{ "nor one that is drained", PHASE_DRAINING, SERVER_OURS, false },
	{ "nor one that is removed", PHASE_REMOVING, SERVER_OURS, false },
};

START_TEST(test_who_may_go)
{
	add(1, rows[_i].phase, rows[_i].flags, AGE(1000));
	victims_choose(g, NOW, 1, 1, false, &d);
	ck_assert_msg(d.n_terminate == rows[_i].chosen, "%s", rows[_i].says);
}
END_TEST

START_TEST(test_protection_ends)
{
	add(1, PHASE_SERVING, SERVER_OURS | SERVER_PROTECTED, AGE(1000));
	victims_choose(g, NOW + NS_S - 1, 1, 1, false, &d);
	ck_assert_int_eq(d.n_terminate, 0);
	victims_choose(g, NOW + NS_S, 1, 1, false, &d);
	ck_assert_int_eq(d.n_terminate, 1);
}
END_TEST

START_TEST(test_on_their_way_oldest_first_then_newest_that_serve)
{
	add(1, PHASE_SERVING, SERVER_OURS, AGE(900));
	add(2, PHASE_SERVING, SERVER_OURS, AGE(800));
	add(3, PHASE_ACCEPTED, SERVER_OURS, AGE(40));
	add(4, PHASE_BOOTED, SERVER_OURS, AGE(30));
	victims_choose(g, NOW, 3, 9, false, &d);
	ck_assert_str_eq(chosen(), "s3 s4 s2");
}
END_TEST

START_TEST(test_not_more_than_asked_for_nor_of_those_that_serve)
{
	int i;

	for (i = 1; i <= 9; i++)
		add(i, i <= 6 ? PHASE_SERVING : PHASE_BOOTED, SERVER_OURS,
		    AGE(1000 - i));
	victims_choose(g, NOW, 7, 2, false, &d);
	ck_assert_str_eq(chosen(), "s7 s8 s9 s6 s5");
	d.n_terminate = 0;
	victims_choose(g, NOW, 1, 2, false, &d);
	ck_assert_str_eq(chosen(), "s7");
	d.n_terminate = 0;
	victims_choose(g, NOW, 9, 0, false, &d);
	ck_assert_str_eq(chosen(), "s7 s8 s9");
	d.n_terminate = 0;
	victims_choose(g, NOW, 0, 9, false, &d);
	ck_assert_int_eq(d.n_terminate, 0);
}
END_TEST

/* An intent without a name cannot be told to go. */
START_TEST(test_only_by_name)
{
	add(1, PHASE_DECIDED, SERVER_OURS, AGE(100));
	g->servers.at[0].id.text[0] = '\0';
	victims_choose(g, NOW, 1, 1, false, &d);
	ck_assert_int_eq(d.n_terminate, 0);
}
END_TEST

/* Paid for and lived long enough: the longer of the two counts. */
static const struct {
	int billed_s, lives_s, age_s;
	bool chosen;
} ages[] = { { 300, 60, 299, false }, { 300, 60, 300, true },
	{ 60, 300, 299, false }, { 60, 300, 300, true }, { 0, 0, 0, true } };

START_TEST(test_not_before_it_is_paid_for)
{
	policy.limit.billed_at_least = ages[_i].billed_s * NS_S;
	policy.limit.min_lifetime = ages[_i].lives_s * NS_S;
	add(1, PHASE_SERVING, SERVER_OURS, AGE(ages[_i].age_s));
	victims_choose(g, NOW, 1, 1, false, &d);
	ck_assert_int_eq(d.n_terminate, ages[_i].chosen);
	g->in.rush_onset = 1;
	ck_assert_int_eq(victims_of_rush(g, NOW), ages[_i].chosen);
}
END_TEST

START_TEST(test_of_the_rush_those_since_its_onset)
{
	add(1, PHASE_SERVING, SERVER_OURS, AGE(501));
	add(2, PHASE_SERVING, SERVER_OURS, AGE(500));
	add(3, PHASE_SERVING, SERVER_OURS, AGE(400));
	add(4, PHASE_SERVING, 0, AGE(400));
	add(5, PHASE_DRAINING, SERVER_OURS, AGE(400));
	ck_assert_int_eq(victims_of_rush(g, NOW), 0); /* there was none */
	g->in.rush_onset = AGE(500);
	ck_assert_int_eq(victims_of_rush(g, NOW), 2);
	victims_choose(g, NOW, 9, 9, true, &d);
	ck_assert_str_eq(chosen(), "s3 s2");
}
END_TEST

static const struct {
	const char *says;
	enum phase phase;
	uint16_t flags;
	int age_s;
	bool chosen;
} always[] = {
	{ "a failed one", PHASE_FAILED, SERVER_OURS, 5, true },
	{ "not one of others", PHASE_FAILED, 0, 5, false },
	{ "one that was told to leave", PHASE_SERVING,
	    SERVER_OURS | SERVER_LEAVING, 5, true },
	{ "not one that just serves", PHASE_SERVING, SERVER_OURS, 9000, false },
	{ "one past its boot deadline", PHASE_BOOTED, SERVER_OURS, 601, true },
	{ "not one that has until now", PHASE_BOOTED, SERVER_OURS, 600, false },
	{ "a healthy one has booted", PHASE_HEALTHY, SERVER_OURS, 9000, false },
	{ "nor a late one of others", PHASE_BOOTED, 0, 9000, false },
};

START_TEST(test_what_goes_whatever_the_need)
{
	add(1, always[_i].phase, always[_i].flags, AGE(always[_i].age_s));
	victims_always(g, NOW, &d);
	ck_assert_msg(d.n_terminate == always[_i].chosen, "%s",
	    always[_i].says);
	victims_always(g, NOW, &d); /* nobody is named twice */
	ck_assert_int_eq(d.n_terminate, always[_i].chosen);
}
END_TEST

START_TEST(test_a_step_has_room_for_so_many)
{
	int i;

	for (i = 0; i < 50; i++)
		add(i + 1, PHASE_FAILED, SERVER_OURS, AGE(9));
	for (i = 0; i < MAX_REMOVE_PER_STEP - 1; i++)
		d.terminate[d.n_terminate++].text[0] = 'x';
	victims_always(g, NOW, &d);
	ck_assert_int_eq(d.n_terminate, MAX_REMOVE_PER_STEP);
}
END_TEST

/* I-07: after a rush, its own and all others, by whichever rule. */
START_TEST(test_the_rules_do_not_add_up)
{
	struct now now = { NOW, 1790000000 };
	struct claim c = { .floor = 1, .want = 4, .have = 20, .granted = 4 };
	int i, k, gone = 0;

	policy.limit.removals_pct = 10.0;
	policy.limit.removals_window = 5 * NS_MIN;
	policy.limit.rush_removals_pct = 25.0;
	policy.limit.peak_window = NS_MIN;
	for (i = 0; i < 20; i++)
		add(i + 1, PHASE_SERVING, SERVER_OURS,
		    AGE(i < 5 ? 1200 : 9000));
	g->in.rush_onset = AGE(2000);
	g->in.fell = g->in.spare = AGE(1000);
	memset(g->learned.offered.good, 0xff,
	    sizeof(g->learned.offered.good));
	g->learned.offered.n = OFFERED_WINDOW;
	for (i = 0; i < 30; i++, now.mono += NS_S) {
		g->heard = now.mono;
		view_count(g, now.mono);
		decide_step(g, &now, &c, &d);
		for (k = 0; k < d.n_terminate; k++)
			servers_phase(&g->servers, servers_find(&g->servers,
			    &d.terminate[k]), PHASE_DRAINING, now.mono);
		gone += d.n_terminate;
		c.have -= d.n_terminate;
	}
	ck_assert_int_eq(gone, 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("victims");
	TCase *t = tcase_create("victims");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_who_may_go, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_protection_ends);
	tcase_add_test(t,
	    test_on_their_way_oldest_first_then_newest_that_serve);
	tcase_add_test(t,
	    test_not_more_than_asked_for_nor_of_those_that_serve);
	tcase_add_test(t, test_only_by_name);
	tcase_add_loop_test(t, test_not_before_it_is_paid_for, 0,
	    sizeof(ages) / sizeof(ages[0]));
	tcase_add_test(t, test_of_the_rush_those_since_its_onset);
	tcase_add_loop_test(t, test_what_goes_whatever_the_need, 0,
	    sizeof(always) / sizeof(always[0]));
	tcase_add_test(t, test_a_step_has_room_for_so_many);
	tcase_add_test(t, test_the_rules_do_not_add_up);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
