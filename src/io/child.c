/* SPDX-License-Identifier: MIT */
/*
 * Processes of this machine.  A child is forked and held at a gate until the
 * caller has written down who it is; when the caller dies before that, the
 * gate's end of file ends the child, which has run nothing.  Between fork
 * and exec only calls that are safe there are made.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "io/child.h"

/* Where a child failed, sent through its status pipe. */
enum step { STEP_SESSION, STEP_LOG, STEP_DIR, STEP_LIMIT, STEP_EXEC };

struct failure {
	enum step step;
	int code;
};

enum { GATE_FD = 3, STATUS_FD = 4, OUT_FD = 5, STAT_SIZE = 1024, ENV_SIZE = 131072 };

int
child_stat_parse(const char *text, struct child_stat *ret)
{
	struct child_stat s;
	const char *p = strrchr(text, ')');
	unsigned long long start;
	int pid, ppid, pgrp, session;

	/* The name, in brackets, may hold anything: the last one ends it. */
	if (p == NULL || sscanf(text, "%d (", &pid) != 1)
		return (-1);
	if (sscanf(p + 1,
		" %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d"
		" %*d %*d %*d %*d %llu",
		&s.state, &ppid, &pgrp, &session, &start) != 5)
		return (-1);
	s.pid = pid;
	s.ppid = ppid;
	s.pgrp = pgrp;
	s.session = session;
	s.start = start;
	*ret = s;
	return (0);
}

/* At most n - 1 bytes of a file of /proc; how many, or -1. */
static ssize_t
child_slurp(const char *path, char *buf, size_t n)
{
	ssize_t got, all = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return (-1);
	while ((size_t)all < n - 1) {
		got = read(fd, buf + all, n - 1 - (size_t)all);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		all += got;
	}
	(void)close(fd);
	buf[all] = '\0';
	return (all);
}

int
child_stat_read(pid_t pid, struct child_stat *ret)
{
	char path[64], text[STAT_SIZE];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (pid <= 0 || child_slurp(path, text, sizeof(text)) <= 0)
		return (-1);
	return (child_stat_parse(text, ret));
}

int
child_boot_id(char ret[CHILD_BOOT_SIZE], struct err *e)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	char text[CHILD_BOOT_SIZE];

	if (child_slurp(path, text, sizeof(text)) < 36)
		return (err_set(e, EIO, "'%s' cannot be read", path));
	text[36] = '\0';
	memcpy(ret, text, sizeof(text));
	return (0);
}

bool
child_env(pid_t pid, const char *name, char *ret, size_t n)
{
	char path[64], *buf, *p;
	size_t len = strlen(name);
	ssize_t got;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	buf = malloc(ENV_SIZE);
	if (buf == NULL)
		return (false);
	got = child_slurp(path, buf, ENV_SIZE);
	for (p = buf; got > 0 && p < buf + got; p += strlen(p) + 1) {
		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		found = strlen(p + len + 1) < n;
		if (found)
			(void)snprintf(ret, n, "%s", p + len + 1);
		break;
	}
	free(buf);
	return (found);
}

int
child_pidfd(pid_t pid, uint64_t start)
{
	struct child_stat s;
	int fd = pid > 0 ? pidfd_open(pid, 0) : -1;

	if (fd < 0)
		return (-1);
	/* Looked at after the open: now the pid is pinned to this process. */
	if (child_stat_read(pid, &s) != 0 || s.start != start) {
		(void)close(fd);
		errno = ESRCH;
		return (-1);
	}
	return (fd);
}

int
child_signal(int pidfd, int sig)
{
	return (pidfd_send_signal(pidfd, sig, NULL, 0));
}

static _Noreturn void
child_fail(enum step step)
{
	struct failure f = { step, errno };
	ssize_t n = write(STATUS_FD, &f, sizeof(f));

	(void)n;
	_exit(127);
}

static void
child_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0 to 2 as a server gets them; -1 where the log fails. */
static int
child_stdio(const char *log)
{
	int null = open("/dev/null", O_RDWR);
	int out = log == NULL ? OUT_FD : open(log, O_WRONLY | O_CREAT |
	    O_APPEND | O_NOFOLLOW, 0600);

	if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(log == NULL ? null : out, 2) < 0)
		return (-1);
	if (null > 2)
		(void)close(null);
	if (out > 2)
		(void)close(out);
	return (0);
}

