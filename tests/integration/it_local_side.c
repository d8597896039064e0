/* SPDX-License-Identifier: MIT */
/* See it_local_side.h.  Everything that was started is ended by its pid. */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/child.h"
#include "io/loop.h"
#include "io/probe.h"
#include "provider/local.h"
#include "provider/spawn_record.h"
#include "it_local_side.h"

static char base[] = "/tmp/it_local.XXXXXX"; /* of all tests */
static struct token nonce; /* no other run's servers have these ids */
static bool prefix; /* folder is the begin of many */

char dir[64], folder[80], self_path[PATH_MAX], spawner[512];
struct local_settings set;
struct local_way_settings way;
struct side a;

static void
on_post(void *ctx, const struct answer *an)
{
	struct side *s = ctx;

	ck_assert_uint_lt(an->op, OPS_MAX);
	ck_assert(an->op != 0 && !s->had[an->op]); /* one answer to each */
	s->had[an->op] = true;
	if (an->op != s->op)
		return;
	ck_assert_uint_le(an->n_told, TOLD_MAX);
	s->answered = true;
	s->outcome = an->outcome;
	s->n_told = an->n_told;
	if (an->n_told > 0)
		memcpy(s->told, an->told, an->n_told * sizeof(s->told[0]));
	(void)snprintf(s->text, sizeof(s->text), "%s", an->text);
	loop_stop(s->loop);
}

static void
on_happen(void *ctx, enum happening what, const struct told *t)
{
	struct side *s = ctx;

	ck_assert_int_eq(what, HAPPENED_EXIT);
	ck_assert_int_eq(t->phase, PHASE_GONE);
	s->exits++;
	s->exit = *t;
	loop_stop(s->loop);
}

static void
on_time(void *arg)
{
	loop_stop(arg);
}

bool
until(struct side *s, bool (*is)(struct side *, const void *),
    const void *arg)
{
	struct timer t = { 0 };
	ns_t end = loop_now(s->loop).mono + PATIENCE_S * NS_S;
	bool yes;

	while (!(yes = is(s, arg)) && loop_now(s->loop).mono < end) {
		loop_timer_set(s->loop, &t, 10 * NS_MS, on_time, s->loop);
		ck_assert_int_eq(loop_run(s->loop), 0);
	}
	loop_timer_stop(&t);
	return (yes);
}

static bool
is_answered(struct side *s, const void *arg)
{
	(void)arg;
	return (s->answered);
}

bool
is_exits(struct side *s, const void *arg)
{
	return (s->exits >= *(const int *)arg);
}

int
side_try(struct side *s, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->loop = loop_new(e);
	s->host.loop = s->loop;
	s->host.ctx = s;
	s->host.post = on_post;
	s->host.happen = on_happen;
	s->self = calloc(1, provider_local.state_size);
	if (provider_local.init(s->self, &s->host, &set, e) != 0)
		return (-1);
	return (provider_local.add_way(s->self, "shop", 0, &way, e));
}

void
side_open(struct side *s)
{
	struct err e = { 0 };

	ck_assert_msg(side_try(s, &e) == 0, "%s", e.text);
	known(s);
}

void
side_close(struct side *s)
{
	provider_local.fini(s->self);
	provider_local.fini(NULL);
	free(s->self);
	loop_free(s->loop);
}

struct token
token(int i)
{
	struct token t = nonce;

	memcpy(t.byte + 12, &i, sizeof(i));
	return (t);
}

void
asked(struct side *s)
{
	ck_assert_msg(until(s, is_answered, NULL), "no answer in %d s",
	    PATIENCE_S);
}

static bool
is_known(struct side *s, const void *arg)
{
	(void)arg;
	if (s->answered && s->outcome != OUTCOME_UNKNOWN)
		return (true);
	if (s->answered) {
		s->op++;
		s->answered = false;
		provider_local.list(s->self, s->op);
	}
	return (false);
}

void
known(struct side *s)
{
	s->op++;
	s->answered = false;
	provider_local.list(s->self, s->op);
	ck_assert_msg(until(s, is_known, NULL), "the spawner does not answer");
}

void
launch(struct side *s, int from, int n)
{
	struct launch l[MANY] = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		l[i].token = token(from + i);
		(void)snprintf(l[i].group, sizeof(l[i].group), "shop");
	}
	s->op++;
	s->answered = false;
	provider_local.launch(s->self, s->op, l, (size_t)n);
	ck_assert(!s->answered); /* never from inside the call */
	asked(s);
}

void
launch_well(struct side *s, int from, int n)
{
	int i;

	launch(s, from, n);
	ck_assert_msg(s->outcome == OUTCOME_DONE, "%s", s->text);
	ck_assert_uint_eq(s->n_told, (size_t)n);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(s->told[i].phase, PHASE_BOOTED);
}

