/* SPDX-License-Identifier: MIT */
/*
 * The client of one stats socket: a queue, one connection, one timer for
 * whatever comes next (the deadline of the question under way, or a turn of
 * the loop in which questions fail that were never asked).  An answer is
 * whole when the connection ends after an empty line; HAProxy ends each
 * command's answer with one.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/util.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/runtime.h"

/* Waits after time-outs in a row; at twice these a restart goes unseen. */
static const ns_t backoff_ns[] = { 1 * NS_S, 2 * NS_S, 4 * NS_S, 5 * NS_S };
enum { READ_CHUNK = 16384, TURN_READS = 64 };

struct ask {
	struct ask *next;
	runtime_done *done; /* NULL: nobody waits any more */
	void *arg;
	ns_t since, patience;
	size_t n;
	char text[]; /* with the newline */
};

struct runtime {
	struct runtime *next; /* of the loop's clients */
	struct loop *loop;
	int refs;
	int calling;	 /* inside callbacks: not to be freed yet */
	struct ask *head, **tail;
	int queued;
	bool active; /* the head is on the wire */
	int fd;
	struct event *ev;
	struct timer timer;
	size_t sent;
	ns_t asked;
	char *buf;
	size_t n, size;
	int timeouts; /* in a row */
	ns_t quiet_until;
	struct sockaddr_storage to;
	int to_len;
	char where[256];
	char why[400];
};

static void	on_timer(void *arg);

static int
parse_where(struct runtime *r, const char *where, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(where) >= sizeof(r->where))
		return (err_set(e, ENAMETOOLONG,
		    "the stats socket's name '%.40s...' is too long", where));
	(void)snprintf(r->where, sizeof(r->where), "%s", where);
	if (where[0] != '/') {
		r->to_len = sizeof(r->to);
		if (evutil_parse_sockaddr_port(where,
		    (struct sockaddr *)&r->to, &r->to_len) == 0 &&
		    ((struct sockaddr_in *)&r->to)->sin_port != 0)
			return (0);	/* an in6's port is at the same place */
		return (err_set(e, EINVAL, "stats socket '%s': expected "
		    "/PATH or ADDRESS:PORT", where));
	}
	if (strlen(where) >= sizeof(un.sun_path))
		return (err_set(e, ENAMETOOLONG, "stats socket '%s': a path "
		    "of at most %zu characters was expected", where,
		    sizeof(un.sun_path) - 1));
	memcpy(un.sun_path, where, strlen(where) + 1);
	memcpy(&r->to, &un, sizeof(un));
	r->to_len = sizeof(un);
	return (0);
}

int
runtime_check(const char *where, struct err *e)
{
	struct runtime r;

	return (parse_where(&r, where, e));
}

