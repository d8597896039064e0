/* SPDX-License-Identifier: MIT */
/*
 * An operator's word, as the control socket, the journal and `drive` carry
 * it.  One floor, one ceiling, one exact per group; a new one replaces.
 */
#ifndef PLIMSOLL_WORD_H
#define PLIMSOLL_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/decision.h"
#include "plimsoll/limits.h"
#include "plimsoll/server.h"

enum word_kind {
	WORD_NONE,
	WORD_AT_LEAST, /* scale G N */
	WORD_AT_MOST,  /* scale G N --at-most */
	WORD_EXACT,    /* scale G N --exact */
	WORD_HOLD,     /* hold G: nothing happens (I-34) */
	WORD_RESUME,   /* ends holds, words and breakers */
	WORD_NOTE,     /* note G TEXT: a deploy, a campaign */
	WORD_DRAIN,    /* one server */
	WORD_REPLACE,
	WORD_PROTECT,
	WORD_ADOPT,
	WORD_DRILL,    /* drill G: one server through the launch path */
	WORD_KIND_COUNT
};

struct word {
	enum word_kind kind;
	int servers;		/* of the scale words */
	int64_t until_wall_s;	/* ends by a date; 0: the default of 2 h */
	bool force;		/* lower although the data is doubtful */
	bool over_max;		/* up to the policy's hard_max */
	enum hold_what what;	/* of WORD_HOLD */
	struct server_id id;	/* of the words for one server */
	char who[NAME_SIZE];	/* uid or token's name */
	char reason[96];
};

#endif
