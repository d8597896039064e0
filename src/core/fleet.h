/* SPDX-License-Identifier: MIT */
/*
 * The fleet's step, the centre of the program.
 *
 *   inbox, now -> fleet_step -> orders, decisions
 *
 * A sample comes in, its group feeds it to its signal and forecast; answers
 * and happenings move servers through their phases (ledger); operators'
 * words are taken.  Then each group says what it needs, the allocator shares
 * what is scarce by priority, each group decides, and the ledger turns the
 * decisions into intents and orders.  The orders' effects come back as
 * events of a later step.  Pure: the same state and arguments give the same
 * orders, byte for byte (I-23).
 */
#ifndef CORE_FLEET_H
#define CORE_FLEET_H

#include <stddef.h>

#include "core/group.h"
#include "plimsoll/event.h"
#include "plimsoll/order.h"

struct err;
struct fleet;

/* Bytes for this policy, aligned for a double. */
size_t	fleet_size(const struct fleet_policy *);
/* memory of fleet_size() bytes, kept; the policy outlives the fleet. */
int	fleet_init(struct fleet **ret, void *memory, const struct fleet_policy *,
	    uint64_t seed, struct err *);

/*
 * Before the first step: a server that the journal knows, as it was last
 * recorded.  Its op is void; the first steps ask provider and balancer what
 * became of it, and nothing is launched or removed for the group until both
 * have answered (start at the present size).
 */
int	fleet_restore(struct fleet *, const struct now *, int group,
	    const struct server *, struct err *);
/*
 * What a group has learned and what its ledger must not forget over a
 * restart (breakers, cooldowns), for the journal: at most *n bytes, *n is
 * then what it took.  The first fleet_kept() of them any build takes back,
 * the rest only the same one.
 */
int	fleet_save(struct fleet *, int group, void *buf, size_t *n,
	    struct err *);
int	fleet_load(struct fleet *, const struct now *, int group,
	    const void *buf, size_t n, struct err *);
size_t	fleet_kept(void);
/* The kept part has changed since it was saved. */
bool	fleet_kept_news(const struct fleet *, int group);
/* Doubtful state: adopt tagged servers, no removals until then (I-28). */
void	fleet_safe_mode(struct fleet *, const struct now *, ns_t until);

void	fleet_step(struct fleet *, const struct now *, const struct event *,
	    size_t n, struct orders *ret);

/* Why event i of the last step was refused (a word); NULL: it was taken. */
const char	*fleet_refused(const struct fleet *, size_t i);

/*
 * A reload, all or nothing: groups keep what they know by their name, new
 * ones, and bigger tables for higher maxima, live in memory of
 * fleet_reload_size() bytes (kept), one that still has servers cannot go.
 * The old policy may be freed afterwards.
 */
size_t	fleet_reload_size(const struct fleet *, const struct fleet_policy *);
int	fleet_reload(struct fleet *, const struct fleet_policy *, void *memory,
	    struct err *);

int	fleet_groups(const struct fleet *);
struct group	*fleet_group(struct fleet *, int i);
/* The last decision; NULL before the first. */
const struct decision	*fleet_decision(const struct fleet *, int i);

#endif
