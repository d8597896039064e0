/* SPDX-License-Identifier: MIT */
/* The journal in good times: what was said comes back. */
#include <signal.h>
#include <sys/wait.h>

#include <json-c/json.h>

#include "base/rng.h"
#include "journal_kit.h"
#include "record/decided.h"
#include "record/recall.h"

static struct kit kit;

static void
begin(void)
{
	kit_init(&kit);
}

static void
end(void)
{
	kit_fini(&kit);
}

static struct word
word(enum word_kind kind, int servers, const char *reason)
{
	struct word w;

	memset(&w, 0, sizeof(w));
	w.kind = kind;
	w.servers = servers;
	(void)snprintf(w.who, sizeof(w.who), "uid 1000");
	(void)snprintf(w.reason, sizeof(w.reason), "%s", reason);
	return (w);
}

START_TEST(test_first_start_is_a_safe_one)
{
	kit_open(&kit);
	ck_assert(kit.past.safe_mode);
	ck_assert(kit.past.first);
	ck_assert(kit.past.writable);
	ck_assert_ptr_nonnull(strstr(kit.past.why, "no journal in"));
	ck_assert_int_eq(kit.past.n_groups, 0);
	ck_assert_int_eq(journal_state(kit.j), JOURNAL_GOOD);
}
END_TEST

START_TEST(test_state_comes_back)
{
	struct server a = kit_server(1, PHASE_SERVING);
	struct server b = kit_server(2, PHASE_DECIDED);
	struct server c = kit_server(3, PHASE_REMOVING);
	struct word w;
	struct now now;
	struct past_group *g;

	kit_open(&kit);
	now = loop_now(kit.loop);
	journal_params(kit.j, 0, 0, "{\"command\":\"old\"}");
	a.op = 77;
	a.protect_until = NS_NEVER;
	journal_server(kit.j, 0, &a);
	journal_params(kit.j, 0, 0, "{\"command\":\"new\"}");
	journal_server(kit.j, 0, &b);
	a.flags |= SERVER_PROTECTED; /* an old intent keeps its parameters */
	journal_server(kit.j, 0, &a);
	journal_server(kit.j, 0, &c);
	journal_forget(kit.j, 0, &c);
	w = word(WORD_AT_LEAST, 5, "sale");
	journal_word(kit.j, 0, &now, &w);
	w = word(WORD_AT_LEAST, 9, "bigger sale");
	journal_word(kit.j, 0, &now, &w);
	w = word(WORD_EXACT, 3, "until just now");
	w.until_wall_s = now.wall_s;
	journal_word(kit.j, 0, &now, &w);
	w = word(WORD_HOLD, 0, "wait");
	w.what = HOLD_ALL;
	journal_word(kit.j, 1, &now, &w);
	journal_learned(kit.j, 0, "what we know", 12);
	kit_flush(&kit);
	kit_close(&kit, true);

	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
	ck_assert_int_eq(kit.past.fast_crashes, 0);
	g = kit_group(&kit, "storefront");
	ck_assert_ptr_nonnull(g);
	ck_assert_int_eq(g->n_servers, 2);
	ck_assert_int_eq(g->servers[0].server.op, 0);
	a.op = 0;
	ck_assert_int_eq(memcmp(&g->servers[0].server, &a, sizeof(a)), 0);
	ck_assert_int_eq(memcmp(&g->servers[1].server, &b, sizeof(b)), 0);
	ck_assert_str_eq(g->servers[0].params, "{\"command\":\"old\"}");
	ck_assert_str_eq(g->servers[1].params, "{\"command\":\"new\"}");
	ck_assert_int_eq(g->n_words, 1); /* EXACT has ended */
	ck_assert_int_eq(g->words[0].servers, 9);
	ck_assert_int_ge(g->words[0].until_wall_s, now.wall_s + 7200);
	ck_assert_str_eq(g->words[0].who, "uid 1000");
	ck_assert(g->same_build);
	ck_assert_uint_eq(g->n_learned, 12);
	ck_assert_int_eq(memcmp(g->learned, "what we know", 12), 0);
	g = kit_group(&kit, "dashboard");
	ck_assert_int_eq(g->n_words, 1);
	ck_assert_int_eq(g->words[0].what, HOLD_ALL);
	ck_assert_int_eq(g->words[0].until_wall_s, 0); /* without an end */

	w = word(WORD_RESUME, 0, "");
	journal_word(kit.j, 1, &now, &w);
	kit_flush(&kit);
	kit_close(&kit, true);
	kit.o.build = "another";
	kit_open(&kit);
	ck_assert_ptr_null(kit_group(&kit, "dashboard")); /* nothing left */
	ck_assert(!kit_group(&kit, "storefront")->same_build);
}
END_TEST

