/* SPDX-License-Identifier: MIT */
/* The time of day and the clock: learned, believed, dropped. */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "core/group.h"
#include "forecast/season.h"
#include "unit.h"

enum { DAY = 86400, HOUR = 3600, STEP = 10, LEAD = 120 };
/* A midnight of UTC. */
#define MIDNIGHT ((int64_t)19700 * DAY)

struct site {
	struct season s;
	struct rng r;
	int64_t wall;
	double load;	/* the last fed */
	double noise;
};

/* A shop: 100 at night, doors open at 9 within five minutes, 400 by day. */
static double
shop(int64_t wall)
{
	double h = (double)(wall % DAY) / HOUR;

	return (100.0 + 300.0 * num_clamp((h - 9.0) * 12.0, 0.0, 1.0) *
	    num_clamp((20.0 - h) / 2.0, 0.0, 1.0));
}

/* Closed. */
static double
holiday(int64_t wall)
{
	(void)wall;
	return (100.0);
}

static double
flat(int64_t wall)
{
	(void)wall;
	return (200.0);
}

/* Three minutes of twice the load at each half hour. */
static double
half_hours(int64_t wall)
{
	return (wall % 1800 < 180 ? 400.0 : 200.0);
}

/* The same at the first half hour of a day alone. */
static double
once_a_day(int64_t wall)
{
	return (wall % DAY >= 1800 && wall % DAY < 1980 ? 400.0 : 200.0);
}

static void
site_new(struct site *x, double noise)
{
	season_init(&x->s);
	rng_init(&x->r, 7);
	x->wall = MIDNIGHT;
	x->noise = noise;
}

static void
site_run(struct site *x, double (*load)(int64_t), int64_t seconds)
{
	int64_t end = x->wall + seconds;

	for (; x->wall < end; x->wall += STEP) {
		x->load = load(x->wall);
		season_feed(&x->s, x->wall, x->load * (1.0 + x->noise *
		    (rng_unit(&x->r) - 0.5)), STEP, LEAD);
	}
}

static struct season_says
site_says(const struct site *x)
{
	return (season_at(&x->s, x->wall, LEAD, x->load));
}

static const struct {
	const char *says;
	double noise;
	int days;
	double at_least, at_most; /* times, 30 s before the doors open */
} mornings[] = {
	{ "on the first morning nobody knows", 0.0, 0, 1.0, 1.0 },
	{ "after two days the doors are known to open", 0.0, 2, 1.2, 4.0 },
	{ "... with noise on the load, too", 0.3, 2, 1.2, 4.0 },
	{ "... and after five days", 0.1, 5, 1.2, 4.0 },
};

START_TEST(test_daily_curve)
{
	struct site x;
	double times;

	site_new(&x, mornings[_i].noise);
	site_run(&x, shop, (int64_t)mornings[_i].days * DAY + 9 * HOUR - 30);
	times = site_says(&x).times;
	ck_assert_msg(times >= mornings[_i].at_least &&
	    times <= mornings[_i].at_most, "%s: %f", mornings[_i].says, times);
}
END_TEST

START_TEST(test_holiday_is_dropped_within_five_minutes)
{
	struct site x;

	site_new(&x, 0.1);
	site_run(&x, shop, 3 * DAY + 9 * HOUR - 30);
	ck_assert_double_gt(site_says(&x).times, 1.2);
	/* The doors stay shut. */
	site_run(&x, holiday, 30 + 5 * 60);
	ck_assert_double_eq(site_says(&x).trust, 0.0);
	ck_assert_double_eq(site_says(&x).times, 1.0);
	site_run(&x, holiday, 12 * HOUR);
	/* It is not the end of the season: the second morning is known. */
	site_run(&x, shop, MIDNIGHT + 5 * DAY + 9 * HOUR - 30 - x.wall);
	ck_assert_double_gt(site_says(&x).times, 1.1);
}
END_TEST

START_TEST(test_noise_alone_is_no_season)
{
	struct site x;
	int i;

	site_new(&x, 0.6);
	site_run(&x, flat, 2 * DAY);
	for (i = 0; i < 24 * 60; i++) {
		site_run(&x, flat, 60);
		ck_assert_double_lt(site_says(&x).times, 1.1);
	}
}
END_TEST

