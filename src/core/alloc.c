/* SPDX-License-Identifier: MIT */
/*
 * Shares a limit over groups.  Floors first (minimum, words), then wants,
 * both from the highest priority down; inside one priority everyone gets the
 * same share of what it lacks, so that no group starves by its place in the
 * policy.  What a group is not granted it has to give back: its own rules of
 * scale-in say how fast, and until it did, the others wait for it.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/alloc.h"

#define PRIORITY_ABOVE ((long long)INT32_MAX + 1)
#define PRIORITY_NONE ((long long)INT32_MIN - 1)

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

/* The highest priority below this one. */
static long long
alloc_next(const struct fleet_policy *p, struct claim *const *claims, int n,
    long long below)
{
	long long next = PRIORITY_NONE;
	int i;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL && p->groups[i].priority < below &&
		    p->groups[i].priority > next)
			next = p->groups[i].priority;
	return (next);
}

static int
alloc_pass(const struct fleet_policy *p, struct claim *const *claims, int n,
    bool floors, int left)
{
	long long below = PRIORITY_ABOVE, next;

	for (;;) {
		next = alloc_next(p, claims, n, below);
		if (next == PRIORITY_NONE)
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

/* --- a dependency that several groups name -------------------------------- */

/* What one server of this group takes of it; 0: nothing. */
static double
depend_weight(const struct group_policy *p, const char *name)
{
	int i;

	for (i = 0; i < p->n_depends; i++)
		if (strncmp(p->depends[i].name, name, NAME_SIZE) == 0)
			return (num_max(0.0, p->depends[i].per_server));
	return (0.0);
}

/* From its budget, what they may have of `lacks` at this priority. */
static double
depend_level(const struct fleet_policy *p, struct claim *const *claims, int n,
    const char *name, int priority, double left)
{
	double w, lack = 0.0, share;
	int i, more;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL && p->groups[i].priority == priority)
			lack += depend_weight(&p->groups[i], name) * num_max(0,
			    claims[i]->granted - claims[i]->floor);
	if (lack <= left)
		return (left - lack);
	share = num_max(0.0, left) / lack;
	for (i = 0; i < n; i++) {
		if (claims[i] == NULL || p->groups[i].priority != priority)
			continue;
		w = depend_weight(&p->groups[i], name);
		more = claims[i]->granted - claims[i]->floor;
		if (w <= 0.0 || more <= 0)
			continue;
		more = (int)floor(more * share + 1e-9);
		claims[i]->granted = claims[i]->floor + more;
		left -= w * more;
	}
	return (left);
}

/* What the others still hold is not there yet: growth waits for it. */
static void
depend_wait(const struct fleet_policy *p, struct claim *const *claims, int n,
    const char *name, double budget)
{
	double w, over = -budget;
	int i, top, cut;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL)
			over += depend_weight(&p->groups[i], name) *
			    (num_max(claims[i]->have, claims[i]->granted) +
			    claims[i]->beside);
	while (over > 1e-9) {
		top = -1;
		for (i = 0; i < n; i++)
			if (claims[i] != NULL && depend_weight(&p->groups[i],
			    name) > 0.0 && claims[i]->granted >
			    claims[i]->have && (top < 0 ||
			    p->groups[i].priority < p->groups[top].priority))
				top = i;
		if (top < 0)
			return; /* nobody grows: nothing is taken away */
		w = depend_weight(&p->groups[top], name);
		cut = (int)num_min(ceil(over / w - 1e-9),
		    claims[top]->granted - claims[top]->have);
		claims[top]->granted -= cut;
		over -= w * cut;
	}
}

static void
depend_share(const struct fleet_policy *p, struct claim *const *claims, int n,
    const struct depend_settings *d)
{
	double budget = d->connections - d->reserve, left = budget;
	long long below = PRIORITY_ABOVE, next;
	int i;

	for (i = 0; i < n; i++)
		if (claims[i] != NULL)
			left -= depend_weight(&p->groups[i], d->name) *
			    (num_min(claims[i]->floor, claims[i]->granted) +
			    claims[i]->beside);
	for (;; below = next) {
		next = alloc_next(p, claims, n, below);
		if (next == PRIORITY_NONE)
			break;
		left = depend_level(p, claims, n, d->name, (int)next, left);
	}
	depend_wait(p, claims, n, d->name, budget);
}

/* Each dependency that more than one group names, once. */
static void
alloc_depends(const struct fleet_policy *p, struct claim *const *claims, int n)
{
	const struct depend_settings *d;
	int i, j, k, others;

	for (i = 0; i < n; i++)
		for (k = 0; k < p->groups[i].n_depends; k++) {
			d = &p->groups[i].depends[k];
			for (j = 0; j < i; j++)
				if (depend_weight(&p->groups[j], d->name) > 0.0)
					break;
			if (j < i)
				continue; /* it was its turn already */
			for (others = 0, j = i + 1; j < n; j++)
				others += depend_weight(&p->groups[j],
				    d->name) > 0.0;
			if (others > 0 && d->per_server > 0.0)
				depend_share(p, claims, n, d);
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
	if (limit >= 0) {
		left = alloc_pass(p, claims, n, true, limit);
		(void)alloc_pass(p, claims, n, false, left);
		alloc_wait(p, claims, n, limit);
	}
	alloc_depends(p, claims, n);
}
