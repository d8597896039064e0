/* SPDX-License-Identifier: MIT */
/*
 * A sample: what a source measured of one group at one moment.
 *
 * Missing is a status, never zero (I-02).  A number gets here only after
 * value_of() has looked at it, so that NaN, infinities and negatives stay
 * outside (I-03).  The same nouns serve a poll of HAProxy and a line of
 * `plimsoll drive`.
 */
#ifndef PLIMSOLL_SAMPLE_H
#define PLIMSOLL_SAMPLE_H

#include <stdbool.h>

#include "plimsoll/units.h"

/* A number that may not be known. */
struct value {
	bool known;
	double v; /* only where known; finite and >= 0 */
};

/* Beyond this a rate, gauge or time is a broken reading, not a big one. */
#define VALUE_MAX 1e12

static inline struct value
value_none(void)
{
	return ((struct value){ false, 0.0 });
}

/* Unknown unless finite, not negative and at most VALUE_MAX. */
static inline struct value
value_of(double v)
{
	if (!(v >= 0.0 && v <= VALUE_MAX))
		return (value_none());
	return ((struct value){ true, v });
}

enum proof {
	PROOF_UNSAID, /* the source cannot tell */
	PROOF_ALIVE,  /* same process, uptime moved: a zero is a zero */
	PROOF_NONE    /* no proof: a zero says nothing */
};

struct sample {
	bool valid;		  /* false: the measurement failed */
	struct value requests_rps; /* arrivals, retries included */
	struct value errors_rps;  /* 5xx, refused, connection errors, timeouts */
	struct value refused_rps; /* of these: never reached a server */
	struct value connect_errors_rps; /* of these: a server did not answer */
	struct value queue;	  /* requests waiting for a server */
	struct value inflight;	  /* requests waiting or being served */
	struct value latency_s;	  /* 95th percentile of the time to answer */
	struct value latency_mean_s; /* a hint: a moving mean that can freeze */
	ns_t age;		  /* how old the measurement is */
	ns_t period;		  /* the source's own cadence; 0: not said */
	enum proof proof;
	bool censored;	  /* requests_rps is a lower bound */
	bool partial;	  /* not every configured balancer reported */
	bool has_epoch;
	uint64_t epoch;	  /* changes when the counters began anew */
	struct value up; /* servers the balancer sends traffic to, all owners */
};

#endif
