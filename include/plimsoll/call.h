/* SPDX-License-Identifier: MIT */
/*
 * What was done to the fleet beside its steps: how it was begun, restored,
 * reloaded.  The journal keeps these calls in their order, so that a replay
 * can make them again before it takes the steps (I-42).
 */
#ifndef PLIMSOLL_CALL_H
#define PLIMSOLL_CALL_H

#include <stddef.h>

#include "plimsoll/server.h"
#include "plimsoll/units.h"

enum call_kind {
	CALL_INIT,    /* seed, policy, core */
	CALL_RESTORE, /* group, server */
	CALL_LEARNED, /* group, learned, n */
	CALL_SAFE,    /* until */
	CALL_RELOAD,  /* policy */
	CALL_GAP,     /* steps before this are missing */
	CALL_KIND_COUNT
};

struct fleet_call {
	enum call_kind kind;
	struct now now;
	int group;
	uint64_t seed;
	uint64_t policy; /* a hash of its text: is it the same one? */
	uint64_t core;	 /* a hash of the deciding code */
	ns_t until;
	const struct server *server; /* the caller's */
	const void *learned;	     /* likewise */
	size_t n;
};

#endif
