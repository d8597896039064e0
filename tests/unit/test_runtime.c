/* SPDX-License-Identifier: MIT */
/*
 * The runtime client against a scripted peer on a real socket.  The peer is
 * a FAKE of HAProxy, for answers that the real one does not give on demand
 * (cut short, none, too late); the real one is in tests/integration.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/runtime.h"
#include "unit.h"

enum { MAX_CONNS = 64 };

static struct loop *loop;
static struct runtime *rt;
static char dir[64], path[96];
static int listener, conn[MAX_CONNS], n_conns, open_conns, most_open;
static const char *answer; /* NULL: hang */
static bool hang_up;	   /* close after answering */
static struct event *ev_accept, *ev_conn[MAX_CONNS];

static struct {
	int n;
	enum runtime_result result[32];
	char text[64];
	ns_t at[32];
} got;

static void
on_conn(evutil_socket_t fd, short what, void *arg)
{
	int i = (int)(intptr_t)arg;
	char buf[512];
	ssize_t k = read(fd, buf, sizeof(buf));

	(void)what;
	if (k > 0 && answer == NULL)
		return;
	if (k > 0)
		ck_assert_int_eq(write(fd, answer, strlen(answer)),
		    (ssize_t)strlen(answer));
	event_free(ev_conn[i]);
	(void)close(fd);
	open_conns--;
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	int c = accept(fd, NULL, NULL);

	(void)what, (void)arg;
	ck_assert_int_ge(c, 0);
	ck_assert_int_lt(n_conns, MAX_CONNS);
	ev_conn[n_conns] = event_new(loop_base(loop), c, EV_READ | EV_PERSIST,
	    on_conn, (void *)(intptr_t)n_conns);
	event_add(ev_conn[n_conns], NULL);
	conn[n_conns++] = c;
	if (++open_conns > most_open)
		most_open = open_conns;
}

