/* SPDX-License-Identifier: MIT */
/*
 * The journal from the inside, on the loop's side: for journal*.c only.
 *
 *   journal_start.c    the folder, the lock, what is there
 *   journal_record.c   what callers say, into batches
 *   journal_answers.c  what the writer says, and what that means (I-29)
 *   journal_files.c    saves, reads, history, fleet.txt
 */
#ifndef RECORD_JOURNAL_PRIV_H
#define RECORD_JOURNAL_PRIV_H

#include <limits.h>

#include "io/loop.h"
#include "record/journal.h"
#include "record/mirror.h"
#include "record/pack.h"
#include "record/ring.h"
#include "record/writer.h"

enum {
	RING_SLOTS = 1024,
	RING_BYTES = 16 * 1024 * 1024,
	BATCH_KEEP = 64 * 1024, /* memory that a quiet journal holds on to */
	SAVES_MAX = 160,	/* different files */
	ASKS_MAX = 32		/* reads and queries under way */
};

/* A file that somebody wants saved: the newest text, until it is. */
struct save {
	char *path; /* NULL: the end of the table */
	char *text;
	size_t n;
	bool wanted, under_way;
};

struct ask {
	journal_text_fn *fn; /* NULL: free */
	void *ctx;
	uint64_t id;
};

struct journal {
	struct journal_options o;
	char folder[PATH_MAX];
	char build[BUILD_SIZE];
	int folder_fd; /* holds the lock */
	struct ring *in, *out;
	struct writer *writer;
	struct event *answers; /* libevent's */
	struct timer timer;
	struct mirror mirror;

	/* the batch under way */
	struct bytes state; /* who exists: what a start reads */
	struct bytes light; /* history: goes first where room is short */
	struct bytes step;
	struct bytes calls; /* for a replay */
	bool in_step, anew;
	ns_t anew_at;	  /* the row of steps under way began */
	size_t row_bytes; /* it holds so many */
	struct pack pack;
	struct now now; /* of the last inbox or word */
	int n_groups;
	struct mirror_group *group[MAX_GROUPS];
	uint64_t hash[MAX_GROUPS], gist[MAX_GROUPS];
	uint32_t alarms[MAX_GROUPS];
	bool hashed[MAX_GROUPS];

	/* what was sent and what became of it */
	uint64_t sent, durable, oldest; /* oldest: timed from here */
	ns_t sent_at[RING_SLOTS];
	enum journal_state is, told;
	char why[ERR_SIZE];
	int in_time; /* commits in a row, while bad */
	int generation;
	int whole_for; /* this generation waits for all that is alive */
	bool rotate;   /* the writer is still to be told */
	struct journal_counts counts;

	struct save saves[SAVES_MAX];
	struct ask asks[ASKS_MAX];
	uint64_t next_ask;
	bool fleet_changed;
};

/* journal_start.c */
struct store	*journal_begin(struct journal *, struct past *, struct err *);
int	journal_lock(struct journal *, struct err *);

/* journal_record.c */
void	journal_groups_line(const struct journal *, struct bytes *);

/* journal_answers.c */
/* lost: what was said is not in the file, which must begin anew. */
void	journal_bad(struct journal *, bool lost, const char *why);
void	journal_sent(struct journal *, uint64_t seq, ns_t at);
void	journal_push(struct journal *);
void	journal_timer_set(struct journal *, ns_t now);
void	journal_readable(int fd, short what, void *arg);

/* journal_files.c */
void	journal_fleet_text(struct journal *);
void	journal_saves_push(struct journal *);
/* At a clean end: what still waits is sent, whatever is under way. */
void	journal_saves_end(struct journal *);
void	journal_told(struct journal *, const struct msg *);
void	journal_files_free(struct journal *);

#endif
