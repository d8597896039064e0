/* SPDX-License-Identifier: MIT */
/*
 * How local servers begin and end: at once, never, with children left, on a
 * full disk.  The shop of contrib/demo in its modes.
 */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/child.h"
#include "io/loop.h"
#include "io/probe.h"
#include "provider/local.h"
#include "provider/spawn_record.h"
#include "it_local_side.h"

START_TEST(one_that_dies_at_start)
{
	int one = 1;

	command_shop("--die-at-start");
	side_open(&a);
	launch(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert(until(&a, is_exits, &one));
	ck_assert_int_eq(memcmp(&a.exit.token, &a.told[0].token,
	    sizeof(struct token)), 0);
	lookup(&a, 0);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	side_close(&a);
}
END_TEST

START_TEST(one_that_cannot_be_run)
{
	command("/nowhere/server", NULL);
	side_open(&a);
	launch(&a, 0, 2);
	ck_assert_int_eq(a.outcome, OUTCOME_PERMANENT);
	ck_assert_uint_eq(a.n_told, 0);
	ck_assert_msg(strstr(a.text, "cannot be run: No such file") != NULL,
	    "%s", a.text);
	side_close(&a);
	command_shop("");
	(void)snprintf(way.dir, sizeof(way.dir), "/nowhere");
	side_open(&a);
	launch(&a, 2, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_PERMANENT);
	ck_assert_ptr_nonnull(strstr(a.text, "folder 'dir'"));
	side_close(&a);
}
END_TEST

static bool
is_stopping(struct side *s, const void *arg)
{
	(void)s, (void)arg;
	return (record(1).state == SPAWN_STOPPING);
}

START_TEST(one_that_hangs_at_stop)
{
	struct spawn_record r;
	ns_t began;

	command_shop("--hang-at-stop");
	way.stop_grace = 300 * NS_MS;
	side_open(&a);
	launch_well(&a, 0, 1);
	healthy(&a); /* now it ignores SIGTERM */
	r = record(0);
	began = loop_now(a.loop).mono;
	terminate(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_int_ge(loop_now(a.loop).mono - began, 300 * NS_MS);
	ck_assert(!lives(r.pid, r.start));
	/* the same, with a spawner that dies in between */
	launch_well(&a, 1, 1);
	healthy(&a);
	r = record(1);
	a.op++;
	a.answered = false;
	provider_local.terminate(a.self, a.op, &a.told[0].id, 1);
	ck_assert(until(&a, is_stopping, NULL));
	spawner_kill(&a);
	ck_assert(until(&a, is_gone, &r)); /* nobody asked again */
	side_close(&a);
}
END_TEST

START_TEST(one_that_closes_all)
{
	struct spawn_record r;
	int two = 2;

	command_shop("--close-all");
	side_open(&a);
	launch_well(&a, 0, 2);
	healthy(&a);
	ck_assert_int_eq(a.exits, 0);
	r = record(0);
	ck_assert_int_eq(kill(r.pid, SIGKILL), 0);
	terminate(&a, 1, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert(until(&a, is_exits, &two));
	side_close(&a);
}
END_TEST

static bool
is_none_left(struct side *s, const void *arg)
{
	(void)s;
	return (processes_of(*(const int *)arg) == 0);
}

static bool
is_two(struct side *s, const void *arg)
{
	(void)s;
	return (processes_of(*(const int *)arg) == 2);
}

/* 0: killed, 1: terminated, 2: terminated after a new spawner. */
START_TEST(one_that_leaves_a_grandchild)
{
	static const int zero = 0;
	int how = _i % 3;

	if (_i < 3)
		command_shop("--grandchild");
	else
		command(self_path, "escape");
	side_open(&a);
	launch_well(&a, 0, 1);
	ck_assert(until(&a, _i < 3 ? is_two : is_escaped, &zero));
	if (how == 2)
		spawner_kill(&a);
	if (how == 0)
		ck_assert_int_eq(kill(record(0).pid, SIGKILL), 0);
	else
		terminate(&a, 0, 1);
	ck_assert(until(&a, is_none_left, &zero));
	lookup(&a, 0);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	side_close(&a);
}
END_TEST

static bool
is_mine(struct side *s, const void *arg)
{
	pid_t pids[8];

	(void)s;
	return (mine(pids, 8) == *(const int *)arg);
}

START_TEST(one_that_leaves_a_naked_grandchild)
{
	char text[KEY_STRING_SIZE];
	int three = 3, one = 1;

	(void)snprintf(text, sizeof(text), "naked=%s", folder);
	command(self_path, text);
	side_open(&a);
	launch_well(&a, 0, 1);
	ck_assert(until(&a, is_mine, &three));
	ck_assert_int_eq(kill(record(0).pid, SIGKILL), 0);
	ck_assert(until(&a, is_mine, &one)); /* the spawner, and no zombie */
	side_close(&a);
}
END_TEST

/* The spawner dies before it has cleaned up: the next one does. */
START_TEST(a_grandchild_of_before)
{
	static const int zero = 0;
	struct spawn_record r;
	pid_t sp;

	command(self_path, "escape");
	side_open(&a);
	launch_well(&a, 0, 1);
	ck_assert(until(&a, is_escaped, &zero));
	r = record(0);
	sp = spawner_pid();
	ck_assert_int_eq(kill(sp, SIGSTOP), 0);
	ck_assert_int_eq(kill(r.pid, SIGKILL), 0);
	ck_assert(until(&a, is_gone, &r));
	ck_assert_int_eq(processes_of(0), 1);
	ck_assert_int_eq(kill(sp, SIGKILL), 0);
	ck_assert(until(&a, is_none_left, &zero));
	side_close(&a);
}
END_TEST

START_TEST(a_folder_that_cannot_be_written)
{
	struct err e = { 0 };

	(void)snprintf(set.folder, sizeof(set.folder), "/proc/plimsoll");
	ck_assert_int_eq(side_try(&a, &e), -1);
	ck_assert_msg(strstr(e.text, "folder '/proc/plimsoll' cannot be made")
	    != NULL, "%s", e.text);
	side_close(&a);
	(void)snprintf(set.folder, sizeof(set.folder), "%.200s", self_path);
	err_clear(&e);
	ck_assert_int_eq(side_try(&a, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "folder"));
	side_close(&a);
	(void)snprintf(set.folder, sizeof(set.folder), "%s", folder);
	(void)snprintf(set.program, sizeof(set.program), "/nowhere/spawner");
	err_clear(&e);
	ck_assert_int_eq(side_try(&a, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "'/nowhere/spawner' cannot be "
	    "run"));
	side_close(&a);
}
END_TEST

/* A small disk of our own, full to the last block. */
static void
disk_fill(void)
{
	char path[128], block[4096] = { 0 };
	int fd;

	if (geteuid() != 0)
		ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
	else
		ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	(void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(mount("none", folder, "tmpfs", 0, "size=256k"), 0);
	side_open(&a);
	launch_well(&a, 0, 1);
	(void)snprintf(path, sizeof(path), "%s/fill", folder);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	ck_assert_int_eq(errno, ENOSPC);
	(void)close(fd);
}

START_TEST(a_full_disk)
{
	struct spawn_record r;
	char path[128];

	disk_fill();
	r = record(0);
	launch(&a, 1, 1);
	ck_assert_msg(a.outcome == OUTCOME_CAPACITY, "%d: %s", a.outcome,
	    a.text);
	ck_assert_msg(strstr(a.text, "No space left") != NULL, "%s", a.text);
	ck_assert_uint_eq(a.n_told, 0);
	ck_assert_int_eq(processes_of(1), 0);
	ck_assert(lives(r.pid, r.start));
	/* a server is ended all the same, and known to be */
	terminate(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	lookup(&a, 0);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	/* with room again the token is free: nothing ran with it */
	(void)snprintf(path, sizeof(path), "%s/fill", folder);
	ck_assert_int_eq(unlink(path), 0);
	launch_well(&a, 1, 1);
	ck_assert_int_eq(processes_of(1), 1);
	side_close(&a);
	(void)umount2(folder, MNT_DETACH);
}
END_TEST

/* The spawner has no child: what waited at a gate has ended. */
static bool
is_childless(struct side *s, const void *arg)
{
	char path[64], text[64];
	ssize_t n;
	int fd;

	(void)s;
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    *(const int *)arg, *(const int *)arg);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	n = read(fd, text, sizeof(text));
	(void)close(fd);
	return (n == 0);
}

START_TEST(a_record_that_cannot_be_written)
{
	char path[256], hex[SPAWN_TOKEN_HEX];
	struct token t = token(0);
	pid_t sp;

	side_open(&a);
	list(&a);
	sp = spawner_pid();
	spawn_token_hex(&t, hex);
	(void)snprintf(path, sizeof(path), "%s/records/%s.new", folder, hex);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	launch(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_CAPACITY);
	ck_assert_msg(strstr(a.text, "cannot be made") != NULL, "%s", a.text);
	/* it was forked, and never ran */
	ck_assert(until(&a, is_childless, &sp));
	ck_assert_int_eq(rmdir(path), 0);
	launch_well(&a, 0, 1);
	side_close(&a);
}
END_TEST

/* Standard input and outputs only; a program that starts opens others. */
static bool
is_three_open(struct side *s, const void *arg)
{
	DIR *d = opendir(arg);
	int count = 0;

	(void)s;
	while (readdir(d) != NULL)
		count++;
	(void)closedir(d);
	return (count == 2 + 3);
}

START_TEST(what_a_server_gets)
{
	char path[64], text[2048], want[2048], id[ID_SIZE], cwd[256];
	struct token t = token(0);
	ssize_t n;
	int fd, i;

	way.env.n = 2;
	(void)snprintf(way.env.text[1], KEY_STRING_SIZE, "WHERE={port}");
	(void)setenv("SECRET", "of the daemon", 1);
	command("/bin/sleep", "100");
	side_open(&a);
	launch_well(&a, 0, 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", record(0).pid);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	ck_assert_int_gt(n, 0);
	text[n] = '\0';
	for (i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	spawn_id(&t, id, sizeof(id));
	(void)snprintf(want, sizeof(want), "PLIMSOLL_ID=%s PLIMSOLL_GROUP=shop "
	    "PLIMSOLL_ADDRESS=%s PLIMSOLL_PORT=%u IT_LOCAL=%s WHERE=%u ", id,
	    way.address, a.told[0].port, folder, a.told[0].port);
	ck_assert_str_eq(text, want);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", record(0).pid);
	ck_assert(until(&a, is_three_open, path));
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", record(0).pid);
	n = readlink(path, cwd, sizeof(cwd) - 1);
	ck_assert_int_gt(n, 0);
	cwd[n] = '\0';
	(void)snprintf(want, sizeof(want), "%s/servers/%s", folder, id + 6);
	ck_assert_str_eq(cwd, want);
	side_close(&a);
}
END_TEST

static bool
is_cut(struct side *s, const void *arg)
{
	struct stat st, old;
	char path[256];

	(void)s;
	(void)snprintf(path, sizeof(path), "%s/log", (const char *)arg);
	if (stat(path, &st) != 0)
		return (false);
	(void)snprintf(path, sizeof(path), "%s/log.1", (const char *)arg);
	return (stat(path, &old) == 0 && old.st_size == 1 << 20 &&
	    st.st_size < 1 << 20);
}

START_TEST(logs_are_bounded)
{
	char servers[256], hex[SPAWN_TOKEN_HEX];
	struct token t = token(0);

	way.command.n = 3;
	(void)snprintf(way.command.text[0], KEY_STRING_SIZE, "/bin/sh");
	(void)snprintf(way.command.text[1], KEY_STRING_SIZE, "-c");
	(void)snprintf(way.command.text[2], KEY_STRING_SIZE,
	    "head -c 3000000 /dev/zero; exec sleep 100");
	side_open(&a);
	launch_well(&a, 0, 1);
	spawn_token_hex(&t, hex);
	(void)snprintf(servers, sizeof(servers), "%s/servers/%s", folder, hex);
	ck_assert(until(&a, is_cut, servers));
	side_close(&a);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("local_ends");
	TCase *t = side_case("local_ends");

	tcase_add_test(t, one_that_dies_at_start);
	tcase_add_test(t, one_that_cannot_be_run);
	tcase_add_test(t, one_that_hangs_at_stop);
	tcase_add_test(t, one_that_closes_all);
	tcase_add_loop_test(t, one_that_leaves_a_grandchild, 0, 6);
	tcase_add_test(t, one_that_leaves_a_naked_grandchild);
	tcase_add_test(t, a_grandchild_of_before);
	tcase_add_test(t, a_folder_that_cannot_be_written);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, a_record_that_cannot_be_written);
	tcase_add_test(t, what_a_server_gets);
	tcase_add_test(t, logs_are_bounded);
	suite_add_tcase(s, t);
	return (s);
}

int
main(int argc, char **argv)
{
	return (side_main(argc, argv, suite));
}
