/* SPDX-License-Identifier: MIT */
/*
 * Shares what is scarce over groups: servers of the account, and what each
 * server takes of a dependency that several groups name.  Floors first
 * (minimum, words), then wants, both from the highest priority down; inside
 * one priority everyone gets the same share of what it lacks, so that no
 * group starves by its place in the policy.  What a group is not granted it
 * has to give back: its own rules of scale-in say how fast, and until it did,
 * the others wait for it.
 */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "core/alloc.h"

#define PRIORITY_ABOVE ((long long)INT32_MAX + 1)
#define PRIORITY_NONE ((long long)INT32_MIN - 1)

/* One thing that is scarce, while it is shared. */
struct scarce {
	const struct fleet_policy *p;
	struct claim *const *claims;
	int n;
	const char *name;	/* of a dependency; NULL: servers */
	double left;
	int most[MAX_GROUPS];	/* what else was granted */
};

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

static double
scarce_weight(const struct scarce *s, int i)
{
	if (s->claims[i] == NULL)
		return (0.0);
	return (s->name == NULL ? 1.0 : depend_weight(&s->p->groups[i],
	    s->name));
}

/* The highest priority below this one. */
static long long
scarce_next(const struct scarce *s, long long below)
{
	long long next = PRIORITY_NONE;
	int i;

	for (i = 0; i < s->n; i++)
		if (s->claims[i] != NULL && s->p->groups[i].priority < below &&
		    s->p->groups[i].priority > next)
			next = s->p->groups[i].priority;
	return (next);
}

/* What group i of this priority lacks to its floor, or to all. */
static int
scarce_lack(const struct scarce *s, int i, long long priority, bool floors)
{
	const struct claim *c = s->claims[i];
	int to = s->most[i];

	if (scarce_weight(s, i) <= 0.0 || s->p->groups[i].priority != priority)
		return (0);
	if (floors && c->floor < to)
		to = c->floor;
	return (to > c->granted ? to - c->granted : 0);
}

static void
scarce_level(struct scarce *s, long long priority, bool floors)
{
	double lacking = 0.0, share, w;
	int i, lack, got;

	for (i = 0; i < s->n; i++)
		lacking += scarce_weight(s, i) *
		    scarce_lack(s, i, priority, floors);
	if (lacking <= 0.0 || s->left <= 0.0)
		return;
	share = num_min(1.0, s->left / lacking);
	for (i = 0; i < s->n; i++) {
		lack = scarce_lack(s, i, priority, floors);
		if (lack == 0)
			continue;
		w = scarce_weight(s, i);
		got = (int)num_min(ceil(lack * share - 1e-9),
		    num_max(0.0, floor(s->left / w + 1e-9)));
		s->claims[i]->granted += got;
		s->left -= w * got;
	}
}

/*
 * The budget holds at once, not when the low groups have given back: what
 * they still have above their grant counts until it is gone.
 */
static void
scarce_wait(const struct scarce *s, double budget)
{
	double over = -budget, w;
	const struct claim *c;
	int i, top, cut;

	for (i = 0; i < s->n; i++) {
		w = scarce_weight(s, i);
		if (w <= 0.0)
			continue;
		c = s->claims[i];
		over += w * (num_max(c->have, c->granted) +
		    (s->name != NULL ? c->beside : 0));
	}
	while (over > 1e-9) {
		/* From the lowest priority that would grow. */
		top = -1;
		for (i = 0; i < s->n; i++)
			if (scarce_weight(s, i) > 0.0 &&
			    s->claims[i]->granted > s->claims[i]->have &&
			    (top < 0 || s->p->groups[i].priority <
			    s->p->groups[top].priority))
				top = i;
		if (top < 0)
			return; /* nobody grows: nothing is taken away */
		w = scarce_weight(s, top);
		cut = (int)num_min(ceil(over / w - 1e-9),
		    s->claims[top]->granted - s->claims[top]->have);
		s->claims[top]->granted -= cut;
		over -= w * cut;
	}
}

static void
scarce_share(struct scarce *s, double budget)
{
	long long priority;
	int i, floors;

	s->left = budget;
	for (i = 0; i < s->n; i++) {
		if (scarce_weight(s, i) <= 0.0)
			continue;
		s->most[i] = s->claims[i]->granted;
		s->claims[i]->granted = 0;
		if (s->name != NULL)
			s->left -= scarce_weight(s, i) * s->claims[i]->beside;
	}
	for (floors = 1; floors >= 0; floors--)
		for (priority = scarce_next(s, PRIORITY_ABOVE);
		    priority != PRIORITY_NONE;
		    priority = scarce_next(s, priority))
			scarce_level(s, priority, floors != 0);
	scarce_wait(s, budget);
}

/* Each dependency that more than one group names, once. */
static void
alloc_depends(struct scarce *s)
{
	const struct depend_settings *d;
	int i, j, k, others;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->p->groups[i].n_depends; k++) {
			d = &s->p->groups[i].depends[k];
			for (j = 0; j < i; j++)
				if (depend_weight(&s->p->groups[j],
				    d->name) > 0.0)
					break;
			if (j < i || d->per_server <= 0.0)
				continue; /* it was its turn already */
			for (others = 0, j = i + 1; j < s->n; j++)
				others += depend_weight(&s->p->groups[j],
				    d->name) > 0.0;
			s->name = d->name;
			if (others > 0)
				scarce_share(s, d->connections - d->reserve);
		}
}

void
alloc_share(const struct fleet_policy *p, struct claim *const *claims, int n)
{
	struct scarce s = { .p = p, .claims = claims, .n = n };
	int i, limit = alloc_limit(p);

	MUST(n <= p->n_groups && n <= MAX_GROUPS);
	for (i = 0; i < n; i++)
		if (claims[i] != NULL)
			claims[i]->granted = claims[i]->want;
	if (limit >= 0)
		scarce_share(&s, limit);
	alloc_depends(&s);
}
