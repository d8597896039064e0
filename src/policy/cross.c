/* SPDX-License-Identifier: MIT */
/* What no single row can say: rules over several groups of a policy. */
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "config/conf.h"
#include "config/text.h"
#include "config/walk.h"
#include "policy/cross.h"
#include "policy/section.h"

static void
cross_names(struct policy_reader *r)
{
	int i, j;

	for (i = 0; i < r->p->fleet.n_groups; i++)
		for (j = 0; j < i; j++)
			if (strcmp(r->p->core[i].name, r->p->core[j].name) == 0)
				conf_error(r->conf, r->places[i], "groups",
				    "the name %s is given to two groups, "
				    "expected a name of its own for each",
				    text_quote(r->p->core[i].name).text);
}

/* Minima alone must fit what is shared. */
static void
cross_minima(struct policy_reader *r)
{
	const struct policy *p = r->p;
	double price = 0.0;
	int i, sum = 0;

	for (i = 0; i < p->fleet.n_groups; i++) {
		sum += r->p->core[i].size.min;
		price += r->p->core[i].size.min * 24.0 *
		    r->p->core[i].limit.price_per_hour;
	}
	if (p->fleet.max_servers > 0 && sum > p->fleet.max_servers)
		conf_error(r->conf, NULL, "limits.max_servers", "found %d, "
		    "expected at least %d: the sum of all groups' min",
		    p->fleet.max_servers, sum);
	if (p->fleet.spend_per_day > 0.0 && price > p->fleet.spend_per_day)
		conf_error(r->conf, NULL, "limits.spend_per_day", "found "
		    "%.10g, expected at least %.10g: what all groups' min "
		    "costs a day", p->fleet.spend_per_day, price);
}

static void
cross_spend(struct policy_reader *r, int i)
{
	const struct group_policy *g = &r->p->core[i];
	double price = g->size.min * 24.0 * g->limit.price_per_hour;
	char path[WALK_PATH];

	(void)snprintf(path, sizeof(path), "groups %s: limits.spend_per_day",
	    text_quote(g->name).text);
	if (g->limit.spend_per_day > 0.0 && price > g->limit.spend_per_day)
		conf_error(r->conf, r->places[i], path, "found %.10g, "
		    "expected at least %.10g: what min = %d costs a day",
		    g->limit.spend_per_day, price, g->size.min);
}

/* The connections that the minima of all groups take of this dependency. */
static void
cross_depend(struct policy_reader *r, int i, const struct depend_settings *d)
{
	const struct group_policy *g = r->p->core;
	const struct depend_settings *o;
	double sum = d->reserve;
	char path[WALK_PATH];
	int j, k;

	(void)snprintf(path, sizeof(path), "groups %s: depends %s",
	    text_quote(g[i].name).text, text_quote(d->name).text);
	for (j = 0; j < r->p->fleet.n_groups; j++)
		for (k = 0; k < g[j].n_depends; k++) {
			o = &g[j].depends[k];
			if (strcmp(o->name, d->name) != 0)
				continue;
			sum += g[j].size.min * o->per_server;
			if (o == d || o->connections == d->connections)
				continue;
			conf_error(r->conf, r->places[i], path, "found %.10g "
			    "connections, and %.10g in group %s, expected "
			    "one figure for one dependency", d->connections,
			    o->connections, text_quote(g[j].name).text);
			return;
		}
	if (sum > d->connections)
		conf_error(r->conf, r->places[i], path, "all groups' min and "
		    "the reserve take %.10g connections, expected at most "
		    "the %.10g that there are", sum, d->connections);
}

void
policy_cross(struct policy_reader *r)
{
	int i, k;

	cross_names(r);
	cross_minima(r);
	for (i = 0; i < r->p->fleet.n_groups; i++) {
		cross_spend(r, i);
		for (k = 0; k < r->p->core[i].n_depends; k++)
			cross_depend(r, i, &r->p->core[i].depends[k]);
	}
}
