/* SPDX-License-Identifier: MIT */
/*
 * What kind of trouble this is, and what it allows.
 *
 * The presumption follows the load: where it rose, or where servers do as
 * much as ever and it is not enough, servers help (overload).  Where servers
 * are at full work and do less than before at a load that did not rise,
 * something behind them is starved (dependency).  Errors without a queue,
 * or slowness at a load that was fast before, are a release.
 */
#ifndef SIZE_DIAGNOSE_H
#define SIZE_DIAGNOSE_H

#include <stdbool.h>

#include "plimsoll/decision.h"
#include "signal/offered.h"

struct capacity;

struct diagnose {
	enum verdict verdict;	/* of load and errors alone */
	double errors;		/* share, 4 s mean */
	double errors_s, clean_s; /* how long there are (no) errors */
	double full_s, idle_s;	/* how long at full work (or not) */
	double slow_s;
	double since_s;		/* in this verdict */
	double calm_rps;	/* offered before the trouble */
	double calm_served;	/* finished per server before it */
	double calm_latency_s;
	double low_rps;		/* offered at the least, 10 s mean */
	double load_rps;	/* offered, 4 s mean */
	bool rose;		/* the load did, by what can be trusted */
};

struct diagnose_in {
	const struct reading *reading;
	const struct capacity *capacity;
	double servers;		/* serving, warming ones counted for less */
	double errors_objective;
	bool spike;		/* the change test saw a rush */
};

void	diagnose_init(struct diagnose *);
void	diagnose_feed(struct diagnose *, const struct diagnose_in *);
/* Whether servers are bought in this verdict beyond one probe. */
bool	diagnose_scales(const struct diagnose *);
/* One sentence of evidence. */
void	diagnose_evidence(const struct diagnose *, char *buf, size_t n);

#endif
