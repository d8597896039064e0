/* SPDX-License-Identifier: MIT */
/*
 * The provider `local` and its spawner on a real loop with real processes:
 * servers are found again whoever was killed, and a token is one process.
 */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/child.h"
#include "io/loop.h"
#include "io/probe.h"
#include "provider/local.h"
#include "provider/spawn_record.h"
#include "it_local_side.h"

/* The address that the way says, mapped into IPv6. */
static bool
is_address(const struct told *t)
{
	struct in_addr v4;

	return (inet_pton(AF_INET, way.address, &v4) == 1 &&
	    t->address[10] == 0xff && t->address[11] == 0xff &&
	    memcmp(t->address + 12, &v4, 4) == 0);
}

START_TEST(fifty_are_found_again)
{
	pid_t pids[MANY];
	int i, j, n;

	side_open(&a);
	launch_well(&a, 0, MANY);
	for (i = 0; i < MANY; i++) {
		pids[i] = record(i).pid;
		ck_assert(lives(pids[i], record(i).start));
		for (j = 0; j < i; j++)
			ck_assert_int_ne(a.told[i].port, a.told[j].port);
		ck_assert_str_eq(a.told[i].group, "shop");
		ck_assert(is_address(&a.told[i]));
	}
	side_close(&a);
	side_open(&a);
	list(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_uint_eq(a.n_told, MANY);
	for (i = 0; i < MANY; i++) {
		ck_assert(lives(pids[i], record(i).start));
		lookup(&a, i);
		ck_assert_uint_eq(a.n_told, 1);
		ck_assert_int_eq(a.told[0].phase, PHASE_BOOTED);
		ck_assert_int_eq(a.told[0].port, record(i).port);
	}
	lookup(&a, MANY);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_uint_eq(a.n_told, 0);
	terminate(&a, 0, MANY);
	ck_assert_msg(a.outcome == OUTCOME_DONE, "%s", a.text);
	n = MANY;
	ck_assert(until(&a, is_exits, &n));
	list(&a);
	ck_assert_uint_eq(a.n_told, 0);
	for (i = 0; i < MANY; i++)
		ck_assert(!lives(pids[i], record(i).start));
	terminate(&a, 0, MANY); /* gone already is success */
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_int_eq(a.exits, MANY);
	side_close(&a);
}
END_TEST

/* A daemon in a process group of its own, which starts 10 and then hangs. */
static pid_t
daemon_start(int ready)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid != 0)
		return (pid);
	(void)setpgid(0, 0);
	side_open(&a);
	launch_well(&a, 0, 10);
	(void)!write(ready, "r", 1);
	for (;;)
		(void)pause();
}

START_TEST(the_daemons_group_is_killed)
{
	struct spawn_record r[10];
	pid_t daemon, sp;
	int ready[2], i;
	char c;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	daemon = daemon_start(ready[1]);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	for (i = 0; i < 10; i++)
		r[i] = record(i);
	sp = spawner_pid();
	ck_assert_int_eq(kill(-daemon, SIGKILL), 0);
	ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
	side_open(&a);
	list(&a);
	ck_assert_uint_eq(a.n_told, 10);
	ck_assert_int_eq(spawner_pid(), sp);
	for (i = 0; i < 10; i++) {
		ck_assert(lives(r[i].pid, r[i].start));
		ck_assert_int_eq(record(i).pid, r[i].pid);
	}
	side_close(&a);
	(void)close(ready[0]);
}
END_TEST

START_TEST(the_spawner_is_killed)
{
	struct spawn_record r[5];
	int i;

	side_open(&a);
	launch_well(&a, 0, 5);
	for (i = 0; i < 5; i++)
		r[i] = record(i);
	spawner_kill(&a);
	for (i = 0; i < 5; i++)
		ck_assert(lives(r[i].pid, r[i].start));
	list(&a); /* the driver starts a new one */
	ck_assert_msg(a.outcome == OUTCOME_DONE, "%s", a.text);
	ck_assert_uint_eq(a.n_told, 5);
	for (i = 0; i < 5; i++) {
		ck_assert(lives(r[i].pid, r[i].start));
		ck_assert_int_eq(record(i).pid, r[i].pid);
	}
	ck_assert_int_eq(a.exits, 0);
	/* not its child, and yet watched */
	ck_assert_int_eq(kill(r[2].pid, SIGKILL), 0);
	i = 1;
	ck_assert(until(&a, is_exits, &i));
	ck_assert_int_eq(memcmp(&a.exit.token, &r[2].token,
	    sizeof(struct token)), 0);
	/* and ended */
	terminate(&a, 0, 5);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	for (i = 0; i < 5; i++)
		ck_assert(!lives(r[i].pid, r[i].start));
	side_close(&a);
}
END_TEST

