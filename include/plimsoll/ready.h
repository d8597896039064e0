/* SPDX-License-Identifier: MIT */
/*
 * Launch readiness: what a launch will need, one row each, looked at long
 * before it.  Whoever owns a thing adds its rows; what may wait (a disk, many
 * sockets) is a look, which the host takes in a thread.
 */
#ifndef PLIMSOLL_READY_H
#define PLIMSOLL_READY_H

#include <stddef.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/units.h"

enum {
	READY_ROWS = 48,	/* of one group */
	READY_WHAT = 80,
	READY_TEXT = 224,
	READY_PATH = 256
};

enum ready_state {
	READY_UNKNOWN, /* not looked at yet */
	READY_YES,
	READY_NO
};

struct ready_row {
	char what[READY_WHAT];	/* "here: command"; the same in each round */
	enum ready_state state;
	char text[READY_TEXT];	/* the figure, or why not */
	ns_t age;		/* of what it says; 0: as of now */
	/*
	 * NULL, or called in a thread: sets state and text by nothing but
	 * this row and the machine.
	 */
	void (*look)(struct ready_row *);
	char path[READY_PATH];	/* from here on for looks */
	int need;
	int ours;
	uint8_t address[16];
	uint16_t first, last;
};

struct ready_list {
	int n;
	struct ready_row at[READY_ROWS];
	struct ready_row spare; /* of those that do not fit; never told */
};

#endif
