/* SPDX-License-Identifier: MIT */
/*
 * A thread that reads one policy; see loader.h.  A byte through a pipe says
 * that it is done.  Should the daemon stop before, the thread owns what it
 * works on and ends by itself.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "config/errors.h"
#include "daemon/loader.h"
#include "io/loop.h"
#include "policy/load.h"

enum { STACK = 512 << 10 };

/* The thread's until its byte is read, then the loader's. */
struct work {
	char *path;
	int fd; /* where the byte goes */
	struct policy *policy;
	struct errors errors;
};

struct loader {
	struct work *work;
	struct event *ev;
	int fd;
	loader_done *done;
	void *ctx;
};

static void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	policy_free(w->policy);
	free(w->path);
	free(w);
}

static void *
work_run(void *arg)
{
	struct work *w = arg;
	int fd = w->fd;

	(void)policy_load(w->path, 0, &w->policy, &w->errors);
	if (write(fd, "", 1) != 1)
		work_free(w); /* nobody waits any more */
	(void)close(fd);
	return (NULL);
}

static void
loader_read(evutil_socket_t fd, short what, void *arg)
{
	struct loader *l = arg;
	struct policy *p = l->work->policy;
	struct work *w = l->work;
	loader_done *done = l->done;
	void *ctx = l->ctx;

	(void)fd, (void)what;
	loader_stop(l);
	w->policy = NULL;
	done(ctx, p, &w->errors);
	work_free(w);
}

static int
work_start(struct work *w)
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
	rc = pthread_create(&t, &a, work_run, w);
	(void)pthread_attr_destroy(&a);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (rc == 0 ? 0 : -1);
}

struct loader *
loader_start(struct loop *loop, const char *path, loader_done *done,
    void *ctx, struct err *e)
{
	struct loader *l = calloc(1, sizeof(*l));
	struct work *w = calloc(1, sizeof(*w));
	int p[2] = { -1, -1 };

	if (l == NULL || w == NULL || (w->path = strdup(path)) == NULL ||
	    pipe2(p, O_CLOEXEC | O_NONBLOCK) != 0)
		goto bad;
	*l = (struct loader){ w, NULL, p[0], done, ctx };
	l->ev = event_new(loop_base(loop), p[0], EV_READ, loader_read, l);
	if (l->ev == NULL || event_add(l->ev, NULL) != 0)
		goto bad;
	w->fd = p[1];
	if (work_start(w) == 0)
		return (l);
bad:
	(void)err_set(e, ENOMEM, "the policy cannot be read: out of memory");
	if (l != NULL && l->ev != NULL)
		event_free(l->ev);
	if (p[0] >= 0)
		(void)close(p[0]), (void)close(p[1]);
	work_free(w);
	free(l);
	return (NULL);
}

void
loader_stop(struct loader *l)
{
	if (l == NULL)
		return;
	event_free(l->ev);
	(void)close(l->fd);
	free(l);
}
