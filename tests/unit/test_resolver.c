/* SPDX-License-Identifier: MIT */
/* The resolver against a name server of the same loop. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "unit.h"

static struct loop *loop;
static struct resolver *r;
static struct event *ev;
static struct timer late;
static int fd, asked, heard, last; /* last: of the address; 0: no such name */
static struct resolved got;

/* Answers an A question with 127.0.0.LAST, anything else with nothing. */
static void
on_question(evutil_socket_t s, short what, void *arg)
{
	static const uint8_t tail[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4,
		127, 0, 0 };
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t m[512];
	ssize_t n = recvfrom(s, m, 300, 0, (struct sockaddr *)&from, &len);
	bool a = n > 16 && m[n - 3] == 1;

	(void)what, (void)arg;
	ck_assert_int_gt(n, 16);
	asked++;
	m[2] = 0x85;
	m[3] = last == 0 ? 0x83 : 0x80;
	m[11] = 0; /* nothing but the question */
	if (a && last != 0) {
		m[7] = 1;
		memcpy(m + n, tail, sizeof(tail));
		n += (ssize_t)sizeof(tail);
		m[n++] = (uint8_t)last;
	}
	(void)sendto(s, m, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static void
on_late(void *arg)
{
	(void)arg;
	ck_abort_msg("not within 30 s");
}

static void
begin(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	char ns[32];

	loop = loop_new(NULL);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	ev = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_question,
	    NULL);
	ck_assert_int_eq(event_add(ev, NULL), 0);
	(void)snprintf(ns, sizeof(ns), "127.0.0.1:%d", ntohs(a.sin_port));
	r = resolver_new(loop, ns, NULL);
	ck_assert_ptr_nonnull(r);
	loop_timer_set(loop, &late, 30 * NS_S, on_late, NULL);
}

static void
end(void)
{
	resolver_free(r);
	loop_timer_stop(&late);
	event_free(ev);
	(void)close(fd);
	(void)event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
	loop_free(loop);
}

static void
on_known(void *arg, const struct resolved *known)
{
	(void)arg;
	heard++;
	got = *known;
}

static void
look(const char *name)
{
	struct resolver_wait w = { .done = on_known };
	int before = heard;

	ck_assert(resolver_wait(r, name, &w));
	ck_assert_int_eq(heard, before); /* never from inside */
	while (heard == before)
		(void)event_base_loop(loop_base(loop), EVLOOP_ONCE);
}

START_TEST(numbers_need_nobody)
{
	struct resolved a;

	ck_assert(resolver_get(r, "192.0.2.7", &a));
	ck_assert_str_eq(a.address[0], "192.0.2.7");
	ck_assert(resolver_get(r, "::1", &a));
	ck_assert(resolver_get(r, "localhost", &a));
	ck_assert_str_eq(a.address[0], "127.0.0.1");
	ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(an_old_answer_serves_while_it_is_looked_up)
{
	struct resolved a;
	int before;

	last = 9;
	ck_assert(!resolver_get(r, "shop.example", &a));
	look("shop.example");
	ck_assert_int_eq(got.n, 1);
	ck_assert_str_eq(got.address[0], "127.0.0.9");
	before = asked;
	ck_assert(resolver_get(r, "Shop.Example", &a));
	ck_assert_str_eq(a.address[0], "127.0.0.9");
	ck_assert_int_eq(asked, before);
	/* old at once; the name server knows it no more */
	resolver_fresh(r, 0);
	last = 0;
	look("shop.example");
	ck_assert_int_gt(asked, before);
	ck_assert_int_eq(got.n, 1);
	ck_assert(resolver_get(r, "shop.example", &a));
	ck_assert_str_eq(a.address[0], "127.0.0.9");
	/* and then another address: the next one who asks begins it */
	last = 10;
	while (resolver_get(r, "shop.example", &a) &&
	    strcmp(a.address[0], "127.0.0.9") == 0)
		(void)event_base_loop(loop_base(loop), EVLOOP_ONCE);
	ck_assert_str_eq(a.address[0], "127.0.0.10");
}
END_TEST

START_TEST(a_name_that_is_none)
{
	struct resolved a;

	last = 0;
	look("none.example");
	ck_assert_int_eq(got.n, 0);
	ck_assert_ptr_nonnull(strstr(got.why, "not known"));
	ck_assert(!resolver_get(r, "none.example", &a));
}
END_TEST

START_TEST(who_left_is_not_told)
{
	struct resolver_wait w = { .done = on_known };

	last = 9;
	ck_assert(resolver_wait(r, "left.example", &w));
	resolver_leave(&w);
	resolver_leave(&w);
	look("left.example");
	ck_assert_int_eq(heard, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("resolver");
	TCase *t = tcase_create("resolver");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, numbers_need_nobody);
	tcase_add_test(t, an_old_answer_serves_while_it_is_looked_up);
	tcase_add_test(t, a_name_that_is_none);
	tcase_add_test(t, who_left_is_not_told);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
