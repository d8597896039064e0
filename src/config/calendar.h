/* SPDX-License-Identifier: MIT */
/*
 * Announced events of a policy: rows with a date, or rows that repeat by the
 * week in a named time zone, and the dated windows that they mean.  A window
 * may only raise, so where the clocks change it begins early rather than
 * late and ends late rather than early.
 */
#ifndef CONFIG_CALENDAR_H
#define CONFIG_CALENDAR_H

#include <stdbool.h>

#include "config/tz.h"
#include "plimsoll/key.h"
#include "plimsoll/policy.h"

struct err;

/* As it stands in the file. */
struct calendar_row {
	char at[40];
	ns_t length;
	struct key_strings weekdays;
	char from[8], to[8];
	char zone[TZ_NAME_SIZE];
	double times;
	int min, max;
	char note[NAME_SIZE];
};

struct calendar_rule {
	bool weekly;
	unsigned days;	    /* 1 << weekday, Sunday is 0 */
	int from_s, to_s;   /* of the day; to <= from: of the next */
	int64_t at_wall_s;  /* not weekly: UTC */
	int64_t length_s;
	struct tz *zone;    /* NULL: UTC */
	char zone_name[TZ_NAME_SIZE];
	double times;
	int min, max;
	char note[NAME_SIZE];
};

/* Windows of repeating rows are made so far ahead. */
enum { CALENDAR_DAYS = 21 };

extern const struct key_table calendar_keys; /* struct calendar_row */

int	calendar_rule_init(struct calendar_rule *, const struct calendar_row *,
	    struct err *);
void	calendar_rule_fini(struct calendar_rule *);
/* "08:30", and "24:00": seconds of the day; -1 when it is none. */
int	calendar_clock(const char *text);
/* "2026-11-27T00:00:00Z", or with an offset; -1 with a sentence. */
int	calendar_moment(const char *text, int64_t *ret_wall_s, struct err *);
/*
 * The windows that end after `now`, by their begin: at most max, the
 * soonest.  Returns how many.
 */
int	calendar_expand(const struct calendar_rule *, int n, int64_t now_wall_s,
	    struct calendar_window *ret, int max);

#endif
