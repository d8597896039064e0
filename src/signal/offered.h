/* SPDX-License-Identifier: MIT */
/*
 * Offered load out of samples: what customers try to send, and how far the
 * figure can be trusted.
 *
 *   offered = arrivals - what came back of what failed moments ago
 *
 * A sample that is missing, old, frozen or a zero without proof of life says
 * nothing (I-01 to I-04).  A balancer at its own limit hides arrivals: then
 * they are what the servers finish, plus what fails, plus what piles up.
 */
#ifndef SIGNAL_OFFERED_H
#define SIGNAL_OFFERED_H

#include <stdbool.h>

#include "plimsoll/sample.h"
#include "signal/retry.h"

enum trust {
	TRUST_NONE,  /* says nothing */
	TRUST_RAISE, /* a lower bound: may raise, never lower (I-05) */
	TRUST_FULL
};

enum { OFFERED_WINDOW = 320 }; /* samples whose trust is remembered */

/* What one sample says, once it was looked at. */
struct reading {
	enum trust trust;
	double dt_s;		/* since the last one that said something */
	double arrivals_rps;	/* estimated where they are hidden */
	double offered_rps;
	double errors_rps;
	double error_share;	/* of arrivals: failed at a server */
	double served_rps;	/* finished well or badly by servers */
	double wait_s;		/* estimated time in the queue */
	struct value latency_s;
	struct value inflight;
	bool hidden;		/* arrivals are an estimate */
	bool full;		/* servers are at full work: wait or refusals */
};

struct offered {
	struct retry retry;
	ns_t heard;		/* last reading that said something */
	ns_t period;		/* learned cadence */
	bool begun;
	bool has_epoch;
	uint64_t epoch;
	double last[4];		/* raw figures, to see frozen ones */
	int same;		/* samples with just these figures */
	double queue;		/* of the last reading */
	double hidden;		/* queue while arrivals are hidden; < 0 none */
	double level;		/* slow mean, to see a broken reading */
	int wild;		/* readings in a row far above it */
	double base_latency_s;	/* of an idle system; 0: not known */
	double mean_of_p95;	/* in flight = rate x latency x this */
	uint64_t good[OFFERED_WINDOW / 64]; /* trust of the last samples */
	unsigned n;
};

void	offered_init(struct offered *);
/*
 * `capacity_rps` is what the servers in service could carry, as believed;
 * it stands in where the balancer hides arrivals.
 */
struct reading	offered_feed(struct offered *, ns_t now, const struct sample *,
    double capacity_rps);
/* Share of the last n samples (at most OFFERED_WINDOW) of full trust. */
double	offered_trusted(const struct offered *, unsigned n);

#endif
