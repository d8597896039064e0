/* SPDX-License-Identifier: MIT */
/* Announced events, from rows to windows; see calendar.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/err.h"
#include "config/calendar.h"
#include "config/text.h"

#define F(f) KEY_FIELD(calendar_row, f)

static const struct key rows[] = {
	{ "at", KEY_STRING, F(at), 1, 39, "", "", NULL, INVALIDATES_NOTHING,
	    "When it begins: \"2026-11-27T00:00:00Z\", with an offset "
	    "(\"...+01:00\"), or in the row's zone without one." },
	{ "for", KEY_DURATION, F(length), 1, 90 * 86400.0, "", "", NULL,
	    INVALIDATES_NOTHING, "How long, with at." },
	{ "weekdays", KEY_STRINGS, F(weekdays), 0, 0, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "A row that repeats: [\"mon\", \"tue\"], with from and to." },
	{ "from", KEY_STRING, F(from), 1, 5, "", "", NULL,
	    INVALIDATES_NOTHING, "Time of the day, \"08:30\"." },
	{ "to", KEY_STRING, F(to), 1, 5, "", "", NULL, INVALIDATES_NOTHING,
	    "Time of the day, \"18:00\"; not after from: of the next day." },
	{ "zone", KEY_STRING, F(zone), 1, TZ_NAME_SIZE - 1, "UTC", "", NULL,
	    INVALIDATES_NOTHING,
	    "A name of the time zone database, \"Europe/Berlin\". Where its "
	    "clocks change the window rather grows: it never begins late nor "
	    "ends early." },
	{ "times", KEY_NUMBER, F(times), 1, 1000, "", "of the usual load",
	    NULL, INVALIDATES_NOTHING,
	    "So many times what this time usually brings." },
	{ "min", KEY_INT, F(min), 1, MAX_SERVERS, "", "servers", NULL,
	    INVALIDATES_NOTHING, "Never fewer meanwhile." },
	{ "max", KEY_INT, F(max), 1, MAX_SERVERS, "", "servers", NULL,
	    INVALIDATES_NOTHING,
	    "Up to so many meanwhile, at most the group's hard_max." },
	{ "note", KEY_STRING, F(note), 0, NAME_SIZE - 1, "", "", NULL,
	    INVALIDATES_NOTHING, "What it is, for people." },
};

static int
calendar_check(const void *settings, struct err *e)
{
	const struct calendar_row *r = settings;
	bool weekly = r->weekdays.n > 0;

	if (weekly == (r->at[0] != '\0'))
		return (err_set(e, EINVAL, "expected either at and for, or "
		    "weekdays, from and to"));
	if (!weekly && r->length == 0)
		return (err_set(e, EINVAL, "at is given without for, expected "
		    "how long it is"));
	if (weekly && (r->from[0] == '\0' || r->to[0] == '\0'))
		return (err_set(e, EINVAL, "weekdays is given without from "
		    "and to, expected when it begins and ends"));
	if (weekly && r->length != 0)
		return (err_set(e, EINVAL, "weekdays is given with for, "
		    "expected from and to only"));
	if (!weekly && (r->from[0] != '\0' || r->to[0] != '\0'))
		return (err_set(e, EINVAL, "at is given with from or to, "
		    "expected for only"));
	if (r->times == 0.0 && r->min == 0 && r->max == 0)
		return (err_set(e, EINVAL, "expected times, min or max: what "
		    "it brings"));
	if (r->min != 0 && r->max != 0 && r->min > r->max)
		return (err_set(e, EINVAL, "min is %d and max is %d, expected "
		    "min <= max", r->min, r->max));
	return (0);
}

const struct key_table calendar_keys = { "calendar", rows, KEY_COUNT(rows),
	sizeof(struct calendar_row), calendar_check };

/* n digits; -1 when they are none. */
static int
calendar_digits(const char **p, int n)
{
	int v = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return (-1);
		v = v * 10 + (**p - '0');
	}
	return (v);
}

