/* SPDX-License-Identifier: MIT */
/*
 * Dates, time zones and the windows of a calendar, with the zones of the
 * system: Berlin, New York (an hour), Lord Howe (half an hour, and summer
 * around the new year).
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/err.h"
#include "base/rng.h"
#include "config/calendar.h"
#include "config/tz.h"
#include "unit.h"

/* "2026-03-29 02:30[:00]" in wall seconds. */
static int64_t
wall(const char *text)
{
	struct civil c = { 0 };

	ck_assert_int_ge(sscanf(text, "%d-%d-%d %d:%d:%d", &c.year, &c.month,
	    &c.day, &c.hour, &c.minute, &c.second), 5);
	return (civil_to_wall(&c));
}

static struct tz *
zone(const char *name)
{
	struct tz *z = NULL;
	struct err e = { 0 };

	if (tz_open(name, &z, &e) != 0)
		ck_abort_msg("%s", e.text);
	return (z);
}

START_TEST(test_civil_agrees_with_the_library)
{
	struct rng r;
	struct civil c;
	struct tm tm;
	int64_t t;
	int i;

	rng_init(&r, unit_seed("calendar", 11));
	for (i = 0; i < 20000; i++) {
		/* years 1600 to 2500 */
		t = (int64_t)rng_below(&r, 28401062400) - 11676096000;
		civil_from_wall(t, &c);
		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		ck_assert_int_eq(c.year, tm.tm_year + 1900);
		ck_assert_int_eq(c.month, tm.tm_mon + 1);
		ck_assert_int_eq(c.day, tm.tm_mday);
		ck_assert_int_eq(c.hour, tm.tm_hour);
		ck_assert_int_eq(c.minute, tm.tm_min);
		ck_assert_int_eq(c.second, tm.tm_sec);
		ck_assert_int_eq(c.weekday, tm.tm_wday);
		ck_assert(civil_to_wall(&c) == t);
		ck_assert(civil_is_valid(&c));
	}
}
END_TEST

static const struct moment {
	const char *what, *zone, *wall, *first, *last; /* UTC */
} moments[] = {
	{ "winter", "Europe/Berlin", "2026-01-15 12:00", "2026-01-15 11:00",
	    "2026-01-15 11:00" },
	{ "summer", "Europe/Berlin", "2026-07-15 12:00", "2026-07-15 10:00",
	    "2026-07-15 10:00" },
	{ "02:30 is skipped in March", "Europe/Berlin", "2026-03-29 02:30",
	    "2026-03-29 01:00", "2026-03-29 01:00" },
	{ "the minute before", "Europe/Berlin", "2026-03-29 01:59",
	    "2026-03-29 00:59", "2026-03-29 00:59" },
	{ "the minute after", "Europe/Berlin", "2026-03-29 03:00",
	    "2026-03-29 01:00", "2026-03-29 01:00" },
	{ "02:30 comes twice in October", "Europe/Berlin", "2026-10-25 02:30",
	    "2026-10-25 00:30", "2026-10-25 01:30" },
	{ "New York skips 02:30", "America/New_York", "2026-03-08 02:30",
	    "2026-03-08 07:00", "2026-03-08 07:00" },
	{ "New York has 01:15 twice", "America/New_York", "2026-11-01 01:15",
	    "2026-11-01 05:15", "2026-11-01 06:15" },
	{ "Lord Howe skips half an hour", "Australia/Lord_Howe",
	    "2026-10-04 02:15", "2026-10-03 15:30", "2026-10-03 15:30" },
	{ "Lord Howe has 01:45 twice", "Australia/Lord_Howe",
	    "2026-04-05 01:45", "2026-04-04 14:45", "2026-04-04 15:15" },
	{ "Lord Howe's summer", "Australia/Lord_Howe", "2026-01-10 12:00",
	    "2026-01-10 01:00", "2026-01-10 01:00" },
	{ "beyond the table: the rule", "Europe/Berlin", "2120-07-01 12:00",
	    "2120-07-01 10:00", "2120-07-01 10:00" },
	{ "beyond the table, skipped", "Europe/Berlin", "2120-03-31 02:30",
	    "2120-03-31 01:00", "2120-03-31 01:00" },
	{ "beyond the table, in the south", "Australia/Lord_Howe",
	    "2120-01-10 12:00", "2120-01-10 01:00", "2120-01-10 01:00" },
	{ "a zone without summer", "Asia/Kolkata", "2026-07-01 12:00",
	    "2026-07-01 06:30", "2026-07-01 06:30" },
	{ "before the first change", "Europe/Berlin", "1800-01-01 12:00",
	    "1800-01-01 11:06:32", "1800-01-01 11:06:32" },
};