static const struct {
	const char *says;
	double (*load)(int64_t);
	int64_t seconds; /* before a half hour by a lead time */
	bool known;
} bursts[] = {
	{ "a burst seen twice is none yet", half_hours, 3 * HOUR - 120,
	    false },
	{ "seen three times, it is known", half_hours, 4 * HOUR - 120, true },
	{ "... at the half hours, too", half_hours, 4 * HOUR + 1680, true },
	{ "between them nothing is foretold", half_hours, 4 * HOUR + 900,
	    false },
	{ "what came once is no clock", once_a_day, 5 * HOUR + 1680, false },
	{ "flat load has none", flat, 5 * HOUR - 120, false },
};

START_TEST(test_bursts_on_the_clock)
{
	struct site x;
	struct season_says y;

	site_new(&x, 0.1);
	site_run(&x, bursts[_i].load, bursts[_i].seconds);
	y = site_says(&x);
	ck_assert_msg(y.clock == bursts[_i].known &&
	    (y.times > 1.6) == bursts[_i].known, "%s: %f", bursts[_i].says,
	    y.times);
}
END_TEST

START_TEST(test_bursts_that_stay_away_are_dropped)
{
	struct site x;

	site_new(&x, 0.1);
	site_run(&x, half_hours, 6 * HOUR);
	site_run(&x, flat, 4 * HOUR - 120);
	ck_assert(!site_says(&x).clock);
}
END_TEST

START_TEST(test_never_below_what_is_now)
{
	struct site x;
	struct season_says y;
	double load;
	int i;

	rng_init(&x.r, unit_seed("never_below", 3));
	season_init(&x.s);
	x.wall = MIDNIGHT;
	for (i = 0; i < 300000; i++) {
		x.wall += (int64_t)rng_below(&x.r, 40);
		load = shop(x.wall) * 3.0 * rng_unit(&x.r);
		season_feed(&x.s, x.wall, load, 15.0, LEAD);
		y = season_at(&x.s, x.wall, 600.0 * rng_unit(&x.r), load);
		ck_assert(y.times >= 1.0 && y.times <= 5.0);
		ck_assert(y.trust >= 0.0 && y.trust <= 1.0);
	}
}
END_TEST

static const struct {
	const char *says;
	double rps, dt_s;
} nothings[] = {
	{ "no number", NAN, 10.0 },
	{ "an infinite load", INFINITY, 10.0 },
	{ "a negative load", -1.0, 10.0 },
	{ "no time", 100.0, 0.0 },
	{ "no number of seconds", 100.0, NAN },
	{ "more than a minute at once", 100.0, 61.0 },
};

START_TEST(test_missing_teaches_nothing)
{
	struct season s, was;
	int64_t wall;

	season_init(&s);
	was = s;
	for (wall = MIDNIGHT; wall < MIDNIGHT + HOUR; wall += STEP)
		season_feed(&s, wall, nothings[_i].rps, nothings[_i].dt_s,
		    LEAD);
	ck_assert_msg(memcmp(&s, &was, sizeof(s)) == 0, "%s",
	    nothings[_i].says);
}
END_TEST

/* Half of each minute is missing: no minute counts, nothing is zero. */
START_TEST(test_minutes_with_gaps_teach_nothing)
{
	struct site x;
	struct season was;
	int64_t i;

	site_new(&x, 0.0);
	/* The last whole minute is closed by the first sample after it. */
	site_run(&x, shop, 2 * DAY + STEP);
	was = x.s;
	for (i = 0; i < DAY; i += STEP)
		if ((x.wall + i) % 60 < 30)
			season_feed(&x.s, x.wall + i, 5000.0, STEP, LEAD);
	ck_assert(memcmp(x.s.slots, was.slots, sizeof(was.slots)) == 0);
	ck_assert(memcmp(x.s.clock, was.clock, sizeof(was.clock)) == 0);
	ck_assert_double_eq(x.s.judged, was.judged);
	ck_assert_double_eq(x.s.long_season, was.long_season);
}
END_TEST

static const int64_t clock_steps[] = { 1, -1, 30, -30, 59, 61, -61, 3600,
	-3600, 86400, -86400, 40 * 365 * (int64_t)DAY, -MIDNIGHT - 5,
	INT64_MAX / 2 - MIDNIGHT };

