/* SPDX-License-Identifier: MIT */
/* Records of servers: there and back, damaged, on a disk that is full. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "provider/spawn_record.h"
#include "unit.h"

static char dir[] = "/tmp/test_spawn_record.XXXXXX";
static int dir_fd;
static struct spawn_record r;

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	memset(&r, 0, sizeof(r));
	r.token.byte[0] = 7;
	(void)snprintf(r.group, sizeof(r.group), "shop");
	(void)snprintf(r.address, sizeof(r.address), "127.0.0.2");
	(void)snprintf(r.boot, sizeof(r.boot), "boot-1");
	(void)snprintf(r.text, sizeof(r.text), "it ended with status 3");
	r.port = 20001;
	r.pid = 4711;
	r.start = 1ULL << 50;
	r.state = SPAWN_ENDED;
	r.grace_ms = 10000;
	r.rest_ms = 6000;
	r.turn = 9;
	r.ended = 5 * NS_S;
}

static void
teardown(void)
{
	spawn_record_unlink(dir_fd, &r.token);
	spawn_record_unlink(dir_fd, &r.token); /* not there is fine */
	(void)close(dir_fd);
	ck_assert_int_eq(rmdir(dir), 0); /* and nothing was left over */
}

START_TEST(there_and_back)
{
	struct spawn_record back;
	struct err e = { 0 };

	ck_assert_msg(spawn_record_write(dir_fd, &r, &e) == 0, "%s", e.text);
	memset(&back, 0, sizeof(back));
	ck_assert_msg(spawn_record_read(dir_fd, &r.token, &back, &e) == 0,
	    "%s", e.text);
	ck_assert_int_eq(memcmp(&r, &back, sizeof(r)), 0);
	/* what would break the lines is a blank */
	(void)snprintf(r.text, sizeof(r.text), "a\nsum 0");
	ck_assert_int_eq(spawn_record_write(dir_fd, &r, &e), 0);
	ck_assert_int_eq(spawn_record_read(dir_fd, &r.token, &back, &e), 0);
	ck_assert_str_eq(back.text, "a sum 0");
}
END_TEST

START_TEST(any_damaged_byte_is_seen)
{
	char text[SPAWN_RECORD_MAX], bad[SPAWN_RECORD_MAX];
	struct spawn_record back = { 0 };
	size_t n = spawn_record_text(&r, text), i;

	ck_assert_int_eq(spawn_record_parse(text, n, &back, NULL), 0);
	for (i = 0; i < n; i++) {
		memcpy(bad, text, n);
		bad[i] ^= 1;
		ck_assert_int_eq(spawn_record_parse(bad, n, &back, NULL), -1);
		ck_assert_int_eq(spawn_record_parse(text, i, &back, NULL), -1);
	}
	memset(bad, 'x', sizeof(bad));
	ck_assert_int_eq(spawn_record_parse(bad, sizeof(bad), &back, NULL),
	    -1);
}
END_TEST

START_TEST(of_another_token)
{
	struct token other = { { 8 } };
	struct spawn_record back;
	struct err e = { 0 };
	char a[SPAWN_TOKEN_HEX], b[SPAWN_TOKEN_HEX];

	ck_assert_int_eq(spawn_record_write(dir_fd, &r, &e), 0);
	spawn_token_hex(&r.token, a);
	spawn_token_hex(&other, b);
	ck_assert_int_eq(renameat(dir_fd, a, dir_fd, b), 0);
	ck_assert_int_eq(spawn_record_read(dir_fd, &other, &back, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "of another token"));
	ck_assert_int_eq(spawn_record_read(dir_fd, &r.token, &back, NULL), -1);
	spawn_record_unlink(dir_fd, &other);
}
END_TEST

START_TEST(a_write_that_fails_keeps_the_old_one)
{
	struct rlimit none = { 0, RLIM_INFINITY };
	struct spawn_record back;
	struct err e = { 0 };

	ck_assert_int_eq(spawn_record_write(dir_fd, &r, &e), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	r.state = SPAWN_STARTED;
	ck_assert_int_eq(spawn_record_write(dir_fd, &r, &e), -1);
	none.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_eq(e.code, EFBIG);
	ck_assert_ptr_nonnull(strstr(e.text, "cannot be written"));
	ck_assert_int_eq(spawn_record_read(dir_fd, &r.token, &back, NULL), 0);
	ck_assert_int_eq(back.state, SPAWN_ENDED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spawn_record");
	TCase *t = tcase_create("spawn_record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, any_damaged_byte_is_seen);
	tcase_add_test(t, of_another_token);
	tcase_add_test(t, a_write_that_fails_keeps_the_old_one);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
