/* SPDX-License-Identifier: MIT */
/*
 * Units that cross every boundary.  A bare int64_t says nothing, so time has
 * a type of its own; all other units are in the names (_rps, _s, _pct).
 */
#ifndef PLIMSOLL_UNITS_H
#define PLIMSOLL_UNITS_H

#include <stdint.h>

/* Nanoseconds: a span, or a moment of the boot clock (never the wall). */
typedef int64_t ns_t;

/* An operation that was asked of a driver; 0 is none.  Never used twice. */
typedef uint64_t op_t;

#define NS_US ((ns_t)1000)
#define NS_MS ((ns_t)1000000)
#define NS_S ((ns_t)1000000000)
#define NS_MIN (60 * NS_S)
#define NS_HOUR (3600 * NS_S)
#define NS_DAY (24 * NS_HOUR)
#define NS_NEVER INT64_MAX

/* Both clocks of one turn, read once by the loop and handed down. */
struct now {
	ns_t mono;	/* boot clock: durations, deadlines, windows */
	int64_t wall_s; /* seconds since 1970 UTC: schedules and stamps only */
};

static inline double
ns_to_s(ns_t t)
{
	return ((double)t / 1e9);
}

static inline ns_t
ns_from_s(double s)
{
	return ((ns_t)(s * 1e9 + (s < 0 ? -0.5 : 0.5)));
}

#endif
