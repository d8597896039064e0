/* SPDX-License-Identifier: MIT */
/* The fleet's step over several groups: carrying, order, bounds, reload. */
#include <string.h>

#include "base/err.h"
#include "core/fleet.h"
#include "core/ledger.h"
#include "unit.h"

enum { GROUPS = 24, PER_GROUP = 256 };

static struct group_policy groups[GROUPS + 1];
static struct fleet_policy policy;
static struct fleet *f;
static struct orders *o;
static void *memory;
static struct now now;

static void
group_named(struct group_policy *p, const char *name, int max)
{
	memset(p, 0, sizeof(*p));
	(void)snprintf(p->name, NAME_SIZE, "%s", name);
	p->priority = 50;
	p->size = (struct size_settings){ .min = 1, .max = max,
		.hard_max = max, .rate_rps = 100, .utilization = 0.75,
		.latency = NS_S };
	p->forecast = (struct forecast_settings){ .risk = 0.001,
		.false_alarms_per_week = 1, .lead_time = 60 * NS_S };
	p->limit = (struct limit_settings){ .launches_per_hour = 10000,
		.removals_pct = 10, .removals_window = 300 * NS_S,
		.rush_removals_pct = 25, .peak_window = 300 * NS_S,
		.peak_margin = 1.0, .min_lifetime = 60 * NS_S,
		.sick_pct = 30, .health_window = 600 * NS_S,
		.boot_deadline = 600 * NS_S, .boot_failures = 3,
		.doubt_alarm = 900 * NS_S, .drain = 30 * NS_S,
		.safe_mode = 600 * NS_S };
	p->n_ways = 1;
	(void)snprintf(p->ways[0], NAME_SIZE, "main");
}

static void
start(int n)
{
	struct err e = { 0 };

	policy = (struct fleet_policy){ .n_groups = n, .groups = groups };
	memory = calloc(1, fleet_size(&policy));
	o = calloc(1, sizeof(*o));
	now = (struct now){ 1000 * NS_S, 1795000000 };
	ck_assert_msg(fleet_init(&f, memory, &policy, 5, &e) == 0, "%s",
	    e.text);
}

static void
end(void)
{
	free(memory);
	free(o);
}

static void
step(const struct event *ev, size_t n)
{
	fleet_step(f, &now, ev, n, o);
	now.mono += NS_S;
	now.wall_s++;
}

static struct event
load(int group, double rps)
{
	struct event ev = { .kind = EVENT_SAMPLE, .group = group };

	ev.u.sample.valid = true;
	ev.u.sample.requests_rps = value_of(rps);
	ev.u.sample.errors_rps = value_of(0);
	ev.u.sample.period = NS_S;
	ev.u.sample.proof = PROOF_ALIVE;
	return (ev);
}

/* All listings of the last step were empty, and a step on these answers. */
static void
empty_world(void)
{
	static struct event ev[4 * MAX_GROUPS];
	size_t n = 0;
	int i;

	memset(ev, 0, sizeof(ev));
	for (i = 0; i < fleet_groups(f); i++)
		ev[n++] = load(i, 10);
	for (i = 0; i < o->n; i++) {
		if (o->at[i].kind != ORDER_LIST && o->at[i].kind != ORDER_SEEN)
			continue;
		ev[n].kind = EVENT_ANSWER;
		ev[n].group = -1; /* the op says whose it is */
		ev[n].u.answer.op = o->at[i].op;
		ev[n].u.answer.outcome = OUTCOME_DONE;
		n++;
	}
	step(ev, n);
}

static const struct order *
find(enum order_kind k, int group)
{
	int i;

	for (i = 0; i < o->n; i++)
		if (o->at[i].kind == k && o->at[i].group == group)
			return (&o->at[i]);
	return (NULL);
}

static struct event
told_of(const struct order *q, struct told *told, const char *name)
{
	struct event ev = { .kind = EVENT_ANSWER, .group = 63 };

	memset(told, 0, sizeof(*told));
	told->token = o->servers[q->first].token;
	told->phase = PHASE_ACCEPTED;
	(void)snprintf(told->id.text, ID_SIZE, "%s", name);
	ev.u.answer.op = q->op;
	ev.u.answer.outcome = OUTCOME_DONE;
	ev.u.answer.told = told;
	ev.u.answer.n_told = 1;
	return (ev);
}

