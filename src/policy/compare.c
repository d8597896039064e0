/* SPDX-License-Identifier: MIT */
/*
 * Two policies side by side; see compare.h.  The rows of keys say what
 * differs and what that means, so that a new key needs no line here.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"
#include "config/value.h"
#include "core/limit_keys.h"
#include "forecast/forecast_keys.h"
#include "policy/compare.h"
#include "policy/group.h"
#include "size/size_keys.h"

struct comparing {
	const struct policy *old, *new;
	policy_count *count;
	void *ctx;
	struct plan *plan;
};

static void	plan_say(struct plan *, enum plan_kind, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

static void
plan_say(struct plan *p, enum plan_kind kind, const char *fmt, ...)
{
	va_list ap;

	p->same = false;
	p->refused = p->refused || kind == PLAN_REFUSED;
	p->confirm = p->confirm || kind == PLAN_CONFIRM;
	if (p->n == PLAN_LINES) {
		p->dropped++;
		return;
	}
	p->line[p->n].kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(p->line[p->n].text, PLAN_LINE_SIZE, fmt, ap);
	va_end(ap);
	p->n++;
}

static const char *
invalidates_text(enum key_invalidates i)
{
	static const char *const texts[] = {
		[INVALIDATES_NOTHING] = "what was learned stays",
		[INVALIDATES_FORECAST] = "the forecast is learned anew",
		[INVALIDATES_CAPACITY] = ("what a server carries is learned "
					  "anew"),
		[INVALIDATES_PHASES] = "lead times are learned anew",
		[INVALIDATES_START] = "needs a restart of plimsolld",
	};

	return (texts[i]);
}

/* Every row that differs; returns 1 << invalidates of them. */
static unsigned
compare_table(struct comparing *c, const struct key_table *t, const void *old,
    const void *new, const char *path)
{
	char a[90], b[90];
	unsigned seen = 0;
	size_t i;

	for (i = 0; t != NULL && i < t->n; i++) {
		const struct key *k = &t->rows[i];

		if (value_same(k, old, new))
			continue;
		seen |= 1u << k->invalidates;
		value_print(k, old, a, sizeof(a));
		value_print(k, new, b, sizeof(b));
		plan_say(c->plan, k->invalidates == INVALIDATES_START ?
		    PLAN_REFUSED : PLAN_CHANGE, "%s%s: %s becomes %s: %s",
		    path, k->name, a, b, invalidates_text(k->invalidates));
	}
	return (seen);
}

static void
compare_providers(struct comparing *c)
{
	const struct policy_provider *n, *o;
	char path[96];
	int i, k;

	for (i = 0; i < c->new->n_providers; i++) {
		n = &c->new->providers[i];
		k = policy_find_provider(c->old, n->name);
		if (k < 0) {
			plan_say(c->plan, PLAN_CHANGE, "providers.%s is new",
			    n->name);
			c->plan->providers[i] = true;
			continue;
		}
		o = &c->old->providers[k];
		(void)snprintf(path, sizeof(path), "providers.%s.", n->name);
		if (o->ops != n->ops)
			plan_say(c->plan, PLAN_REFUSED, "%stype: \"%s\" "
			    "becomes \"%s\": needs a new name, its servers "
			    "are the old one's", path, o->ops->name,
			    n->ops->name);
		else if (n->settings != NULL &&
		    compare_table(c, n->ops->keys, o->settings, n->settings,
			path) != 0)
			c->plan->providers[i] = true;
	}
}

/* A provider that is gone, while a group with servers had it as a way. */
static void
compare_gone_providers(struct comparing *c)
{
	int i;

	for (i = 0; i < c->old->n_providers; i++)
		if (policy_find_provider(c->new,
		    c->old->providers[i].name) < 0)
			plan_say(c->plan, PLAN_CHANGE, "providers.%s is gone",
			    c->old->providers[i].name);
}

