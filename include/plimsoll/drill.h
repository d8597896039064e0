/* SPDX-License-Identifier: MIT */
/*
 * A drill: one server through the whole launch path, checked out of service,
 * and removed; so that a path that is broken is known before a rush.
 */
#ifndef PLIMSOLL_DRILL_H
#define PLIMSOLL_DRILL_H

#include <stdint.h>

#include "plimsoll/server.h"
#include "plimsoll/units.h"

enum drill_result {
	DRILL_NONE, /* none yet, or it was lost at a restart */
	DRILL_RUNNING,
	DRILL_PASSED,
	DRILL_FAILED,
	DRILL_COUNT
};

struct drill {
	enum drill_result result;
	enum phase reached;  /* the last phase before it passed or failed */
	int way;	     /* that it went; the next one goes another */
	int64_t at_wall_s;   /* when it began; 0: never */
	ns_t took;	     /* from the decision to its end */
};

const char	*drill_result_name(enum drill_result);

#endif
