/* SPDX-License-Identifier: MIT */
/* A loop that is stuck ends the process, with a sentence (I-24). */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/signals.h"
#include "unit.h"

static struct loop *loop;
static struct signals *signals;

static void
nothing(void *ctx)
{
	(void)ctx;
}

static void
begin(void)
{
	struct signals_hooks hooks = { NULL, nothing, nothing };
	struct err e = { 0 };

	loop = loop_new(NULL);
	ck_assert_ptr_nonnull(loop);
	signals = signals_new(loop, &hooks, &e);
	ck_assert_msg(signals != NULL, "%s", e.text);
}

static void
be_stuck(int fd)
{
	struct signals_hooks hooks = { NULL, nothing, nothing };

	(void)dup2(fd, STDERR_FILENO);
	loop = loop_new(NULL);
	if (loop == NULL || signals_new(loop, &hooks, NULL) == NULL)
		_exit(3);
	signals_alive(50 * NS_MS);
	for (;;)
		(void)pause();
}

START_TEST(test_stuck)
{
	char text[200] = "";
	struct pollfd p;
	int fd[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		be_stuck(fd[1]);
	(void)close(fd[1]);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	if (poll(&p, 1, 60000) != 1)
		(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_gt(read(fd[0], text, sizeof(text) - 1), 0);
	ck_assert_ptr_nonnull(strstr(text, "a step does not end"));
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGALRM);
	(void)close(fd[0]);
}
END_TEST

/* Seconds until the end, 0: none is set. */
static double
left_s(void)
{
	struct itimerval t;

	ck_assert_int_eq(getitimer(ITIMER_REAL, &t), 0);
	return ((double)t.it_value.tv_sec + (double)t.it_value.tv_usec / 1e6);
}

START_TEST(test_alive_again_and_over)
{
	begin();
	signals_alive(100 * NS_S);
	ck_assert_double_gt(left_s(), 1.0);
	ck_assert_double_le(left_s(), 101.0);
	signals_alive(5000 * NS_S);
	ck_assert_double_gt(left_s(), 4000.0);
	signals_free(signals); /* a stop may take its time */
	ck_assert_double_eq(left_s(), 0.0);
	loop_free(loop);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("signals");
	TCase *t = tcase_create("signals");

	tcase_set_timeout(t, 90);
	tcase_add_test(t, test_stuck);
	tcase_add_test(t, test_alive_again_and_over);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
