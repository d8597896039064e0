/* SPDX-License-Identifier: MIT */
/*
 * What servers write.  Each has a file that it appends to itself, so that
 * it goes on when there is no spawner; a pipe would break then.  The bound
 * is kept from outside: once a second a log over 1 MiB is copied to log.1
 * (its last 1 MiB) and cut to nothing.  So a server holds at most 2 MiB and
 * what it writes in a second; lines of the moment of the cut can be lost.
 * The spawner's own log, where it has one, is kept the same way.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "provider/spawner.h"
#include "provider/spawner_priv.h"

enum { LOG_MAX = 1 << 20 };

static void
log_path(const struct served *s, const char *name, char *buf, size_t size)
{
	char hex[SPAWN_TOKEN_HEX];

	spawn_token_hex(&s->r.token, hex);
	(void)snprintf(buf, size, "%s%s%s", hex, *name != '\0' ? "/" : "",
	    name);
}

static void
log_copy(int from, int to, off_t at)
{
	char buf[16384];
	ssize_t n;

	while ((n = pread(from, buf, sizeof(buf), at)) > 0 &&
	    write(to, buf, (size_t)n) == n)
		at += n;
}

/* 0, or -1 where it is too long and cannot be cut: the next beat tries. */
static int
log_cut(int dir_fd, const char *path, const char *old)
{
	struct stat st;
	int from, to, rc;

	if (fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || st.st_size <= LOG_MAX)
		return (0);
	from = openat(dir_fd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0)
		return (-1);
	to = openat(dir_fd, old,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to >= 0) {
		log_copy(from, to, st.st_size - LOG_MAX);
		(void)close(to);
	}
	rc = ftruncate(from, 0);
	(void)close(from);
	return (rc);
}

static void
logs_beat(void *arg)
{
	struct spawner *sp = arg;
	char path[SPAWN_TOKEN_HEX + 8], old[SPAWN_TOKEN_HEX + 8];
	struct served *s;

	sp->logs_set = false;
	(void)log_cut(sp->dir_fd, SPAWNER_LOG, SPAWNER_LOG ".1");
	TAILQ_FOREACH(s, &sp->live, link) {
		log_path(s, "log", path, sizeof(path));
		log_path(s, "log.1", old, sizeof(old));
		(void)log_cut(sp->servers_fd, path, old);
	}
	spawner_logs(sp);
}

void
spawner_logs(struct spawner *sp)
{
	/* Without servers nothing wakes us. */
	if (sp->logs_set || TAILQ_EMPTY(&sp->live))
		return;
	sp->logs_set = true;
	loop_timer_set(sp->loop, &sp->logs, NS_S, logs_beat, sp);
}

void
served_logs_remove(struct spawner *sp, struct served *s)
{
	static const char *const names[] = { "log", "log.1" };
	char path[SPAWN_TOKEN_HEX + 8];
	size_t i;

	log_path(s, "", path, sizeof(path));
	if (faccessat(sp->servers_fd, path, F_OK, 0) != 0)
		return; /* gone long ago */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		log_path(s, names[i], path, sizeof(path));
		(void)unlinkat(sp->servers_fd, path, 0);
	}
	/* What else the server wrote there stays, and so does the folder. */
	log_path(s, "", path, sizeof(path));
	(void)unlinkat(sp->servers_fd, path, AT_REMOVEDIR);
}