START_TEST(test_each_group_its_own)
{
	struct event ev[2];
	struct told told[2];

	group_named(&groups[0], "shop", 20);
	group_named(&groups[1], "dashboard", 20);
	start(2);
	ck_assert_ptr_null(fleet_decision(f, 0));
	step(NULL, 0);
	empty_world();
	ck_assert_ptr_nonnull(find(ORDER_LAUNCH, 0));
	ck_assert_ptr_nonnull(find(ORDER_LAUNCH, 1));
	ck_assert_int_eq(find(ORDER_LAUNCH, 0)->n, 1); /* the minimum */
	ck_assert_ptr_nonnull(fleet_decision(f, 1));
	ck_assert_ptr_null(fleet_decision(f, 2));
	ck_assert_ptr_null(fleet_group(f, -1));
	ev[0] = told_of(find(ORDER_LAUNCH, 1), &told[0], "d-1");
	ev[1] = told_of(find(ORDER_LAUNCH, 0), &told[1], "s-1");
	step(ev, 2);
	ck_assert_str_eq(group_servers(fleet_group(f, 0))->at[0].id.text,
	    "s-1");
	ck_assert_str_eq(group_servers(fleet_group(f, 1))->at[0].id.text,
	    "d-1");
	end();
}
END_TEST

START_TEST(test_refused_words_say_why)
{
	struct event ev[3];

	group_named(&groups[0], "shop", 20);
	start(1);
	memset(ev, 0, sizeof(ev));
	ev[0] = load(0, 100);
	ev[1].kind = EVENT_WORD;
	ev[1].u.word.kind = WORD_DRAIN;
	(void)snprintf(ev[1].u.word.id.text, ID_SIZE, "nobody");
	ev[2].kind = EVENT_WORD;
	ev[2].group = 7;
	step(ev, 3);
	ck_assert_ptr_null(fleet_refused(f, 0));
	ck_assert_str_eq(fleet_refused(f, 1),
	    "group 'shop' has no server 'nobody'");
	ck_assert_str_eq(fleet_refused(f, 2), "the policy has no group 7");
	step(NULL, 0);
	ck_assert_ptr_null(fleet_refused(f, 1));
	end();
}
END_TEST

/* Everyone wants more at once than a step has room for. */
START_TEST(test_what_does_not_fit_waits)
{
	static int recorded[GROUPS], launched[GROUPS];
	struct event ev[GROUPS];
	int i, k, s, g, all = 0;
	bool effects;
	char name[16];

	memset(recorded, 0, sizeof(recorded));
	memset(launched, 0, sizeof(launched));
	for (i = 0; i < GROUPS; i++) {
		(void)snprintf(name, sizeof(name), "g%d", i);
		group_named(&groups[i], name, PER_GROUP);
		groups[i].size.min = PER_GROUP;
	}
	start(GROUPS);
	step(NULL, 0);
	for (s = 0; s < 20; s++) {
		for (i = 0; i < GROUPS; i++)
			ev[i] = load(i, 10);
		if (s == 0)
			empty_world();
		else
			step(ev, GROUPS);
		effects = false;
		for (k = 0; k < o->n; k++) {
			g = o->at[k].group;
			effects = effects || o->at[k].kind > ORDER_FORGET;
			if (o->at[k].kind == ORDER_RECORD) {
				ck_assert(!effects);
				recorded[g] += o->at[k].n;
			}
			if (o->at[k].kind == ORDER_LAUNCH)
				launched[g] += o->at[k].n;
			ck_assert_int_le(launched[g], recorded[g]);
		}
		ck_assert_int_le(o->n_servers, MAX_ORDER_SERVERS);
	}
	for (i = 0; i < GROUPS; i++)
		all += launched[i];
	ck_assert_int_eq(all, GROUPS * PER_GROUP);
	end();
}
END_TEST

/* ---- reload ---- */

