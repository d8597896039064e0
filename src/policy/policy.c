/* SPDX-License-Identifier: MIT */
/* What a policy is made of goes as one; see policy.h. */
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

void
policy_free(struct policy *p)
{
	int i, j;

	if (p == NULL)
		return;
	for (i = 0; i < p->n_providers; i++)
		free(p->providers[i].settings);
	for (i = 0; i < p->n_secrets; i++) {
		free(p->secrets[i].settings);
		free(p->secrets[i].set);
	}
	for (i = 0; i < p->fleet.n_groups; i++) {
		free(p->group[i].source_settings);
		free(p->group[i].balancer_settings);
		for (j = 0; j < p->group[i].n_ways; j++)
			free(p->group[i].ways[j].settings);
		for (j = 0; j < p->group[i].n_rules; j++)
			calendar_rule_fini(&p->group[i].rules[j]);
		free(p->group[i].rules);
	}
	free(p->group);
	free(p->core);
	free(p);
}

int
policy_find(const struct policy *p, const char *group)
{
	int i;

	for (i = 0; i < p->fleet.n_groups; i++)
		if (strcmp(p->fleet.groups[i].name, group) == 0)
			return (i);
	return (-1);
}

void
policy_calendar(struct policy *p, int64_t now)
{
	int i;

	for (i = 0; i < p->fleet.n_groups; i++)
		p->core[i].n_calendar = calendar_expand(p->group[i].rules,
		    p->group[i].n_rules, now, p->core[i].calendar,
		    MAX_CALENDAR);
}

int
policy_find_provider(const struct policy *p, const char *name)
{
	int i;

	for (i = 0; i < p->n_providers; i++)
		if (strcmp(p->providers[i].name, name) == 0)
			return (i);
	return (-1);
}

int
policy_find_secret(const struct policy *p, const char *name)
{
	int i;

	for (i = 0; i < p->n_secrets; i++)
		if (strcmp(p->secrets[i].name, name) == 0)
			return (i);
	return (-1);
}
