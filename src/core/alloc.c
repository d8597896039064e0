/* SPDX-License-Identifier: MIT */
/*
 * Shares a limit over groups.  Floors first (minimum, words), then wants,
 * both from the highest priority down; inside one priority everyone gets the
 * same share of what it lacks, so that no group starves by its place in the
 * policy.  What a group is not granted it has to give back: its own rules of
 * scale-in say how fast, and until it did, the others wait for it.
 */
#include <math.h>

#include "base/must.h"
#include "base/num.h"
#include "core/alloc.h"

/* Servers that all groups may have together; < 0: no limit. */
static int
alloc_limit(const struct fleet_policy *p)
{
	double price = 0.0, n;
	int i, limit = p->max_servers > 0 ? p->max_servers : -1;

	for (i = 0; i < p->n_groups; i++)
		price = num_max(price, p->groups[i].limit.price_per_hour);
	if (p->spend_per_day > 0.0 && price > 0.0) {
		/* The dearest kind, so that the sum never passes the limit. */
		n = floor(p->spend_per_day / (24.0 * price));
		if (limit < 0 || n < limit)
			limit = (int)num_min(n, MAX_SERVERS);
	}
	return (limit);
}

/* Grants up to each one's `to` to those of this priority. */
static int
alloc_level(const struct fleet_policy *p, struct claim *const *claims, int n,
    int priority, bool floors, int left)
{
	int i, lack, lacking = 0, got, rest = left;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL && p->groups[i].priority == priority)
			lacking += (floors ? claims[i]->floor :
			    claims[i]->want) - claims[i]->granted;
	if (lacking <= 0)
		return (left);
	for (i = 0; i < n && rest > 0; i++) {
		if (claims[i] == NULL || p->groups[i].priority != priority)
			continue;
		lack = (floors ? claims[i]->floor : claims[i]->want) -
		    claims[i]->granted;
		got = lacking <= left ? lack :
		    (int)ceil((double)lack * left / lacking);
		got = (int)num_clamp(got, 0, num_min(lack, rest));
		claims[i]->granted += got;
		rest -= got;
	}
	return (rest);
}

static int
alloc_pass(const struct fleet_policy *p, struct claim *const *claims, int n,
    bool floors, int left)
{
	long long below = (long long)INT32_MAX + 1;
	long long next;
	int i;

	for (;;) {
		next = (long long)INT32_MIN - 1;
		for (i = 0; i < n; i++)
			if (claims[i] != NULL && p->groups[i].priority < below &&
			    p->groups[i].priority > next)
				next = p->groups[i].priority;
		if (next < INT32_MIN)
			return (left);
		left = alloc_level(p, claims, n, (int)next, floors, left);
		below = next;
	}
}

/*
 * The limit holds at once, not when the low groups have given back: what
 * they still have above their grant counts until it is gone.
 */
static void
alloc_wait(const struct fleet_policy *p, struct claim *const *claims, int n,
    int limit)
{
	int i, excess = 0, top, room = limit;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL)
			room -= (int)num_max(claims[i]->have, 0);
	for (i = 0; i < n; i++)
		if (claims[i] != NULL && claims[i]->granted > claims[i]->have)
			excess += claims[i]->granted - claims[i]->have;
	room = (int)num_max(room, 0);
	while (excess > room) {
		/* Take from the lowest priority that would grow. */
		top = -1;
		for (i = 0; i < n; i++)
			if (claims[i] != NULL &&
			    claims[i]->granted > claims[i]->have &&
			    (top < 0 || p->groups[i].priority <
			    p->groups[top].priority))
				top = i;
		MUST(top >= 0);
		i = (int)num_min(excess - room,
		    claims[top]->granted - claims[top]->have);
		claims[top]->granted -= i;
		excess -= i;
	}
}

void
alloc_share(const struct fleet_policy *p, struct claim *const *claims, int n)
{
	int i, limit = alloc_limit(p), left;

	MUST(n <= p->n_groups);
	for (i = 0; i < n; i++)
		if (claims[i] != NULL)
			claims[i]->granted = limit < 0 ? claims[i]->want : 0;
	if (limit < 0)
		return;
	left = alloc_pass(p, claims, n, true, limit);
	(void)alloc_pass(p, claims, n, false, left);
	alloc_wait(p, claims, n, limit);
}
