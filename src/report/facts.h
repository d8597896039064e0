/* SPDX-License-Identifier: MIT */
/*
 * What the daemon knows beside the fleet itself: the numbers behind the
 * metrics, the status and the health pages.  Filled by the daemon, read by
 * whoever reports.
 */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/event.h"
#include "plimsoll/limits.h"
#include "plimsoll/sample.h"
#include "plimsoll/units.h"
#include "plimsoll/word.h"

struct fleet;
struct launch_facts;
struct phases;

enum { STEP_BUCKETS = 12, FACTS_WORDS = 4 };

/* Upper bounds in seconds; one more bucket is above the last. */
extern const double step_bounds_s[STEP_BUCKETS];

struct group_facts {
	uint64_t samples;	 /* valid ones */
	uint64_t failed_samples; /* polls that measured nothing */
	ns_t sampled_at;	 /* the last valid one came; 0: none yet */
	struct sample sample;	 /* the last valid one */
	uint64_t launched;	 /* servers asked for, of a provider */
	uint64_t removed;	 /* terminations asked for */
	/* Words in force: floor, ceiling, exact, hold; WORD_NONE: none. */
	struct word words[FACTS_WORDS];
	int advice; /* dry run: servers more (fewer) than there are */
};

struct facts {
	struct now now;	     /* of this report */
	ns_t started;
	bool dry_run;
	bool ready;	     /* every group was measured or has decided */
	bool no_removals;    /* safe mode, or fast crashes (I-28, I-34) */
	enum journal_state journal;
	uint64_t log_dropped;
	uint64_t events_dropped; /* did not fit into an inbox */
	uint64_t unknown_ops;	 /* deadlines that passed */
	int open_ops;
	int waiting_effects;	 /* held at the gate */
	uint64_t steps;
	int64_t step_wall_s;	 /* of the last step, 0: none */
	ns_t step_at;
	uint64_t step_bucket[STEP_BUCKETS + 1];
	double step_sum_s;
	struct fleet *fleet;
	int n_groups;
	struct group_facts group[MAX_GROUPS];
	const struct launch_facts *launch; /* NULL: nobody looks after it */
	const struct phases *phases;	   /* NULL: nobody times boots */
};

/*
 * A word was taken: it is in force from now on.  What it replaced, as text,
 * into buf; "" where there was none.
 */
void	facts_word(struct group_facts *, const struct word *, int64_t wall_s,
	    char *buf, size_t size);
/* The word of this place that is in force still; NULL. */
const struct word	*facts_standing(const struct group_facts *, int place,
			    int64_t wall_s);
/* "at least 12 servers for 1h 59m" */
void	facts_word_text(const struct word *, int64_t wall_s, char *buf,
	    size_t size);
/* A step took so long. */
void	facts_step(struct facts *, const struct now *, ns_t took);

#endif
