/* SPDX-License-Identifier: MIT */
/* The health probe, against a listener of the same loop. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/probe.h"
#include "unit.h"

static const struct {
	const char *says, *text;
	int status;
} rows[] = {
	{ "a whole line", "HTTP/1.1 200 OK\r\n", 200 },
	{ "HTTP/1.0 too", "HTTP/1.0 204 No Content\r\n", 204 },
	{ "no reason given", "HTTP/1.1 503\r\n", 503 },
	{ "too few bytes", "HTTP/1.1 20", -1 },
	{ "the digits may go on", "HTTP/1.1 200", -1 },
	{ "four digits", "HTTP/1.1 2000 OK", 0 },
	{ "nothing yet", "", -1 },
	{ "not HTTP", "SSH-2.0-OpenSSH", 0 },
	{ "not HTTP from the first byte", "x", 0 },
	{ "letters for digits", "HTTP/1.1 2x0 OK", 0 },
	{ "no such class", "HTTP/1.1 999 OK", 0 },
	{ "another version", "HTTP/2.0 200 OK", 0 },
};

START_TEST(status_row)
{
	ck_assert_msg(probe_status(rows[_i].text, strlen(rows[_i].text)) ==
	    rows[_i].status, "%s", rows[_i].says);
}
END_TEST

enum { MANY = 300 };

/* A listener that gives answer after answer; NULL: accepts and is silent. */
struct world {
	struct loop *loop;
	int fd;
	struct event *ev;
	uint16_t port;
	const char *const *answers;
	int n_answers, asked, healthy, wanted;
	int silent[MANY];
	int n_silent;
	struct probe *probe;
	struct timer late;
	bool too_late;
	int rise;
	const char *path;
};

static void
on_conn(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;
	int c = accept(fd, NULL, NULL);
	const char *a = w->answers[w->asked < w->n_answers ? w->asked
							   : w->n_answers - 1];

	(void)what;
	ck_assert_int_ge(c, 0);
	w->asked++;
	if (a == NULL) {
		ck_assert_int_lt(w->n_silent, MANY);
		w->silent[w->n_silent++] = c;
		return;
	}
	ck_assert_int_eq(send(c, a, strlen(a), MSG_NOSIGNAL), strlen(a));
	(void)shutdown(c, SHUT_WR);
	w->silent[w->n_silent++ % MANY] = c;
}

static void
on_late(void *arg)
{
	struct world *w = arg;

	w->too_late = true;
	loop_stop(w->loop);
}

static void
on_healthy(void *arg)
{
	struct world *w = arg;

	if (++w->healthy == w->wanted)
		loop_stop(w->loop);
}

static void
on_healthy_stop(void *arg)
{
	struct world *w = arg;

	probe_stop(w->probe); /* allowed from inside */
	w->probe = NULL;
	on_healthy(w);
}

static void
world_open(struct world *w, const char *const *answers, int n)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	memset(w, 0, sizeof(*w));
	w->loop = loop_new(NULL);
	w->answers = answers;
	w->n_answers = n;
	w->wanted = 1;
	w->path = "/health";
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(w->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(w->fd, 4 * MANY), 0);
	ck_assert_int_eq(getsockname(w->fd, (struct sockaddr *)&a, &len), 0);
	w->port = ntohs(a.sin_port);
	w->ev = event_new(loop_base(w->loop), w->fd, EV_READ | EV_PERSIST,
	    on_conn, w);
	ck_assert_int_eq(event_add(w->ev, NULL), 0);
	loop_timer_set(w->loop, &w->late, 20 * NS_S, on_late, w);
}

static void
world_close(struct world *w)
{
	int i;

	probe_stop(w->probe);
	loop_timer_stop(&w->late);
	for (i = 0; i < w->n_silent && i < MANY; i++)
		(void)close(w->silent[i]);
	event_free(w->ev);
	(void)close(w->fd);
	loop_free(w->loop);
}

static struct probe *
ask(struct world *w, ns_t timeout, void (*healthy)(void *))
{
	struct probe_settings s = { w->path, 5 * NS_MS, timeout, w->rise };
	struct probe_of of = { .address = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
		.port = w->port, .healthy = healthy, .arg = w };
	struct err e = { 0 };
	struct probe *p = probe_start(w->loop, &of, &s, &e);

	ck_assert_msg(p != NULL, "%s", e.text);
	return (p);
}

