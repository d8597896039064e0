/* SPDX-License-Identifier: MIT */
/*
 * One group's deciding: what it is told, and what it wants.
 *
 *   group_feed      a sample arrived
 *   group_learn     a server went from one phase to the next
 *   group_granted   what became of a launch (accepted, refused, why)
 *   group_word      an operator's word
 *   group_need      -> how many servers, before what is shared
 *   group_decide    -> the decision, under the share that it was given
 *
 * group_need and group_decide are called once each a step, in this order,
 * for every group; between them the allocator shares what is scarce.  The
 * table of servers is the caller's to keep true (ledger or listing).
 * Pure: memory is brought once, time is an argument.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include <stddef.h>

#include "core/servers.h"
#include "plimsoll/decision.h"
#include "plimsoll/drill.h"
#include "plimsoll/driver.h"
#include "plimsoll/policy.h"
#include "plimsoll/sample.h"
#include "plimsoll/word.h"

struct err;
struct group;

/* What one group asks of what is shared, and what it got. */
struct claim {
	int floor;   /* servers that it must keep: minimum, words */
	int want;    /* servers that it would like */
	int have;    /* serving + pending + unknown + foreign */
	int granted; /* the allocator's answer: want, or less */
	int beside;  /* those that drain or rehearse, and use things up */
};

/* Bytes of one group for its policy, aligned for a double. */
size_t	group_size(const struct group_policy *);
/* memory of group_size() bytes, kept; the policy outlives the group. */
int	group_init(struct group **ret, void *memory, const struct group_policy *,
	    uint64_t seed, struct err *);
/* A reload: the same name, and a table with room for hard_max. */
int	group_policy_set(struct group *, const struct group_policy *,
	    struct err *);

struct servers	*group_servers(struct group *);
const struct group_policy	*group_policy(const struct group *);

void	group_feed(struct group *, const struct now *, const struct sample *);
void	group_learn(struct group *, const struct now *, const struct server *,
	    enum phase from, enum phase to, ns_t took);
void	group_granted(struct group *, const struct now *, int way, int accepted,
	    int refused, enum outcome why);
/*
 * I-08: n launches at that moment of the boot clock, fewer than none where
 * they came to nothing; how many within the hour, and what the limit leaves.
 */
void	group_launched(struct group *, ns_t now, ns_t at, int n);
int	group_launches(struct group *, ns_t now);
int	group_launches_left(struct group *, ns_t now);
/* 0, or -1 with a sentence when the word cannot be taken. */
int	group_word(struct group *, const struct now *, const struct word *,
	    struct err *);
/* The last drill; the ledger keeps it. */
struct drill	*group_drill(struct group *);
/* Calm, with data to trust, nobody on the way and no limit that binds. */
bool	group_may_drill(const struct group *, ns_t now);
/* Something outside forbids for now: journal, safe mode, breaker of a hand. */
void	group_forbid(struct group *, const struct hold *holds, int n);

/*
 * Recorded traffic from before the first sample: so many requests/s for
 * span_s from that moment on.  Rows come in their order; what is no number
 * teaches nothing.
 */
void	group_history(struct group *, int64_t wall_s, double rps,
	    double span_s);
/*
 * What was learned (capacity, lead times, season), for the journal: at most
 * *n bytes into buf, *n is then what it took.  Only the same build takes it
 * back; another one says so and starts as the policy says.
 */
int	group_save(const struct group *, void *buf, size_t *n, struct err *);
int	group_load(struct group *, const struct now *, const void *buf,
	    size_t n, struct err *);

void	group_need(struct group *, const struct now *, struct claim *ret);
/* I-16: by when a launch of this way must be healthy; learned p95 x 2. */
ns_t	group_boot_deadline(const struct group *, int way);
/* Which way the next launches go; ways by order, refusals and stalls. */
int	group_way(const struct group *, const struct now *);
void	group_decide(struct group *, const struct now *, const struct claim *,
	    struct decision *ret);

#endif
