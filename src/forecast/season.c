/* SPDX-License-Identifier: MIT */
/*
 * Season and bursts on the clock; see season.h.  All is done when a minute
 * of the wall clock ends.  A minute that was not heard, and a clock that was
 * set, end the run of minutes: what spans them is neither learned nor judged.
 */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "forecast/season.h"

enum { MINUTE_S = 60, HORIZON_MOST = 30, LATE = 2 };
/* A minute counts when so much of it was heard. */
#define HEARD_LEAST_S 45.0
/* Days and hours after which old ones fade. */
#define DAYS_MEMORY 4.0f
#define CLOCK_MEMORY 8.0f
#define CLOCK_SEEN 3.0f
/* Less than this above the half hour needs nobody. */
#define CLOCK_LEAST 0.1f
/* A burst that differs by more than this share of itself is none. */
#define CLOCK_STEADY 0.5f
#define CLOCK_MOST 4.0f
/* Judged for so long before the day is believed at all. */
#define JUDGED_LEAST 240.0
#define LONG_MINUTES 1440.0
#define FAST_MINUTES 10.0
/* An error of more than the load itself says no more than one of it. */
#define ERROR_MOST 1.0
/* Squared: an error of 2 % is none. */
#define ERROR_FREE 0.0004
/* The slots are out at so many times the error of no change, ... */
#define WRONG_FROM 1.5
/* ... and half believed between. */
#define WRONG_AT 3.0
#define TIMES_MOST 4.0

void
season_init(struct season *s)
{
	memset(s, 0, sizeof(*s));
	s->minute = -1;
}

/* The usual load of a minute; 0: not known. */
static double
season_usual(const struct season *s, int64_t minute)
{
	const struct season_slot *x = &s->slots[minute % SEASON_SLOTS];

	return (x->days > 0.0f ? num_max((double)x->rps, 1.0) : 0.0);
}

/* The load of a minute by its slot and the level now; 0: not known. */
static double
season_expect(const struct season *s, int64_t minute)
{
	return (s->level * season_usual(s, minute));
}

/* Of minutes, since a ratio of two single ones is mostly noise. */
static void
season_level(struct season *s)
{
	double load = 0.0, usual = 0.0;
	unsigned i, k;

	s->level = 0.0;
	if (s->n < SEASON_LEVEL)
		return;
	for (i = 1; i <= SEASON_LEVEL; i++) {
		k = (s->n - i) % SEASON_RING;
		if (s->usual[k] <= 0.0f)
			return;
		load += (double)s->ring[k];
		usual += (double)s->usual[k];
	}
	s->level = load / usual;
}

static int
season_horizon(double lead_s)
{
	return ((int)num_clamp(ceil(lead_s / MINUTE_S), 1.0, HORIZON_MOST));
}

/* How far v is from what came around that minute: doors open when they do. */
static double
season_off(const struct season *s, double v)
{
	double x, least, most;
	unsigned i;

	least = most = (double)s->ring[(s->n - 1) % SEASON_RING];
	for (i = 1; i <= 2 * LATE; i++) {
		x = (double)s->ring[(s->n - 1 - i) % SEASON_RING];
		least = num_min(least, x);
		most = num_max(most, x);
	}
	return (num_max(0.0, num_max(v - most, least - v)));
}

/* 1 while the slots are right, 0 while they are plainly wrong. */
static double
season_holds(const struct season *s)
{
	double now = s->fast_season / (s->fast_naive + ERROR_FREE);

	return (num_clamp((WRONG_AT - now) / (WRONG_AT - WRONG_FROM), 0.0,
	    1.0));
}

/* What was foretold of the minute that ended LATE minutes ago. */
static void
season_judge(struct season *s)
{
	struct season_ahead *a =
	    &s->ahead[(uint64_t)(s->minute - LATE) % SEASON_RING];
	double rps, unit, x, y, w = 1.0 / FAST_MINUTES;

	if (a->naive <= 0.0f || s->n < 2 * LATE + 1)
		return;
	rps = (double)s->ring[(s->n - 1 - LATE) % SEASON_RING];
	unit = num_max(rps, 1.0);
	x = num_min(fabs((double)a->season - rps) / unit, ERROR_MOST);
	y = num_min(fabs((double)a->naive - rps) / unit, ERROR_MOST);
	/* Dropped, it does no harm: one holiday does not end a season. */
	if (season_holds(s) > 0.0) {
		s->judged = num_min(s->judged + 1.0, LONG_MINUTES);
		s->long_season += (x * x - s->long_season) / s->judged;
		s->long_naive += (y * y - s->long_naive) / s->judged;
	}
	x = num_min(season_off(s, (double)a->season) / unit, ERROR_MOST);
	s->fast_season += w * (x * x - s->fast_season);
	s->fast_naive += w * (y * y - s->fast_naive);
	memset(a, 0, sizeof(*a));
}

