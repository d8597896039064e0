/* SPDX-License-Identifier: MIT */
/*
 * Recorded traffic, read from a CSV file: one line a row, a moment and the
 * requests/s from then on to the next row.  A moment is in seconds since 1970
 * or as "2026-11-27T00:00:00Z"; a first line of names is passed over.
 */
#ifndef REPORT_TRAFFIC_H
#define REPORT_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum { TRAFFIC_FILE_MAX = 64 << 20 };

struct traffic_row {
	int64_t wall_s; /* UTC; rises from row to row */
	double rps;	/* >= 0 */
	double span_s;	/* for which it holds: to the next row, a gap is none */
};

struct traffic {
	size_t n;
	struct traffic_row *rows;
};

/* All of it or nothing: -1 with the line that is wrong. */
int	traffic_parse(const char *text, size_t n, struct traffic *ret,
	    struct err *);
/* From a file, before the start only: it waits for the disk. */
int	traffic_read(const char *path, struct traffic *ret, struct err *);
void	traffic_free(struct traffic *);

#endif
