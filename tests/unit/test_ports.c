/* SPDX-License-Identifier: MIT */
/* Ranges of ports and the choice from them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "provider/ports.h"
#include "unit.h"

static const struct {
	const char *text;
	int first, last; /* 0: refused */
} rows[] = {
	{ "20000-20999", 20000, 20999 },
	{ "8080", 8080, 8080 },
	{ "1-65535", 1, 65535 },
	{ "0-10", 0, 0 },
	{ "10-9", 0, 0 },
	{ "1-65536", 0, 0 },
	{ "99999999999999999999", 0, 0 },
	{ "-5", 0, 0 },
	{ "5-", 0, 0 },
	{ " 5", 0, 0 },
	{ "5-6x", 0, 0 },
	{ "+5", 0, 0 },
	{ "", 0, 0 },
};

START_TEST(range_row)
{
	struct ports p = { 7, 7 };
	struct err e = { 0 };
	int rc = ports_parse(rows[_i].text, &p, &e);

	if (rows[_i].first == 0) {
		ck_assert_msg(rc == -1, "'%s'", rows[_i].text);
		ck_assert_int_eq(p.first, 7);
		ck_assert_ptr_nonnull(strstr(e.text, "expected a range"));
		return;
	}
	ck_assert_msg(rc == 0, "%s", e.text);
	ck_assert_int_eq(p.first, rows[_i].first);
	ck_assert_int_eq(p.last, rows[_i].last);
}
END_TEST

START_TEST(addresses)
{
	uint8_t a[16] = { 0 };

	ck_assert_int_eq(ports_address("127.0.0.2", a), 0);
	ck_assert(a[10] == 0xff && a[11] == 0xff && a[12] == 127 &&
	    a[15] == 2);
	ck_assert_int_eq(ports_address("::1", a), 0);
	ck_assert(a[0] == 0 && a[15] == 1);
	ck_assert_int_eq(ports_address("localhost", a), -1);
	ck_assert_int_eq(ports_address("127.1", a), -1);
	ck_assert_int_eq(ports_address("", a), -1);
	ck_assert_int_eq(a[15], 1);
}
END_TEST

/* A listener on a port that the system chose. */
static int
listener(uint16_t *ret)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*ret = ntohs(a.sin_port);
	return (fd);
}

static bool
taken(void *arg, uint16_t port)
{
	return (port == *(uint16_t *)arg);
}

START_TEST(the_lowest_that_is_free)
{
	struct ports p;
	uint8_t a[16];
	uint16_t busy, none = 0, got;
	int fd = listener(&busy);

	ck_assert_int_eq(ports_address("127.0.0.2", a), 0);
	ck_assert(!ports_is_free(a, busy));
	p.first = p.last = busy;
	ck_assert_int_eq(ports_choose(&p, a, taken, &none), 0);
	if (busy < 65000) { /* the next that is free may be some ports on */
		p.last = (uint16_t)(busy + 200);
		got = ports_choose(&p, a, taken, &none);
		ck_assert_int_gt(got, busy);
		ck_assert_int_ne(ports_choose(&p, a, taken, &got), got);
	}
	(void)close(fd);
	p.last = busy;
	ck_assert_int_eq(ports_choose(&p, a, taken, &none), busy);
	ck_assert_int_eq(ports_choose(&p, a, taken, &busy), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ports");
	TCase *t = tcase_create("ports");

	tcase_add_loop_test(t, range_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, addresses);
	tcase_add_test(t, the_lowest_that_is_free);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
