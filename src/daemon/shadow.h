/* SPDX-License-Identifier: MIT */
/*
 * Dry run: what would have become of the fleet had we acted.  The shadow
 * stands behind the gate in place of providers and balancers.  It starts
 * with the servers that really are there; those that it "launches" are ready
 * after the lead time.  Nothing outside is changed: what exists is still
 * asked for (listings), and the shadow corrects the answers.
 */
#ifndef DAEMON_SHADOW_H
#define DAEMON_SHADOW_H

#include <stdbool.h>

#include "plimsoll/driver.h"
#include "plimsoll/order.h"

struct shadow;

struct shadow_hooks {
	void *ctx;
	/* For an operation of the shadow, maybe from inside shadow_out(). */
	void (*answer)(void *ctx, const struct answer *);
};

struct shadow	*shadow_new(const struct shadow_hooks *);
void		shadow_free(struct shadow *);
/*
 * Takes an order: true when it is done with it; false when it only reads
 * (LIST, SEEN, LOOKUP of a real one) and may go on to the real driver, whose
 * answer shadow_correct() then sees.  lead: of this group, for launches.
 * group is its name.
 */
bool		shadow_out(struct shadow *, ns_t now, const struct order *,
		    const struct server *, const char *group, ns_t lead);
/*
 * The real answer to a LIST or SEEN, without what the shadow took away and
 * with what it launched.  Returns the array, which lives until the next call.
 */
const struct told	*shadow_correct(struct shadow *, enum order_kind,
			    int group, int way, const struct told *, size_t n,
			    size_t *ret_n);
/* What is due by now. */
void		shadow_tick(struct shadow *, ns_t now);
/* Is this the name of one that a shadow made? */
bool		shadow_is_made(const struct server_id *);
/* Of this group: launched by the shadow and in service in it. */
int		shadow_serving(const struct shadow *, int group);
/* Of this group: real ones that the shadow took away. */
int		shadow_removed(const struct shadow *, int group);
/* Servers more (or fewer) than there really are: what we would do now. */
int		shadow_advice(const struct shadow *, int group);
/* After a reload, as ops_regroup(). */
void		shadow_regroup(struct shadow *, const int *map);

#endif
