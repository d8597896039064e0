/* SPDX-License-Identifier: MIT */
/* Servers that behave oddly: one that leaves a child in a session of its own,
 * one whose child has no environment. */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "it_local_side.h"

#define ESCAPED "it-escaped" /* the name of such a process */

static bool
comm_is(pid_t pid, const char *name)
{
	char path[64], text[64] = "";
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		(void)close(fd);
	return (n == (ssize_t)strlen(name) + 1 &&
	    strncmp(text, name, strlen(name)) == 0);
}

/* The one that is_escaped() looks for: in place, and its parent gone. */
static void
escaped(pid_t parent)
{
	(void)signal(SIGTERM, SIG_IGN);
	while (getppid() == parent)
		(void)usleep(1000);
	(void)prctl(PR_SET_NAME, ESCAPED);
}

/* A server whose child goes into a session of its own and stays. */
int
odd_escape(void)
{
	pid_t middle;

	if (fork() == 0) {
		(void)setsid();
		middle = getpid();
		if (fork() != 0)
			return (0);
		escaped(middle);
	}
	(void)alarm(120);
	for (;;)
		(void)pause();
}

/* Is the server with its grandchild, and nothing else, there? */
bool
is_escaped(struct side *s, const void *arg)
{
	pid_t pids[8 * MANY];
	int n = mine(pids, 8 * MANY), i, found = 0;

	(void)s;
	for (i = 0; i < n; i++)
		found += comm_is(pids[i], ESCAPED);
	return (found == 1 && processes_of(*(const int *)arg) == 2);
}

/* A server whose child has no environment; its arguments name our folder. */
_Noreturn void
odd_naked(char **argv)
{
	char *none[] = { NULL };

	if (getenv("PLIMSOLL_ID") != NULL && fork() == 0)
		(void)execve("/proc/self/exe", argv, none);
	(void)alarm(120);
	for (;;)
		(void)pause();
}
