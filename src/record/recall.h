/* SPDX-License-Identifier: MIT */
/*
 * Recorded steps, read back in their order: for a replay (I-42).  A replay is
 * exact on the build that recorded, and can know when it is another.  The
 * file must not be in use: the daemon's own is locked by it.
 */
#ifndef RECORD_RECALL_H
#define RECORD_RECALL_H

#include "record/lines.h"
#include "record/pack.h"

struct err;
struct recall;

struct recalled {
	int64_t step;
	int64_t run; /* the daemon's life in which it was taken */
	char build[BUILD_SIZE];
	bool anew; /* steps before it are missing, or another life began */
	int n_groups;
	char groups[MAX_GROUPS][NAME_SIZE]; /* what the events' indexes mean */
	struct reader calls; /* of the fleet before this step, see calls.h */
	struct pack_step in; /* its arrays live until the next call */
};

/* journal.NUMBER.db in this folder. */
int	recall_open(struct recall **ret, const char *folder, int number,
	    struct err *);
/* 1: a step, 0: that was all, -1: a row is damaged, with a sentence. */
int	recall_next(struct recall *, struct recalled *, struct err *);
void	recall_close(struct recall *, struct recalled *);

#endif
