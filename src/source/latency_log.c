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
	struct latency_log *next; /* of its socket */
	struct log_socket *socket;
	int refs;
	char backend[NAME_SIZE];
	struct histogram times;
};

struct log_socket {
	struct log_socket *next; /* of the loop's */
	struct loop *loop;
	int fd;
	bool bound;
	struct event *ev;
	char path[108];
	struct latency_log *logs;
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
socket_bind(struct log_socket *s, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, s->path, strlen(s->path) + 1);
	if (clear_stale(&un, e) != 0)
		return (-1);
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 ||
	    bind(s->fd, (struct sockaddr *)&un, sizeof(un)) != 0)
		return (err_set(e, errno, "bind '%s': %s", s->path,
		    strerror(errno)));
	s->bound = true;
	if (chmod(s->path, 0666) != 0)
		return (err_set(e, errno, "chmod '%s': %s", s->path,
		    strerror(errno)));
	return (0);
}

static void
on_lines(evutil_socket_t fd, short what, void *arg)
{
	struct log_socket *s = arg;
	ns_t now = loop_now(s->loop).mono;
	struct latency_log *l;
	char line[LINE_MAX_SIZE];
	uint64_t ms;
	ssize_t n;
	int i;

	(void)what;
	for (i = 0; i < LINES_A_TURN; i++) {
		n = recv(fd, line, sizeof(line), 0);
		if (n < 0)
			return;
		for (l = s->logs; l != NULL; l = l->next)
			if (latency_log_line(line, (size_t)n, l->backend, &ms))
				histogram_feed(&l->times, now, ms);
	}
}

static void
socket_free(struct log_socket *s)
{
	if (s->ev != NULL)
		event_free(s->ev);
	if (s->bound)
		(void)unlink(s->path);
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s);
}

/* The loop's socket of this path, made when there is none. */
static struct log_socket *
socket_get(struct loop *loop, const char *path, struct err *e)
{
	struct log_socket **list =
	    (struct log_socket **)loop_place(loop, LOOP_LATENCY_LOGS), *s;

	for (s = *list; s != NULL; s = s->next)
		if (strcmp(s->path, path) == 0)
			return (s);
	s = calloc(1, sizeof(*s));
	MUST(s != NULL);
	MUST(strlen(path) < sizeof(s->path));
	s->loop = loop;
	s->fd = -1;
	(void)snprintf(s->path, sizeof(s->path), "%s", path);
	if (socket_bind(s, e) != 0) {
		(void)err_prefix(e, "latency_log");
		socket_free(s);
		return (NULL);
	}
	s->ev = event_new(loop_base(loop), s->fd, EV_READ | EV_PERSIST,
	    on_lines, s);
	MUST(s->ev != NULL);
	MUST(event_add(s->ev, NULL) == 0);
	s->next = *list;
	*list = s;
	return (s);
}

struct latency_log *
latency_log_open(struct loop *loop, const char *path, const char *backend,
    struct err *e)
{
	struct log_socket *s = socket_get(loop, path, e);
	struct latency_log *l;

	if (s == NULL)
		return (NULL);
	for (l = s->logs; l != NULL; l = l->next)
		if (strcmp(l->backend, backend) == 0) {
			l->refs++;
			return (l);
		}
	l = calloc(1, sizeof(*l));
	MUST(l != NULL);
	MUST(strlen(backend) < sizeof(l->backend));
	(void)snprintf(l->backend, sizeof(l->backend), "%s", backend);
	l->refs = 1;
	l->socket = s;
	l->next = s->logs;
	s->logs = l;
	return (l);
}

void
latency_log_close(struct latency_log *l)
{
	struct log_socket *s, **ps;
	struct latency_log **pl;

	if (l == NULL || --l->refs > 0)
		return;
	s = l->socket;
	for (pl = &s->logs; *pl != l; pl = &(*pl)->next)
		;
	*pl = l->next;
	free(l);
	if (s->logs != NULL)
		return;
	for (ps = (struct log_socket **)loop_place(s->loop,
	    LOOP_LATENCY_LOGS); *ps != s; ps = &(*ps)->next)
		;
	*ps = s->next;
	socket_free(s);
}

struct value
latency_log_p95(const struct latency_log *l, ns_t now)
{
	return (histogram_quantile(&l->times, now, 0.95));
}
