/* SPDX-License-Identifier: MIT */
/*
 * How long each phase of a boot takes: of each group and way, the last
 * launches that came to serve, as they were reached.  What is older than a
 * month is left out.  By name, so that a reload or a restart changes nothing.
 */
#ifndef REPORT_PHASES_H
#define REPORT_PHASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/server.h"

struct err;
struct phases;

/* Launches: p95 is the third longest; at twice as many a slow week lingers. */
enum { PHASES_KEPT = 64, PHASES_WAYS = 1024 };
#define PHASES_KEEP_S ((int64_t)30 * 86400)

/* One launch; ds as struct server has it, 0 where it is not known. */
struct phase_row {
	int64_t wall_s; /* when it served */
	uint16_t ds[SERVER_REACHED];
};

/* In seconds. */
struct phase_times {
	int n;			/* launches of which it is known */
	double p50, p95;	/* from the decision until it was reached */
	double took50, took95;	/* from the last known phase before it */
};

struct phases	*phases_new(void);
void		phases_free(struct phases *);
/* -1: out of memory, or too many ways. */
int		phases_feed(struct phases *, const char *group, const char *way,
		    const struct phase_row *);
/* False: nothing is known of it. */
bool		phases_times(const struct phases *, const char *group,
		    const char *way, enum phase, struct phase_times *ret);

/* All of it, a malloc'd JSON text; NULL: out of memory. */
char		*phases_text(const struct phases *, size_t *ret_n);
/* Such a text, of any kind: all or nothing. */
int		phases_read(struct phases *, const char *text, struct err *);

#endif
