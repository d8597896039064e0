/* SPDX-License-Identifier: MIT */
/*
 * Messages from one thread to another: bounded, without a lock, and neither
 * side ever waits.  One thread puts, one thread takes.  The descriptor is
 * readable while something may be there.
 */
#ifndef RECORD_RING_H
#define RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/units.h"

struct err;
struct ring;

struct msg {
	int kind;
	int number;	/* a generation */
	uint64_t seq;
	ns_t at;
	size_t n;	/* bytes of data */
	char *data;	/* malloc'd, goes with the message; NULL: none */
};

/* slots: a power of two.  At most max_bytes of data wait in it. */
struct ring	*ring_new(size_t slots, size_t max_bytes, struct err *);
/* Both threads are done with it; what is left is freed. */
void		ring_free(struct ring *);
int		ring_fd(const struct ring *);

/*
 * The putting side.  False: full, the message is still the caller's.  A
 * message of any length is taken while the ring holds no data.
 */
bool		ring_put(struct ring *, const struct msg *);
/* More than half of slots or bytes are in use. */
bool		ring_is_tight(const struct ring *);

/* The taking side.  False: empty. */
bool		ring_take(struct ring *, struct msg *ret);
/* After the descriptor was readable, before taking. */
void		ring_woken(struct ring *);

#endif
