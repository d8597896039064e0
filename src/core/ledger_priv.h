/* SPDX-License-Identifier: MIT */
/* What the ledger's own files share. */
#ifndef CORE_LEDGER_PRIV_H
#define CORE_LEDGER_PRIV_H

#include "core/ledger.h"

/*
 * Chosen, not derived.  The listing's beat is what a provider's API bears
 * with hundreds of callers; twice the value finds orphans and losses later.
 * Deadlines of calls are the slowest that the big clouds' clients use.
 */
#define LIST_EVERY (30 * NS_S)
#define LIST_SOON (5 * NS_S)	/* something is not known */
#define SEEN_EVERY (10 * NS_S)
#define LIST_DEADLINE (20 * NS_S)
#define SEEN_DEADLINE (5 * NS_S)
#define LAUNCH_DEADLINE (30 * NS_S)
#define LOOKUP_DEADLINE (10 * NS_S)
#define ADD_DEADLINE (5 * NS_S)
#define REMOVE_DEADLINE (5 * NS_S)
#define TERMINATE_DEADLINE (30 * NS_S)
#define LATE_DEADLINE NS_MIN /* to answer, however late it is found */
#define RESTORED_DRAIN (10 * NS_S) /* at least, where the limit is longer */
#define OP_GRACE (10 * NS_S)	/* an answer that the host owes */
#define START_GATE (30 * NS_S)	/* for the first listings to come */
#define MISS_SPACING (60 * NS_S) /* 3 misses span I-14's 2 minutes */
#define ORPHAN_GRACE (120 * NS_S) /* I-15 */
#define DIFFER_SHOWN (300 * NS_S)
#define SICK_GRACE (30 * NS_S)	/* one missed check is not ill health */
#define PROBE_LAUNCH_EVERY (5 * NS_MIN) /* I-16 */
#define RETRY_FIRST NS_S
#define RETRY_MOST (30 * NS_S)
#define BOOT_DEADLINE (10 * NS_MIN) /* I-16, where none is given */

enum {
	MISSES_GONE = 3,    /* I-14 */
	BOOT_FAILURES = 3,  /* I-16, where the policy gives none */
	CALLS_BURST = 40,   /* I-18 */
	CALLS_PER_S = 4,
	CALLS_FOR_WRITES = 10, /* what reads leave */
	FOREIGN_MISSES = 2
};

/* ledger_base.c */
op_t	ledger_op(struct ledger *, enum order_kind, const struct server *);
enum order_kind	ledger_op_kind(op_t);
struct server	*ledger_by_op(const struct ledger *, op_t);
void	ledger_due(struct ledger *, ns_t at);
void	ledger_dirty(struct ledger *, struct server *);
/* The next phase: counters, timing, record and what is due in it. */
void	ledger_move(struct ledger *, struct server *, enum phase);
/* The operation failed: tried again later, with jitter. */
void	ledger_again(struct ledger *, struct server *);
ns_t	ledger_jitter(struct ledger *, ns_t base, ns_t most, int tries);
void	ledger_flag(struct ledger *, struct server *, uint16_t flag, bool on);
bool	ledger_has_address(const struct server *);
/* Provider and balancer have answered, nothing forbids removals. */
bool	ledger_may_remove(const struct ledger *, const struct server *);
bool	ledger_may_launch(const struct ledger *);
/* A share of the group's servers, at least one. */
int	ledger_share(const struct ledger *, double pct);
/* What I-07 counts removals over: the policy's window, a minute at most. */
ns_t	ledger_window(const struct ledger *);

/* ledger_hear.c */
/* The provider has it: name, address, phase. */
void	ledger_exists(struct ledger *, struct server *, const struct told *);
/* It will never serve; counts as a failed boot where it never did. */
void	ledger_fail(struct ledger *, struct server *);
/* A lookup or listing without this intent (I-14). */
void	ledger_missed(struct ledger *, struct server *);

/* ledger_list.c */
void	ledger_listed(struct ledger *, int way, enum outcome,
	    const struct told *, size_t n);
void	ledger_saw(struct ledger *, enum outcome, const struct told *, size_t n);
void	ledger_adopt(struct ledger *, struct server *);

/* ledger_tick.c */
bool	ledger_is_sick(const struct ledger *);
/* One more goes now (I-07). */
void	ledger_removed(struct ledger *);
void	ledger_drain(struct ledger *, struct server *, bool leaving);

/* ledger_drill.c */
/* A word: one server through the launch path; -1 with a sentence. */
int	ledger_drill(struct ledger *, const struct now *, struct err *);
/* One on schedule, where its time has come. */
void	ledger_drill_due(struct ledger *, int64_t wall_s);
void	ledger_drill_moved(struct ledger *, const struct server *,
	    enum phase from, enum phase to);

/* intent.c */
/* One more, this way; of flags REPLACES and DRILL.  false: no room. */
bool	intent_add(struct ledger *, int way, uint16_t flags);
int	intent_ways(const struct ledger *);
bool	intent_tripped(const struct ledger *, int way);
/* Decides up to n launches; returns how many. */
int	intent_launch(struct ledger *, int n, uint16_t flags);
void	intent_refused(struct ledger *, int way, enum outcome);
/* How a launch of this way ended: healthy or failed (I-16). */
void	intent_booted(struct ledger *, int way, bool healthy);
void	intent_count(struct ledger *, ns_t since, int n);
/* One more provider call, where the budget allows it (I-18). */
bool	intent_call(struct ledger *, int way, bool write);

#endif
