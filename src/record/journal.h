/* SPDX-License-Identifier: MIT */
/*
 * The journal: what was decided and why, written ahead of its effects.  This
 * is the one header that callers need.
 *
 * A step is recorded like this:
 *
 *	journal_inbox(j, &now, events, n);	before fleet_step()
 *	fleet_step(...);
 *	journal_decision(j, group, decision);	for each group
 *	journal_orders(j, &orders);		RECORD and FORGET
 *	seq = journal_commit(j, &now);
 *	... effects leave when durable(seq) was heard
 *
 * No call waits for a disk: a thread of the journal's own does, and what
 * comes back comes through the loop.  What a commit holds becomes durable as
 * a whole.  When that takes more than 250 ms, or fails, or the queue is full,
 * the state is bad (I-29) and a new generation of the file is begun with all
 * that is alive; it is good again after ten commits in time there.  A later
 * durable() then covers everything before it.
 */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include "plimsoll/call.h"
#include "plimsoll/decision.h"
#include "plimsoll/event.h"
#include "plimsoll/order.h"
#include "plimsoll/policy.h"
#include "record/past.h"

struct err;
struct journal;
struct loop;

struct journal_hooks {
	void *ctx;
	/* Everything up to seq is on the disk. */
	void (*durable)(void *ctx, uint64_t seq);
	/* It changed; a sentence for the log and the alarm. */
	void (*state)(void *ctx, enum journal_state, const char *why);
	/* NULL: nobody asks.  A file was saved, or a sentence why not. */
	void (*saved)(void *ctx, const char *path, const char *why_not);
};

struct journal_options {
	const char *folder; /* the policy's `state`; made where it is not */
	struct loop *loop;
	struct journal_hooks hooks;
	const char *build;  /* of this program, NULL: as built */
	ns_t keep;	    /* history this long; 0: JOURNAL_KEEP */
	int64_t max_bytes;  /* of the file; 0: JOURNAL_MAX_BYTES */
	ns_t fast_crash;    /* I-34: an end so soon counts; 0: 60 s */
	ns_t durable_in;    /* I-29: later is late; 0: 250 ms */
	const char *vfs;    /* NULL; tests bring one that fails */
};

#define JOURNAL_KEEP (14 * NS_DAY)
#define JOURNAL_MAX_BYTES ((int64_t)1 << 30)
#define JOURNAL_DURABLE_IN (250 * NS_MS)
enum { JOURNAL_GOOD_AFTER = 10 }; /* commits in time, I-29 */

/*
 * Reads what is there, once, before the loop runs; the only call that waits.
 * Doubtful state is no error: past.safe_mode says so (I-28), and the old file
 * is kept aside.  -1: the folder is not ours, or another daemon holds it.
 */
int	journal_open(struct journal **ret, const struct journal_options *,
	    struct past *ret_past, struct err *);
/*
 * clean: stopped on purpose, the next start does not count a crash.  Waits
 * at most half a second for the disk.  NULL is allowed.
 */
void	journal_close(struct journal *, bool clean);

/* The policy's groups by index: after opening, and after each reload. */
int	journal_groups(struct journal *, const struct group_policy *, int n);
/*
 * What a launch by this way means, as text without secrets.  Intents decided
 * from now on are recorded with it, and come back with it (I-12).
 */
void	journal_params(struct journal *, int group, int way, const char *text);
/* How to reach this group's servers without us, for fleet.txt. */
void	journal_by_hand(struct journal *, int group, const char *text);

/* Said with the next commit, ahead of its step; a replay makes it again. */
void	journal_call(struct journal *, const struct fleet_call *);
void	journal_inbox(struct journal *, const struct now *,
	    const struct event *, size_t n);
void	journal_decision(struct journal *, int group,
	    const struct decision *);
void	journal_orders(struct journal *, const struct orders *);
void	journal_server(struct journal *, int group, const struct server *);
void	journal_forget(struct journal *, int group, const struct server *);
/* A recorded server's boot token; nothing where it is forgotten already. */
void	journal_boot(struct journal *, int group, const struct token *,
	    const struct boot_row *);
/* Only words that were taken; a new one replaces, RESUME ends. */
void	journal_word(struct journal *, int group, const struct now *,
	    const struct word *);
/* group_save()'s bytes, at intervals. */
void	journal_learned(struct journal *, int group, const void *,
	    size_t n);
/* group -1: of the daemon.  Of decisions' alarms it knows already. */
void	journal_alarm(struct journal *, int group, const char *name,
	    bool raised, const char *text);
/* Sends what was said since the last commit; 0: nothing was. */
uint64_t	journal_commit(struct journal *, const struct now *);

enum journal_state	journal_state(const struct journal *);
/* The same effect as a failure of the disk, for tests and for the gate. */
void	journal_distrust(struct journal *, const char *why);

/* For metrics; all since the start. */
struct journal_counts {
	int generation;
	uint64_t commits;	 /* durable, of the disk */
	uint64_t late;		 /* of these: not in time */
	uint64_t refused;	 /* records that found no room */
	uint64_t failures;	 /* of the disk */
	uint64_t sent, durable;	 /* seq */
	ns_t last_commit;	 /* the last one took so long */
};
void	journal_counts(const struct journal *, struct journal_counts *);

/*
 * Files, on the journal's thread.  journal_save() is host->save: old text or
 * new text, whatever happens.  -1: too many wait, or no memory.
 */
int	journal_save(struct journal *, const char *path, const char *text,
	    size_t n);
/* text is NULL where it failed; it lives until the call returns. */
typedef void journal_text_fn(void *ctx, const char *text, size_t n,
	    const char *why_not);
int	journal_read(struct journal *, const char *path, size_t max,
	    journal_text_fn *, void *ctx);

/* Newest first, as JSON: {"events":[...],"more":bool}. */
struct journal_query {
	char group[NAME_SIZE];	/* "": all */
	int64_t from_wall_s, to_wall_s; /* 0: no bound */
	int limit;		/* at most JOURNAL_ROWS */
};
enum { JOURNAL_ROWS = 1000 };
int	journal_history(struct journal *, const struct journal_query *,
	    journal_text_fn *, void *ctx);

#endif