START_TEST(test_reload_keeps_adds_and_refuses)
{
	static struct group_policy next[3];
	struct fleet_policy other = { .n_groups = 2, .groups = next };
	struct err e = { 0 };
	struct event ev;
	struct told told;
	const struct order *q;
	void *more;

	group_named(&groups[0], "shop", 20);
	group_named(&groups[1], "dashboard", 20);
	start(2);
	step(NULL, 0);
	empty_world();
	q = find(ORDER_LAUNCH, 1);
	ck_assert_ptr_nonnull(q);
	/* dashboard has an intent: it cannot go. */
	group_named(&next[0], "batch", 10);
	group_named(&next[1], "shop", 20);
	more = calloc(1, fleet_reload_size(f, &other));
	ck_assert_int_eq(fleet_reload(f, &other, more, &e), -1);
	ck_assert_str_eq(e.text,
	    "group 'dashboard' still has 1 servers: it cannot go");
	ck_assert_int_eq(fleet_groups(f), 2);
	/* In another order, with a new one in front: answers find home. */
	other.n_groups = 3;
	group_named(&next[1], "dashboard", 20);
	group_named(&next[2], "shop", 20);
	next[1].size.min = 3;
	ck_assert_int_eq(fleet_reload(f, &other, more, NULL), 0);
	ck_assert_int_eq(fleet_groups(f), 3);
	ck_assert_ptr_null(fleet_decision(f, 0));
	ev = told_of(q, &told, "d-1");
	step(&ev, 1);
	ck_assert_str_eq(group_policy(fleet_group(f, 0))->name, "batch");
	ck_assert_str_eq(group_servers(fleet_group(f, 1))->at[0].id.text,
	    "d-1");
	q = find(ORDER_LAUNCH, 1);
	ck_assert_ptr_nonnull(q); /* the new minimum */
	ck_assert_int_eq(q->n, 2);
	ck_assert_ptr_nonnull(find(ORDER_LIST, 0)); /* the new group */
	end();
	free(more);
}
END_TEST

/* Whichever of them: a group with servers of ours cannot go. */
START_TEST(test_no_group_with_servers_goes)
{
	static struct group_policy next[1];
	struct fleet_policy other = { .n_groups = 1, .groups = next };
	struct err e = { 0 };
	char want[80];
	void *more;

	group_named(&groups[0], "shop", 20);
	group_named(&groups[1], "dashboard", 20);
	start(2);
	step(NULL, 0);
	empty_world();
	ck_assert_ptr_nonnull(find(ORDER_LAUNCH, 0));
	ck_assert_ptr_nonnull(find(ORDER_LAUNCH, 1));
	next[0] = groups[1 - _i]; /* that one alone stays */
	more = calloc(1, fleet_reload_size(f, &other) + 1);
	ck_assert_int_eq(fleet_reload(f, &other, more, &e), -1);
	(void)snprintf(want, sizeof(want), "group '%s' still has 1 servers: "
	    "it cannot go", groups[_i].name);
	ck_assert_str_eq(e.text, want);
	end();
	free(more);
}
END_TEST

START_TEST(test_reload_is_all_or_nothing)
{
	static struct group_policy next[2];
	struct fleet_policy other = { .n_groups = 2, .groups = next };
	struct err e = { 0 };
	void *more;

	group_named(&groups[0], "shop", 20);
	start(1);
	step(NULL, 0);
	next[0] = groups[0];
	next[0].size.min = 5;
	group_named(&next[1], "broken", 20);
	next[1].size.rate_rps = 0;
	next[1].size.concurrency = 0;
	more = calloc(1, fleet_reload_size(f, &other));
	if (fleet_reload(f, &other, more, &e) == 0)
		ck_abort_msg("a group without a rate was taken");
	ck_assert_int_eq(fleet_groups(f), 1);
	ck_assert_int_eq(group_policy(fleet_group(f, 0))->size.min, 1);
	step(NULL, 0);
	end();
	free(more);
}
END_TEST

/* A reload that fails late gives every group its old table and policy back. */
START_TEST(test_reload_gives_all_tables_back)
{
	static struct group_policy next[4];
	struct fleet_policy other = { .n_groups = 4, .groups = next };
	struct servers *was[3];
	struct err e = { 0 };
	char name[8];
	void *more;
	int i, cap[3];

	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "g%d", i);
		group_named(&groups[i], name, 20);
		next[i] = groups[i];
		next[i].size.max = next[i].size.hard_max = 60;
	}
	start(3);
	step(NULL, 0);
	group_named(&next[3], "broken", 20);
	next[3].size.rate_rps = next[3].size.concurrency = 0;
	for (i = 0; i < 3; i++) {
		was[i] = group_servers(fleet_group(f, i));
		cap[i] = was[i]->cap;
	}
	more = calloc(1, fleet_reload_size(f, &other));
	ck_assert_int_eq(fleet_reload(f, &other, more, &e), -1);
	memset(next, 0xff, sizeof(next)); /* nothing of it is used */
	free(more);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_eq(group_policy(fleet_group(f, i)), &groups[i]);
		ck_assert_int_eq(was[i]->cap, cap[i]);
	}
	step(NULL, 0);
	end();
}
END_TEST