START_TEST(test_wall_clock_steps)
{
	struct site x;
	struct season_says y;
	struct season was;
	int i;

	site_new(&x, 0.1);
	site_run(&x, shop, 2 * DAY + 8 * HOUR);
	was = x.s;
	x.wall += clock_steps[_i];
	site_run(&x, holiday, HOUR);
	y = site_says(&x);
	ck_assert(isfinite(y.times) && y.times >= 1.0 && y.times <= 5.0);
	for (i = 0; i < SEASON_SLOTS; i++)
		ck_assert(isfinite(x.s.slots[i].rps) &&
		    x.s.slots[i].rps >= 99.0f * 0.9f &&
		    x.s.slots[i].rps <= 400.0f * 1.1f);
	/* What spans the step is not judged. */
	if (clock_steps[_i] > 120 || clock_steps[_i] < -120)
		ck_assert_double_le(x.s.judged, was.judged + 60.0);
	/* And back: the next morning is known again. */
	x.wall = MIDNIGHT + 3 * DAY;
	site_run(&x, shop, 9 * HOUR - 30);
	ck_assert_double_gt(site_says(&x).times, 1.2);
}
END_TEST

/* A shop of two servers, from a quarter of an hour before its doors open. */
static void
group_until_doors(struct group *g, struct decision *ret, bool known)
{
	struct now now = { 10 * NS_HOUR, MIDNIGHT + 9 * HOUR - 900 };
	int64_t at;
	struct server v = { .phase = PHASE_SERVING,
		.flags = SERVER_OURS | SERVER_RESTORED, .since = NS_S };
	struct sample s = { .valid = true, .period = NS_S,
		.proof = PROOF_ALIVE };
	struct claim claim;
	struct rng rng;
	int i;

	rng_init(&rng, 5);
	for (at = MIDNIGHT - 3 * DAY; known && at < MIDNIGHT; at += 60)
		group_history(g, at, shop(at), 60.0);
	for (i = 0; i < 2; i++) {
		(void)snprintf(v.id.text, sizeof(v.id.text), "i-%d", i);
		ck_assert_ptr_nonnull(servers_add(group_servers(g), &v));
	}
	for (i = 0; i < 870; i++) {
		now.mono += NS_S;
		now.wall_s++;
		s.requests_rps = value_of(95.0 + 10.0 * rng_unit(&rng));
		s.errors_rps = s.queue = value_of(0.0);
		s.latency_s = value_of(0.1);
		s.inflight = value_of(10.0);
		group_feed(g, &now, &s);
		group_need(g, &now, &claim);
		group_decide(g, &now, &claim, ret);
	}
}

START_TEST(test_history_of_a_new_installation)
{
	struct group_policy p = { .name = "web", .ways = { "main" },
		.n_ways = 1, .size = { .min = 2, .max = 50, .hard_max = 60,
		.rate_rps = 100.0, .utilization = 0.8, .latency = NS_S,
		.errors = 0.01 }, .forecast = { .risk = 0.01,
		.false_alarms_per_week = 1.0, .lead_time = LEAD * NS_S,
		.season = true }, .limit = { .launches_per_hour = 400,
		.removals_pct = 10.0, .removals_window = 5 * NS_MIN,
		.rush_removals_pct = 25.0, .peak_window = 5 * NS_MIN,
		.peak_margin = 1.0, .boot_deadline = 10 * NS_MIN,
		.doubt_alarm = 15 * NS_MIN } };
	struct decision d;
	struct group *g;
	void *memory;
	bool known;
	int i;

	for (i = 0; i < 3; i++) {
		known = i > 0;
		p.forecast.season = i < 2;
		memory = calloc(1, group_size(&p));
		ck_assert_int_eq(group_init(&g, memory, &p, 1, NULL), 0);
		group_until_doors(g, &d, known);
		/* Only the one that knows has the servers when doors open. */
		ck_assert_int_eq(d.winner == WINNER_SEASON, i == 1);
		ck_assert_int_eq(d.forecast_rps.v > 180.0, i == 1);
		free(memory);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("season");
	TCase *t = tcase_create("season");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_daily_curve, 0,
	    sizeof(mornings) / sizeof(mornings[0]));
	tcase_add_test(t, test_holiday_is_dropped_within_five_minutes);
	tcase_add_test(t, test_noise_alone_is_no_season);
	tcase_add_loop_test(t, test_bursts_on_the_clock, 0,
	    sizeof(bursts) / sizeof(bursts[0]));
	tcase_add_test(t, test_bursts_that_stay_away_are_dropped);
	tcase_add_test(t, test_never_below_what_is_now);
	tcase_add_loop_test(t, test_missing_teaches_nothing, 0,
	    sizeof(nothings) / sizeof(nothings[0]));
	tcase_add_test(t, test_minutes_with_gaps_teach_nothing);
	tcase_add_loop_test(t, test_wall_clock_steps, 0,
	    sizeof(clock_steps) / sizeof(clock_steps[0]));
	tcase_add_test(t, test_history_of_a_new_installation);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
