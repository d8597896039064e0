/* SPDX-License-Identifier: MIT */
/*
 * A thread for one job; see aside.h.  A byte through a pipe says that it is
 * done.  Who stops does not wait for it: it then ends by itself, and drops
 * what it worked on.  Whoever comes second, the stop or the end, drops.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/aside.h"
#include "io/loop.h"

enum { STACK = 512 << 10 };

/* What thread and loop share; ended by the second of them. */
struct shared {
	struct aside_job job;
	atomic_int left; /* 2 at first */
	int fd;		 /* where the byte goes, the thread's */
};

struct aside {
	struct shared *shared;
	struct event *ev;
	int fd;
};

/* True: the other one has left before. */
static bool
shared_leave(struct shared *s)
{
	return (atomic_fetch_sub(&s->left, 1) == 1);
}

static void *
aside_run(void *arg)
{
	struct shared *s = arg;
	int fd = s->fd;

	s->job.work(s->job.arg);
	if (shared_leave(s)) {
		s->job.drop(s->job.arg); /* nobody waits any more */
		free(s);
	} else {
		(void)!write(fd, "", 1);
	}
	(void)close(fd);
	return (NULL);
}

static void
aside_fini(struct aside *a)
{
	event_free(a->ev);
	(void)close(a->fd);
	free(a);
}

static void
aside_read(evutil_socket_t fd, short what, void *arg)
{
	struct aside *a = arg;
	struct aside_job job = a->shared->job;

	(void)fd, (void)what;
	free(a->shared);
	aside_fini(a);
	job.done(job.arg);
}

static int
aside_thread(struct shared *s)
{
	sigset_t all, old;
	pthread_attr_t a;
	pthread_t t;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	(void)pthread_attr_init(&a);
	(void)pthread_attr_setstacksize(&a, STACK);
	(void)pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&t, &a, aside_run, s);
	(void)pthread_attr_destroy(&a);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (rc == 0 ? 0 : -1);
}

struct aside *
aside_start(struct loop *loop, const struct aside_job *job, struct err *e)
{
	struct aside *a = calloc(1, sizeof(*a));
	struct shared *s = calloc(1, sizeof(*s));
	int p[2] = { -1, -1 };

	if (a == NULL || s == NULL || pipe2(p, O_CLOEXEC | O_NONBLOCK) != 0)
		goto bad;
	s->job = *job;
	atomic_init(&s->left, 2);
	*a = (struct aside){ s, NULL, p[0] };
	a->ev = event_new(loop_base(loop), p[0], EV_READ, aside_read, a);
	if (a->ev == NULL || event_add(a->ev, NULL) != 0)
		goto bad;
	s->fd = p[1];
	if (aside_thread(s) == 0)
		return (a);
bad:
	(void)err_set(e, ENOMEM, "no thread for work beside the loop");
	if (a != NULL && a->ev != NULL)
		event_free(a->ev);
	if (p[0] >= 0)
		(void)close(p[0]), (void)close(p[1]);
	free(s);
	free(a);
	return (NULL);
}

void
aside_stop(struct aside *a)
{
	struct shared *s;

	if (a == NULL)
		return;
	s = a->shared;
	if (shared_leave(s)) {
		s->job.drop(s->job.arg);
		free(s);
	}
	aside_fini(a);
}
