/* SPDX-License-Identifier: MIT */
/*
 * What the drivers' contracts share, and what the host offers a driver.
 *
 * A driver is a const table of functions and one row in a list; its state
 * comes as `self`, zeroed, of the size that the table names.  It never
 * blocks, exits, sleeps or logs; no call posts from inside itself.  For
 * each operation it posts exactly one answer.  The host owns the deadline
 * and posts `unknown` when it passes; a late answer is still delivered.
 */
#ifndef PLIMSOLL_DRIVER_H
#define PLIMSOLL_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/limits.h"
#include "plimsoll/server.h"
#include "plimsoll/units.h"

struct err;
struct loop; /* io/loop.h: timers and descriptors */
struct sample;

enum outcome {
	OUTCOME_DONE,
	OUTCOME_CAPACITY,  /* the provider has none of this kind now */
	OUTCOME_QUOTA,	   /* the account may not have more */
	OUTCOME_THROTTLED, /* asked too often */
	OUTCOME_PERMANENT, /* will never work as asked */
	OUTCOME_UNKNOWN,   /* may have happened (I-13) */
	OUTCOME_COUNT
};

const char	*outcome_name(enum outcome);

/*
 * One server as a provider or a balancer tells of it.  A balancer gives the
 * id that it was told in add(); a server that it was never told of, since
 * the daemon started, is "@BACKEND/SERVER": match that one by its address.
 */
struct told {
	struct server_id id;
	struct token token;  /* zero: carries none of ours */
	uint8_t address[16]; /* as struct server */
	uint16_t port;
	uint8_t phase; /* enum phase as far as the teller can say */
	int sessions;	     /* a balancer's: in flight; -1 not known */
	char group[NAME_SIZE]; /* a provider's: in its tag; "" not said */
};

/*
 * What became of an operation.  For launch, `told` lists the servers that
 * were accepted (a part is normal) and the outcome says why the rest was
 * not.  For list it is everything, or the outcome is not DONE.  The array
 * is the driver's and is copied before post returns.
 */
struct answer {
	op_t op;
	enum outcome outcome;
	const struct told *told;
	size_t n_told;
	char text[REASON_SIZE]; /* why, for a person; "" when done */
};

/* Things that happen without being asked for. */
enum happening {
	HAPPENED_PHASE, /* told[0] reached its phase */
	HAPPENED_EXIT	/* told[0] is gone: its process ended */
};

struct host {
	struct loop *loop;
	void *ctx;
	void (*post)(void *ctx, const struct answer *);
	void (*happen)(void *ctx, enum happening, const struct told *);
	/*
	 * balancer only: its view of a server in service changed; one that
	 * is down at a new driver's first look is news too
	 */
	void (*health)(void *ctx, const struct server_id *, bool up);
	/* source only: one sample for each poll */
	void (*sampled)(void *ctx, op_t op, const struct sample *);
	/* hand a text to the writer thread for an atomic replace of path */
	void (*save)(void *ctx, const char *path, const char *text, size_t n);
	/*
	 * A sentence that a person should read: why nothing is measured, why
	 * a server cannot be added.  Said as long as it lasts, "" when it is
	 * over; the host tells it once.  NULL is allowed.
	 */
	void (*trouble)(void *ctx, const char *sentence);
	/* a dry run: look, and start, make or change nothing outside */
	bool dry;
	/* provider only: folder of boot files, one named by a server's id; NULL */
	const char *boot;
};

#endif
