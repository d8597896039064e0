/* SPDX-License-Identifier: MIT */
/*
 * Dates and seconds; see civil.h.  A year begins in March here, so that the
 * day that comes and goes is its last.
 */
#include "base/civil.h"
#include "base/must.h"

enum { DAYS_400_YEARS = 146097, DAYS_TO_1970 = 719468 };

static bool
civil_is_leap(int y)
{
	return (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
}

int
civil_month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	MUST(month >= 1 && month <= 12);
	return (month == 2 && civil_is_leap(year) ? 29 : days[month - 1]);
}

bool
civil_is_valid(const struct civil *c)
{
	return (c->year >= 1 && c->year <= 9999 && c->month >= 1 &&
	    c->month <= 12 && c->day >= 1 &&
	    c->day <= civil_month_days(c->year, c->month) && c->hour >= 0 &&
	    c->hour <= 23 && c->minute >= 0 && c->minute <= 59 &&
	    c->second >= 0 && c->second <= 59);
}

int64_t
civil_to_wall(const struct civil *c)
{
	int64_t y = c->month > 2 ? c->year : c->year - 1;
	int64_t era = y / 400, of_era = y % 400;
	int month = (c->month + 9) % 12;
	int64_t day = (153 * month + 2) / 5 + c->day - 1;

	MUST(c->year >= 1 && c->year <= 9999);
	day += of_era * 365 + of_era / 4 - of_era / 100;
	return ((era * DAYS_400_YEARS + day - DAYS_TO_1970) * CIVIL_DAY_S +
	    c->hour * 3600 + c->minute * 60 + c->second);
}

void
civil_from_wall(int64_t wall, struct civil *ret)
{
	int64_t days = wall / CIVIL_DAY_S, s = wall % CIVIL_DAY_S, era, y, d;
	int month;

	if (s < 0) {
		s += CIVIL_DAY_S;
		days--;
	}
	ret->weekday = (int)(((days + 4) % 7 + 7) % 7);
	days += DAYS_TO_1970;
	era = (days >= 0 ? days : days - DAYS_400_YEARS + 1) / DAYS_400_YEARS;
	d = days - era * DAYS_400_YEARS;
	y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	d -= 365 * y + y / 4 - y / 100;
	month = (int)((5 * d + 2) / 153);
	ret->day = (int)(d - (153 * month + 2) / 5 + 1);
	ret->month = month < 10 ? month + 3 : month - 9;
	ret->year = (int)(y + era * 400 + (ret->month <= 2));
	ret->hour = (int)(s / 3600);
	ret->minute = (int)(s / 60 % 60);
	ret->second = (int)(s % 60);
}
