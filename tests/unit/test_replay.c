/* SPDX-License-Identifier: MIT */
/*
 * A real run of the core, recorded by the real journal, decides the same
 * again; a difference that was planted is found.  What answers its orders is
 * a few lines of a made world.
 */
#include <sys/wait.h>

#include "core/fleet.h"
#include "io/build.h"
#include "config/errors.h"
#include "journal_kit.h"
#include "policy/load.h"
#include "record/decided.h"

enum { LIVES = 2, STEPS = 400, MADE = 64, NOWHERE = -1 };

/* What is recorded otherwise than it was. */
struct plant {
	int life, step; /* NOWHERE: nothing */
	bool in_input;	/* else in the decision */
	int reload;	/* in life 0 before this step */
};

static struct kit kit;
static struct policy *policy;
static char policy_path[512];
static struct fleet *fleet;
static void *memory;
static struct orders orders;
static struct now now;
static int n_made, launched;
static struct told made[MADE];
static struct event inbox[MAX_INBOX];
static size_t n_inbox;

static void
begin(void)
{
	static struct errors es;
	const char *top = getenv("top_srcdir");

	(void)snprintf(policy_path, sizeof(policy_path),
	    "%s/policies/arena.cfg", top != NULL ? top : "..");
	ck_assert_int_eq(policy_load(policy_path, POLICY_DRIVE, &policy, &es),
	    0);
	now = (struct now){ 5000 * NS_S, 1795000000 };
	n_made = launched = 0;
	kit_init(&kit);
	/* the run is what matters here, not how busy the disk is */
	kit.o.durable_in = 60 * NS_S;
}

static void
end(void)
{
	policy_free(policy);
	free(memory);
	memory = NULL;
	kit_fini(&kit);
}

static void
answer(const struct order *o, struct told *told, size_t n)
{
	struct event *ev = &inbox[n_inbox++];

	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_ANSWER;
	ev->group = o->group;
	ev->u.answer.op = o->op;
	ev->u.answer.outcome = OUTCOME_DONE;
	ev->u.answer.told = told;
	ev->u.answer.n_told = n;
}

static void
launch(const struct order *o)
{
	struct told *first = &made[n_made];
	int i;

	for (i = 0; i < o->n && n_made < MADE; i++) {
		memset(&made[n_made], 0, sizeof(made[0]));
		made[n_made].token = orders.servers[o->first + i].token;
		made[n_made].phase = PHASE_ACCEPTED;
		(void)snprintf(made[n_made].id.text, ID_SIZE, "i-%d", n_made);
		n_made++;
		launched++;
	}
	answer(o, first, (size_t)(&made[n_made] - first));
}

/* What the orders of the last step bring, and a sample of a rush. */
static void
answers(int step)
{
	struct event *ev;
	int i;

	n_inbox = 0;
	for (i = 0; i < orders.n; i++) {
		if (orders.at[i].kind == ORDER_LAUNCH)
			launch(&orders.at[i]);
		else if (orders.at[i].kind == ORDER_LIST ||
		    orders.at[i].kind == ORDER_SEEN)
			answer(&orders.at[i], made, (size_t)n_made);
	}
	ev = &inbox[n_inbox++];
	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_SAMPLE;
	ev->u.sample.valid = true;
	ev->u.sample.requests_rps = value_of(150.0 + step % 7 +
	    (step > 100 ? 3.0 * (step - 100) : 0.0));
	ev->u.sample.errors_rps = value_of(step % 5 == 0 ? 0.5 : 0.0);
	ev->u.sample.period = NS_S;
	ev->u.sample.proof = PROOF_ALIVE;
}

/* As the daemon begins: the fleet, what was restored, what was learned. */
static void
life_begin(int life)
{
	struct fleet_call c = { .kind = CALL_INIT, .now = now,
		.seed = 7 + (uint64_t)life, .policy = policy->text_hash,
		.core = build_core };
	static uint8_t learned[256 << 10];
	static struct server kept[MAX_SERVERS];
	size_t n = sizeof(learned);
	int i, k = 0;

	if (life > 0) {
		ck_assert_int_eq(fleet_save(fleet, 0, learned, &n,
		    &kit.err), 0);
		for (i = 0; i < group_servers(fleet_group(fleet, 0))->n; i++)
			kept[k++] = group_servers(fleet_group(fleet,
			    0))->at[i];
	}
	free(memory);
	memory = calloc(1, fleet_size(&policy->fleet));
	policy_calendar(policy, now.wall_s);
	ck_assert_int_eq(fleet_init(&fleet, memory, &policy->fleet, c.seed,
	    &kit.err), 0);
	journal_call(kit.j, &c);
	for (i = 0; i < k; i++) {
		kept[i].op = 0;
		ck_assert_int_eq(fleet_restore(fleet, &now, 0, &kept[i],
		    &kit.err), 0);
		c = (struct fleet_call){ .kind = CALL_RESTORE, .now = now,
			.server = &kept[i] };
		journal_call(kit.j, &c);
	}
	if (life > 0 && n > 0) {
		ck_assert_int_eq(fleet_load(fleet, &now, 0, learned, n,
		    &kit.err), 0);
		c = (struct fleet_call){ .kind = CALL_LEARNED, .now = now,
			.learned = learned, .n = n };
		journal_call(kit.j, &c);
	}
	fleet_safe_mode(fleet, &now, now.mono + 30 * NS_S);
	c = (struct fleet_call){ .kind = CALL_SAFE, .now = now,
		.until = now.mono + 30 * NS_S };
	journal_call(kit.j, &c);
	memset(&orders, 0, sizeof(orders));
}