/* A boot token lives as long as its server's record, bound or not. */
START_TEST(test_boot_tokens_come_back)
{
	struct server a = kit_server(1, PHASE_DECIDED);
	struct server b = kit_server(2, PHASE_DECIDED);
	struct boot_row x = { .state = BOOT_ISSUED }, y;
	struct past_group *g;
	int life;

	memset(x.hash, 0x5a, sizeof(x.hash));
	y = x;
	y.state = BOOT_BOUND;
	memset(y.nonce, 0xa5, sizeof(y.nonce));
	kit_open(&kit);
	journal_server(kit.j, 0, &a);
	journal_boot(kit.j, 0, &a.token, &x);
	journal_server(kit.j, 0, &b);
	journal_boot(kit.j, 0, &b.token, &x);
	journal_boot(kit.j, 1, &b.token, &y); /* not of this group */
	kit_flush(&kit);
	journal_boot(kit.j, 0, &a.token, &y);
	a.phase = PHASE_ACCEPTED; /* a later record keeps it */
	journal_server(kit.j, 0, &a);
	journal_forget(kit.j, 0, &b);
	journal_boot(kit.j, 0, &b.token, &y);
	kit_flush(&kit);
	kit_close(&kit, true);
	for (life = 0; life < 2; life++) {
		kit_open(&kit);
		ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
		ck_assert_int_eq(kit.past.n_groups, 1);
		g = kit_group(&kit, "storefront");
		ck_assert_int_eq(g->n_servers, 1);
		ck_assert_mem_eq(&g->servers[0].boot, &y, sizeof(y));
		/* the second life reads it from a new generation */
		if (life == 0) {
			journal_distrust(kit.j, "a test");
			kit_flush(&kit);
			KIT_UNTIL(&kit, kit.bad == 1);
			while (kit.good == 0)
				kit_flush(&kit);
		}
		kit_close(&kit, true);
	}
}
END_TEST

START_TEST(test_decisions_are_kept_when_they_change)
{
	static struct decision d;
	struct json_object *o, *events, *row;
	struct journal_query q = { .group = "storefront" };
	size_t i, n, decisions = 0;
	int k;

	kit_open(&kit);
	d.desired = 4;
	d.load_rps = value_of(100);
	for (k = 0; k < 50; k++) {
		struct now now = loop_now(kit.loop);

		d.load_rps.v += 1.5; /* moves each second, and is not kept */
		if (k == 25) {
			d.desired = 6;
			d.alarms = 1u << ALARM_AT_MAX;
		}
		journal_inbox(kit.j, &now, NULL, 0);
		journal_decision(kit.j, 0, &d);
		(void)journal_commit(kit.j, &now);
	}
	kit_flush(&kit);
	ck_assert_int_eq(journal_history(kit.j, &q, kit_text, &kit), 0);
	KIT_UNTIL(&kit, kit.text != NULL || kit.text_why[0] != '\0');
	ck_assert_msg(kit.text != NULL, "%s", kit.text_why);
	o = json_tokener_parse(kit.text);
	ck_assert_ptr_nonnull(o);
	ck_assert(json_object_object_get_ex(o, "events", &events));
	n = json_object_array_length(events);
	for (i = 0; i < n; i++) {
		row = json_object_array_get_idx(events, i);
		decisions += strcmp(json_object_get_string(
		    json_object_object_get(row, "kind")), "decision") == 0;
	}
	ck_assert_uint_eq(decisions, 2);
	ck_assert_ptr_nonnull(strstr(kit.text, "\"alarm\":\"at_max\""));
	ck_assert_ptr_nonnull(strstr(kit.text, "\"desired\":6"));
	ck_assert_ptr_nonnull(strstr(kit.text, "\"kind\":\"start\""));
	(void)json_object_put(o);
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_int_eq(kit_group(&kit, "storefront")->desired, 6);
}
END_TEST