/* As systemd would. */
static void
spawner_start_by_hand(void)
{
	const char *argv[] = { spawner, "--folder", folder, NULL };
	char log[128];

	(void)snprintf(log, sizeof(log), "%s/by-hand.log", dir);
	ck_assert_int_eq(child_detach(argv, log, NULL), 0);
}

START_TEST(while_no_spawner_is_there)
{
	struct spawn_record r[3];
	int i, one = 1;

	side_open(&a);
	launch_well(&a, 0, 3);
	for (i = 0; i < 3; i++)
		r[i] = record(i);
	side_close(&a);
	set.start = false; /* a unit of its own */
	side_open(&a);
	list(&a);
	ck_assert_uint_eq(a.n_told, 3);
	spawner_kill(&a);
	ck_assert_int_eq(kill(r[1].pid, SIGKILL), 0);
	ck_assert(until(&a, is_gone, &r[1]));
	launch(&a, 7, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_CAPACITY);
	ck_assert_ptr_nonnull(strstr(a.text, "no spawner answers at"));
	list(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	lookup(&a, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	terminate(&a, 1, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	spawner_start_by_hand();
	ck_assert(until(&a, is_exits, &one));
	ck_assert_int_eq(memcmp(&a.exit.token, &r[1].token,
	    sizeof(struct token)), 0);
	lookup(&a, 1);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	/* what was refused was not done later */
	lookup(&a, 7);
	ck_assert_uint_eq(a.n_told, 0);
	list(&a);
	ck_assert_uint_eq(a.n_told, 2);
	ck_assert_int_eq(a.exits, 1);
	side_close(&a);
}
END_TEST

START_TEST(the_spawner_is_stopped)
{
	struct spawn_record r, sp = { .pid = 0 };
	struct child_stat st;

	side_open(&a);
	launch_well(&a, 0, 1);
	r = record(0);
	sp.pid = spawner_pid();
	ck_assert_int_eq(child_stat_read(sp.pid, &st), 0);
	sp.start = st.start;
	ck_assert_int_eq(kill(sp.pid, SIGHUP), 0); /* means nothing to it */
	list(&a);
	ck_assert_uint_eq(a.n_told, 1);
	ck_assert_int_eq(kill(sp.pid, SIGTERM), 0);
	ck_assert(until(&a, is_gone, &sp));
	ck_assert(lives(r.pid, r.start));
	side_close(&a);
}
END_TEST

START_TEST(sent_and_no_answer_is_unknown)
{
	struct launch l = { .group = "shop", .token = token(3) };
	pid_t sp;

	side_open(&a);
	launch_well(&a, 0, 1);
	sp = spawner_pid();
	ck_assert_int_eq(kill(sp, SIGSTOP), 0);
	a.answered = false;
	a.op++;
	provider_local.launch(a.self, a.op, &l, 1);
	ck_assert_int_eq(kill(sp, SIGKILL), 0);
	asked(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	ck_assert_uint_eq(a.n_told, 0);
	known(&a);
	/* asked again it is one server, whatever had become of it */
	launch_well(&a, 3, 1);
	list(&a);
	ck_assert_uint_eq(a.n_told, 2);
	side_close(&a);
}
END_TEST

/* A process that is nobody's server. */
static pid_t
stranger(struct child_stat *st)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(child_stat_read(pid, st), 0);
	return (pid);
}

START_TEST(a_pid_of_somebody_else_is_left_alone)
{
	struct child_stat st;
	struct spawn_record r;
	struct err e = { 0 };
	char path[128];
	pid_t pid = stranger(&st);
	int fd;

	side_open(&a);
	launch_well(&a, 0, 1);
	r = record(0);
	/* a server of before, whose pid the stranger has now */
	r.token = token(9);
	r.pid = pid;
	r.start = st.start - 1;
	(void)snprintf(path, sizeof(path), "%s/records", folder);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(spawn_record_write(fd, &r, &e), 0);
	/* and one of another boot */
	r.token = token(10);
	r.start = st.start;
	(void)snprintf(r.boot, sizeof(r.boot), "another");
	ck_assert_int_eq(spawn_record_write(fd, &r, &e), 0);
	(void)close(fd);
	spawner_kill(&a);
	list(&a);
	ck_assert_uint_eq(a.n_told, 1);
	lookup(&a, 9);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	lookup(&a, 10);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	terminate(&a, 9, 2);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert(lives(pid, st.start));
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	side_close(&a);
}
END_TEST

START_TEST(a_damaged_record_is_left_alone)
{
	struct spawn_record r;
	char path[256], hex[SPAWN_TOKEN_HEX];
	struct token t = token(0);
	int fd;

	side_open(&a);
	launch_well(&a, 0, 2);
	r = record(0);
	spawn_token_hex(&t, hex);
	(void)snprintf(path, sizeof(path), "%s/records/%s", folder, hex);
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "x", 1, 40), 1);
	(void)close(fd);
	spawner_kill(&a);
	list(&a);
	ck_assert_uint_eq(a.n_told, 1);
	lookup(&a, 0);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	launch(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	ck_assert_uint_eq(a.n_told, 0);
	terminate(&a, 0, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_UNKNOWN);
	ck_assert(lives(r.pid, r.start));
	side_close(&a);
}
END_TEST

START_TEST(a_token_is_one_process)
{
	struct launch l[2] = { { .group = "shop", .token = token(4) },
		{ .group = "shop", .token = token(4) } };
	struct spawn_record r;

	side_open(&a);
	launch_well(&a, 3, 1);
	r = record(3);
	launch_well(&a, 3, 1);
	ck_assert_int_eq(record(3).pid, r.pid);
	ck_assert_int_eq(processes_of(3), 1);
	/* twice in one call */
	a.op++;
	a.answered = false;
	provider_local.launch(a.self, a.op, l, 2);
	asked(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_uint_eq(a.n_told, 2);
	ck_assert_int_eq(processes_of(4), 1);
	/* after restarts of both sides */
	spawner_kill(&a);
	side_close(&a);
	side_open(&a);
	launch_well(&a, 3, 1);
	ck_assert_int_eq(record(3).pid, r.pid);
	ck_assert_int_eq(processes_of(3), 1);
	/* and when it has ended, for ever */
	terminate(&a, 3, 1);
	launch(&a, 3, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert_uint_eq(a.n_told, 1);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	spawner_kill(&a);
	launch(&a, 3, 1);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	ck_assert_int_eq(processes_of(3), 0);
	side_close(&a);
}
END_TEST

START_TEST(one_spawner_a_folder)
{
	pid_t pid, first;
	int status, fd[2];
	char text[512] = "";

	side_open(&a);
	launch_well(&a, 0, 1);
	first = spawner_pid();
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fd[1], 2);
		(void)execl(spawner, spawner, "--folder", folder, NULL);
		_exit(9);
	}
	(void)close(fd[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	ck_assert_int_gt(read(fd[0], text, sizeof(text) - 1), 0);
	ck_assert_msg(strstr(text, "another spawner has the folder") != NULL,
	    "%s", text);
	list(&a);
	ck_assert_uint_eq(a.n_told, 1);
	ck_assert_int_eq(spawner_pid(), first);
	(void)close(fd[0]);
	side_close(&a);
}
END_TEST

START_TEST(another_protocol)
{
	static const char *const says[] = { "GET / HTTP/1.1\r\n\r\n",
		"{\"say\":\"list\",\"ref\":1}\n", /* before the hello */
		"{\"say\":\"hello\",\"version\":99}\n", "\n\n\n" };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[1024];
	size_t i;
	int fd;

	side_open(&a);
	launch_well(&a, 0, 1);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s/spawner.sock",
	    folder);
	for (i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&un,
		    sizeof(un)), 0);
		ck_assert_int_gt(write(fd, says[i], strlen(says[i])), 0);
		/* one sentence and the end */
		memset(text, 0, sizeof(text));
		ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
		ck_assert_ptr_nonnull(strstr(text, "\"refused\""));
		ck_assert_int_eq(read(fd, text, sizeof(text)), 0);
		(void)close(fd);
	}
	/* a line without an end */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 1024; i++)
		if (send(fd, text, sizeof(text), MSG_NOSIGNAL) < 0)
			break;
	ck_assert_uint_lt(i, 1024);
	(void)close(fd);
	list(&a);
	ck_assert_uint_eq(a.n_told, 1);
	side_close(&a);
}
END_TEST

