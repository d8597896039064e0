/* SPDX-License-Identifier: MIT */
/*
 * The one gate between what a step wants and the world outside: whatever
 * goes to a provider or a balancer passes here, in order.
 *
 *  - An effect leaves when the records of its step are durable (I-12, I-27).
 *  - While the journal is bad (not durable within 250 ms, full, failed:
 *    I-29) launches and what else takes nothing away leave all the same;
 *    removals stay.
 *  - When it is good again those leave that are durable and still within
 *    their deadline.
 *  - What stays past its deadline never leaves.  The host answers it.
 */
#ifndef DAEMON_GATE_H
#define DAEMON_GATE_H

#include "plimsoll/event.h"
#include "plimsoll/order.h"

struct gate;

/* The order leaves; the servers live until it returns. */
typedef void	gate_out(void *ctx, const struct order *,
		    const struct server *);

/* NULL where memory is short. */
struct gate	*gate_new(gate_out *, void *ctx);
void		gate_free(struct gate *);
/*
 * The effects of a step; seq is that of its last record, 0: it has none.
 * RECORD and FORGET orders are the journal's and are passed over.
 */
void		gate_step(struct gate *, ns_t now, const struct orders *,
		    uint64_t seq);
/* Everything up to seq is on the disk. */
void		gate_durable(struct gate *, ns_t now, uint64_t seq);
/* The journal's state, whenever it changed. */
void		gate_journal(struct gate *, ns_t now, enum journal_state);
/* Effects that wait. */
int		gate_waiting(const struct gate *);
/* After a reload, as ops_regroup(). */
void		gate_regroup(struct gate *, const int *map);

#endif