/* A step that is told from every other by its numbers. */
static void
tell(struct now *now, struct event *ev, struct decision *d, int k)
{
	now->mono = k * NS_S + k * 17;
	now->wall_s = 1700000000 + k;
	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_SAMPLE;
	ev->group = k % 2;
	ev->u.sample.requests_rps = value_of(k * 1.1);
	ev->u.sample.valid = true;
	memset(d, 0, sizeof(*d));
	d->need = k;
	d->desired = 1 + k / 100;
}

START_TEST(test_steps_are_recalled)
{
	enum { LIVES = 3, STEPS = 1500 }; /* more than two rows each */
	static struct recalled got;
	static struct decision d;
	struct recall *r = NULL;
	struct event ev;
	struct now now, real;
	uint64_t seq = 0;
	int life, k, n = 0, anew = 0;

	for (life = 0; life < LIVES; life++) {
		kit_open(&kit);
		for (k = life * STEPS; k < (life + 1) * STEPS; k++) {
			tell(&now, &ev, &d, k);
			real = loop_now(kit.loop);
			journal_inbox(kit.j, &now, &ev, 1);
			journal_decision(kit.j, 1, &d);
			seq = journal_commit(kit.j, &real);
			if (k % 100 == 0)
				KIT_UNTIL(&kit, kit.durable >= seq);
		}
		KIT_UNTIL(&kit, kit.durable >= seq);
		kit_close(&kit, life % 2 == 0);
	}
	ck_assert_msg(recall_open(&r, kit.folder, 1, &kit.err) == 0, "%s",
	    kit.err.text);
	while (recall_next(r, &got, &kit.err) == 1) {
		tell(&now, &ev, &d, n);
		ck_assert_int_eq(got.in.now.mono, now.mono);
		ck_assert_int_eq(got.in.now.wall_s, now.wall_s);
		ck_assert_int_eq(got.in.n_events, 1);
		ck_assert_int_eq(memcmp(&got.in.events[0], &ev, sizeof(ev)),
		    0);
		ck_assert_int_eq(got.in.n_hashes, 1);
		ck_assert_int_eq(got.in.hashes[0].group, 1);
		ck_assert_uint_eq(got.in.hashes[0].hash, decided_hash(&d));
		ck_assert_int_eq(got.run, 1 + n / STEPS);
		ck_assert_str_eq(got.groups[1], "dashboard");
		ck_assert_uint_gt(strlen(got.build), 0);
		anew += got.anew;
		n++;
	}
	ck_assert_str_eq(kit.err.text, "");
	ck_assert_int_eq(n, LIVES * STEPS);
	ck_assert_int_eq(anew, LIVES);
	recall_close(r, &got);
}
END_TEST

START_TEST(test_history_is_bounded_and_filtered)
{
	struct journal_query q = { .group = "dashboard", .limit = 3 };
	struct server s;
	struct word w = word(WORD_NOTE, 0, "deploy \"v123\" \033[31m");
	struct now now;
	int i;

	kit_open(&kit);
	now = loop_now(kit.loop);
	for (i = 0; i < 20; i++) {
		s = kit_server(i, PHASE_DECIDED);
		journal_server(kit.j, i % 2, &s);
	}
	journal_word(kit.j, 1, &now, &w);
	kit_flush(&kit);
	ck_assert_int_eq(journal_history(kit.j, &q, kit_text, &kit), 0);
	KIT_UNTIL(&kit, kit.text != NULL);
	ck_assert_ptr_nonnull(strstr(kit.text, "\"more\":true"));
	ck_assert_ptr_null(strstr(kit.text, "storefront"));
	q.limit = 0;
	free(kit.text);
	kit.text = NULL;
	ck_assert_int_eq(journal_history(kit.j, &q, kit_text, &kit), 0);
	KIT_UNTIL(&kit, kit.text != NULL);
	ck_assert_ptr_nonnull(strstr(kit.text, "\"more\":false"));
	ck_assert_ptr_nonnull(strstr(kit.text, "deploy \\\"v123\\\" \\u001b"));
	q.from_wall_s = now.wall_s + 3600;
	free(kit.text);
	kit.text = NULL;
	ck_assert_int_eq(journal_history(kit.j, &q, kit_text, &kit), 0);
	KIT_UNTIL(&kit, kit.text != NULL);
	ck_assert_ptr_nonnull(strstr(kit.text, "\"events\":[]"));
}
END_TEST

