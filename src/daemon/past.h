/* SPDX-License-Identifier: MIT */
/*
 * From the journal's past to the fleet: servers, what was learned, doubt,
 * fast crashes.  Words in force are said again in the first step.
 */
#ifndef DAEMON_PAST_H
#define DAEMON_PAST_H

#include <stdbool.h>

#include "plimsoll/units.h"

struct err;
struct fleet;
struct inbox;
struct log;
struct past;
struct policy;

struct past_to {
	struct fleet *fleet;
	const struct policy *policy;
	struct log *log;
	struct now now;
};

/* *ret_no_removals: until when nothing is removed (I-28, I-34), 0: it may. */
int	past_restore(const struct past *, const struct past_to *,
	    ns_t *ret_no_removals, struct err *);
/* The words in force, as events; how many. */
size_t	past_words(const struct past *, const struct policy *,
	    struct inbox *);

#endif
