/* SPDX-License-Identifier: MIT */
/* The log on a real pipe, a real socket and a real file. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/log.h"
#include "unit.h"

static int fds[2];
static char got[1 << 17];

static const char *
drain(int fd)
{
	ssize_t n, k = 0;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, got + k, sizeof(got) - 1 - (size_t)k)) > 0)
		k += n;
	got[k] = '\0';
	return (got);
}

static struct log *
log_on_pipe(enum level max)
{
	struct err e = { 0 };
	struct log *l;

	ck_assert_int_eq(pipe(fds), 0);
	l = log_new(fds[1], max, &e);
	ck_assert_msg(l != NULL, "%s", e.text);
	return (l);
}

/* Text from outside cannot begin a line or move a terminal's cursor. */
START_TEST(test_quoting)
{
	struct log *l = log_on_pipe(LEVEL_INFO);
	struct log_line line;

	log_begin(&line, l, LEVEL_WARN, "odd name");
	log_str(&line, "plain", "web-1.a:80");
	log_str(&line, "odd", "a \"b\"\n\033[31m\xc3\xa4");
	log_str(&line, "empty", "");
	log_str(&line, "none", NULL);
	log_int(&line, "n", -5);
	log_num(&line, "load", 1.5);
	log_end(&line);
	ck_assert_ptr_nonnull(strstr(drain(fds[0]),
	    "Z level=warn msg=\"odd name\" plain=web-1.a:80 odd=\"a \\\"b\\\""
	    "\\n\\x1b[31m\\xc3\\xa4\" empty=\"\" none=none n=-5 load=1.5\n"));
	log_free(l);
}
END_TEST

START_TEST(test_levels)
{
	struct log *l = log_on_pipe(LEVEL_WARN);
	enum level level = LEVEL_ERROR;

	log_say(l, LEVEL_INFO, "quiet", NULL, NULL);
	ck_assert_str_eq(drain(fds[0]), "");
	log_level_set(l, LEVEL_INFO);
	log_say(l, LEVEL_INFO, "said", "k", "v");
	ck_assert_ptr_nonnull(strstr(drain(fds[0]), "level=info msg=said k=v"));
	ck_assert_int_eq(log_level_parse("debug", &level), 0);
	ck_assert_int_eq(level, LEVEL_DEBUG);
	ck_assert_int_eq(log_level_parse("loud", &level), -1);
	log_free(l);
}
END_TEST

START_TEST(test_alarm)
{
	struct log *l = log_on_pipe(LEVEL_INFO);
	struct log_line line;

	log_alarm(&line, l, true, "disk");
	log_str(&line, "group", "web");
	log_end(&line);
	ck_assert_ptr_nonnull(strstr(drain(fds[0]), "level=warn msg=alarm "
	    "alarm=disk group=web\n"));
	log_alarm(&line, l, false, "disk");
	log_end(&line);
	ck_assert_ptr_nonnull(strstr(drain(fds[0]), "level=info msg=\"alarm "
	    "is over\" alarm=disk\n"));
	log_free(l);
}
END_TEST

START_TEST(test_systemd_has_no_time)
{
	struct log *l;

	(void)setenv("JOURNAL_STREAM", "8:1", 1);
	l = log_on_pipe(LEVEL_INFO);
	log_say(l, LEVEL_ERROR, "bad", NULL, NULL);
	ck_assert_str_eq(drain(fds[0]), "<3>level=error msg=bad\n");
	(void)unsetenv("JOURNAL_STREAM");
	log_free(l);
}
END_TEST

START_TEST(test_too_long_is_cut)
{
	struct log *l = log_on_pipe(LEVEL_INFO);
	char big[2 * LOG_LINE_SIZE];
	const char *s;

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	log_say(l, LEVEL_INFO, "big", "k", big);
	s = drain(fds[0]);
	ck_assert_uint_le(strlen(s), LOG_LINE_SIZE);
	ck_assert_str_eq(s + strlen(s) - 10, " cut=true\n");
	log_free(l);
}
END_TEST

/* A pipe that nobody reads: dropped, counted, told of, and no wait. */
static void
full_pipe_drops(struct log *l, int from)
{
	uint64_t dropped;
	char want[64];
	int i;

	for (i = 0; i < 20000; i++)
		log_say(l, LEVEL_INFO, "line", "filler",
		    "0123456789012345678901234567890123456789");
	dropped = log_dropped(l);
	ck_assert_uint_gt(dropped, 0);
	(void)drain(from);
	log_say(l, LEVEL_INFO, "after", NULL, NULL);
	(void)snprintf(want, sizeof(want), "were dropped\" lines=%llu\n",
	    (unsigned long long)dropped);
	ck_assert_ptr_nonnull(strstr(drain(from), want));
	ck_assert_ptr_nonnull(strstr(got, "msg=after\n"));
	ck_assert_uint_eq(log_dropped(l), dropped);
}

START_TEST(test_full_pipe)
{
	struct log *l = log_on_pipe(LEVEL_INFO);

	full_pipe_drops(l, fds[0]);
	/* whoever shares the pipe still writes as before */
	ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	log_free(l);
}
END_TEST

START_TEST(test_full_socket)
{
	struct log *l;
	const char *p;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	l = log_new(fds[1], LEVEL_INFO, NULL);
	ck_assert_ptr_nonnull(l);
	full_pipe_drops(l, fds[0]);
	for (p = got; *p != '\0'; p = strchr(p, '\n') + 1)
		ck_assert_msg(strncmp(p, "t=20", 4) == 0 || p == got,
		    "a line was torn: %.40s", p);
	log_free(l);
}
END_TEST

START_TEST(test_plain_file)
{
	char path[] = "/tmp/plimsoll-log-XXXXXX";
	int fd = mkstemp(path), rd = open(path, O_RDONLY);
	struct log *l = log_new(fd, LEVEL_INFO, NULL);

	ck_assert_ptr_nonnull(l);
	log_say(l, LEVEL_INFO, "one", NULL, NULL);
	log_say(l, LEVEL_INFO, "two", NULL, NULL);
	log_free(l); /* waits for the thread */
	ck_assert_ptr_nonnull(strstr(drain(rd), "msg=one\n"));
	ck_assert_ptr_nonnull(strstr(got, "msg=two\n"));
	(void)unlink(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	(void)unsetenv("JOURNAL_STREAM");
	tcase_add_test(t, test_quoting);
	tcase_add_test(t, test_levels);
	tcase_add_test(t, test_alarm);
	tcase_add_test(t, test_systemd_has_no_time);
	tcase_add_test(t, test_too_long_is_cut);
	tcase_add_test(t, test_full_pipe);
	tcase_add_test(t, test_full_socket);
	tcase_add_test(t, test_plain_file);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
