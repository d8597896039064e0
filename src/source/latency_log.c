/* SPDX-License-Identifier: MIT */
/* The socket that HAProxy's log lines come to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "plimsoll/limits.h"
#include "signal/histogram.h"
#include "source/latency_log.h"

enum { LINES_A_TURN = 256, LINE_MAX_SIZE = 4096 };

struct latency_log {
	struct loop *loop;
	int fd;
	bool bound;
	struct event *ev;
	char path[108];
	char backend[NAME_SIZE];
	struct histogram times;
};

/* A socket file that a dead process left; a live one is somebody's. */
static int
clear_stale(const struct sockaddr_un *un, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(un->sun_path, &st) != 0)
		return (0);
	if (!S_ISSOCK(st.st_mode))
		return (err_set(e, EEXIST, "'%s' is no socket",
		    un->sun_path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (err_set(e, errno, "socket: %s", strerror(errno)));
	rc = connect(fd, (const struct sockaddr *)un, sizeof(*un));
	(void)close(fd);
	if (rc == 0)
		return (err_set(e, EADDRINUSE, "another process reads '%s'",
		    un->sun_path));
	if (unlink(un->sun_path) != 0)
		return (err_set(e, errno, "unlink '%s': %s", un->sun_path,
		    strerror(errno)));
	return (0);
}

static int
log_bind(struct latency_log *l, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, l->path, strlen(l->path) + 1);
	if (clear_stale(&un, e) != 0)
		return (-1);
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 ||
	    bind(l->fd, (struct sockaddr *)&un, sizeof(un)) != 0)
		return (err_set(e, errno, "bind '%s': %s", l->path,
		    strerror(errno)));
	l->bound = true;
	if (chmod(l->path, 0666) != 0)
		return (err_set(e, errno, "chmod '%s': %s", l->path,
		    strerror(errno)));
	return (0);
}

static void
on_lines(evutil_socket_t fd, short what, void *arg)
{
	struct latency_log *l = arg;
	ns_t now = loop_now(l->loop).mono;
	char line[LINE_MAX_SIZE];
	uint64_t ms;
	ssize_t n;
	int i;

	(void)what;
	for (i = 0; i < LINES_A_TURN; i++) {
		n = recv(fd, line, sizeof(line), 0);
		if (n < 0)
			return;
		if (latency_log_line(line, (size_t)n, l->backend, &ms))
			histogram_feed(&l->times, now, ms);
	}
}

struct latency_log *
latency_log_open(struct loop *loop, const char *path, const char *backend,
    struct err *e)
{
	struct latency_log *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	MUST(strlen(path) < sizeof(l->path));
	MUST(strlen(backend) < sizeof(l->backend));
	l->loop = loop;
	l->fd = -1;
	(void)snprintf(l->path, sizeof(l->path), "%s", path);
	(void)snprintf(l->backend, sizeof(l->backend), "%s", backend);
	if (log_bind(l, e) != 0) {
		(void)err_prefix(e, "latency_log");
		latency_log_close(l);
		return (NULL);
	}
	l->ev = event_new(loop_base(loop), l->fd, EV_READ | EV_PERSIST,
	    on_lines, l);
	MUST(l->ev != NULL);
	MUST(event_add(l->ev, NULL) == 0);
	return (l);
}

void
latency_log_close(struct latency_log *l)
{
	if (l == NULL)
		return;
	if (l->ev != NULL)
		event_free(l->ev);
	if (l->bound)
		(void)unlink(l->path);
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l);
}

struct value
latency_log_p95(const struct latency_log *l, ns_t now)
{
	return (histogram_quantile(&l->times, now, 0.95));
}
