/* SPDX-License-Identifier: MIT */
/* The calls that began or changed the fleet, in few bytes. */
#ifndef RECORD_CALLS_H
#define RECORD_CALLS_H

#include "plimsoll/call.h"
#include "record/bytes.h"

void	calls_write(struct bytes *, const struct fleet_call *);
/*
 * The next one.  room holds its server; learned points into the reader's
 * bytes.  False: the bytes are damaged.
 */
bool	calls_read(struct reader *, struct fleet_call *ret,
	    struct server *room);

#endif
