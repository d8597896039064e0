/* SPDX-License-Identifier: MIT */
/* Looks of launch readiness at this machine. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/look.h"
#include "unit.h"

static char dir[32], path[64];
static struct ready_row row;

static void
begin(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_look.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/x", dir);
	memset(&row, 0, sizeof(row));
	(void)snprintf(row.path, sizeof(row.path), "%s", path);
}

static void
end(void)
{
	(void)unlink(path);
	(void)rmdir(path);
	(void)rmdir(dir);
}

static void
says(enum ready_state state, const char *text)
{
	ck_assert_msg(row.state == state && strstr(row.text, text) != NULL,
	    "%d: %s", (int)row.state, row.text);
}

START_TEST(a_program)
{
	int fd;

	look_program(&row);
	says(READY_NO, "No such file");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	look_program(&row);
	says(READY_NO, "is no plain file");
	ck_assert_int_eq(rmdir(path), 0);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	(void)close(fd);
	look_program(&row);
	says(READY_NO, "cannot be run");
	ck_assert_int_eq(chmod(path, 0755), 0);
	look_program(&row);
	says(READY_YES, "is there");
}
END_TEST

START_TEST(a_file_that_is_written)
{
	look_replace(&row);
	says(READY_YES, "can be written");
	(void)snprintf(row.path, sizeof(row.path), "%s/y/x", dir);
	look_replace(&row);
	says(READY_NO, "No such file");
}
END_TEST

/* As somebody who may start one process; 0: the row is right. */
static int
one_process(void)
{
	struct rlimit limit = { 1, 1 };

	if ((geteuid() == 0 && setuid(65534) != 0) ||
	    setrlimit(RLIMIT_NPROC, &limit) != 0)
		return (2);
	look_processes(&row);
	return (row.state == READY_NO && strstr(row.text,
	    "of 1 are used, 1 more may be needed") != NULL ? 0 : 1);
}

/* What our user may still start; root may all. */
START_TEST(processes)
{
	int status;
	pid_t pid;

	row.need = 1;
	if (geteuid() == 0) {
		look_processes(&row);
		says(READY_YES, "no limit");
	}
	pid = fork();
	if (pid == 0)
		_exit(one_process());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(more_rows_than_fit)
{
	struct ready_list *l = calloc(1, sizeof(*l));
	struct ready_row *r, *last = &l->at[READY_ROWS - 1];
	int i;

	for (i = 0; i < READY_ROWS; i++) {
		r = look_row(l, "row %d", i);
		r->look = look_program;
		look_say(r, READY_YES, "well");
	}
	ck_assert_int_eq(l->n, READY_ROWS);
	for (i = 0; i < 2; i++) {
		r = look_row(l, "row %d", READY_ROWS + i);
		ck_assert_int_eq(r->state, READY_UNKNOWN);
		look_say(r, READY_YES, "well");
		ck_assert_int_eq(l->n, READY_ROWS);
		/* what is not told is not ready, and no look mends it */
		ck_assert_str_eq(last->what, "more rows than fit");
		ck_assert_int_eq(last->state, READY_NO);
		ck_assert_ptr_null(last->look);
	}
	ck_assert_str_eq(l->at[READY_ROWS - 2].what, "row 46");
	ck_assert_str_eq(l->at[0].what, "row 0");
	free(l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("look");
	TCase *t = tcase_create("look");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_program);
	tcase_add_test(t, a_file_that_is_written);
	tcase_add_test(t, processes);
	tcase_add_test(t, more_rows_than_fit);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