static bool
calendar_char(const char **p, char c)
{
	if (**p != c)
		return (false);
	(*p)++;
	return (true);
}

/* "Z", "+01:00" or nothing; false when it is something else. */
static bool
calendar_offset(const char *p, bool *ret_given, int *ret_s)
{
	int h, m, sign = *p == '-' ? -1 : 1;

	*ret_given = *p != '\0';
	*ret_s = 0;
	if (*p == '\0' || strcmp(p, "Z") == 0)
		return (true);
	if (*p != '-' && *p != '+')
		return (false);
	p++;
	h = calendar_digits(&p, 2);
	if (h < 0 || !calendar_char(&p, ':'))
		return (false);
	m = calendar_digits(&p, 2);
	*ret_s = sign * (h * 3600 + m * 60);
	return (m >= 0 && m < 60 && h < 24 && *p == '\0');
}

/* "2026-11-27T00:00[:00]" and an offset; UTC seconds. */
static int
calendar_at(const struct calendar_row *r, const struct tz *zone, int64_t *ret,
    struct err *e)
{
	const char *p = r->at;
	struct civil c = { 0 };
	bool given, ok;
	int offset;

	c.year = calendar_digits(&p, 4);
	ok = calendar_char(&p, '-');
	c.month = ok ? calendar_digits(&p, 2) : -1;
	ok = ok && c.month > 0 && calendar_char(&p, '-');
	c.day = ok ? calendar_digits(&p, 2) : -1;
	ok = ok && c.day > 0 && (calendar_char(&p, 'T') ||
	    calendar_char(&p, ' '));
	c.hour = ok ? calendar_digits(&p, 2) : -1;
	ok = ok && c.hour >= 0 && calendar_char(&p, ':');
	c.minute = ok ? calendar_digits(&p, 2) : -1;
	if (ok && c.minute >= 0 && calendar_char(&p, ':'))
		c.second = calendar_digits(&p, 2);
	if (!ok || !civil_is_valid(&c) || !calendar_offset(p, &given, &offset))
		return (err_set(e, EINVAL, "at: found %s, expected a moment "
		    "such as \"2026-11-27T00:00:00Z\"",
		    text_quote(r->at).text));
	*ret = civil_to_wall(&c);
	if (given || zone == NULL)
		*ret -= offset;
	else
		*ret = tz_first(zone, *ret);
	return (0);
}

int
calendar_moment(const char *text, int64_t *ret_wall_s, struct err *e)
{
	struct calendar_row r = { .at = "" };

	if (strlen(text) >= sizeof(r.at))
		return (err_set(e, EINVAL, "at: too long for a moment"));
	(void)snprintf(r.at, sizeof(r.at), "%s", text);
	return (calendar_at(&r, NULL, ret_wall_s, e));
}

int
calendar_clock(const char *p)
{
	int h = calendar_digits(&p, 2), m;

	if (h < 0 || !calendar_char(&p, ':'))
		return (-1);
	m = calendar_digits(&p, 2);
	if (*p != '\0' || m < 0 || m > 59 || h > 24 || (h == 24 && m > 0))
		return (-1);
	return (h * 3600 + m * 60);
}

static int
calendar_weekdays(const struct calendar_row *r, unsigned *ret, struct err *e)
{
	static const char names[7][4] = { "sun", "mon", "tue", "wed", "thu",
		"fri", "sat" };
	int i, k;

	for (i = 0; i < r->weekdays.n; i++) {
		for (k = 0; k < 7; k++)
			if (strcmp(r->weekdays.text[i], names[k]) == 0)
				break;
		if (k == 7)
			return (err_set(e, EINVAL, "weekdays: found %s, "
			    "expected \"mon\", \"tue\", \"wed\", \"thu\", "
			    "\"fri\", \"sat\" or \"sun\"",
			    text_quote(r->weekdays.text[i]).text));
		*ret |= 1u << k;
	}
	return (0);
}

