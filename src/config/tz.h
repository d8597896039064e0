/* SPDX-License-Identifier: MIT */
/*
 * A named time zone, from the system's database: when its clocks change and
 * by how much.  Our own reader, since the C library knows one zone at a time
 * and it is the whole process's.
 */
#ifndef CONFIG_TZ_H
#define CONFIG_TZ_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tz;

enum { TZ_FILE_MAX = 64 << 10, TZ_NAME_SIZE = 64 };

/* "Europe/Berlin"; 0 and *ret, or -1 with a sentence. */
int	tz_open(const char *name, struct tz **ret, struct err *);
/* The bytes of a TZif file, version 2 or later. */
int	tz_parse(const void *, size_t n, struct tz **ret, struct err *);
void	tz_free(struct tz *);

/* Seconds that the wall is ahead of UTC at this moment. */
int	tz_offset(const struct tz *, int64_t utc_s);
/*
 * The moment at which the wall shows this (base/civil.h).  A wall time that
 * comes twice: the first; one that is skipped: when it is skipped.
 */
int64_t	tz_first(const struct tz *, int64_t wall);
/* The same; of one that comes twice the last. */
int64_t	tz_last(const struct tz *, int64_t wall);

#endif
