/* SPDX-License-Identifier: MIT */
/*
 * What this time of day usually brings, and what recurs on the clock, learned
 * online by wall time (UTC).
 *
 * The day has a slot for each minute, since doors that open do so within
 * one.  A slot, times the level of the last minutes against theirs, is the
 * load at the lead time; slots are believed as far
 * as they did better than "it stays as it is", over a day, and not at all
 * while they are wrong now: on a holiday.  A burst on the clock is a minute
 * of the hour that stood above its half hour at least three times.
 */
#ifndef FORECAST_SEASON_H
#define FORECAST_SEASON_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SEASON_SLOTS = 1440, /* minutes of a day */
	SEASON_RING = 64,    /* minutes; a power of two */
	SEASON_LEVEL = 10,   /* minutes of the level */
	SEASON_AROUND = 31,  /* minutes that a burst is compared with; odd */
	SEASON_CLOCK = 60    /* minutes of an hour */
};

struct season_slot {
	float rps;
	float days;	     /* that taught it, up to its memory */
};

struct season_clock {
	float excess;	     /* over the half hour around, relative */
	float spread;	     /* mean absolute deviation of it */
	float seen;	     /* times, up to its memory */
};

/* What was foretold of a minute; 0: nothing. */
struct season_ahead {
	float season, naive;
};

struct season {
	int64_t minute;	     /* of the wall, being summed; -1: none */
	double sum, heard_s; /* of that minute */
	unsigned n;	     /* minutes without a gap */
	float ring[SEASON_RING];
	float usual[SEASON_RING]; /* what the slots said of them; 0: nothing */
	double level;	     /* load over the usual, lately; 0: not known */
	struct season_ahead ahead[SEASON_RING];
	double base_rps;     /* median of the last half hour; 0: not known */
	double judged;	     /* minutes that were foretold */
	double long_season, long_naive; /* squared errors, over a day ... */
	double fast_season, fast_naive; /* ... and over minutes */
	struct season_slot slots[SEASON_SLOTS];
	struct season_clock clock[SEASON_CLOCK];
};

struct season_says {
	double times;	     /* load at the lead time over that now, >= 1 */
	double trust;	     /* in the time of day, 0 to 1 */
	bool clock;	     /* a burst on the clock says it */
};

void	season_init(struct season *);
/* The load of the last dt seconds; what is not known is not fed. */
void	season_feed(struct season *, int64_t wall_s, double rps, double dt_s,
	    double lead_s);
/* load_rps: of the last minute. */
struct season_says	season_at(const struct season *, int64_t wall_s,
			    double lead_s, double load_rps);

#endif
