/* SPDX-License-Identifier: MIT */
/*
 * Marginal benefit: whether more servers brought more.
 *
 * While servers are at full work, what they finish is compared before and
 * after their number grew by a step.  Where it grew by less than a share of
 * that, what they wait for is behind them: nothing more is bought, until they
 * finish more, have time to spare, or it is tried again with one step.
 *
 * Servers that drown finish less each, so only what waits no longer than
 * before the step is compared with it.
 */
#ifndef SIZE_BENEFIT_H
#define SIZE_BENEFIT_H

#include <stdbool.h>
#include <stddef.h>

#include "signal/offered.h"

struct benefit {
	bool watching;	   /* there is a step to compare with */
	bool none;	   /* the last step brought nothing */
	bool doubted;	   /* and none since has brought anything */
	double done_rps;   /* finished, mean of some seconds */
	double full_s, idle_s;
	double servers;	   /* before the step */
	double before_rps; /* finished by them */
	double before_wait_s, wait_s; /* in the queue, then and now */
	double stepped_s;  /* since it is complete */
	double none_s;	   /* since it brought nothing ... */
	double judged_rps; /* ... and what was finished then */
};

void	benefit_init(struct benefit *);
/*
 * A sample that can be trusted; what cannot teaches nothing.  servers: those
 * in service, warming ones counted for less; steady: hardly one warms up.
 */
void	benefit_feed(struct benefit *, const struct reading *, double servers,
	    bool steady);
/* More than so many servers are not bought, `have` of them being there. */
int	benefit_most(const struct benefit *, int have);
/* One sentence of evidence; "" where the last step was not in vain. */
void	benefit_evidence(const struct benefit *, char *buf, size_t n);

#endif
