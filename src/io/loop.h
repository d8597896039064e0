/* SPDX-License-Identifier: MIT */
/*
 * The loop: libevent's, one thread.  Whoever begins a turn reads the clock and
 * hands it down.  Callbacks fill inboxes, they do
 * not decide.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "plimsoll/units.h"

struct err;
struct event;
struct event_base;
struct loop;

struct loop	*loop_new(struct err *);
void		loop_free(struct loop *);
struct event_base	*loop_base(struct loop *);

/*
 * Both clocks now: taken once at the begin of a turn and handed down.  The
 * boot clock goes on while the machine sleeps, so that a suspend makes data
 * old (I-26).
 */
struct now	loop_now(const struct loop *);
/* Runs until loop_stop(); 0, or -1 when libevent failed. */
int		loop_run(struct loop *);
void		loop_stop(struct loop *);

/*
 * A place in the loop for what modules above it share (one client per
 * balancer's socket, whoever asks): NULL at first, the owner empties it.
 */
enum loop_place { LOOP_RUNTIMES, LOOP_LATENCY_LOGS, LOOP_PLACES };
void		**loop_place(struct loop *, enum loop_place);

/*
 * A timer in the caller's memory, zeroed before its first use.  Setting one
 * that runs replaces it.  loop_timer_stop() may be called at any time.
 */
struct timer {
	struct event *ev;
	struct loop *loop;
	void (*fire)(void *arg);
	void *arg;
};

void	loop_timer_set(struct loop *, struct timer *, ns_t after,
	    void (*fire)(void *arg), void *arg);
void	loop_timer_stop(struct timer *);

#endif