static int
calendar_weekly(struct calendar_rule *c, const struct calendar_row *r,
    struct err *e)
{
	c->weekly = true;
	c->from_s = calendar_clock(r->from);
	c->to_s = calendar_clock(r->to);
	if (c->from_s < 0 || c->from_s == CIVIL_DAY_S)
		return (err_set(e, EINVAL, "from: found %s, expected a time "
		    "of the day from \"00:00\" to \"23:59\"",
		    text_quote(r->from).text));
	if (c->to_s < 0)
		return (err_set(e, EINVAL, "to: found %s, expected a time of "
		    "the day from \"00:00\" to \"24:00\"",
		    text_quote(r->to).text));
	return (calendar_weekdays(r, &c->days, e));
}

int
calendar_rule_init(struct calendar_rule *c, const struct calendar_row *r,
    struct err *e)
{
	memset(c, 0, sizeof(*c));
	c->times = r->times;
	c->min = r->min;
	c->max = r->max;
	c->length_s = r->length / NS_S;
	memcpy(c->note, r->note, sizeof(c->note));
	memcpy(c->zone_name, r->zone, sizeof(c->zone_name));
	if (strcmp(r->zone, "UTC") != 0 && tz_open(r->zone, &c->zone, e) != 0)
		return (err_prefix(e, "zone: found %s",
		    text_quote(r->zone).text));
	if ((r->weekdays.n > 0 ? calendar_weekly(c, r, e) :
		calendar_at(r, c->zone, &c->at_wall_s, e)) == 0)
		return (0);
	calendar_rule_fini(c);
	return (-1);
}

void
calendar_rule_fini(struct calendar_rule *c)
{
	tz_free(c->zone);
	c->zone = NULL;
}

/* The windows that there are so far, sorted. */
struct windows {
	struct calendar_window *at;
	int n, max;
	int64_t now;
};

static void
windows_put(struct windows *w, const struct calendar_rule *c, int64_t from,
    int64_t to)
{
	int i;

	if (to <= w->now || from >= to)
		return;
	for (i = w->n; i > 0 && w->at[i - 1].from_wall_s > from; i--)
		if (i < w->max)
			w->at[i] = w->at[i - 1];
	if (i == w->max)
		return; /* later than all that there is room for */
	memset(&w->at[i], 0, sizeof(w->at[i]));
	w->at[i].from_wall_s = from;
	w->at[i].to_wall_s = to;
	w->at[i].times = c->times;
	w->at[i].min = c->min;
	w->at[i].max = c->max;
	memcpy(w->at[i].note, c->note, sizeof(w->at[i].note));
	if (w->n < w->max)
		w->n++;
}

static void
calendar_weeks(const struct calendar_rule *c, struct windows *w)
{
	int offset = c->zone != NULL ? tz_offset(c->zone, w->now) : 0, i;
	int64_t day = w->now + offset, from, to;
	struct civil d;

	day -= (day % CIVIL_DAY_S + CIVIL_DAY_S) % CIVIL_DAY_S;
	/* one that began yesterday may still go on */
	for (i = -1; i < CALENDAR_DAYS; i++) {
		civil_from_wall(day + (int64_t)i * CIVIL_DAY_S, &d);
		if ((c->days & 1u << d.weekday) == 0)
			continue;
		from = day + (int64_t)i * CIVIL_DAY_S + c->from_s;
		to = day + (int64_t)i * CIVIL_DAY_S + c->to_s;
		if (c->to_s <= c->from_s)
			to += CIVIL_DAY_S;
		if (c->zone != NULL) {
			from = tz_first(c->zone, from);
			to = tz_last(c->zone, to);
		}
		windows_put(w, c, from, to);
	}
}

int
calendar_expand(const struct calendar_rule *c, int n, int64_t now,
    struct calendar_window *ret, int max)
{
	struct windows w = { ret, 0, max, now };
	int i;

	for (i = 0; i < n; i++)
		if (c[i].weekly)
			calendar_weeks(&c[i], &w);
		else
			windows_put(&w, &c[i], c[i].at_wall_s,
			    c[i].at_wall_s + c[i].length_s);
	return (w.n);
}