static uint64_t
life_step(int step, bool planted, const struct plant *p)
{
	struct now real = loop_now(kit.loop);
	struct decision d;

	answers(step);
	if (planted && p->in_input)
		inbox[n_inbox - 1].u.sample.requests_rps.v += 1e-9;
	journal_inbox(kit.j, &now, inbox, n_inbox);
	if (planted && p->in_input)
		inbox[n_inbox - 1].u.sample.requests_rps.v += 500;
	fleet_step(fleet, &now, inbox, n_inbox, &orders);
	d = *fleet_decision(fleet, 0);
	if (planted && !p->in_input)
		d.need++;
	journal_decision(kit.j, 0, &d);
	now.mono += NS_S;
	now.wall_s++;
	return (journal_commit(kit.j, &real));
}

static void
record(const struct plant *p)
{
	static const struct fleet_call reload = { .kind = CALL_RELOAD };
	uint64_t seq = 0;
	int life, k;

	for (life = 0; life < LIVES; life++) {
		ck_assert_msg(kit_try_open(&kit) == 0, "%s", kit.err.text);
		life_begin(life);
		ck_assert_int_eq(journal_groups(kit.j, policy->fleet.groups,
		    policy->fleet.n_groups), 0);
		for (k = 0; k < STEPS; k++) {
			if (life == 0 && p->reload > 0 && k == p->reload)
				journal_call(kit.j, &reload);
			seq = life_step(k, life == p->life && k == p->step,
			    p);
			if (k % 50 == 0)
				KIT_UNTIL(&kit, kit.durable >= seq);
		}
		KIT_UNTIL(&kit, kit.durable >= seq);
		kit_close(&kit, true);
	}
	ck_assert_int_gt(launched, 3);
}

/* `plimsoll replay` on it: its exit status, and what it said. */
static int
replay(const char *option, char *buf, size_t size)
{
	char line[1200];
	size_t n;
	FILE *f;
	int status;

	(void)snprintf(line, sizeof(line), "./plimsoll replay %s --policy %s "
	    "%s 2>&1", kit.folder, policy_path, option);
	f = popen(line, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	status = pclose(f);
	ck_assert(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

START_TEST(test_the_same_again)
{
	struct plant none = { NOWHERE, NOWHERE, false, 0 };
	char said[2048];

	record(&none);
	ck_assert_msg(replay("", said, sizeof(said)) == 0, "%s", said);
	ck_assert_str_eq(said, "800 steps, 800 decisions, all the same\n");
	ck_assert_int_eq(replay("--json", said, sizeof(said)), 0);
	ck_assert_str_eq(said, "{\"steps\":800,\"decisions\":800,"
	    "\"left_out\":0,\"same\":true,\"same_build\":true,"
	    "\"same_policy\":true,\"difference\":null}\n");
}
END_TEST

START_TEST(test_a_planted_difference_is_found)
{
	static const struct plant plants[] = {
		{ 0, 0, false, 0 },
		{ 0, 123, false, 0 },
		{ 1, 399, false, 0 },
		{ 0, 150, true, 0 },
		{ 1, 7, true, 0 },
	};
	const struct plant *p = &plants[_i];
	char said[2048], want[64];

	record(p);
	ck_assert_msg(replay("", said, sizeof(said)) == 1, "%s", said);
	(void)snprintf(want, sizeof(want), "step %d (life %d, ",
	    p->life * STEPS + p->step + 1, p->life + 1);
	ck_assert_msg(strstr(said, want) == said, "%s: %s", want, said);
	ck_assert_int_eq(replay("--json", said, sizeof(said)), 1);
	ck_assert_ptr_nonnull(strstr(said, "\"same\":false"));
}
END_TEST

START_TEST(test_what_cannot_be_replayed_is_said)
{
	struct plant p = { NOWHERE, NOWHERE, false, 150 };
	char said[2048];

	record(&p);
	ck_assert_msg(replay("", said, sizeof(said)) == 0, "%s", said);
	ck_assert_str_eq(said, "550 steps, 550 decisions, all the same\n"
	    "250 steps are left out: how the fleet was before them is not in "
	    "the file\n");
}
END_TEST

START_TEST(test_a_start_is_needed)
{
	char said[2048];

	ck_assert_int_eq(replay("", said, sizeof(said)), 1);
	ck_assert_ptr_nonnull(strstr(said, "holds no journal.N.db"));
	kit_open(&kit);
	kit_flush(&kit);
	kit_close(&kit, true);
	ck_assert_int_eq(replay("", said, sizeof(said)), 1);
	ck_assert_ptr_nonnull(strstr(said, "no step can be replayed"));
	ck_assert_int_eq(replay("--bogus", said, sizeof(said)), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_the_same_again);
	tcase_add_loop_test(t, test_a_planted_difference_is_found, 0, 5);
	tcase_add_test(t, test_what_cannot_be_replayed_is_said);
	tcase_add_test(t, test_a_start_is_needed);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
