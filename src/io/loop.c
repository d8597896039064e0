/* SPDX-License-Identifier: MIT */
/*
 * libevent's loop.  loop_now() reads the clocks; callers take it once at the
 * begin of a turn (the daemon's step, a driver's callback) and hand it down.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/clock.h"
#include "io/loop.h"

struct loop {
	struct event_base *base;
	bool stopped;
	void *place[LOOP_PLACES];
};

struct loop *
loop_new(struct err *e)
{
	struct event_config *cfg = event_config_new();
	struct loop *l = calloc(1, sizeof(*l));

	if (cfg != NULL && l != NULL) {
		(void)event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
		l->base = event_base_new_with_config(cfg);
	}
	if (cfg != NULL)
		event_config_free(cfg);
	if (l == NULL || l->base == NULL) {
		free(l);
		(void)err_set(e, ENOMEM, "the event loop did not start");
		return (NULL);
	}
	return (l);
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_base_free(l->base);
	free(l);
}

struct event_base *
loop_base(struct loop *l)
{
	MUST(l != NULL);
	return (l->base);
}

void **
loop_place(struct loop *l, enum loop_place p)
{
	MUST(l != NULL);
	MUST(p < LOOP_PLACES);
	return (&l->place[p]);
}

struct now
loop_now(const struct loop *l)
{
	MUST(l != NULL);
	return (clock_now());
}

int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		if (event_base_loop(l->base, EVLOOP_ONCE) != 0)
			return (-1);
	return (0);
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
	(void)event_base_loopbreak(l->base);
}

static void
loop_timer_fire(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd, (void)what;
	t->fire(t->arg);
}

void
loop_timer_set(struct loop *l, struct timer *t, ns_t after,
    void (*fire)(void *arg), void *arg)
{
	struct timeval tv;

	if (after < 0)
		after = 0;
	t->loop = l;
	t->fire = fire;
	t->arg = arg;
	if (t->ev == NULL)
		t->ev = event_new(l->base, -1, 0, loop_timer_fire, t);
	MUST(t->ev != NULL);
	tv.tv_sec = (time_t)(after / NS_S);
	tv.tv_usec = (suseconds_t)(after % NS_S / NS_US);
	MUST(event_add(t->ev, &tv) == 0);
}

void
loop_timer_stop(struct timer *t)
{
	if (t->ev == NULL)
		return;
	event_free(t->ev);
	t->ev = NULL;
}
