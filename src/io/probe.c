/* SPDX-License-Identifier: MIT */
/*
 * A probe is one socket at a time and one timer: connect, write a request,
 * read until the status line is there.  The timer bounds the try and begins
 * the next.  A plain socket instead of an HTTP client: hundreds at once need
 * little memory, and no name is ever resolved.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/probe.h"

enum { REQUEST_SIZE = PROBE_PATH_SIZE + 160 };

struct probe {
	struct loop *loop;
	struct probe_of of;
	ns_t every, timeout;
	int rise, good; /* good answers in a row: wanted, seen */
	struct timer beat; /* the next try */
	struct timer end;  /* of this try */
	int fd;
	struct event *ev;
	size_t sent, got;
	int n_request;
	char request[REQUEST_SIZE];
	char answer[PROBE_ANSWER_MAX];
};

int
probe_status(const char *text, size_t n)
{
	static const char form[] = "HTTP/1.d ddd";
	size_t i;

	for (i = 0; i < n && form[i] != '\0'; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return (0);
	if (n < sizeof(form))
		return (-1);
	/* The digits end there: "HTTP/1.1 2000" is none. */
	i = sizeof(form) - 1;
	if (text[i] != ' ' && text[i] != '\r' && text[i] != '\n')
		return (0);
	if (text[9] < '1' || text[9] > '5')
		return (0);
	return ((text[9] - '0') * 100 + (text[10] - '0') * 10 + text[11] -
	    '0');
}

static void
probe_hang_up(struct probe *p)
{
	loop_timer_stop(&p->end);
	if (p->ev != NULL)
		event_free(p->ev);
	p->ev = NULL;
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

/* A try is over; the beat goes on, the next one is new. */
static void
probe_over(struct probe *p, bool good)
{
	probe_hang_up(p);
	p->good = good ? p->good + 1 : 0;
	if (p->good < p->rise)
		return;
	loop_timer_stop(&p->beat);
	p->of.healthy(p->of.arg); /* may have freed p */
}

static void
probe_late(void *arg)
{
	probe_over(arg, false);
}

/* True when the answer is there, whatever it says. */
static bool
probe_read(struct probe *p, int *ret_status)
{
	ssize_t n = recv(p->fd, p->answer + p->got,
	    sizeof(p->answer) - p->got, 0);

	if (n < 0)
		return (errno != EAGAIN && errno != EINTR);
	p->got += (size_t)n;
	*ret_status = probe_status(p->answer, p->got);
	return (n == 0 || *ret_status >= 0);
}

static bool
probe_write(struct probe *p)
{
	ssize_t n = send(p->fd, p->request + p->sent,
	    (size_t)p->n_request - p->sent, MSG_NOSIGNAL);

	if (n < 0)
		return (errno != EAGAIN && errno != EINTR);
	p->sent += (size_t)n;
	return (false);
}

static void
probe_ready(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	int status = -1, code = 0;
	socklen_t len = sizeof(code);
	bool over;

	if (p->n_request == 0) {
		over = getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0;
		probe_over(p, !over && code == 0);
		return;
	}
	if (what & EV_WRITE && p->sent < (size_t)p->n_request)
		over = probe_write(p);
	else
		over = probe_read(p, &status);
	if (over) {
		probe_over(p, status >= 200 && status <= 299);
		return;
	}
	/* Once all is sent only an answer is of interest. */
	MUST(event_del(p->ev) == 0);
	MUST(event_assign(p->ev, loop_base(p->loop), p->fd,
		 p->sent < (size_t)p->n_request ? EV_WRITE : EV_READ,
		 probe_ready, p) == 0);
	MUST(event_add(p->ev, NULL) == 0);
}

static int
probe_connect(struct probe *p)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is4 = memcmp(p->of.address, mapped, sizeof(mapped)) == 0;
	int rc;

	p->fd = socket(is4 ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return (-1);
	if (is4) {
		memcpy(&v4.sin_addr, p->of.address + 12, 4);
		v4.sin_port = htons(p->of.port);
		rc = connect(p->fd, (struct sockaddr *)&v4, sizeof(v4));
	} else {
		memcpy(&v6.sin6_addr, p->of.address, 16);
		v6.sin6_port = htons(p->of.port);
		rc = connect(p->fd, (struct sockaddr *)&v6, sizeof(v6));
	}
	return (rc == 0 || errno == EINPROGRESS ? 0 : -1);
}

static void
probe_try(void *arg)
{
	struct probe *p = arg;

	loop_timer_set(p->loop, &p->beat, p->every, probe_try, p);
	if (p->fd >= 0)
		return; /* the last try still has time */
	p->sent = p->got = 0;
	if (probe_connect(p) != 0) {
		probe_over(p, false);
		return;
	}
	p->ev = event_new(loop_base(p->loop), p->fd, EV_WRITE, probe_ready, p);
	if (p->ev == NULL || event_add(p->ev, NULL) != 0) {
		probe_over(p, false);
		return;
	}
	loop_timer_set(p->loop, &p->end, p->timeout, probe_late, p);
}

static int
probe_path_check(const char *path, struct err *e)
{
	size_t i, n = strlen(path);

	if (n == 0)
		return (0);
	if (path[0] != '/' || n >= PROBE_PATH_SIZE)
		return (err_set(e, EINVAL, "the health path '%.40s' does not "
		    "begin with '/', or is over %d bytes", path,
		    PROBE_PATH_SIZE - 1));
	for (i = 0; i < n; i++)
		if (path[i] <= ' ' || path[i] > '~')
			return (err_set(e, EINVAL, "the health path has a "
			    "space or a special character at byte %zu", i));
	return (0);
}

static int
probe_request(const struct probe_of *of, const char *path,
    char buf[REQUEST_SIZE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is4 = memcmp(of->address, mapped, sizeof(mapped)) == 0;
	char text[INET6_ADDRSTRLEN];
	int n;

	if (path[0] == '\0')
		return (0);
	(void)inet_ntop(is4 ? AF_INET : AF_INET6,
	    of->address + (is4 ? 12 : 0), text, sizeof(text));
	n = snprintf(buf, REQUEST_SIZE,
	    "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nUser-Agent: plimsoll\r\n"
	    "Connection: close\r\n\r\n", path, is4 ? "" : "[", text,
	    is4 ? "" : "]", of->port);
	MUST(n > 0 && n < REQUEST_SIZE);
	return (n);
}

struct probe *
probe_start(struct loop *l, const struct probe_of *of,
    const struct probe_settings *s, struct err *e)
{
	struct probe *p;

	MUST(of->healthy != NULL && s->every > 0 && s->timeout > 0);
	if (probe_path_check(s->path, e) != 0)
		return (NULL);
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		(void)err_set(e, ENOMEM, "health probe: out of memory");
		return (NULL);
	}
	p->loop = l;
	p->of = *of;
	p->every = s->every;
	p->timeout = s->timeout;
	p->rise = s->rise < 1 ? 1 : s->rise;
	p->fd = -1;
	p->n_request = probe_request(of, s->path, p->request);
	/* Not from inside this call: the first try is the timer's. */
	loop_timer_set(l, &p->beat, 0, probe_try, p);
	return (p);
}

void
probe_stop(struct probe *p)
{
	if (p == NULL)
		return;
	probe_hang_up(p);
	loop_timer_stop(&p->beat);
	free(p);
}
