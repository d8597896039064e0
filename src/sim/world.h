/* SPDX-License-Identifier: MIT */
/*
 * A made world around a real fleet: providers, a balancer, hosts, a journal
 * and customers, on a virtual clock, with faults that a history names.  What
 * must never happen is looked for in every order (world_check.c).  Nothing in
 * it is a stand-in for a test of the real parts: it reaches the orders of
 * events that real parts show once a year.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "core/fleet.h"

enum fault_kind {
	FAULT_CAPACITY,	    /* launches refused, wholly or in part */
	FAULT_QUOTA,
	FAULT_THROTTLED,
	FAULT_LOST_CALL,    /* never arrives; the host answers unknown */
	FAULT_LOST_ANSWER,  /* happens, but nobody says so */
	FAULT_LATE,	    /* answers after the deadline, too */
	FAULT_TWICE,	    /* answers twice */
	FAULT_LIST_FAILS,
	FAULT_LIST_STALE,   /* shows what was a while ago */
	FAULT_LIST_EMPTY,   /* "done", and nothing in it */
	FAULT_NO_ADDRESS,   /* launches are accepted without one */
	FAULT_NEVER_BOOTS,
	FAULT_DIES_BOOTING,
	FAULT_DIES_SERVING,
	FAULT_SICK,	    /* one or two hang */
	FAULT_MASS_SICK,    /* the health check itself is broken */
	FAULT_FORGETS,	    /* the balancer restarts with an empty set */
	FAULT_BALANCER,	    /* does not answer */
	FAULT_JOURNAL,	    /* not durable */
	FAULT_RESTART,	    /* killed in the middle of its orders */
	FAULT_AMNESIA,	    /* killed, and its journal lost: safe mode */
	FAULT_NO_DATA,	    /* samples fail */
	FAULT_FOREIGN,	    /* somebody puts a server of theirs beside ours */
	FAULT_ORPHAN,	    /* a server with our tag that nobody decided */
	FAULT_SUSPEND,	    /* the machine slept */
	FAULT_WORD,	    /* an operator drains, replaces, protects, holds */
	FAULT_COUNT
};

const char	*fault_name(enum fault_kind);

struct fault {
	enum fault_kind kind;
	int from_s, to_s; /* in force; those that strike once do so at from */
	double rate;	  /* share of what it can hit */
};

enum { HISTORY_FAULTS = 32, WORLD_GROUPS = 3 };

struct history {
	uint64_t seed;
	int chaos_s;  /* faults lie in this span */
	int settle_s; /* then nothing is wrong for so long */
	int n_faults;
	struct fault fault[HISTORY_FAULTS];
};

struct world_result {
	uint64_t hash;	  /* of all orders */
	uint64_t decided; /* likewise of all decisions */
	long steps, orders, launches, terminations, restarts;
	int settled_s;	  /* seconds after the faults until all agreed; -1 */
	char text[512];	  /* what must not be, "" when all is well */
};

/* Plays the history to its end, or to the first thing that must not be. */
void	world_run(const struct history *, struct world_result *);

/* A history by its seed. */
void	history_draw(struct history *, uint64_t seed);
/*
 * Takes faults away from a failing history as long as it still fails; what
 * is left is what matters.
 */
void	history_shrink(struct history *, struct world_result *);

#endif
