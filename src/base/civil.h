/* SPDX-License-Identifier: MIT */
/*
 * Dates of the civil calendar and seconds, both ways, without the C
 * library's clocks and zones.  A "wall" count is the seconds since
 * 1970-01-01 00:00 as a clock on the wall shows them; in UTC they are the
 * seconds of the Unix clock.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

struct civil {
	int year, month, day;	  /* month 1 to 12 */
	int hour, minute, second;
	int weekday;		  /* 0 Sunday; not read */
};

enum { CIVIL_DAY_S = 86400 };

/* Years 1 to 9999. */
int64_t	civil_to_wall(const struct civil *);
void	civil_from_wall(int64_t wall, struct civil *ret);
/* There is such a date, and such a time of the day. */
bool	civil_is_valid(const struct civil *);
int	civil_month_days(int year, int month);

#endif
