/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a policy: refused with sentences that are fit for a terminal,
 * or a policy that keeps its own rules.  Nothing is included.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/errors.h"
#include "config/text.h"
#include "policy/compare.h"
#include "policy/load.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
sentences(const struct errors *es)
{
	const char *p;
	int i;

	MUST(es->n > 0);
	for (i = 0; i < es->n; i++) {
		MUST(es->at[i].text[0] != '\0');
		for (p = es->at[i].text; *p != '\0'; p++)
			MUST(*p >= ' ' && *p <= '~');
	}
}

static int
ten(void *ctx, const char *group)
{
	(void)ctx, (void)group;
	return (10);
}

static void
rules(struct policy *p)
{
	static struct plan plan;
	const struct group_policy *g;
	int i, k;

	MUST(p->fleet.n_groups >= 1 && p->fleet.n_groups <= MAX_GROUPS);
	policy_calendar(p, 1795651200);
	for (i = 0; i < p->fleet.n_groups; i++) {
		g = &p->fleet.groups[i];
		MUST(text_is_name(g->name));
		MUST(policy_find(p, g->name) == i);
		MUST(g->size.min >= 1 && g->size.min <= g->size.max);
		MUST(g->size.max <= g->size.hard_max);
		MUST(g->size.hard_max <= MAX_SERVERS);
		MUST(g->size.rate_rps > 0.0 || g->size.concurrency > 0.0);
		MUST(g->size.utilization > 0.0 && g->size.utilization <= 1.0);
		MUST(g->limit.removals_window > 0);
		MUST(g->limit.launches_per_hour > 0);
		MUST(g->n_calendar <= MAX_CALENDAR);
		for (k = 1; k < g->n_calendar; k++)
			MUST(g->calendar[k - 1].from_wall_s <=
			    g->calendar[k].from_wall_s);
	}
	policy_compare(p, p, ten, NULL, &plan);
	MUST(!plan.refused);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct errors es;
	struct policy *p = NULL;
	unsigned flags;

	for (flags = 0; flags <= POLICY_DRIVE; flags++) {
		if (policy_load_text("fuzz", (const char *)data, n, flags, &p,
		    &es) != 0) {
			sentences(&es);
			continue;
		}
		MUST(es.n == 0);
		rules(p);
		policy_free(p);
		p = NULL;
	}
	return (0);
}