static void
compare_secret(struct comparing *c, int i)
{
	const struct policy_secret *n = &c->new->secrets[i], *o;
	int k = policy_find_secret(c->old, n->name);
	char path[96];

	if (k < 0) {
		plan_say(c->plan, PLAN_CHANGE, "secrets.%s is new", n->name);
		c->plan->secrets[i] = true;
		return;
	}
	o = &c->old->secrets[k];
	(void)snprintf(path, sizeof(path), "secrets.%s.", n->name);
	if (compare_table(c, &secret_keys, o->set, n->set, path) != 0)
		c->plan->secrets[i] = true;
	if (o->ops != n->ops) {
		plan_say(c->plan, PLAN_CHANGE, "%stype: \"%s\" becomes "
		    "\"%s\": the old bundle serves until the new source has "
		    "one", path, o->ops->name, n->ops->name);
		c->plan->secrets[i] = true;
	} else if (compare_table(c, n->ops->keys, o->settings, n->settings,
		path) != 0) {
		c->plan->secrets[i] = true;
	}
}

static void
compare_secrets(struct comparing *c)
{
	int i;

	for (i = 0; i < c->new->n_secrets; i++)
		compare_secret(c, i);
	for (i = 0; i < c->old->n_secrets; i++)
		if (policy_find_secret(c->new, c->old->secrets[i].name) < 0)
			plan_say(c->plan, PLAN_CHANGE, "secrets.%s is gone",
			    c->old->secrets[i].name);
}

/*
 * Servers know their way by its number, so while there are servers the old
 * ways stay, in their order, and new ones come after them.
 */
static void
compare_ways(struct comparing *c, struct plan_group *g, int i,
    const char *path)
{
	const struct group_policy *on = &c->old->core[g->old];
	const struct group_policy *nn = &c->new->core[i];
	const struct policy_group *o = &c->old->group[g->old];
	const struct policy_group *n = &c->new->group[i];
	const struct provider_ops *ops;
	char sub[224];
	unsigned seen;
	int k;

	for (k = 0; k < o->n_ways && k < n->n_ways; k++)
		if (strcmp(on->ways[k], nn->ways[k]) != 0)
			break;
	if (k < o->n_ways) {
		plan_say(c->plan, g->servers_now > 0 ? PLAN_REFUSED :
		    PLAN_CHANGE, "%slaunch.providers: \"%s\" is not at place "
		    "%d any more%s", path, on->ways[k], k + 1,
		    g->servers_now > 0 ? ": it has servers, so add new ones "
		    "after the old ones" : "");
		g->ways = true;
		return;
	}
	if (k < n->n_ways) {
		plan_say(c->plan, PLAN_CHANGE, "%slaunch.providers: %d more",
		    path, n->n_ways - k);
		g->ways = true;
	}
	for (k = 0; k < o->n_ways; k++) {
		ops = c->new->providers[n->ways[k].provider].ops;
		if (n->ways[k].settings == NULL ||
		    ops != c->old->providers[o->ways[k].provider].ops)
			continue;
		(void)snprintf(sub, sizeof(sub), "%slaunch.%s.", path,
		    nn->ways[k]);
		seen = compare_table(c, ops->way_keys, o->ways[k].settings,
		    n->ways[k].settings, sub);
		g->ways = g->ways || seen != 0;
		g->invalidates |= seen;
	}
}

static void
compare_source(struct comparing *c, struct plan_group *g, int i,
    const char *path)
{
	const struct policy_group *o = &c->old->group[g->old];
	const struct policy_group *n = &c->new->group[i];
	char sub[160], a[32], b[32];

	(void)snprintf(sub, sizeof(sub), "%ssource.", path);
	if (o->every != n->every) {
		text_duration(o->every, a, sizeof(a));
		text_duration(n->every, b, sizeof(b));
		plan_say(c->plan, PLAN_CHANGE, "%severy: \"%s\" becomes "
		    "\"%s\": %s", sub, a, b,
		    invalidates_text(INVALIDATES_NOTHING));
		g->source = true;
	}
	if (strcmp(o->history, n->history) != 0)
		plan_say(c->plan, PLAN_CHANGE, "%shistory: read at a start "
		    "that remembers nothing", sub);
	if (o->source != n->source) {
		plan_say(c->plan, PLAN_CHANGE, "%stype: becomes \"%s\"", sub,
		    n->source != NULL ? n->source->name : "none");
		g->source = true;
	} else if (n->source_settings != NULL) {
		unsigned seen = compare_table(c, n->source->keys,
		    o->source_settings, n->source_settings, sub);

		g->source = g->source || seen != 0;
		g->invalidates |= seen;
	}
}

