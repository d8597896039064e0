/* SPDX-License-Identifier: MIT */
/* Drills: the whole path, out of service, by turns, and not in trouble. */
#include "base/rng.h"
#include "ledger_bench.h"

static struct rng rng;

/* A second of calm load for four servers, and the ledger's step. */
static void
second(struct lb *b, double rps)
{
	struct sample s = { .valid = true, .period = NS_S,
		.proof = PROOF_ALIVE };
	struct claim claim;
	struct decision d;

	s.requests_rps = value_of(rps * (0.98 + 0.04 * rng_unit(&rng)));
	s.errors_rps = s.queue = value_of(0.0);
	s.latency_s = value_of(0.1);
	s.inflight = value_of(rps * 0.05);
	group_feed(b->group, &b->now, &s);
	group_need(b->group, &b->now, &claim);
	group_decide(b->group, &b->now, &claim, &d);
	lb_listings(b);
	lb_step(b);
}

static void
begin(struct lb *b)
{
	int i;

	rng_init(&rng, 5);
	lb_init(b);
	lb_ready(b);
	lb_serve(b, 4, 1);
	for (i = 0; i < 60; i++)
		second(b, 150.0);
}

static int
drill(struct lb *b, char *why)
{
	struct word w = { .kind = WORD_DRILL };
	struct err e = { 0 };
	int rc = ledger_word(&b->ledger, &b->now, &w, &e);

	(void)snprintf(why, ERR_SIZE, "%s", e.text);
	return (rc);
}

/* The next order of this kind, while calm seconds pass. */
static const struct order *
await(struct lb *b, enum order_kind k)
{
	int i;

	for (i = 0; i < 60 && lb_find(b, k) == NULL; i++)
		second(b, 150.0);
	ck_assert_msg(lb_find(b, k) != NULL, "order %d did not come", (int)k);
	return (lb_find(b, k));
}

/* From the word to the removal; the drill's way. */
static int
pass(struct lb *b, int name)
{
	const struct drill *d = group_drill(b->group);
	const struct order *q;
	char why[ERR_SIZE];
	int way, i;

	ck_assert_msg(drill(b, why) == 0, "%s", why);
	q = await(b, ORDER_LAUNCH);
	ck_assert_int_eq(q->n, 1);
	way = q->way;
	ck_assert(b->o->servers[q->first].flags & SERVER_DRILL);
	lb_accept(b, q, name);
	q = await(b, ORDER_PROBE);
	ck_assert_int_eq(d->result, DRILL_RUNNING);
	lb_answer(b, q, OUTCOME_DONE);
	ck_assert_int_eq(d->result, DRILL_PASSED);
	ck_assert_int_eq(d->reached, PHASE_HEALTHY);
	ck_assert_int_gt(d->took, 0);
	for (i = 0; i < 30 && lb_find(b, ORDER_TERMINATE) == NULL; i++) {
		second(b, 150.0);
		ck_assert_ptr_null(lb_find(b, ORDER_ADD));
		q = lb_find(b, ORDER_REMOVE);
		if (q != NULL)
			lb_answer(b, q, OUTCOME_DONE);
	}
	q = lb_find(b, ORDER_TERMINATE);
	ck_assert_ptr_nonnull(q);
	lb_answer(b, q, OUTCOME_DONE);
	ck_assert_int_eq(servers_serving(b->t), 4);
	second(b, 150.0);
	second(b, 150.0);
	ck_assert_int_eq(b->t->n, 4);
	return (way);
}

START_TEST(test_the_whole_path_out_of_service)
{
	struct lb b;

	begin(&b);
	ck_assert_int_eq(pass(&b, 100), 0);
	ck_assert_int_eq(ledger_alarms(&b.ledger), 0);
	/* By turns. */
	ck_assert_int_eq(pass(&b, 101), 1);
	ck_assert_int_eq(pass(&b, 102), 0);
	lb_fini(&b);
}
END_TEST

START_TEST(test_a_failure_alarms_with_its_phase)
{
	const struct order *q;
	struct told t;
	struct lb b;
	struct word resume = { .kind = WORD_RESUME };
	char why[ERR_SIZE];

	begin(&b);
	ck_assert_int_eq(drill(&b, why), 0);
	q = await(&b, ORDER_LAUNCH);
	t = lb_told(&b.o->servers[q->first], 100, PHASE_BOOTED);
	ledger_answer(&b.ledger, q->op, OUTCOME_DONE, &t, 1);
	second(&b, 150.0);
	ledger_happened(&b.ledger, HAPPENED_EXIT, &t);
	second(&b, 150.0);
	ck_assert_int_eq(group_drill(b.group)->result, DRILL_FAILED);
	ck_assert_int_eq(group_drill(b.group)->reached, PHASE_BOOTED);
	ck_assert_int_eq(ledger_alarms(&b.ledger), 1u << ALARM_DRILL);
	/* A person has seen it. */
	ck_assert_int_eq(ledger_word(&b.ledger, &b.now, &resume, NULL), 0);
	ck_assert_int_eq(ledger_alarms(&b.ledger), 0);
	lb_fini(&b);
}
END_TEST

