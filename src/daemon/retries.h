/* SPDX-License-Identifier: MIT */
/*
 * I-18: of the calls to a provider at most one in ten is a retry, so that a
 * provider in trouble is not kept there by us.
 *
 * A retry is a termination or a lookup of a server whose last one failed or
 * was not answered.  Ten calls that are none pay for one; ten may be saved
 * up.  One each ten seconds is free: when the trouble is over somebody has to
 * find out, without a person (I-25).  What may not leave is answered as
 * throttled, and the ledger's back-off brings it again.
 *
 * Launches are never repeated (I-13), listings have a beat of their own; both
 * are calls that pay.
 */
#ifndef DAEMON_RETRIES_H
#define DAEMON_RETRIES_H

#include <stdbool.h>

#include "plimsoll/driver.h"
#include "plimsoll/order.h"

enum {
	RETRIES_MOST = 10,	/* saved up */
	RETRIES_FREE_S = 10,	/* one without pay */
	RETRIES_OPEN = 1024	/* servers remembered; the oldest is forgotten */
};

/* Of one provider; zeroed is not enough: retries_init().  Private. */
struct retries {
	double saved;
	ns_t free_at;
	unsigned next;
	struct {
		struct token token;
		op_t op;
		uint8_t kind;
		bool used, failed;
	} at[RETRIES_OPEN];
};

void	retries_init(struct retries *);
/* A call is about to leave; false: it may not. */
bool	retries_may(struct retries *, ns_t now, const struct order *,
	    const struct server *);
/* What became of it; nobody's op is fine. */
void	retries_answer(struct retries *, op_t, enum outcome);

#endif
