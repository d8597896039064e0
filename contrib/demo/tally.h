/* SPDX-License-Identifier: MIT */
/*
 * What became of the requests: counts, and a histogram of the time to
 * answer with steps of 2 percent from 0.1 ms to over a minute.
 */
#ifndef DEMO_TALLY_H
#define DEMO_TALLY_H

#include "args.h"

enum { TALLY_STEPS = 720 };

enum outcome {
	OUT_OK,
	OUT_5XX,
	OUT_OTHER,   /* another status, or no HTTP */
	OUT_REFUSED,
	OUT_BROKEN,  /* closed before the answer was whole */
	OUT_TIMEOUT,
	OUT_OVER,    /* not sent: too many were open */
	OUT_COUNT
};

struct tally {
	long sent;
	long slow;	/* good, but late */
	long count[OUT_COUNT];
	ns_t longest;
	long steps[TALLY_STEPS];
};

/* took counts for good answers only. */
void	tally_add(struct tally *, enum outcome, ns_t took, ns_t slow);
long	tally_lost(const struct tally *);
/* In ms; below 0 when there was no good answer. */
double	tally_quantile(const struct tally *, double q);
/* `"sent":1,...`, without braces. */
void	tally_print(const struct tally *);

#endif