START_TEST(test_a_refused_launch_is_a_failure)
{
	struct lb b;
	char why[ERR_SIZE];

	begin(&b);
	ck_assert_int_eq(drill(&b, why), 0);
	lb_answer(&b, await(&b, ORDER_LAUNCH), OUTCOME_QUOTA);
	ck_assert_int_eq(group_drill(b.group)->result, DRILL_FAILED);
	ck_assert_int_eq(group_drill(b.group)->reached, PHASE_DECIDED);
	lb_fini(&b);
}
END_TEST

static void
in_rush(struct lb *b)
{
	int i;

	for (i = 0; i < 9; i++)
		second(b, 700.0);
}

static void
at_max(struct lb *b)
{
	b->policy.size.max = b->policy.size.hard_max = 4;
}

static void
is_held(struct lb *b)
{
	struct word w = { .kind = WORD_HOLD, .what = HOLD_ALL };

	ck_assert_int_eq(group_word(b->group, &b->now, &w, NULL), 0);
}

static void
is_blind(struct lb *b)
{
	b->now.mono += 60 * NS_S;
	ledger_begin(&b->ledger, &b->now);
}

static void
is_running(struct lb *b)
{
	char why[ERR_SIZE];

	ck_assert_int_eq(drill(b, why), 0);
}

static void
bad_journal(struct lb *b)
{
	ledger_journal(&b->ledger, JOURNAL_BAD);
}

static void
no_launches(struct lb *b)
{
	b->policy.limit.launches_per_hour = 4; /* that serve already */
}

static void
no_connections(struct lb *b)
{
	b->policy.n_depends = 1;
	b->policy.depends[0] = (struct depend_settings){ "db", 40, 10, 0 };
}

static const struct {
	void (*make)(struct lb *);
	const char *says;
} refusals[] = {
	{ in_rush, "no calm time" }, { at_max, "no calm time" },
	{ is_held, "no calm time" }, { is_blind, "no calm time" },
	{ is_running, "one is under way" },
	{ bad_journal, "the journal is not durable" },
	{ no_launches, "a limit leaves no room" },
	{ no_connections, "no calm time" },
};

START_TEST(test_not_now)
{
	struct lb b;
	char why[ERR_SIZE];
	int before;

	begin(&b);
	refusals[_i].make(&b);
	before = b.t->n;
	ck_assert_int_eq(drill(&b, why), -1);
	ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "%s", why);
	ck_assert_int_eq(b.t->n, before);
	lb_fini(&b);
}
END_TEST

static const struct {
	const char *says;
	struct drill_settings s;
	int clock_s;	/* of the day */
	bool due;
} schedules[] = {
	{ "off", { 0, 0, 0 }, 4 * 3600, false },
	{ "at any time", { NS_HOUR, 0, 0 }, 12 * 3600, true },
	{ "within its hours", { NS_HOUR, 3 * 3600, 5 * 3600 }, 4 * 3600, true },
	{ "before them", { NS_HOUR, 3 * 3600, 5 * 3600 }, 2 * 3600, false },
	{ "after them", { NS_HOUR, 3 * 3600, 5 * 3600 }, 5 * 3600, false },
	{ "hours over midnight", { NS_HOUR, 23 * 3600, 3600 }, 1800, true },
	{ "outside of them", { NS_HOUR, 23 * 3600, 3600 }, 7200, false },
};

START_TEST(test_schedule)
{
	struct lb b;
	int i, launches = 0;

	begin(&b);
	b.policy.drill = schedules[_i].s;
	b.now.wall_s = b.now.wall_s / 86400 * 86400 + schedules[_i].clock_s;
	for (i = 0; i < 120; i++) {
		second(&b, 150.0);
		launches += lb_count(&b, ORDER_LAUNCH);
	}
	ck_assert_msg((launches > 0) == schedules[_i].due, "%s",
	    schedules[_i].says);
	lb_fini(&b);
}
END_TEST

START_TEST(test_so_often_and_no_more)
{
	struct lb b;
	int64_t last = 0;
	int i, n = 0;

	begin(&b);
	b.policy.drill.every = 600 * NS_S;
	for (i = 0; i < 3000; i++) {
		second(&b, 150.0);
		if (lb_find(&b, ORDER_LAUNCH) == NULL)
			continue;
		n++;
		ck_assert(last == 0 || b.now.wall_s - last >= 600);
		last = b.now.wall_s;
		lb_answer(&b, lb_find(&b, ORDER_LAUNCH), OUTCOME_CAPACITY);
	}
	ck_assert_int_ge(n, 3);
	ck_assert_int_le(n, 5);
	lb_fini(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("drill");
	TCase *t = tcase_create("drill");

	tcase_add_test(t, test_the_whole_path_out_of_service);
	tcase_add_test(t, test_a_failure_alarms_with_its_phase);
	tcase_add_test(t, test_a_refused_launch_is_a_failure);
	tcase_add_loop_test(t, test_not_now, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_loop_test(t, test_schedule, 0,
	    sizeof(schedules) / sizeof(schedules[0]));
	tcase_add_test(t, test_so_often_and_no_more);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
