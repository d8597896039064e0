/* SPDX-License-Identifier: MIT */
/*
 * Monotonic counters of one process -> rates of one interval.
 *
 *   rate = (reading - last reading) / time between them
 *
 * A counter that fell, another epoch (the process is a new one) or a gap
 * makes the interval worthless: the reading is the new start, and nothing
 * is said of the interval (I-04).  So a rate is never negative, and one
 * above what any machine does is taken for a broken reading.  Pure.
 */
#ifndef SIGNAL_COUNTERS_H
#define SIGNAL_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/units.h"

enum { COUNTERS_MAX = 8 };

/* More a second than one machine counts; a wrap would be 1e19. */
#define COUNTERS_RATE_MAX 1e8

enum counters_said {
	COUNTERS_RATES,	    /* the rates are there */
	COUNTERS_FIRST,	    /* nothing to compare with yet */
	COUNTERS_NEW_EPOCH, /* another process */
	COUNTERS_FELL,	    /* a counter went back, or leapt */
	COUNTERS_GAP,	    /* too long since the last reading */
	COUNTERS_TOO_SOON   /* no time passed: not taken, the last stands */
};

/* Fields are private.  Zeroed is not enough: counters_init(). */
struct counters {
	int n;
	ns_t gap;
	bool primed;
	ns_t at;
	uint64_t epoch;
	uint64_t last[COUNTERS_MAX];
};

/* n counters; readings further apart than gap say nothing of between. */
void	counters_init(struct counters *, int n, ns_t gap);
/* The cadence changed. */
void	counters_gap(struct counters *, ns_t gap);
/* Fills ret_rates[n] only where it returns COUNTERS_RATES. */
enum counters_said	counters_feed(struct counters *, ns_t now,
	    uint64_t epoch, const uint64_t *reading, double *ret_rates);

#endif
