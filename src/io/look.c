/* SPDX-License-Identifier: MIT */
/* See look.h.  Looks run in a thread: they touch their row only. */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io/look.h"

/* What is not told is not ready, whatever the last row has found. */
static void
look_no_room(struct ready_row *last)
{
	*last = (struct ready_row){ .state = READY_NO };
	(void)snprintf(last->what, sizeof(last->what), "more rows than fit");
	(void)snprintf(last->text, sizeof(last->text), "%d are told",
	    READY_ROWS - 1);
}

struct ready_row *
look_row(struct ready_list *l, const char *fmt, ...)
{
	bool full = l->n == READY_ROWS;
	struct ready_row *r = full ? &l->spare : &l->at[l->n++];
	va_list ap;

	if (full)
		look_no_room(&l->at[READY_ROWS - 1]);
	*r = (struct ready_row){ .state = READY_UNKNOWN };
	(void)snprintf(r->text, sizeof(r->text), "not looked at yet");
	va_start(ap, fmt);
	(void)vsnprintf(r->what, sizeof(r->what), fmt, ap);
	va_end(ap);
	return (r);
}

void
look_say(struct ready_row *r, enum ready_state state, const char *fmt, ...)
{
	va_list ap;

	r->state = state;
	va_start(ap, fmt);
	(void)vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
}

void
look_program(struct ready_row *r)
{
	struct stat st;

	if (stat(r->path, &st) != 0)
		look_say(r, READY_NO, "'%.160s': %s", r->path,
		    strerror(errno));
	else if (!S_ISREG(st.st_mode))
		look_say(r, READY_NO, "'%.160s' is no plain file", r->path);
	else if (faccessat(AT_FDCWD, r->path, X_OK, AT_EACCESS) != 0)
		look_say(r, READY_NO, "'%.160s' cannot be run: %s", r->path,
		    strerror(errno));
	else
		look_say(r, READY_YES, "'%.160s' is there", r->path);
}

void
look_replace(struct ready_row *r)
{
	char dir[READY_PATH];
	struct statvfs fs;
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", r->path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		(void)snprintf(dir, sizeof(dir), "%s", slash == NULL ? "." :
		    "/");
	else
		*slash = '\0';
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
		look_say(r, READY_NO, "the folder '%.160s': %s", dir,
		    strerror(errno));
	else if (statvfs(dir, &fs) == 0 && fs.f_blocks > 0 &&
	    fs.f_bavail == 0)
		look_say(r, READY_NO, "the disk of '%.160s' is full", dir);
	else
		look_say(r, READY_YES, "'%.160s' can be written", r->path);
}

/* Threads of this process; 0: it has gone. */
static int
threads_of(const char *pid)
{
	char path[64], line[128];
	int n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return (0);
	while (n == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "Threads:", 8) == 0)
			n = (int)strtol(line + 8, NULL, 10);
	(void)fclose(f);
	return (n);
}

/* What counts against the limit: threads of our user. */
static int
threads_of_ours(void)
{
	const struct dirent *d;
	struct stat st;
	int n = 0;
	DIR *dir = opendir("/proc");

	if (dir == NULL)
		return (-1);
	while ((d = readdir(dir)) != NULL)
		if (isdigit((unsigned char)d->d_name[0]) &&
		    fstatat(dirfd(dir), d->d_name, &st, 0) == 0 &&
		    st.st_uid == geteuid())
			n += threads_of(d->d_name);
	(void)closedir(dir);
	return (n);
}

void
look_processes(struct ready_row *r)
{
	struct rlimit limit;
	long long left;
	int n;

	if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY) {
		look_say(r, READY_YES, "no limit");
		return;
	}
	n = threads_of_ours();
	if (n < 0) {
		look_say(r, READY_UNKNOWN, "/proc: %s", strerror(errno));
		return;
	}
	left = (long long)limit.rlim_cur - n;
	look_say(r, left >= r->need ? READY_YES : READY_NO, "%d of %llu are "
	    "used, %d more may be needed", n,
	    (unsigned long long)limit.rlim_cur, r->need);
}