START_TEST(only_2xx_is_healthy)
{
	static const char *const a[] = { "HTTP/1.1 503 No\r\n\r\n",
		"HTTP/1.1 302 Found\r\n\r\n", "garbage\r\n", "",
		"HTTP/1.1 200 OK\r\n\r\nwell" };
	struct world w;

	world_open(&w, a, 5);
	w.probe = ask(&w, NS_S, on_healthy);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert(!w.too_late);
	ck_assert_int_eq(w.asked, 5);
	ck_assert_int_eq(w.healthy, 1);
	world_close(&w);
}
END_TEST

static void
on_enough(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

START_TEST(healthy_is_said_once)
{
	static const char *const a[] = { "HTTP/1.1 200 OK\r\n\r\n" };
	struct world w;
	struct timer enough = { 0 };

	world_open(&w, a, 1);
	w.wanted = 2; /* never reached */
	w.probe = ask(&w, NS_S, on_healthy);
	loop_timer_set(w.loop, &enough, 100 * NS_MS, on_enough, &w);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.healthy, 1);
	ck_assert_int_eq(w.asked, 1);
	loop_timer_stop(&enough);
	world_close(&w);
}
END_TEST

START_TEST(silence_ends_at_the_deadline_of_a_try)
{
	static const char *const a[] = { NULL, NULL,
		"HTTP/1.1 204 None\r\n\r\n" };
	struct world w;

	world_open(&w, a, 3);
	w.probe = ask(&w, 20 * NS_MS, on_healthy_stop);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert(!w.too_late);
	ck_assert_int_eq(w.asked, 3);
	ck_assert_ptr_null(w.probe);
	world_close(&w);
}
END_TEST

START_TEST(many_at_once)
{
	static const char *const a[] = { "HTTP/1.1 200 OK\r\n\r\n" };
	struct probe *p[MANY];
	struct world w;
	int i;

	world_open(&w, a, 1);
	w.wanted = MANY;
	for (i = 0; i < MANY; i++)
		p[i] = ask(&w, 10 * NS_S, on_healthy);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert(!w.too_late);
	ck_assert_int_eq(w.healthy, MANY);
	for (i = 0; i < MANY; i++)
		probe_stop(p[i]);
	world_close(&w);
}
END_TEST

START_TEST(good_answers_in_a_row)
{
	static const char *const a[] = { "HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 500 No\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n" };
	struct world w;

	world_open(&w, a, 4);
	w.rise = 3;
	w.probe = ask(&w, NS_S, on_healthy);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert(!w.too_late);
	ck_assert_int_eq(w.asked, 6);
	world_close(&w);
}
END_TEST

START_TEST(no_path_is_a_connection)
{
	static const char *const a[] = { NULL };
	struct world w;

	world_open(&w, a, 1);
	w.path = "";
	w.probe = ask(&w, NS_S, on_healthy);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.healthy, 1);
	ck_assert(!w.too_late);
	/* and a closed port is none */
	probe_stop(w.probe);
	event_free(w.ev);
	(void)close(w.fd);
	w.ev = NULL;
	w.healthy = 0;
	w.probe = ask(&w, NS_S, on_healthy);
	loop_timer_set(w.loop, &w.late, 100 * NS_MS, on_late, &w);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.healthy, 0);
	probe_stop(w.probe);
	loop_timer_stop(&w.late);
	loop_free(w.loop);
}
END_TEST

START_TEST(a_stopped_probe_is_silent)
{
	static const char *const a[] = { "HTTP/1.1 200 OK\r\n\r\n" };
	struct world w;
	struct timer enough = { 0 };

	world_open(&w, a, 1);
	probe_stop(ask(&w, NS_S, on_healthy));
	probe_stop(NULL);
	loop_timer_set(w.loop, &enough, 50 * NS_MS, on_enough, &w);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_int_eq(w.asked, 0);
	ck_assert_int_eq(w.healthy, 0);
	loop_timer_stop(&enough);
	world_close(&w);
}
END_TEST

START_TEST(a_bad_path_is_refused)
{
	static const char *const bad[] = { "health", "x", "/a b",
		"/a\r\nX: y", "/\x80" };
	struct probe_of of = { .port = 1, .healthy = on_healthy };
	struct probe_settings s = { bad[_i], NS_S, NS_S, 1 };
	struct loop *l = loop_new(NULL);
	struct err e = { 0 };

	ck_assert_ptr_null(probe_start(l, &of, &s, &e));
	ck_assert_str_ne(e.text, "");
	loop_free(l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, status_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, only_2xx_is_healthy);
	tcase_add_test(t, healthy_is_said_once);
	tcase_add_test(t, silence_ends_at_the_deadline_of_a_try);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, good_answers_in_a_row);
	tcase_add_test(t, no_path_is_a_connection);
	tcase_add_test(t, a_stopped_probe_is_silent);
	tcase_add_loop_test(t, a_bad_path_is_refused, 0, 5);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