START_TEST(test_fleet_text_follows)
{
	struct server s = kit_server(5, PHASE_SERVING);
	char path[128], *text = NULL;
	size_t n;

	kit_open(&kit);
	(void)snprintf(s.id.text, sizeof(s.id.text), "i-5\033[2J");
	s.address[10] = s.address[11] = 0xff;
	s.address[12] = 127;
	s.address[15] = 9;
	s.port = 8080;
	journal_server(kit.j, 0, &s);
	journal_by_hand(kit.j, 0, "  ask for SHOP/s5");
	kit_flush(&kit);
	kit_flush(&kit);
	kit_close(&kit, true);
	kit_path(&kit, path, sizeof(path), "fleet.txt");
	ck_assert_int_eq(file_read(path, 1 << 20, &text, &n, NULL), 0);
	ck_assert_ptr_nonnull(strstr(text, "group storefront: 1 servers"));
	ck_assert_ptr_nonnull(strstr(text, "i-5?[2J"));
	ck_assert_ptr_nonnull(strstr(text, "127.0.0.9:8080"));
	ck_assert_ptr_nonnull(strstr(text, "serving"));
	ck_assert_ptr_nonnull(strstr(text, "ask for SHOP/s5"));
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
}
END_TEST

START_TEST(test_files_are_saved_and_read)
{
	char path[128], gone[128];
	int i;

	kit_open(&kit);
	kit_path(&kit, path, sizeof(path), "state");
	kit_path(&kit, gone, sizeof(gone), "no-folder/state");
	for (i = 0; i < 500; i++)
		ck_assert_int_eq(journal_save(kit.j, path, "old", 3), 0);
	ck_assert_int_eq(journal_save(kit.j, path, "newest", 6), 0);
	ck_assert_int_eq(journal_save(kit.j, gone, "x", 1), 0);
	KIT_UNTIL(&kit, kit.saved >= 1 && kit.not_saved >= 1);
	for (i = 0; i < 3 && (kit.text == NULL ||
	    strcmp(kit.text, "newest") != 0); i++) {
		free(kit.text);
		kit.text = NULL;
		ck_assert_int_eq(journal_read(kit.j, path, 100, kit_text,
		    &kit), 0);
		KIT_UNTIL(&kit, kit.text != NULL);
	}
	ck_assert_str_eq(kit.text, "newest");
	ck_assert_int_lt(kit.saved, 10); /* those between were passed over */
	ck_assert_int_eq(journal_read(kit.j, gone, 100, kit_text, &kit), 0);
	KIT_UNTIL(&kit, kit.text_why[0] != '\0');
	ck_assert_ptr_nonnull(strstr(kit.text_why, "no-folder/state"));
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(test_second_daemon_refuses)
{
	char want[64], byte;
	int ready[2], over[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(over), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		kit_open(&kit);
		(void)!write(ready[1], "x", 1);
		(void)!read(over[0], &byte, 1);
		kit_close(&kit, true);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(kit_try_open(&kit), -1);
	(void)snprintf(want, sizeof(want), "another plimsolld (process %ld)",
	    (long)pid);
	ck_assert_msg(strstr(kit.err.text, want) != NULL, "%s", kit.err.text);
	ck_assert_ptr_nonnull(strstr(kit.err.text, kit.folder));
	ck_assert_int_eq(write(over[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	kit_open(&kit); /* and now it is free */
}
END_TEST

START_TEST(test_folder_must_be_ours)
{
	ck_assert_int_eq(chmod(kit.folder, 0777), 0);
	ck_assert_int_eq(kit_try_open(&kit), -1);
	ck_assert_ptr_nonnull(strstr(kit.err.text, "written by others"));
	ck_assert_int_eq(chmod(kit.folder, 0700), 0);
	kit.o.folder = "/proc/nowhere/at-all";
	ck_assert_int_eq(kit_try_open(&kit), -1);
	ck_assert_ptr_nonnull(strstr(kit.err.text, "/proc/nowhere"));
}
END_TEST

/* The child's life: step k says k everywhere, until it is killed. */
static void
live(int out, int from)
{
	static struct decision d;
	struct server s;
	struct now now;
	uint64_t seq[64] = { 0 };
	int k, i, told = from - 1;

	kit_open(&kit);
	for (k = from;; k++) {
		now = loop_now(kit.loop);
		journal_inbox(kit.j, &now, NULL, 0);
		d.desired = k;
		journal_decision(kit.j, 0, &d);
		for (i = 0; i < 5; i++) {
			s = kit_server(i, PHASE_SERVING);
			s.since = k;
			journal_server(kit.j, 0, &s);
		}
		seq[k % 64] = journal_commit(kit.j, &now);
		while (k - told >= 60)
			kit_turn(&kit);
		(void)event_base_loop(loop_base(kit.loop), EVLOOP_NONBLOCK);
		while (told < k && seq[(told + 1) % 64] <= kit.durable)
			told++;
		(void)!write(out, &told, sizeof(told));
	}
}

START_TEST(test_killed_at_any_moment)
{
	int round, last = 0, told, i, fd[2], status;
	struct past_group *g;
	struct rng r;
	pid_t pid;
	ns_t until;

	rng_init(&r, unit_seed("journal kill", 1234));
	for (round = 0; round < 25; round++) {
		ck_assert_int_eq(pipe(fd), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			live(fd[1], last + 1);
		(void)close(fd[1]);
		/* so many steps and a moment; or it may die while it opens */
		for (i = 0; round % 5 != 0 && i < 5 + round; i++)
			(void)!read(fd[0], &told, sizeof(told));
		until = clock_now().mono + (ns_t)rng_below(&r, 20 * NS_MS);
		while (clock_now().mono < until)
			continue;
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		told = last;
		while (read(fd[0], &i, sizeof(i)) == (ssize_t)sizeof(i))
			told = i > told ? i : told;
		(void)close(fd[0]);
		kit_open(&kit);
		g = kit_group(&kit, "storefront");
		if (g == NULL) {
			ck_assert_int_eq(told, 0); /* it died at birth */
			kit_close(&kit, true);
			continue;
		}
		if (g->n_servers > 0) {
			ck_assert_int_ge(g->desired, told);
			ck_assert_int_eq(g->n_servers, 5);
			for (i = 0; i < 5; i++)
				ck_assert_int_eq(g->servers[i].server.since,
				    g->desired);
			last = g->desired;
		} else {
			ck_assert_int_le(told, 0);
		}
		kit_close(&kit, true);
	}
	ck_assert_int_gt(last, 25);
	printf("journal kill: %d steps\n", last);
}
END_TEST

START_TEST(test_fast_crashes_are_counted)
{
	struct word w = word(WORD_RESUME, 0, "");
	struct now now;
	int i, status;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			kit_open(&kit);
			kit_flush(&kit);
			(void)kill(getpid(), SIGKILL);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
	}
	kit_open(&kit);
	ck_assert_int_eq(kit.past.fast_crashes, 4);
	kit_close(&kit, false); /* one more */
	kit_open(&kit);
	ck_assert_int_eq(kit.past.fast_crashes, 5);
	now = loop_now(kit.loop);
	journal_word(kit.j, 0, &now, &w);
	kit_flush(&kit);
	kit_close(&kit, false);
	kit_open(&kit); /* of those before the word none counts */
	ck_assert_int_eq(kit.past.fast_crashes, 1);
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_int_eq(kit.past.fast_crashes, 0);
	kit_flush(&kit);
	kit_close(&kit, false);
	kit.o.fast_crash = 1; /* a crash after a nanosecond is a slow one */
	kit_open(&kit);
	kit_flush(&kit);
	kit_close(&kit, false);
	kit_open(&kit);
	ck_assert_int_eq(kit.past.fast_crashes, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_first_start_is_a_safe_one);
	tcase_add_test(t, test_state_comes_back);
	tcase_add_test(t, test_boot_tokens_come_back);
	tcase_add_test(t, test_decisions_are_kept_when_they_change);
	tcase_add_test(t, test_steps_are_recalled);
	tcase_add_test(t, test_history_is_bounded_and_filtered);
	tcase_add_test(t, test_fleet_text_follows);
	tcase_add_test(t, test_files_are_saved_and_read);
	tcase_add_test(t, test_second_daemon_refuses);
	tcase_add_test(t, test_folder_must_be_ours);
	tcase_add_test(t, test_killed_at_any_moment);
	tcase_add_test(t, test_fast_crashes_are_counted);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
