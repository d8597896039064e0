/* SPDX-License-Identifier: MIT */
/* Processes behind their gate, and what /proc says of them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/child.h"
#include "unit.h"

static char dir[] = "/tmp/test_child.XXXXXX";
static char log_path[64], made_path[64];

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(log_path, sizeof(log_path), "%s/log", dir);
	(void)snprintf(made_path, sizeof(made_path), "%s/made", dir);
}

static void
teardown(void)
{
	(void)unlink(log_path);
	(void)unlink(made_path);
	(void)rmdir(dir);
}

static const struct {
	const char *says, *text;
	int rc;
	pid_t pid;
	uint64_t start;
} rows[] = {
	{ "a usual line", "12 (sh) S 1 12 12 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 "
	    "777 1 2", 0, 12, 777 },
	{ "a name that would mislead", "12 (a) R 9 9) S 1 12 12 0 -1 4 1 2 3 "
	    "4 5 6 7 8 20 0 1 0 778 1", 0, 12, 778 },
	{ "cut short", "12 (sh) S 1 12 12 0 -1 4 1 2", -1, 0, 0 },
	{ "no bracket", "12 sh S 1 12 12", -1, 0, 0 },
	{ "nothing", "", -1, 0, 0 },
};

START_TEST(stat_row)
{
	struct child_stat s = { 0 };

	ck_assert_msg(child_stat_parse(rows[_i].text, &s) == rows[_i].rc, "%s",
	    rows[_i].says);
	ck_assert_int_eq(s.pid, rows[_i].pid);
	ck_assert(s.start == rows[_i].start);
	if (rows[_i].rc == 0)
		ck_assert_int_eq(s.session, 12);
}
END_TEST

/* Until its outcome is known, at most 10 s. */
static int
outcome(struct child *c, struct err *e)
{
	struct pollfd p = { .fd = c->status, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	return (child_outcome(c, e));
}

START_TEST(nothing_runs_before_the_gate)
{
	const char *argv[] = { "/bin/sh", "-c", "echo hello; : >made", NULL };
	const char *env[] = { NULL };
	struct child_start st = { argv, env, dir, log_path, NULL, -1 };
	struct child c;
	struct err e = { 0 };
	int status;

	ck_assert_msg(child_fork(&st, &c, &e) == 0, "%s", e.text);
	ck_assert_int_eq(child_outcome(&c, &e), 1);
	child_release(&c, _i == 1);
	ck_assert_int_eq(outcome(&c, &e), 0);
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(access(made_path, F_OK), _i == 1 ? 0 : -1);
	ck_assert_int_eq(access(log_path, F_OK), _i == 1 ? 0 : -1);
}
END_TEST

START_TEST(what_a_server_gets)
{
	const char *argv[] = { "/bin/sh", "-c",
		"ls /proc/self/fd | wc -l; umask; cat /proc/self/environ | "
		"tr '\\0' '\\n'; grep -e SigBlk -e SigIgn /proc/self/status",
		NULL };
	const char *env[] = { "A=b", NULL };
	struct child_start st = { argv, env, dir, log_path, NULL, -1 };
	struct child c;
	struct err e = { 0 };
	char text[512] = "";
	ssize_t n;
	int fd, status, leak = open("/dev/null", O_RDONLY); /* no CLOEXEC */
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_msg(child_fork(&st, &c, &e) == 0, "%s", e.text);
	child_release(&c, true);
	ck_assert_int_eq(outcome(&c, &e), 0);
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	fd = open(log_path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	/* 0, 1, 2 and the one that ls reads the folder with */
	ck_assert_ptr_nonnull(strstr(text, "4\n0027\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nA=b\n"));
	ck_assert_ptr_nonnull(strstr(text, "SigBlk:\t0000000000000000"));
	/* 32 and 33 are the C library's own: it lets nobody touch them. */
	ck_assert_ptr_nonnull(strstr(text, "SigIgn:\t"));
	ck_assert(!(strtoull(strstr(text, "SigIgn:\t") + 8, NULL, 16) &
	    ~0x180000000ULL));
	(void)close(fd);
	(void)close(leak);
}
END_TEST

START_TEST(a_failure_is_told)
{
	static const struct {
		const char *program;
		const char *folder, *text;
	} bad[] = {
		{ "/nowhere/x", "/", "its program cannot be run: No such" },
		{ "/bin/true", "/nowhere", "its folder 'dir' cannot be" },
	};
	const char *argv[] = { bad[_i].program, NULL };
	const char *env[] = { NULL };
	struct child_start st = { argv, env, bad[_i].folder, log_path, NULL, -1 };
	struct child c;
	struct err e = { 0 };
	int status;

	ck_assert_int_eq(child_fork(&st, &c, &e), 0);
	child_release(&c, true);
	ck_assert_int_eq(outcome(&c, &e), -1);
	ck_assert_msg(strstr(e.text, bad[_i].text) != NULL, "%s", e.text);
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
}
END_TEST

START_TEST(pid_and_start_together)
{
	const char *argv[] = { "/bin/sleep", "60", NULL };
	const char *env[] = { "PLIMSOLL_ID=local-7", "PLIMSOLL_IDX=no", NULL };
	struct child_start st = { argv, env, "/", log_path, NULL, -1 };
	struct child c;
	struct child_stat s;
	struct err e = { 0 };
	char value[16];
	int fd, status;

	ck_assert_int_eq(child_fork(&st, &c, &e), 0);
	ck_assert_int_eq(child_stat_read(c.pid, &s), 0);
	child_release(&c, true);
	ck_assert_int_eq(outcome(&c, &e), 0);
	/* Another start: somebody else got the pid. */
	ck_assert_int_eq(child_pidfd(c.pid, s.start + 1), -1);
	ck_assert_int_eq(errno, ESRCH);
	fd = child_pidfd(c.pid, s.start);
	ck_assert_int_ge(fd, 0);
	ck_assert(child_env(c.pid, "PLIMSOLL_ID", value, sizeof(value)));
	ck_assert_str_eq(value, "local-7");
	ck_assert(!child_env(c.pid, "PLIMSOLL", value, sizeof(value)));
	ck_assert(!child_env(c.pid, "PLIMSOLL_ID", value, 7));
	ck_assert_int_eq(child_signal(fd, SIGKILL), 0);
	ck_assert_int_eq(waitpid(c.pid, &status, 0), c.pid);
	ck_assert_int_eq(child_signal(fd, SIGKILL), -1);
	ck_assert_int_eq(errno, ESRCH);
	(void)close(fd);
	ck_assert_int_eq(child_pidfd(c.pid, s.start), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("child");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, stat_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, nothing_runs_before_the_gate, 0, 2);
	tcase_add_test(t, what_a_server_gets);
	tcase_add_loop_test(t, a_failure_is_told, 0, 2);
	tcase_add_test(t, pid_and_start_together);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