START_TEST(test_moments)
{
	const struct moment *m = &moments[_i];
	struct tz *z = zone(m->zone);

	ck_assert_msg(tz_first(z, wall(m->wall)) == wall(m->first),
	    "%s: first is off by %lld s", m->what,
	    (long long)(tz_first(z, wall(m->wall)) - wall(m->first)));
	ck_assert_msg(tz_last(z, wall(m->wall)) == wall(m->last),
	    "%s: last is off by %lld s", m->what,
	    (long long)(tz_last(z, wall(m->wall)) - wall(m->last)));
	tz_free(z);
}
END_TEST

/* The library's answer for the same zone, over two hundred years. */
START_TEST(test_offsets_agree_with_the_library)
{
	static const char *const names[] = { "Europe/Berlin",
		"America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
		"Asia/Gaza", "America/Nuuk", "Pacific/Apia", "Europe/Dublin" };
	struct tz *z = zone(names[_i]);
	struct rng r;
	struct tm tm;
	int64_t t;
	int i;

	ck_assert_int_eq(setenv("TZ", names[_i], 1), 0);
	tzset();
	rng_init(&r, unit_seed("calendar", 12));
	for (i = 0; i < 10000; i++) {
		t = (int64_t)rng_below(&r, 6311433600) - 1577923200;
		ck_assert_ptr_nonnull(localtime_r(&t, &tm));
		ck_assert_msg(tz_offset(z, t) == (int)tm.tm_gmtoff,
		    "%s at %lld: %d, the library says %ld", names[_i],
		    (long long)t, tz_offset(z, t), tm.tm_gmtoff);
	}
	tz_free(z);
}
END_TEST

START_TEST(test_names_stay_in_the_folder)
{
	static const char *const names[] = { "", "/etc/passwd", "../passwd",
		"Europe/../../x", ".", "Europe/Berlin\n", "Europe",
		"Europe/Nowhere", "zone.tab" };
	struct tz *z = NULL;
	struct err e = { 0 };

	ck_assert_int_eq(tz_open(names[_i], &z, &e), -1);
	ck_assert_ptr_null(z);
	ck_assert_int_ne(e.code, 0);
}
END_TEST

/* A real file, cut at every length and changed at every byte. */
START_TEST(test_damaged_files)
{
	unsigned char buf[TZ_FILE_MAX], *copy;
	struct tz *z = NULL;
	struct err e;
	size_t n, i;
	ssize_t k;
	int fd;

	fd = open("/usr/share/zoneinfo/Europe/Berlin", O_RDONLY);
	ck_assert_int_ge(fd, 0);
	k = read(fd, buf, sizeof(buf));
	(void)close(fd);
	ck_assert_int_gt(k, 1000);
	n = (size_t)k;
	for (i = 0; i < n; i++) { /* in a block of its own, for the sanitizer */
		copy = malloc(i + 1);
		memcpy(copy, buf, i);
		err_clear(&e);
		ck_assert_int_eq(tz_parse(copy, i, &z, &e), -1);
		free(copy);
	}
	for (i = 0; i < n; i++) {
		buf[i] ^= 0xff;
		err_clear(&e);
		z = NULL;
		if (tz_parse(buf, n, &z, &e) == 0)
			(void)tz_first(z, wall("2026-07-01 12:00"));
		tz_free(z);
		buf[i] ^= 0xff;
	}
}
END_TEST

