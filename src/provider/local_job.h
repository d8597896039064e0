/* SPDX-License-Identifier: MIT */
/*
 * Operations of the provider `local` under way: a job has items, one
 * question to the spawner each, and is done with its last item.
 */
#ifndef PROVIDER_LOCAL_JOB_H
#define PROVIDER_LOCAL_JOB_H

#include <stdbool.h>
#include <sys/queue.h>

#include "plimsoll/driver.h"

struct way;

enum { JOBS_MAX = 1024 }; /* at a time; a step has some tens */

enum job_kind { JOB_LAUNCH, JOB_TERMINATE, JOB_LIST, JOB_LOOKUP };

struct item {
	struct token token;
	const struct way *way;
	bool drill;
	bool done;
};

struct job {
	TAILQ_ENTRY(job) link;
	enum job_kind kind;
	op_t op;	   /* 0: our own, nobody is answered */
	uint64_t first_ref; /* of items[0]; the others follow */
	struct item *items;
	size_t n, n_open;
	struct told *told;
	size_t n_told, room;
	enum outcome outcome;
	char text[REASON_SIZE];
	bool sent;
	ns_t by; /* not sent after this */
};

TAILQ_HEAD(job_list, job);

struct jobs {
	struct job_list open, done;
	size_t n_open;
	uint64_t next_ref;
};

void		jobs_init(struct jobs *);
void		jobs_fini(struct jobs *);
/*
 * A job of n items, all open.  NULL: out of memory.  Beyond JOBS_MAX it is
 * refused as throttled, with no item open.
 */
struct job	*jobs_new(struct jobs *, enum job_kind, op_t, size_t n);
/* The job and the item that a ref belongs to, or NULL. */
struct job	*jobs_find(struct jobs *, uint64_t ref, size_t *ret_i);
/* Over, whatever is open. */
void		jobs_end(struct jobs *, struct job *);
/* The next one that is over; the caller frees it.  NULL: none. */
struct job	*jobs_take_done(struct jobs *);

/* True when it was the last: the job is over. */
bool	job_item_done(struct jobs *, struct job *, size_t i);
/* Why not all was done; the first stands. */
void	job_blame(struct job *, enum outcome, const char *text);
/* Adds to what is told. */
void	job_tell(struct job *, const struct told *);
void	job_free(struct job *);

#endif
