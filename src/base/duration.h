/* SPDX-License-Identifier: MIT */
/*
 * Durations as people write them: "500ms", "5s", "1h30m", "7d".  A number
 * without a unit is refused: seconds and minutes are easily mistaken.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stddef.h>

#include "plimsoll/units.h"

struct err;

enum { DURATION_SIZE = 32 };

/* Positive or zero, at most 100 years; ret_span is untouched on failure. */
int	duration_parse(const char *text, ns_t *ret_span, struct err *);
/*
 * Two units at most, rounded down, for people: "1h 30m", "45s", "250ms";
 * "never" for NS_NEVER.  Returns buf, which holds DURATION_SIZE bytes.
 */
const char	*duration_text(ns_t span, char *buf);

#endif
