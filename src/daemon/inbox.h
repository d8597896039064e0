/* SPDX-License-Identifier: MIT */
/*
 * The inbox of the next step: events in the order in which they came, with
 * copies of what they point to.  Bounded: what does not fit is not taken,
 * and the caller says what that means.
 */
#ifndef DAEMON_INBOX_H
#define DAEMON_INBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/event.h"

struct inbox {
	size_t n;
	size_t n_told; /* in all events */
	struct event at[MAX_INBOX];
};

/* Servers told of in one step: two whole listings of a full group. */
enum { INBOX_TOLD = 4 * MAX_SERVERS };

/* NULL where memory is short. */
struct inbox	*inbox_new(void);
void		inbox_free(struct inbox *);
/* Copies the event and what its answer points to. */
bool		inbox_put(struct inbox *, const struct event *);
/* After a reload: map[old] is the new number of a group, -1: it is gone. */
void		inbox_regroup(struct inbox *, const int *map);
/* The step has read them. */
void		inbox_clear(struct inbox *);

#endif
