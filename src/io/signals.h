/* SPDX-License-Identifier: MIT */
/* Signals as events of the loop. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include "plimsoll/units.h"

struct err;
struct loop;
struct signals;

struct signals_hooks {
	void *ctx;
	void (*stop)(void *ctx);   /* SIGTERM, SIGINT */
	void (*reload)(void *ctx); /* SIGHUP */
};

/* SIGPIPE is ignored from now on. */
struct signals	*signals_new(struct loop *, const struct signals_hooks *,
		    struct err *);
void		signals_free(struct signals *);

/*
 * The end of a loop that is stuck (I-24): unless it is called again within
 * the span, the process says so and dies, to be started anew.  0: never.
 */
void	signals_alive(ns_t within);

#endif