struct runtime *
runtime_open(struct loop *l, const char *where, struct err *e)
{
	struct runtime **list = (struct runtime **)loop_place(l, LOOP_RUNTIMES);
	struct runtime *r;

	for (r = *list; r != NULL; r = r->next) {
		if (strcmp(r->where, where) != 0)
			continue;
		r->refs++;
		return (r);
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	if (parse_where(r, where, e) != 0) {
		free(r);
		return (NULL);
	}
	r->loop = l;
	r->refs = 1;
	r->fd = -1;
	r->tail = &r->head;
	r->next = *list;
	*list = r;
	return (r);
}

const char *
runtime_where(const struct runtime *r)
{
	return (r->where);
}

static void
hang_up(struct runtime *r)
{
	if (r->ev != NULL)
		event_free(r->ev);
	r->ev = NULL;
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	r->active = false;
}

static void
maybe_free(struct runtime *r)
{
	struct runtime **p;
	struct ask *a;

	if (r->refs > 0 || r->calling > 0)
		return;
	for (p = (struct runtime **)loop_place(r->loop, LOOP_RUNTIMES);
	    *p != r; p = &(*p)->next)
		;
	*p = r->next;
	hang_up(r);
	loop_timer_stop(&r->timer);
	while ((a = r->head) != NULL) {
		r->head = a->next;
		free(a);
	}
	free(r->buf);
	free(r);
}

void
runtime_close(struct runtime *r, void *arg)
{
	struct ask *a;

	if (r == NULL)
		return;
	MUST(r->refs > 0);
	for (a = r->head; a != NULL; a = a->next)
		if (a->arg == arg)
			a->done = NULL;
	r->refs--;
	maybe_free(r);
}

/* Ends the head, whatever became of it. */
static void
finish(struct runtime *r, enum runtime_result result, const char *why)
{
	struct runtime_answer ans = { .result = result, .text = "", .why = why };
	struct ask *a = r->head;

	MUST(a != NULL);
	r->head = a->next;
	if (r->head == NULL)
		r->tail = &r->head;
	r->queued--;
	hang_up(r);
	ans.asked = r->asked;
	ans.now = loop_now(r->loop).mono;
	if (result == RUNTIME_OK) {
		ans.text = r->buf;
		ans.n = r->n;
		r->timeouts = 0;
		r->quiet_until = 0;
	}
	r->calling++;
	if (a->done != NULL)
		a->done(a->arg, &ans);
	r->calling--;
	free(a);
}

static void
next(struct runtime *r)
{
	if (r->refs == 0)
		maybe_free(r);
	else if (r->head == NULL)
		loop_timer_stop(&r->timer);
	else if (!r->active)
		loop_timer_set(r->loop, &r->timer, 0, on_timer, r);
}

static void
back_off(struct runtime *r)
{
	size_t last = sizeof(backoff_ns) / sizeof(backoff_ns[0]) - 1;
	size_t i = (size_t)r->timeouts;

	r->quiet_until = loop_now(r->loop).mono +
	    backoff_ns[i < last ? i : last];
	r->timeouts++;
}

static void
fail(struct runtime *r, enum runtime_result result, int error)
{
	static const char *const say[] = {
		[RUNTIME_REFUSED] = "no connection",
		[RUNTIME_TIMEOUT] = "no answer in time",
		[RUNTIME_TRUNCATED] = "the answer broke off",
	};

	(void)snprintf(r->why, sizeof(r->why), "stats socket %s: %s%s%s",
	    r->where, say[result], error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : "");
	if (result == RUNTIME_TIMEOUT)
		back_off(r);
	finish(r, result, r->why);
	next(r);
}

/* Room for another chunk and a NUL. */
static bool
grow(struct runtime *r)
{
	size_t size = r->size == 0 ? 4 * READ_CHUNK : r->size;
	char *p;

	while (size < r->n + READ_CHUNK + 1)
		size *= 2;
	if (size == r->size)
		return (true);
	if (size > 2 * (size_t)RUNTIME_ANSWER_MAX)
		return (false);
	p = realloc(r->buf, size);
	if (p == NULL)
		return (false);
	r->buf = p;
	r->size = size;
	return (true);
}

static void
whole(struct runtime *r)
{
	bool ok = r->n > 0 && r->buf[r->n - 1] == '\n' &&
	    (r->n == 1 || r->buf[r->n - 2] == '\n');

	if (!ok) {
		fail(r, RUNTIME_TRUNCATED, 0);
		return;
	}
	r->buf[r->n] = '\0';
	finish(r, RUNTIME_OK, "");
	next(r);
}

/* Bounded by reads a turn, so that a long answer holds nobody up. */
static void
receive(struct runtime *r)
{
	ssize_t k;
	int i;

	for (i = 0; i < TURN_READS; i++) {
		if (r->n > RUNTIME_ANSWER_MAX || !grow(r)) {
			fail(r, RUNTIME_TRUNCATED, EFBIG);
			return;
		}
		k = read(r->fd, r->buf + r->n, READ_CHUNK);
		if (k == 0) {
			whole(r);
			return;
		}
		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (k < 0) {
			fail(r, RUNTIME_TRUNCATED, errno);
			return;
		}
		r->n += (size_t)k;
	}
}

static void
watch(struct runtime *r, short what, event_callback_fn fn)
{
	if (r->ev != NULL)
		event_free(r->ev);
	r->ev = event_new(loop_base(r->loop), r->fd, what | EV_PERSIST, fn, r);
	MUST(r->ev != NULL);
	MUST(event_add(r->ev, NULL) == 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	receive(arg);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct runtime *r = arg;
	struct ask *a = r->head;
	ssize_t k;

	(void)what;
	k = send(fd, a->text + r->sent, a->n - r->sent, MSG_NOSIGNAL);
	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (k < 0) {
		fail(r, RUNTIME_REFUSED, errno);
		return;
	}
	r->sent += (size_t)k;
	if (r->sent == a->n)
		watch(r, EV_READ, on_readable);
}

/* One connection for the head.  A full backlog is a balancer that hangs. */
static void
dial(struct runtime *r)
{
	r->active = true;
	r->sent = 0;
	r->n = 0;
	r->fd = socket(r->to.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd < 0 || (connect(r->fd, (struct sockaddr *)&r->to,
	    (socklen_t)r->to_len) != 0 && errno != EINPROGRESS)) {
		fail(r, errno == EAGAIN ? RUNTIME_TIMEOUT : RUNTIME_REFUSED,
		    errno);
		return;
	}
	watch(r, EV_WRITE, on_writable);
}

static void
start(struct runtime *r)
{
	ns_t now = loop_now(r->loop).mono;

	r->asked = now;
	if (now < r->quiet_until) {
		(void)snprintf(r->why, sizeof(r->why), "stats socket %s: did "
		    "not answer, asked again in %d ms", r->where,
		    (int)((r->quiet_until - now) / NS_MS));
		finish(r, RUNTIME_BACKOFF, r->why);
		next(r);
		return;
	}
	if (now - r->head->since > r->head->patience) {
		(void)snprintf(r->why, sizeof(r->why), "stats socket %s: too "
		    "busy with other questions", r->where);
		finish(r, RUNTIME_BACKOFF, r->why);
		next(r);
		return;
	}
	loop_timer_set(r->loop, &r->timer, r->head->patience, on_timer, r);
	dial(r);
}

static void
on_timer(void *arg)
{
	struct runtime *r = arg;

	if (r->active)
		fail(r, RUNTIME_TIMEOUT, 0);
	else if (r->head != NULL)
		start(r);
}

void
runtime_ask(struct runtime *r, const struct command *c, ns_t patience,
    runtime_done *done, void *arg)
{
	struct ask *a;

	MUST(!c->bad);
	MUST(c->n > 0);
	MUST(r->queued < RUNTIME_QUEUE_MAX);
	a = calloc(1, sizeof(*a) + c->n + 1);
	MUST(a != NULL);
	a->done = done;
	a->arg = arg;
	a->since = loop_now(r->loop).mono;
	a->patience = patience;
	memcpy(a->text, c->text, c->n);
	a->text[c->n] = '\n';
	a->n = c->n + 1;
	*r->tail = a;
	r->tail = &a->next;
	r->queued++;
	if (!r->active && r->calling == 0)
		next(r);
}