static void
compare_balancer(struct comparing *c, struct plan_group *g, int i,
    const char *path)
{
	const struct policy_group *o = &c->old->group[g->old];
	const struct policy_group *n = &c->new->group[i];
	char sub[160];
	unsigned seen;

	(void)snprintf(sub, sizeof(sub), "%sbalancer.", path);
	if (o->balancer != n->balancer) {
		plan_say(c->plan, PLAN_REFUSED, "%stype: becomes \"%s\": %s",
		    sub, n->balancer != NULL ? n->balancer->name : "none",
		    invalidates_text(INVALIDATES_START));
	} else if (n->balancer_settings != NULL) {
		seen = compare_table(c, n->balancer->keys,
		    o->balancer_settings, n->balancer_settings, sub);
		g->balancer = seen != 0;
		g->invalidates |= seen;
	}
	g->invalidates |= compare_table(c, &drain_keys,
	    &c->old->core[g->old].limit, &c->new->core[i].limit, sub);
}

static bool
calendar_same(const struct policy_group *o, const struct policy_group *n)
{
	int i;

	for (i = 0; i < o->n_rules && i < n->n_rules; i++) {
		const struct calendar_rule *a = &o->rules[i];
		const struct calendar_rule *b = &n->rules[i];

		if (a->weekly != b->weekly || a->days != b->days ||
		    a->from_s != b->from_s || a->to_s != b->to_s ||
		    a->at_wall_s != b->at_wall_s ||
		    a->length_s != b->length_s || a->times != b->times ||
		    a->min != b->min || a->max != b->max ||
		    strcmp(a->zone_name, b->zone_name) != 0 ||
		    strcmp(a->note, b->note) != 0)
			return (false);
	}
	return (o->n_rules == n->n_rules);
}

static bool
depends_same(const struct group_policy *o, const struct group_policy *n)
{
	return (o->n_depends == n->n_depends &&
	    memcmp(o->depends, n->depends,
		(size_t)o->n_depends * sizeof(o->depends[0])) == 0);
}

static void
compare_core(struct comparing *c, struct plan_group *g, int i,
    const char *path)
{
	const struct group_policy *o = &c->old->core[g->old];
	const struct group_policy *n = &c->new->core[i];
	char sub[160];
	unsigned seen = 0;

	seen |= compare_table(c, &group_keys, o, n, path);
	seen |= compare_table(c, &size_keys, &o->size, &n->size, path);
	seen |= compare_table(c, &forecast_keys, &o->forecast, &n->forecast,
	    path);
	seen |= compare_table(c, &limit_keys, &o->limit, &n->limit, path);
	g->invalidates |= seen;
	if (!depends_same(o, n))
		plan_say(c->plan, PLAN_CHANGE, "%sdepends: changes, %d "
		    "dependencies now and %d then", path, o->n_depends,
		    n->n_depends);
	if (!calendar_same(&c->old->group[g->old], &c->new->group[i]))
		plan_say(c->plan, PLAN_CHANGE, "%scalendar: changes, %d rows "
		    "now and %d then", path, c->old->group[g->old].n_rules,
		    c->new->group[i].n_rules);
	(void)snprintf(sub, sizeof(sub), "%slaunch.", path);
	g->invalidates |= compare_table(c, &launch_path_keys,
	    &c->old->group[g->old].path, &c->new->group[i].path, sub);
	(void)snprintf(sub, sizeof(sub), "%shealth.", path);
	g->health = compare_table(c, &health_keys,
	    &c->old->group[g->old].health, &c->new->group[i].health, sub) != 0;
}