void
terminate(struct side *s, int from, int n)
{
	struct server_id ids[MANY];
	struct token t;
	int i;

	for (i = 0; i < n; i++) {
		t = token(from + i);
		spawn_id(&t, ids[i].text, sizeof(ids[i].text));
	}
	s->op++;
	s->answered = false;
	provider_local.terminate(s->self, s->op, ids, (size_t)n);
	ck_assert(!s->answered);
	asked(s);
}

void
list(struct side *s)
{
	s->op++;
	s->answered = false;
	provider_local.list(s->self, s->op);
	asked(s);
}

void
lookup(struct side *s, int i)
{
	struct token t = token(i);

	s->op++;
	s->answered = false;
	provider_local.lookup(s->self, s->op, &t);
	asked(s);
}

/* What the disk says of a server: pid and start time. */
struct spawn_record
record(int i)
{
	struct spawn_record r = { 0 };
	struct token t = token(i);
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/records", folder);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {
		(void)spawn_record_read(fd, &t, &r, NULL);
		(void)close(fd);
	}
	return (r);
}

/* A process of this pid that began then and has not ended. */
bool
lives(pid_t pid, uint64_t start)
{
	struct child_stat st;

	return (child_stat_read(pid, &st) == 0 && st.start == start &&
	    st.state != 'Z' && st.state != 'X');
}

/* All that runs with the id of one of our servers, or below our folder. */
int
mine(pid_t *pids, int most)
{
	char id[ID_SIZE], path[64], text[512];
	struct token t;
	struct dirent *d;
	DIR *proc = opendir("/proc");
	int n = 0, fd;
	ssize_t got;
	pid_t pid;

	while ((d = readdir(proc)) != NULL && n < most) {
		pid = (pid_t)strtol(d->d_name, NULL, 10);
		if (pid <= 0 || pid == getpid())
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%d/cmdline",
		    (int)pid);
		fd = open(path, O_RDONLY);
		got = fd < 0 ? 0 : read(fd, text, sizeof(text));
		if (fd >= 0)
			(void)close(fd);
		if (got > 0 && memmem(text, (size_t)got, folder,
			strlen(folder) + (prefix ? 0 : 1)) != NULL) {
			pids[n++] = pid;
			continue;
		}
		if (child_env(pid, "IT_LOCAL", text, sizeof(text)) &&
		    strncmp(text, folder, strlen(folder) + !prefix) == 0 &&
		    child_env(pid, "PLIMSOLL_ID", id, sizeof(id)) &&
		    spawn_id_parse(id, &t) == 0)
			pids[n++] = pid;
	}
	(void)closedir(proc);
	return (n);
}

/* The spawner of our folder; 0 where there is none. */
pid_t
spawner_pid(void)
{
	char path[64], text[512];
	struct child_stat st;
	pid_t pids[4 * MANY];
	int n = mine(pids, 4 * MANY), i, fd;
	ssize_t got;

	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/cmdline",
		    (int)pids[i]);
		fd = open(path, O_RDONLY);
		got = fd < 0 ? 0 : read(fd, text, sizeof(text));
		if (fd >= 0)
			(void)close(fd);
		if (got > 0 && strcmp(text, spawner) == 0 &&
		    child_stat_read(pids[i], &st) == 0 && st.state != 'Z')
			return (pids[i]);
	}
	return (0);
}

bool
is_gone(struct side *s, const void *arg)
{
	const struct spawn_record *r = arg;

	(void)s;
	return (!lives(r->pid, r->start));
}

void
spawner_kill(struct side *s)
{
	struct spawn_record r = { .pid = spawner_pid() };
	struct child_stat st;

	ck_assert_int_gt(r.pid, 0);
	ck_assert_int_eq(child_stat_read(r.pid, &st), 0);
	r.start = st.start;
	ck_assert_int_eq(kill(r.pid, SIGKILL), 0);
	ck_assert(until(s, is_gone, &r));
	/*
	 * A list is answered when the driver has seen that it is gone, and
	 * known when the next one, where that is its to start, is there.
	 */
	if (set.start)
		known(s);
	else
		list(s);
}

static const char *
built(const char *name, char ret[KEY_STRING_SIZE])
{
	const char *top = getenv("top_builddir");
	char path[1024], real[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", top != NULL ? top : ".",
	    name);
	ck_assert_msg(realpath(path, real) != NULL &&
	    strlen(real) < KEY_STRING_SIZE, "'%s' is not there", path);
	memcpy(ret, real, strlen(real) + 1);
	return (ret);
}

void
command(const char *one, const char *two)
{
	way.command.n = two != NULL ? 2 : 1;
	ck_assert_uint_lt(strlen(one), KEY_STRING_SIZE);
	memcpy(way.command.text[0], one, strlen(one) + 1);
	if (two != NULL)
		(void)snprintf(way.command.text[1], KEY_STRING_SIZE, "%s",
		    two);
}