/* Of the newest n minutes; n odd, at most SEASON_AROUND. */
static double
season_median(const struct season *s, unsigned n)
{
	float v[SEASON_AROUND], x;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		x = s->ring[(s->n - 1 - i) % SEASON_RING];
		for (k = i; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
	return ((double)v[n / 2]);
}

/* The minute in the middle of the newest half hour: trends fall out. */
static void
season_clock(struct season *s)
{
	unsigned ago = SEASON_AROUND / 2;
	struct season_clock *c;
	float x, off;

	s->base_rps = 0.0;
	if (s->n < SEASON_AROUND)
		return;
	s->base_rps = season_median(s, SEASON_AROUND);
	x = (float)((double)s->ring[(s->n - 1 - ago) % SEASON_RING] /
	    num_max(s->base_rps, 1.0) - 1.0);
	if (x > CLOCK_MOST)
		x = CLOCK_MOST;
	c = &s->clock[(s->minute + SEASON_CLOCK - ago) % SEASON_CLOCK];
	if (c->seen < CLOCK_MEMORY)
		c->seen += 1.0f;
	off = x > c->excess ? x - c->excess : c->excess - x;
	if (c->seen > 1.0f)
		c->spread += (off - c->spread) / (c->seen - 1.0f);
	c->excess += (x - c->excess) / c->seen;
}

static void
season_slot(struct season *s, double rps)
{
	struct season_slot *t = &s->slots[s->minute % SEASON_SLOTS];

	if (t->days < DAYS_MEMORY)
		t->days += 1.0f;
	t->rps += ((float)rps - t->rps) / t->days;
}

static void
season_foretell(struct season *s, double rps, double lead_s)
{
	int h = season_horizon(lead_s);
	struct season_ahead *a =
	    &s->ahead[(uint64_t)(s->minute + h) % SEASON_RING];

	memset(a, 0, sizeof(*a));
	a->season = (float)season_expect(s, s->minute + h);
	if (a->season <= 0.0f)
		return;
	a->naive = (float)rps;
}

/* What spans a gap or a step of the clock is worth nothing. */
static void
season_break(struct season *s)
{
	s->n = 0;
	s->base_rps = 0.0;
	s->level = 0.0;
	memset(s->ahead, 0, sizeof(s->ahead));
}

static void
season_minute(struct season *s, double lead_s)
{
	double rps = s->sum / s->heard_s;

	s->ring[s->n % SEASON_RING] = (float)rps;
	s->usual[s->n % SEASON_RING] = (float)season_usual(s, s->minute);
	s->n++;
	season_level(s);
	season_judge(s);
	season_clock(s);
	season_foretell(s, rps, lead_s);
	season_slot(s, rps);
}

void
season_feed(struct season *s, int64_t wall_s, double rps, double dt_s,
    double lead_s)
{
	int64_t minute;

	if (wall_s < 0 || !(rps >= 0.0 && rps < 1e12) ||
	    !(dt_s > 0.0 && dt_s <= MINUTE_S))
		return;
	minute = wall_s / MINUTE_S;
	if (minute != s->minute) {
		if (s->minute >= 0 && s->heard_s >= HEARD_LEAST_S)
			season_minute(s, lead_s);
		else
			season_break(s);
		if (minute - 1 != s->minute)
			season_break(s);
		s->minute = minute;
		s->sum = s->heard_s = 0.0;
	}
	s->sum += rps * dt_s;
	s->heard_s += dt_s;
}

static double
season_trust(const struct season *s)
{
	double skill;

	if (s->judged < JUDGED_LEAST || s->long_naive <= 0.0)
		return (0.0);
	skill = num_clamp(2.0 * (1.0 - s->long_season / s->long_naive), 0.0,
	    1.0);
	return (skill * season_holds(s));
}

/* How far this minute of the hour surely is above its half hour. */
static double
season_burst(const struct season *s, int64_t wall_s)
{
	const struct season_clock *c =
	    &s->clock[wall_s / MINUTE_S % SEASON_CLOCK];

	if (c->seen < CLOCK_SEEN || c->excess < CLOCK_LEAST ||
	    c->spread > CLOCK_STEADY * c->excess)
		return (0.0);
	return ((double)(c->excess - c->spread));
}

struct season_says
season_at(const struct season *s, int64_t wall_s, double lead_s,
    double load_rps)
{
	struct season_says y = { 1.0, 0.0, false };
	int64_t then;
	double ahead, burst;

	if (wall_s < 0 || !(lead_s >= 0.0))
		return (y);
	then = wall_s + (int64_t)num_min(lead_s, HORIZON_MOST * MINUTE_S);
	y.trust = season_trust(s);
	ahead = num_max(season_expect(s, then / MINUTE_S),
	    season_expect(s, then / MINUTE_S + 1)) / num_max(load_rps, 1.0);
	y.times = 1.0 + y.trust * (num_clamp(ahead, 1.0, TIMES_MOST) - 1.0);
	burst = num_max(season_burst(s, then),
	    season_burst(s, then + MINUTE_S));
	burst = (1.0 + burst) * s->base_rps / num_max(load_rps, 1.0);
	if (burst > y.times && (season_burst(s, then) > 0.0 ||
	    season_burst(s, then + MINUTE_S) > 0.0)) {
		y.times = num_min(burst, 1.0 + (double)CLOCK_MOST);
		y.clock = true;
	}
	return (y);
}