static double
capacity_of(const struct size_settings *z, bool rate)
{
	return ((rate ? z->rate_rps : z->concurrency) * z->utilization);
}

/*
 * What the new figures make of the load that the present servers carry.
 * Both policies must give the same figure; where they do not, the count
 * stays and only the bounds act.
 */
static int
servers_then(const struct size_settings *o, const struct size_settings *n,
    int now)
{
	bool rate = o->rate_rps > 0.0 && n->rate_rps > 0.0;
	bool known = rate || (o->concurrency > 0.0 && n->concurrency > 0.0);
	double then = now;

	if (known)
		then = ceil(now * capacity_of(o, rate) / capacity_of(n, rate) -
		    1e-9);
	if (then < n->min)
		then = n->min;
	if (then > n->max)
		then = n->max;
	return ((int)then);
}

static void
compare_capacity(struct comparing *c, struct plan_group *g, int i,
    const char *path)
{
	const struct size_settings *o = &c->old->core[g->old].size;
	const struct size_settings *n = &c->new->core[i].size;
	double change, limit = c->old->daemon.confirm_pct;

	g->servers_then = servers_then(o, n, g->servers_now);
	/* bounds and figures that stay as they were change nothing */
	if (servers_then(o, o, g->servers_now) == g->servers_then ||
	    g->servers_now == 0)
		return;
	change = 100.0 * fabs((double)g->servers_then - g->servers_now) /
	    g->servers_now;
	if (change > limit)
		plan_say(c->plan, PLAN_CONFIRM, "%sthe load that %d servers "
		    "carry now would need %d: a change of %.0f %%, and over "
		    "%.10g %% a person must agree", path, g->servers_now,
		    g->servers_then, change, limit);
}

static void
compare_group(struct comparing *c, int i)
{
	struct plan_group *g = &c->plan->group[i];
	const char *name = c->new->core[i].name;
	char path[96];

	(void)snprintf(path, sizeof(path), "groups \"%s\": ", name);
	g->old = policy_find(c->old, name);
	if (g->old < 0) {
		plan_say(c->plan, PLAN_CHANGE, "%sis new, %d to %d servers",
		    path, c->new->core[i].size.min, c->new->core[i].size.max);
		g->servers_then = c->new->core[i].size.min;
		return;
	}
	g->servers_now = c->count(c->ctx, name);
	compare_core(c, g, i, path);
	compare_source(c, g, i, path);
	compare_balancer(c, g, i, path);
	compare_ways(c, g, i, path);
	compare_capacity(c, g, i, path);
}

static void
compare_gone_groups(struct comparing *c)
{
	const char *name;
	int i, n;

	for (i = 0; i < c->old->fleet.n_groups; i++) {
		name = c->old->core[i].name;
		if (policy_find(c->new, name) >= 0)
			continue;
		n = c->count(c->ctx, name);
		if (n > 0)
			plan_say(c->plan, PLAN_REFUSED, "groups \"%s\": is "
			    "gone and has %d servers, expected none: nobody "
			    "would look after them", name, n);
		else
			plan_say(c->plan, PLAN_CHANGE, "groups \"%s\": is "
			    "gone", name);
	}
}

void
policy_compare(const struct policy *old, const struct policy *new,
    policy_count *count, void *ctx, struct plan *ret)
{
	struct comparing c = { old, new, count, ctx, ret };
	int i;

	memset(ret, 0, sizeof(*ret));
	ret->same = true;
	(void)snprintf(ret->id, sizeof(ret->id), "%016" PRIx64,
	    old->text_hash * 31 ^ new->text_hash);
	ret->n_groups = new->fleet.n_groups;
	(void)compare_table(&c, &daemon_keys, &old->daemon, &new->daemon, "");
	(void)compare_table(&c, &boot_keys, &old->boot, &new->boot, "");
	compare_providers(&c);
	compare_gone_providers(&c);
	compare_secrets(&c);
	for (i = 0; i < ret->n_groups; i++)
		compare_group(&c, i);
	compare_gone_groups(&c);
}