START_TEST(an_id_that_is_not_ours)
{
	struct server_id ids[3] = { { "i-0abc" }, { "" } };
	struct token t = token(0);

	spawn_id(&t, ids[2].text, sizeof(ids[2].text));
	side_open(&a);
	launch_well(&a, 0, 1);
	a.op++;
	a.answered = false;
	provider_local.terminate(a.self, a.op, ids, 3);
	asked(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_PERMANENT);
	ck_assert_ptr_nonnull(strstr(a.text, "'i-0abc' is no server"));
	lookup(&a, 0);
	ck_assert_int_eq(a.told[0].phase, PHASE_GONE);
	/* an empty list means nothing */
	launch_well(&a, 1, 1);
	a.op++;
	a.answered = false;
	provider_local.terminate(a.self, a.op, ids, 0);
	asked(&a);
	ck_assert_int_eq(a.outcome, OUTCOME_DONE);
	ck_assert(lives(record(1).pid, record(1).start));
	side_close(&a);
}
END_TEST

START_TEST(ports_rest_and_end)
{
	struct ports range;
	uint16_t first;

	set.port_rest = NS_HOUR;
	side_open(&a);
	launch_well(&a, 0, 1);
	first = a.told[0].port;
	terminate(&a, 0, 1);
	launch_well(&a, 1, 1);
	ck_assert_int_gt(a.told[0].port, first);
	spawner_kill(&a); /* the next one knows, too */
	launch_well(&a, 2, 1);
	ck_assert_int_gt(a.told[0].port, first);
	side_close(&a);
	/* a range that is used up */
	ck_assert_int_eq(ports_parse(way.ports, &range, NULL), 0);
	(void)snprintf(way.ports, sizeof(way.ports), "%u", first);
	side_open(&a);
	launch(&a, 3, 1);
	ck_assert_int_eq(a.outcome, OUTCOME_CAPACITY);
	ck_assert_msg(strstr(a.text, "no port of") != NULL, "%s", a.text);
	side_close(&a);
}
END_TEST

