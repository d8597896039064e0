/* SPDX-License-Identifier: MIT */
/*
 * Times in milliseconds of the last seconds, as counts in buckets that are
 * an eighth of their size wide, a set of buckets for each second.  Memory
 * does not grow with traffic.  Pure.
 */
#ifndef SIGNAL_HISTOGRAM_H
#define SIGNAL_HISTOGRAM_H

#include <stdint.h>

#include "plimsoll/sample.h"

enum {
	HISTOGRAM_BUCKETS = 128, /* up to 2^17 ms; longer counts as that */
	HISTOGRAM_SECONDS = 16,
	/* A percentile of fewer times is an anecdote. */
	HISTOGRAM_LEAST = 20
};

/* Fields are private; zeroed is empty. */
struct histogram {
	int64_t second[HISTOGRAM_SECONDS]; /* which one this slot holds */
	uint32_t total[HISTOGRAM_SECONDS];
	uint32_t count[HISTOGRAM_SECONDS][HISTOGRAM_BUCKETS];
};

void	histogram_feed(struct histogram *, ns_t now, uint64_t ms);
/*
 * The p-quantile, in seconds, of the last seconds: as many as it takes to
 * have a hundred times, 15 at most.  Unknown with fewer than
 * HISTOGRAM_LEAST.
 */
struct value	histogram_quantile(const struct histogram *, ns_t now,
		    double p);

#endif
