/* SPDX-License-Identifier: MIT */
/*
 * What a step was given, in few bytes: both clocks, the whole inbox, and a
 * hash of what each group decided.  From the state before and this, a step
 * can be done again and compared (I-42), so nothing is rounded: doubles keep
 * their bytes.
 *
 * Most of a sample repeats from second to second.  A sample is therefore
 * written against the last one of its group, and the clocks against the last
 * step: a step is read after those before it, from a reset on.
 * Of texts what stands behind their end is not kept.
 */
#ifndef RECORD_PACK_H
#define RECORD_PACK_H

#include "plimsoll/event.h"
#include "record/bytes.h"

struct err;

/* Changes whenever the bytes would mean something else. */
enum { PACK_VERSION = 2 };

/* The memory of either side. */
struct pack {
	struct now last;
	ns_t stride; /* between the last two steps */
	struct sample samples[MAX_GROUPS];
};

/* A step read back; the caller keeps it, and frees its memory. */
struct pack_step {
	struct now now;
	int n_events;
	struct event events[MAX_INBOX];
	int n_hashes;
	struct {
		int group;
		uint64_t hash;
	} hashes[MAX_GROUPS];
	struct told *told; /* what the events' answers point to */
	int n_told;
};

/* Both sides begin anew. */
void	pack_reset(struct pack *);

/* A step: begin with its inbox, one hash for each group, end. */
void	pack_inbox(struct pack *, struct bytes *, const struct now *,
	    const struct event *, size_t n);
void	pack_hashes(struct bytes *, const uint64_t *hashes, const bool *has,
	    int n);

/* The next step of the reader, or -1 with a sentence. */
int	pack_read(struct pack *, struct reader *, struct pack_step *ret,
	    struct err *);
void	pack_step_free(struct pack_step *);

/* One of these in few bytes, on its own: for the rows of the journal. */
void	pack_server(struct bytes *, const struct server *);
void	pack_server_read(struct reader *, struct server *ret);
void	pack_word(struct bytes *, const struct word *);
void	pack_word_read(struct reader *, struct word *ret);

#endif
