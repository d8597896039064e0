/* SPDX-License-Identifier: MIT */
/*
 * The inbox of a step: everything that the core hears.  Events are plain
 * data, in the order in which they came; with `now` and the state before
 * they are all that a step depends on (I-23), so the journal keeps them.
 * Arrays that an event points to live until the step returns.
 */
#ifndef PLIMSOLL_EVENT_H
#define PLIMSOLL_EVENT_H

#include "plimsoll/driver.h"
#include "plimsoll/sample.h"
#include "plimsoll/server.h"
#include "plimsoll/word.h"

enum event_kind {
	EVENT_SAMPLE,	/* a source measured a group (or failed to) */
	EVENT_ANSWER,	/* what became of an order */
	EVENT_HAPPENED, /* a server reached a phase, or ended */
	EVENT_HEALTH,	/* a balancer's view of a serving server changed */
	EVENT_WORD,	/* an operator's */
	EVENT_JOURNAL,	/* the journal's state changed (I-29) */
	EVENT_KIND_COUNT
};

enum journal_state {
	JOURNAL_GOOD,
	JOURNAL_BAD /* not durable in time, full or failed: no removals */
};

struct event {
	enum event_kind kind;
	int group; /* index in the policy; ANSWER: taken from the op */
	union {
		struct sample sample;
		struct {
			op_t op;
			enum outcome outcome;
			const struct told *told;
			size_t n_told;
			char text[REASON_SIZE];
		} answer;
		struct {
			enum happening what;
			struct told told;
		} happened;
		struct {
			struct server_id id;
			bool up;
		} health;
		struct word word;
		enum journal_state journal;
	} u;
};

#endif