/* What another build kept is taken, what it learned is not. */
START_TEST(test_kept_and_learned)
{
	static uint8_t buf[256 << 10];
	struct err e = { 0 };
	size_t n = sizeof(buf);

	group_named(&groups[0], "shop", 20);
	start(1);
	step(NULL, 0);
	ck_assert_int_eq(fleet_save(f, 0, buf, &n, &e), 0);
	ck_assert_int_gt((int)n, (int)fleet_kept());
	end();
	start(1);
	ck_assert_int_eq(fleet_load(f, &now, 0, buf, fleet_kept(), &e), 0);
	ck_assert_int_eq(fleet_load(f, &now, 0, buf, n, &e), 0);
	ck_assert_int_eq(fleet_load(f, &now, 0, buf, n - 1, &e), -1);
	ck_assert_int_eq(fleet_load(f, &now, 1, buf, n, NULL), -1);
	n = fleet_kept() + 8;
	ck_assert_int_eq(fleet_save(f, 0, buf, &n, NULL), -1);
	ck_assert_int_eq(fleet_save(f, 1, buf, &n, NULL), -1);
	end();
}
END_TEST

/* In a rush: the maximum is raised, and nobody is forgotten. */
START_TEST(test_reload_raises_the_maximum)
{
	static struct group_policy next[2];
	struct fleet_policy other = { .n_groups = 1, .groups = next };
	const struct order *q;
	struct event ev;
	struct told told;
	void *more;

	group_named(&groups[0], "shop", 4);
	groups[0].size.min = 4;
	start(1);
	step(NULL, 0);
	empty_world();
	q = find(ORDER_LAUNCH, 0);
	ck_assert_int_eq(q->n, 4);
	ev = told_of(q, &told, "s-1");
	group_named(&next[0], "shop", 300);
	next[0].size.min = 200;
	/* First one that fails behind it: the table is as it was. */
	group_named(&next[1], "broken", 20);
	next[1].size.rate_rps = 0;
	next[1].size.concurrency = 0;
	other.n_groups = 2;
	more = calloc(1, fleet_reload_size(f, &other));
	ck_assert_int_eq(fleet_reload(f, &other, more, NULL), -1);
	free(more);
	ck_assert_int_eq(group_servers(fleet_group(f, 0))->n, 4);
	step(NULL, 0);
	other.n_groups = 1;
	more = calloc(1, fleet_reload_size(f, &other));
	ck_assert_int_eq(fleet_reload(f, &other, more, NULL), 0);
	step(&ev, 1);
	ck_assert_str_eq(group_servers(fleet_group(f, 0))->at[0].id.text,
	    "s-1");
	q = find(ORDER_LAUNCH, 0);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(q->n, 196);
	end();
	free(more);
}
END_TEST

START_TEST(test_reload_of_an_empty_group_frees_its_place)
{
	static struct group_policy next[100];
	static void *more[100];
	struct fleet_policy other[2];
	int i;

	group_named(&groups[0], "shop", 20);
	group_named(&groups[1], "old", 20);
	start(2);
	for (i = 0; i < 100; i++) { /* more often than there are slots */
		group_named(&next[i], i % 2 ? "a" : "b", 10);
		other[i % 2] = (struct fleet_policy){ .n_groups = 1,
			.groups = &next[i] };
		more[i] = calloc(1, fleet_reload_size(f, &other[i % 2]));
		ck_assert_int_eq(fleet_reload(f, &other[i % 2], more[i],
		    NULL), 0);
		step(NULL, 0);
		ck_assert_ptr_nonnull(find(ORDER_LIST, 0));
	}
	end();
	for (i = 0; i < 100; i++)
		free(more[i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fleet");
	TCase *t = tcase_create("fleet");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_each_group_its_own);
	tcase_add_test(t, test_refused_words_say_why);
	tcase_add_test(t, test_what_does_not_fit_waits);
	tcase_add_test(t, test_reload_keeps_adds_and_refuses);
	tcase_add_loop_test(t, test_no_group_with_servers_goes, 0, 2);
	tcase_add_test(t, test_reload_is_all_or_nothing);
	tcase_add_test(t, test_reload_gives_all_tables_back);
	tcase_add_test(t, test_kept_and_learned);
	tcase_add_test(t, test_reload_raises_the_maximum);
	tcase_add_test(t, test_reload_of_an_empty_group_frees_its_place);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