static void
setup(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct err e = { 0 };

	loop = loop_new(NULL);
	(void)snprintf(dir, sizeof(dir), "/tmp/plimsoll-rt.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(listener, 8), 0);
	ev_accept = event_new(loop_base(loop), listener, EV_READ | EV_PERSIST,
	    on_accept, NULL);
	event_add(ev_accept, NULL);
	rt = runtime_open(loop, path, &e);
	ck_assert_msg(rt != NULL, "%s", e.text);
	memset(&got, 0, sizeof(got));
	n_conns = open_conns = most_open = 0;
	hang_up = false;
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
on_done(void *arg, const struct runtime_answer *a)
{
	(void)arg;
	ck_assert_int_lt(got.n, 32);
	got.at[got.n] = a->now;
	got.result[got.n++] = a->result;
	(void)snprintf(got.text, sizeof(got.text), "%s", a->text);
	ck_assert(a->result == RUNTIME_OK || a->why[0] != '\0');
}

static void
ask(ns_t patience)
{
	struct command c;

	command_init(&c);
	command_info(&c);
	runtime_ask(rt, &c, patience, on_done, NULL);
}

/* Turns until n answers are there; the answers' own deadlines bound it. */
static void
wait_for(int n)
{
	ns_t end = loop_now(loop).mono + 20 * NS_S;

	while (got.n < n) {
		ck_assert(loop_now(loop).mono < end);
		ck_assert_int_eq(event_base_loop(loop_base(loop), EVLOOP_ONCE),
		    0);
	}
}

START_TEST(test_one_connection_at_a_time)
{
	int i;

	answer = "Pid: 1\n\n";
	for (i = 0; i < 20; i++)
		ask(NS_S);
	ck_assert_int_eq(got.n, 0);
	wait_for(20);
	ck_assert_int_eq(most_open, 1);
	ck_assert_int_eq(n_conns, 20);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(got.result[i], RUNTIME_OK);
	ck_assert_str_eq(got.text, "Pid: 1\n\n");
}
END_TEST

START_TEST(test_answer_that_broke_off)
{
	answer = "Pid: 1\n";
	ask(NS_S);
	wait_for(1);
	ck_assert_int_eq(got.result[0], RUNTIME_TRUNCATED);
	ck_assert_str_eq(got.text, "");
	answer = "";
	ask(NS_S);
	wait_for(2);
	ck_assert_int_eq(got.result[1], RUNTIME_TRUNCATED);
	answer = "\n";
	ask(NS_S);
	wait_for(3);
	ck_assert_int_eq(got.result[2], RUNTIME_OK);
}
END_TEST

START_TEST(test_hangs_then_backs_off_then_recovers)
{
	ns_t from = loop_now(loop).mono;

	answer = NULL;
	ask(50 * NS_MS);
	ask(50 * NS_MS);
	wait_for(2);
	ck_assert_int_eq(got.result[0], RUNTIME_TIMEOUT);
	ck_assert_int_eq(got.result[1], RUNTIME_BACKOFF);
	ck_assert(got.at[0] - from >= 50 * NS_MS);
	ck_assert_int_eq(n_conns, 1);
	answer = "Pid: 1\n\n";
	while (got.result[got.n - 1] != RUNTIME_OK && got.n < 31) {
		struct timer t = { 0 };

		loop_timer_set(loop, &t, 90 * NS_MS, (void (*)(void *))loop_stop,
		    loop);
		(void)loop_run(loop);
		loop_timer_stop(&t);
		ask(50 * NS_MS);
		wait_for(got.n + 1);
	}
	ck_assert_int_eq(got.result[got.n - 1], RUNTIME_OK);
	ck_assert(got.at[got.n - 1] - got.at[0] >= NS_S);
	ck_assert_int_eq(n_conns, 2);
}
END_TEST

START_TEST(test_nobody_there)
{
	event_free(ev_accept);
	(void)close(listener);
	(void)unlink(path);
	ask(NS_S);
	ask(NS_S);
	wait_for(2);
	ck_assert_int_eq(got.result[0], RUNTIME_REFUSED);
	ck_assert_int_eq(got.result[1], RUNTIME_REFUSED);
}
END_TEST

static void
on_done_close(void *arg, const struct runtime_answer *a)
{
	on_done(arg, a);
	runtime_close(rt, arg);
}

START_TEST(test_shared_and_closed_inside)
{
	struct runtime *again = runtime_open(loop, path, NULL);
	struct command c;
	int me;

	ck_assert_ptr_eq(again, rt);
	answer = "Pid: 1\n\n";
	command_init(&c);
	command_info(&c);
	runtime_ask(rt, &c, NS_S, on_done_close, &me);
	runtime_ask(rt, &c, NS_S, on_done_close, &me);
	runtime_close(again, NULL);
	wait_for(1);
	ck_assert_int_eq(got.n, 1);
	ck_assert_ptr_null(*loop_place(loop, LOOP_RUNTIMES));
	ck_assert_int_eq(event_base_loop(loop_base(loop), EVLOOP_NONBLOCK), 0);
	ck_assert_int_eq(got.n, 1);
}
END_TEST

START_TEST(test_where)
{
	static const char *const bad[] = { "", "x", "localhost:1", "127.0.0.1",
	    "::1", NULL };
	char longest[200];
	struct err e = { 0 };
	const char *s;
	size_t i;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = bad[i] != NULL ? bad[i] : longest;
		err_clear(&e);
		ck_assert_msg(runtime_open(loop, s, &e) == NULL, "%s", s);
		ck_assert_str_ne(e.text, "");
	}
	ck_assert_ptr_nonnull(runtime_open(loop, "127.0.0.1:9999", NULL));
	ck_assert_ptr_nonnull(runtime_open(loop, "[::1]:9999", NULL));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("runtime");
	TCase *t = tcase_create("runtime");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_one_connection_at_a_time);
	tcase_add_test(t, test_answer_that_broke_off);
	tcase_add_test(t, test_hangs_then_backs_off_then_recovers);
	tcase_add_test(t, test_nobody_there);
	tcase_add_test(t, test_shared_and_closed_inside);
	tcase_add_test(t, test_where);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