static struct calendar_row
weekly(const char *day, const char *from, const char *to, const char *tz)
{
	struct calendar_row r = { .times = 2.0 };

	(void)snprintf(r.from, sizeof(r.from), "%s", from);
	(void)snprintf(r.to, sizeof(r.to), "%s", to);
	(void)snprintf(r.zone, sizeof(r.zone), "%s", tz);
	(void)snprintf(r.weekdays.text[0], KEY_STRING_SIZE, "%s", day);
	r.weekdays.n = 1;
	return (r);
}

static const struct week {
	const char *what, *day, *from, *to, *zone, *now, *begin, *end;
	int n;
} weeks[] = {
	{ "an ordinary Monday", "mon", "08:00", "18:00", "Europe/Berlin",
	    "2026-06-10 00:00", "2026-06-15 06:00", "2026-06-15 16:00", 3 },
	{ "it goes on now", "mon", "08:00", "18:00", "Europe/Berlin",
	    "2026-06-15 10:00", "2026-06-15 06:00", "2026-06-15 16:00", 3 },
	{ "over midnight, since yesterday", "mon", "22:00", "04:00",
	    "Europe/Berlin", "2026-06-16 01:00", "2026-06-15 20:00",
	    "2026-06-16 02:00", 4 },
	{ "to the end of the day", "mon", "20:00", "24:00", "UTC",
	    "2026-06-10 00:00", "2026-06-15 20:00", "2026-06-16 00:00", 3 },
	{ "it begins in the skipped hour", "sun", "02:30", "06:00",
	    "Europe/Berlin", "2026-03-28 00:00", "2026-03-29 01:00",
	    "2026-03-29 04:00", 3 },
	{ "it lies in the skipped hour: nothing", "sun", "02:10", "02:50",
	    "Europe/Berlin", "2026-03-28 00:00", "2026-04-05 00:10",
	    "2026-04-05 00:50", 2 },
	{ "it begins in the doubled hour: the first", "sun", "02:30", "06:00",
	    "Europe/Berlin", "2026-10-24 00:00", "2026-10-25 00:30",
	    "2026-10-25 05:00", 3 },
	{ "it ends in the doubled hour: the last", "sun", "00:00", "02:30",
	    "Europe/Berlin", "2026-10-24 00:00", "2026-10-24 22:00",
	    "2026-10-25 01:30", 3 },
	{ "half an hour at Lord Howe", "sun", "01:45", "04:00",
	    "Australia/Lord_Howe", "2026-04-04 00:00", "2026-04-04 14:45",
	    "2026-04-04 17:30", 3 },
	{ "New York, a day earlier in UTC", "sun", "23:00", "23:30",
	    "America/New_York", "2026-03-07 12:00", "2026-03-09 03:00",
	    "2026-03-09 03:30", 3 },
};

START_TEST(test_weeks)
{
	const struct week *w = &weeks[_i];
	struct calendar_window at[8];
	struct calendar_row row = weekly(w->day, w->from, w->to, w->zone);
	struct calendar_rule rule;
	struct err e = { 0 };

	if (calendar_rule_init(&rule, &row, &e) != 0)
		ck_abort_msg("%s: %s", w->what, e.text);
	ck_assert_msg(calendar_expand(&rule, 1, wall(w->now), at, 8) == w->n,
	    "%s: windows", w->what);
	ck_assert_msg(at[0].from_wall_s == wall(w->begin), "%s: begins %lld s "
	    "late", w->what, (long long)(at[0].from_wall_s - wall(w->begin)));
	ck_assert_msg(at[0].to_wall_s == wall(w->end), "%s: ends %lld s late",
	    w->what, (long long)(at[0].to_wall_s - wall(w->end)));
	ck_assert(at[0].times == 2.0);
	calendar_rule_fini(&rule);
}
END_TEST

