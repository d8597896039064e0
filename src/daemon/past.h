/* SPDX-License-Identifier: MIT */
/*
 * From the journal's past to the fleet: servers, what was learned, doubt,
 * fast crashes.  Words in force are said again in the first step.
 */
#ifndef DAEMON_PAST_H
#define DAEMON_PAST_H

#include <stddef.h>

#include "plimsoll/units.h"

struct err;
struct fleet;
struct inbox;
struct journal;
struct log;
struct past;
struct policy;

enum { PAST_LEARNED_MAX = 256 << 10 }; /* bytes of fleet_save() */

struct past_to {
	struct journal *journal;
	struct fleet *fleet;
	const struct policy *policy;
	struct log *log;
	struct now now;
};

int	past_restore(const struct past *, const struct past_to *,
	    struct err *);
/* The words in force, as events; how many. */
size_t	past_words(const struct past *, const struct policy *,
	    struct inbox *);

#endif
