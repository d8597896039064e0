/* SPDX-License-Identifier: MIT */
/*
 * Operations that were asked of a driver and not answered yet.  The daemon
 * owns the deadlines: when one passes it answers `unknown` itself, once.  A
 * driver's late answer is still delivered, so an operation is remembered
 * for a while after its deadline.
 */
#ifndef DAEMON_OPS_H
#define DAEMON_OPS_H

#include <stdbool.h>

#include "plimsoll/order.h"

struct ops;

struct op {
	op_t op; /* 0: a free place */
	ns_t deadline;
	int group;
	uint8_t kind; /* enum order_kind */
	uint8_t way;
	bool passed; /* its deadline was told */
};

enum { OPS_MAX = 16384 };

struct ops	*ops_new(void);
void		ops_free(struct ops *);
/* False when there is no place: the effect must not leave. */
bool		ops_open(struct ops *, const struct order *);
/*
 * The driver's answer: fills *ret and forgets the operation.  False for one
 * that is not known: answered already, or passed long ago.
 */
bool		ops_close(struct ops *, op_t, struct op *ret);
/*
 * The next one whose deadline has passed by now; false when there is none.
 * Told once each.
 */
bool		ops_pass(struct ops *, ns_t now, struct op *ret);
/* The earliest deadline that has not passed; NS_NEVER. */
ns_t		ops_next(const struct ops *);
int		ops_count(const struct ops *);
/*
 * After a reload: map[old] is the new number of a group, -1: it is gone, and
 * so are its operations.
 */
void		ops_regroup(struct ops *, const int *map);

#endif