START_TEST(no_more_than_allowed)
{
	set.max_servers = 2;
	side_open(&a);
	launch(&a, 0, 3);
	ck_assert_int_eq(a.outcome, OUTCOME_QUOTA);
	ck_assert_uint_eq(a.n_told, 2); /* a part is normal */
	ck_assert_ptr_nonnull(strstr(a.text, "2 are allowed"));
	ck_assert_int_eq(processes_of(2), 0);
	terminate(&a, 0, 1);
	launch_well(&a, 2, 1);
	side_close(&a);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("local");
	TCase *t = side_case("local");

	tcase_add_test(t, fifty_are_found_again);
	tcase_add_test(t, the_daemons_group_is_killed);
	tcase_add_test(t, the_spawner_is_killed);
	tcase_add_test(t, while_no_spawner_is_there);
	tcase_add_test(t, the_spawner_is_stopped);
	tcase_add_test(t, sent_and_no_answer_is_unknown);
	tcase_add_test(t, a_pid_of_somebody_else_is_left_alone);
	tcase_add_test(t, a_damaged_record_is_left_alone);
	tcase_add_test(t, a_token_is_one_process);
	tcase_add_test(t, one_spawner_a_folder);
	tcase_add_test(t, another_protocol);
	tcase_add_test(t, an_id_that_is_not_ours);
	tcase_add_test(t, ports_rest_and_end);
	tcase_add_test(t, no_more_than_allowed);
	suite_add_tcase(s, t);
	return (s);
}

int
main(int argc, char **argv)
{
	return (side_main(argc, argv, suite));
}