/* The shop with one more option. */
void
command_shop(const char *option)
{
	char program[KEY_STRING_SIZE], text[KEY_STRING_SIZE + 100];

	(void)snprintf(text, sizeof(text), "'%s' --address={address} "
	    "--port={port} --quiet %s",
	    built("contrib/demo/plimsoll-shop", program), option);
	ck_assert_uint_lt(strlen(text), KEY_STRING_SIZE);
	command(text, NULL);
}

static void
setup(void)
{
	char program[KEY_STRING_SIZE];

	(void)snprintf(dir, sizeof(dir), "%s/%d", base, (int)getpid());
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	(void)snprintf(folder, sizeof(folder), "%s/spawner", dir);
	ck_assert_int_eq(getrandom(nonce.byte, 12, 0), 12);
	memset(&set, 0, sizeof(set));
	memset(&way, 0, sizeof(way));
	(void)snprintf(set.folder, sizeof(set.folder), "%s", folder);
	(void)snprintf(set.program, sizeof(set.program), "%s",
	    built("plimsoll-spawner", program));
	(void)snprintf(spawner, sizeof(spawner), "%s", set.program);
	set.start = true;
	set.max_servers = 256;
	command_shop("");
	way.env.n = 1;
	(void)snprintf(way.env.text[0], KEY_STRING_SIZE, "IT_LOCAL=%s",
	    folder);
	/* Drawn for this test, so that no two runs meet at a port. */
	(void)snprintf(way.address, sizeof(way.address), "127.%d.%d.2",
	    1 + nonce.byte[0] % 250, nonce.byte[1]);
	(void)snprintf(way.ports, sizeof(way.ports), "20000-20199");
	way.stop_grace = 10 * NS_S;
}

/* By pid; true when there was one. */
static bool
end_mine(void)
{
	pid_t pids[8 * MANY];
	int n = mine(pids, 8 * MANY), i;
	struct child_stat st;
	bool some = false;

	for (i = 0; i < n; i++)
		if (child_stat_read(pids[i], &st) == 0 && st.state != 'Z')
			some = kill(pids[i], SIGKILL) == 0 || some;
	return (some);
}

static void
teardown(void)
{
	ns_t end;
	struct loop *l = loop_new(NULL);

	/* The spawner first, or it would write to what is removed. */
	for (end = loop_now(l).mono + PATIENCE_S * NS_S; end_mine();)
		ck_assert(loop_now(l).mono < end);
	loop_free(l);
}

/* Processes that carry this token's id. */
int
processes_of(int i)
{
	pid_t pids[8 * MANY];
	int n = mine(pids, 8 * MANY), k, found = 0;
	char id[ID_SIZE], want[ID_SIZE];
	struct child_stat st;
	struct token t = token(i);

	spawn_id(&t, want, sizeof(want));
	for (k = 0; k < n; k++)
		found += child_env(pids[k], "PLIMSOLL_ID", id, sizeof(id)) &&
		    strcmp(id, want) == 0 &&
		    child_stat_read(pids[k], &st) == 0 && st.state != 'Z';
	return (found);
}

struct ready {
	struct side *s;
	bool yes;
};

static void
on_healthy(void *arg)
{
	struct ready *r = arg;

	r->yes = true;
	loop_stop(r->s->loop);
}

static bool
is_ready(struct side *s, const void *arg)
{
	(void)s;
	return (((const struct ready *)arg)->yes);
}

/* Until the server of the last launch answers its health check. */
void
healthy(struct side *s)
{
	struct ready r = { s, false };
	struct probe_settings ps = { "/healthz", 10 * NS_MS, NS_S, 1 };
	struct probe_of of = { .port = s->told[0].port, .healthy = on_healthy,
		.arg = &r };
	struct probe *p;

	memcpy(of.address, s->told[0].address, sizeof(of.address));
	p = probe_start(s->loop, &of, &ps, NULL);
	ck_assert_ptr_nonnull(p);
	ck_assert(until(s, is_ready, &r));
	probe_stop(p);
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *f)
{
	(void)st, (void)what, (void)f;
	return (remove(path));
}

TCase *
side_case(const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 4 * PATIENCE_S);
	return (t);
}

int
side_main(int argc, char **argv, Suite *(*suite)(void))
{
	SRunner *r;
	int failed;

	if (argc > 1 && strcmp(argv[1], "escape") == 0)
		return (odd_escape());
	if (argc > 1 && strncmp(argv[1], "naked=", 6) == 0)
		odd_naked(argv);
	if (realpath("/proc/self/exe", self_path) == NULL ||
	    mkdtemp(base) == NULL)
		return (1);
	(void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	r = srunner_create(suite());
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	/* A test that failed left its processes: they name our folder. */
	(void)snprintf(folder, sizeof(folder), "%s", base);
	prefix = true;
	while (end_mine())
		continue;
	(void)nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return (failed == 0 ? 0 : 1);
}