static const struct date {
	const char *at, *zone, *begin; /* NULL: refused */
} dates[] = {
	{ "2026-11-27T00:00:00Z", "UTC", "2026-11-27 00:00" },
	{ "2026-11-27T00:00", "UTC", "2026-11-27 00:00" },
	{ "2026-11-27T00:00+01:00", "Europe/Berlin", "2026-11-26 23:00" },
	{ "2026-11-27T00:00", "Europe/Berlin", "2026-11-26 23:00" },
	{ "2026-11-27 00:00", "America/New_York", "2026-11-27 05:00" },
	{ "2026-11-27T00:00-05:30", "UTC", "2026-11-27 05:30" },
	{ "2026-10-25T02:30", "Europe/Berlin", "2026-10-25 00:30" },
	{ "2026-02-29T00:00Z", "UTC", NULL },
	{ "2026-11-27", "UTC", NULL },
	{ "2026-11-27T25:00Z", "UTC", NULL },
	{ "2026-11-27T00:00Zx", "UTC", NULL },
	{ "2026-11-27T00:00+1", "UTC", NULL },
	{ "2026-13-01T00:00Z", "UTC", NULL },
	{ "Black Friday", "UTC", NULL },
	{ "2026-11-27T00:00Z", "Europe/Nowhere", NULL },
};

START_TEST(test_dates)
{
	const struct date *d = &dates[_i];
	struct calendar_row row = { .times = 5.0, .length = NS_HOUR };
	struct calendar_window at[1];
	struct calendar_rule rule;
	struct err e = { 0 };
	int rc;

	(void)snprintf(row.at, sizeof(row.at), "%s", d->at);
	(void)snprintf(row.zone, sizeof(row.zone), "%s", d->zone);
	rc = calendar_rule_init(&rule, &row, &e);
	ck_assert_msg(rc == (d->begin != NULL ? 0 : -1), "%s: %s", d->at,
	    e.text);
	if (rc != 0)
		return;
	ck_assert_int_eq(calendar_expand(&rule, 1, wall("2026-01-01 00:00"),
	    at, 1), 1);
	ck_assert_msg(at[0].from_wall_s == wall(d->begin), "%s", d->at);
	ck_assert(at[0].to_wall_s == at[0].from_wall_s + 3600);
	ck_assert_int_eq(calendar_expand(&rule, 1, at[0].to_wall_s, at, 1), 0);
	calendar_rule_fini(&rule);
}
END_TEST

START_TEST(test_the_soonest_fit)
{
	struct calendar_row row = weekly("mon", "08:00", "09:00", "UTC");
	struct calendar_window at[10];
	struct calendar_rule rules[2];
	struct err e = { 0 };
	int i;

	ck_assert_int_eq(calendar_rule_init(&rules[0], &row, &e), 0);
	rules[0].days = 0x7f;
	rules[1] = rules[0];
	rules[1].from_s += 7200, rules[1].to_s += 7200;
	ck_assert_int_eq(calendar_expand(rules, 2, wall("2026-06-01 00:00"),
	    at, 10), 10);
	for (i = 0; i < 10; i++) /* 08:00, 10:00, 08:00 of the next day */
		ck_assert(at[i].from_wall_s == wall("2026-06-01 08:00") +
		    (i / 2) * CIVIL_DAY_S + (i % 2) * 7200);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("calendar");
	TCase *t = tcase_create("calendar");

	tcase_add_test(t, test_civil_agrees_with_the_library);
	tcase_add_loop_test(t, test_moments, 0,
	    (int)(sizeof(moments) / sizeof(moments[0])));
	tcase_add_loop_test(t, test_offsets_agree_with_the_library, 0, 8);
	tcase_add_loop_test(t, test_names_stay_in_the_folder, 0, 9);
	tcase_add_test(t, test_damaged_files);
	tcase_add_loop_test(t, test_weeks, 0,
	    (int)(sizeof(weeks) / sizeof(weeks[0])));
	tcase_add_loop_test(t, test_dates, 0,
	    (int)(sizeof(dates) / sizeof(dates[0])));
	tcase_add_test(t, test_the_soonest_fit);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
