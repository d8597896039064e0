/* SPDX-License-Identifier: MIT */
/*
 * Settings as text; see frozen.h.  From the rows of keys, so that a new key
 * needs no line here.  An environment may hold secrets and stays out (I-35).
 */
#include <stdio.h>
#include <string.h>

#include "config/value.h"
#include "daemon/frozen.h"
#include "policy/policy.h"
#include "record/journal.h"

enum { TEXT_SIZE = 2048, VALUE_SIZE = 512 };

static size_t
add(char *buf, size_t n, const char *a, const char *b, const char *c)
{
	int k = snprintf(buf + n, TEXT_SIZE - n, "%s%s%s", a, b, c);

	return (k < 0 || n + (size_t)k >= TEXT_SIZE ? n : n + (size_t)k);
}

static size_t
add_settings(char *buf, size_t n, const struct key_table *t, const void *set)
{
	char value[VALUE_SIZE];
	size_t i;

	for (i = 0; t != NULL && i < t->n; i++) {
		if (strcmp(t->rows[i].name, "env") == 0)
			continue;
		value_print(&t->rows[i], set, value, sizeof(value));
		if (value[0] == '\0')
			continue;
		n = add(buf, n, " ", t->rows[i].name, "=");
		n = add(buf, n, value, "", "");
	}
	return (n);
}

void
frozen_tell(struct journal *j, const struct policy *p)
{
	const struct policy_provider *pr;
	const struct policy_group *g;
	char text[TEXT_SIZE];
	size_t n;
	int i, w;

	for (i = 0; i < p->fleet.n_groups; i++) {
		g = &p->group[i];
		for (w = 0; w < g->n_ways; w++) {
			pr = &p->providers[g->ways[w].provider];
			n = add(text, 0, pr->name, " ", pr->ops->name);
			(void)add_settings(text, n, pr->ops->way_keys,
			    g->ways[w].settings);
			journal_params(j, i, w, text);
		}
		n = add(text, 0, "balancer ", g->balancer->name, ":");
		(void)add_settings(text, n, g->balancer->keys,
		    g->balancer_settings);
		journal_by_hand(j, i, text);
	}
}