static _Noreturn void
child_run(const struct child_start *st, int gate, int status)
{
	bool piped = st->log == NULL;
	int out = piped ? fcntl(st->out, F_DUPFD, 10) : -1;
	char go;

	/* All out of the way of 3 to 5 first, then there. */
	gate = fcntl(gate, F_DUPFD, 10);
	status = fcntl(status, F_DUPFD, 10);
	if (gate < 0 || status < 0 || dup2(gate, GATE_FD) < 0 ||
	    dup2(status, STATUS_FD) < 0 || (piped && dup2(out, OUT_FD) < 0))
		_exit(127);
	(void)fcntl(GATE_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC);
	if (piped)
		(void)fcntl(OUT_FD, F_SETFD, FD_CLOEXEC);
	/*
	 * Our own ends of the pipes go, and those of other children that wait:
	 * held open here they would outlive whoever is to open the gates.
	 */
	if (close_range((piped ? OUT_FD : STATUS_FD) + 1U, ~0U, 0) != 0)
		child_fail(STEP_SESSION);
	child_signals();
	if (setsid() < 0)
		child_fail(STEP_SESSION);
	/* Nothing of ours is touched, no file made, before the word to go. */
	if (read(GATE_FD, &go, 1) != 1)
		_exit(0);
	(void)umask(027);
	if (child_stdio(st->log) != 0)
		child_fail(STEP_LOG);
	if (chdir(st->dir) != 0)
		child_fail(STEP_DIR);
	if (st->files != NULL && setrlimit(RLIMIT_NOFILE, st->files) != 0)
		child_fail(STEP_LIMIT);
	(void)execve(st->argv[0], (char *const *)st->argv,
	    (char *const *)st->env);
	child_fail(STEP_EXEC);
}

int
child_fork(const struct child_start *st, struct child *ret, struct err *e)
{
	int gate[2] = { -1, -1 }, status[2] = { -1, -1 };
	pid_t pid = -1;
	int i, code;

	MUST(st->argv[0] != NULL && st->dir != NULL);
	if (pipe2(gate, O_CLOEXEC) == 0 && pipe2(status, O_CLOEXEC) == 0 &&
	    fcntl(status[0], F_SETFL, O_NONBLOCK) == 0)
		pid = fork();
	if (pid == 0)
		child_run(st, gate[0], status[1]);
	code = errno;
	if (gate[0] >= 0)
		(void)close(gate[0]);
	if (status[1] >= 0)
		(void)close(status[1]);
	if (pid > 0) {
		*ret = (struct child){ pid, gate[1], status[0] };
		return (0);
	}
	for (i = 0; i < 2; i++)
		if ((i == 0 ? gate[1] : status[0]) >= 0)
			(void)close(i == 0 ? gate[1] : status[0]);
	return (err_set(e, code, "no process for '%s': %s", st->argv[0],
	    strerror(code)));
}

void
child_release(struct child *c, bool run)
{
	ssize_t n = run ? write(c->gate, "g", 1) : 0;

	(void)n;
	(void)close(c->gate);
	c->gate = -1;
}

int
child_outcome(struct child *c, struct err *e)
{
	static const char *const what[] = {
		[STEP_SESSION] = "its session could not be made",
		[STEP_LOG] = "its log cannot be opened",
		[STEP_DIR] = "its folder 'dir' cannot be entered",
		[STEP_LIMIT] = "its limit of descriptors cannot be set",
		[STEP_EXEC] = "its program cannot be run",
	};
	struct failure f;
	ssize_t n = read(c->status, &f, sizeof(f));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return (1);
	(void)close(c->status);
	c->status = -1;
	if (n != (ssize_t)sizeof(f))
		return (0);
	MUST(f.step <= STEP_EXEC);
	return (err_set(e, f.code, "%s: %s", what[f.step], strerror(f.code)));
}

static _Noreturn void
child_detached(const char *const *argv, const char *log)
{
	static char *const empty[] = { NULL };

	child_signals();
	if (setsid() < 0)
		_exit(1);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		break;
	default:
		_exit(0);
	}
	if (child_stdio(log) != 0 || close_range(3, ~0U, 0) != 0 ||
	    chdir("/") != 0)
		_exit(1);
	(void)execve(argv[0], (char *const *)argv, empty);
	_exit(127);
}

int
child_detach(const char *const *argv, const char *log, struct err *e)
{
	pid_t pid = fork(), got;
	int status = 0;

	if (pid == 0)
		child_detached(argv, log);
	if (pid < 0)
		return (err_set(e, errno, "no process for '%s': %s", argv[0],
		    strerror(errno)));
	/* Two forks long: the one in between ends at once. */
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return (err_set(e, ECHILD, "'%s' could not be detached",
		    argv[0]));
	return (0);
}
