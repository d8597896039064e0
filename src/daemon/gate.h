/* SPDX-License-Identifier: MIT */
/*
 * The one gate between what a step wants and the world outside: whatever
 * goes to a provider or a balancer passes here, in order.
 *
 *  - An effect leaves when the records of its step are durable (I-12, I-27).
 *  - Not durable within 250 ms: the journal is bad (I-29).  Launches and
 *    what else takes nothing away leave all the same; removals stay.
 *  - The journal is good again after ten commits in time; then those leave
 *    that are durable and still within their deadline.
 *  - What stays past its deadline never leaves.  The host answers it.
 *
 * It opens the operation, so that whatever left has a deadline.
 */
#ifndef DAEMON_GATE_H
#define DAEMON_GATE_H

#include "plimsoll/event.h"
#include "plimsoll/order.h"

struct gate;

/* Not durable within this: the journal is bad.  A setting of I-29. */
#define GATE_DURABLE_IN (250 * NS_MS)

enum { GATE_GOOD_AFTER = 10 }; /* commits in time */

struct gate_hooks {
	void *ctx;
	/* Required.  The order leaves; the servers live until it returns. */
	void (*out)(void *ctx, const struct order *, const struct server *);
	/* Required.  The journal's state changed, for the next step. */
	void (*journal)(void *ctx, enum journal_state);
};

/* NULL where memory is short. */
struct gate	*gate_new(const struct gate_hooks *);
void		gate_free(struct gate *);
/*
 * The effects of a step; seq is that of its last record, 0: it has none.
 * RECORD and FORGET orders are the journal's and are passed over.
 */
void		gate_step(struct gate *, ns_t now, const struct orders *,
		    uint64_t seq);
/* Everything up to seq is on the disk. */
void		gate_durable(struct gate *, ns_t now, uint64_t seq);
/* The journal says that it failed: bad from now on. */
void		gate_failed(struct gate *, ns_t now);
/* Time passed: see what is late. */
void		gate_tick(struct gate *, ns_t now);
/* When gate_tick() is wanted; NS_NEVER. */
ns_t		gate_next(const struct gate *);

enum journal_state	gate_journal(const struct gate *);
/* Effects that wait. */
int		gate_waiting(const struct gate *);

#endif
