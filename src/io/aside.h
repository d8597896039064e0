/* SPDX-License-Identifier: MIT */
/*
 * One piece of work that may wait (a file, a disk) in a thread of its own,
 * beside the loop.
 */
#ifndef IO_ASIDE_H
#define IO_ASIDE_H

struct aside;
struct err;
struct loop;

struct aside_job {
	void (*work)(void *arg); /* in the thread, all signals blocked */
	void (*done)(void *arg); /* on the loop, after it; not from inside */
	/* After a stop, once the work has ended: maybe in the thread. */
	void (*drop)(void *arg);
	void *arg; /* the thread's until done or drop */
};

/* NULL with a sentence: nothing was begun, arg is the caller's. */
struct aside	*aside_start(struct loop *, const struct aside_job *,
		    struct err *);
/* Before `done` only: drop is called in its place.  NULL is allowed. */
void		aside_stop(struct aside *);

#endif
