/* SPDX-License-Identifier: MIT */
/*
 * Drivers and their host; see hands.h.  A driver's host struct carries the
 * hand that it belongs to, so that an event knows its group.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "daemon/hands.h"
#include "daemon/probes.h"
#include "daemon/retries.h"
#include "io/loop.h"
#include "policy/compare.h"
#include "policy/policy.h"

/* One driver: provider, balancer or source. */
struct hand {
	struct hands *hands;
	struct host host;
	void *self;
	void (*fini)(void *self);
	int group;
	char who[2 * NAME_SIZE];	/* "source of 'web'" */
	char trouble[REASON_SIZE]; /* as last told */
	struct retries *retries;	/* a provider's; else NULL */
};

struct group_hands {
	struct hand *balancer, *source;
	const struct policy_group *policy;
	struct timer beat;
	struct hands *hands;
	ns_t next;    /* poll is due */
	bool polling; /* the last one is not answered */
};

struct hands {
	struct hands_hooks hooks;
	const struct policy *policy;
	struct loop *loop;
	struct probes *probes;
	struct hand *provider[MAX_PROVIDERS];
	struct group_hands group[MAX_GROUPS];
	op_t poll; /* number of the last poll, of all groups */
	struct hands *next; /* what a reload made, until it is done */
};

static void
host_post(void *ctx, const struct answer *a)
{
	struct hand *h = ctx;

	if (h->retries != NULL)
		retries_answer(h->retries, a->op, a->outcome);
	h->hands->hooks.answer(h->hands->hooks.ctx, a);
}

static void
host_happen(void *ctx, enum happening what, const struct told *told)
{
	struct hand *h = ctx;

	h->hands->hooks.happened(h->hands->hooks.ctx, what, told);
}

static void
host_health(void *ctx, const struct server_id *id, bool up)
{
	struct hand *h = ctx;

	h->hands->hooks.health(h->hands->hooks.ctx, h->group, id, up);
}

static void
host_sampled(void *ctx, op_t op, const struct sample *s)
{
	struct hand *h = ctx;

	(void)op;
	h->hands->group[h->group].polling = false;
	h->hands->hooks.sampled(h->hands->hooks.ctx, h->group, s);
}

static void
host_save(void *ctx, const char *path, const char *text, size_t n)
{
	struct hand *h = ctx;

	h->hands->hooks.save(h->hands->hooks.ctx, path, text, n);
}

/* A driver says it as long as it lasts; it is told once. */
static void
host_trouble(void *ctx, const char *sentence)
{
	struct hand *h = ctx;

	if (strncmp(h->trouble, sentence, sizeof(h->trouble) - 1) == 0)
		return;
	(void)snprintf(h->trouble, sizeof(h->trouble), "%s", sentence);
	h->hands->hooks.trouble(h->hands->hooks.ctx, h->who, h->trouble);
}

static void
hand_end(struct hand *h)
{
	if (h == NULL)
		return;
	if (h->self != NULL)
		h->fini(h->self);
	free(h->self);
	free(h->retries);
	free(h);
}

static struct hand *
hand_new(struct hands *hs, int group, size_t size, void (*fini)(void *),
    struct err *e)
{
	struct hand *h = calloc(1, sizeof(*h));

	if (h != NULL)
		h->self = calloc(1, size);
	if (h == NULL || h->self == NULL) {
		free(h);
		(void)err_set(e, ENOMEM, "a driver: out of memory");
		return (NULL);
	}
	h->hands = hs;
	h->group = group;
	h->host = (struct host){ hs->loop, h, host_post, host_happen,
		host_health, host_sampled, host_save, host_trouble,
		hs->policy->daemon.dry_run, hs->hooks.boot };
	h->fini = fini;
	return (h);
}

static struct hand *
provider_new(struct hands *hs, const struct policy_provider *p, struct err *e)
{
	struct hand *h = hand_new(hs, -1, p->ops->state_size, p->ops->fini, e);

	if (h == NULL)
		return (NULL);
	(void)snprintf(h->who, sizeof(h->who), "provider '%s'", p->name);
	h->retries = calloc(1, sizeof(*h->retries));
	if (h->retries == NULL) {
		hand_end(h);
		(void)err_set(e, ENOMEM, "a driver: out of memory");
		return (NULL);
	}
	retries_init(h->retries);
	if (p->ops->init(h->self, &h->host, p->settings, e) == 0)
		return (h);
	(void)err_prefix(e, "%s", h->who);
	hand_end(h);
	return (NULL);
}

static struct hand *
balancer_new(struct hands *hs, const struct policy *p, int g, struct err *e)
{
	const struct balancer_ops *ops = p->group[g].balancer;
	struct hand *h = hand_new(hs, g, ops->state_size, ops->fini, e);

	if (h == NULL)
		return (NULL);
	(void)snprintf(h->who, sizeof(h->who), "balancer of '%s'",
	    p->fleet.groups[g].name);
	if (ops->init(h->self, &h->host, p->group[g].balancer_settings, e) == 0)
		return (h);
	(void)err_prefix(e, "%s", h->who);
	hand_end(h);
	return (NULL);
}

static struct hand *
source_new(struct hands *hs, const struct policy *p, int g, struct err *e)
{
	const struct source_ops *ops = p->group[g].source;
	struct hand *h = hand_new(hs, g, ops->state_size, ops->fini, e);

	if (h == NULL)
		return (NULL);
	(void)snprintf(h->who, sizeof(h->who), "source of '%s'",
	    p->fleet.groups[g].name);
	if (ops->init(h->self, &h->host, p->group[g].source_settings, e) == 0)
		return (h);
	(void)err_prefix(e, "%s", h->who);
	hand_end(h);
	return (NULL);
}

static int
way_blame(const struct policy *p, int g, int way, struct err *e)
{
	return (err_prefix(e, "group '%s', way '%s'", p->fleet.groups[g].name,
	    p->providers[p->group[g].ways[way].provider].name));
}

/*
 * One that is there already takes the new settings; one that fails keeps
 * none of the others out.  The first failure is told.
 */
static int
add_ways(struct hands *hs, const struct policy *p, int g, struct err *e)
{
	const struct policy_way *w;
	struct err why;
	int i, rc = 0;

	for (i = 0; i < p->group[g].n_ways; i++) {
		w = &p->group[g].ways[i];
		err_clear(&why);
		if (p->providers[w->provider].ops->add_way(
		    hs->provider[w->provider]->self, p->fleet.groups[g].name,
		    (uint8_t)i, w->settings, &why) == 0)
			continue;
		(void)way_blame(p, g, i, &why);
		rc = err_set(e, why.code, "%s", why.text);
	}
	return (rc);
}

static int
make_all(struct hands *hs, const struct policy *p, struct err *e)
{
	int i;

	for (i = 0; i < p->n_providers; i++)
		if ((hs->provider[i] = provider_new(hs, &p->providers[i],
		    e)) == NULL)
			return (-1);
	for (i = 0; i < p->fleet.n_groups; i++) {
		hs->group[i].hands = hs;
		hs->group[i].policy = &p->group[i];
		if ((hs->group[i].balancer = balancer_new(hs, p, i, e)) ==
		    NULL || (hs->group[i].source = source_new(hs, p, i, e)) ==
		    NULL || add_ways(hs, p, i, e) != 0)
			return (-1);
	}
	return (0);
}

struct hands *
hands_new(struct loop *loop, const struct policy *p,
    const struct hands_hooks *hooks, struct err *e)
{
	struct hands *hs = calloc(1, sizeof(*hs));

	if (hs == NULL) {
		(void)err_set(e, ENOMEM, "the drivers: out of memory");
		return (NULL);
	}
	hs->hooks = *hooks;
	hs->policy = p;
	hs->loop = loop;
	hs->probes = probes_new(loop, hooks->answer, hooks->ctx);
	if (hs->probes != NULL && make_all(hs, p, e) == 0)
		return (hs);
	(void)err_set(e, ENOMEM, "the drivers: out of memory");
	hands_free(hs);
	return (NULL);
}

/* "command" becomes "here: command". */
static void
ready_named(struct ready_list *l, int from, const char *name)
{
	char what[READY_WHAT];
	int i;

	for (i = from; i < l->n; i++) {
		(void)snprintf(what, sizeof(what), "%.20s: %.50s", name,
		    l->at[i].what);
		memcpy(l->at[i].what, what, sizeof(what));
	}
}

void
hands_ready(struct hands *hs, int group, struct ready_list *l)
{
	const struct policy_group *g = &hs->policy->group[group];
	const struct group_policy *core = &hs->policy->fleet.groups[group];
	const struct policy_provider *p;
	int i, from;

	for (i = 0; i < g->n_ways; i++) {
		p = &hs->policy->providers[g->ways[i].provider];
		from = l->n;
		if (p->ops->ready == NULL)
			continue;
		p->ops->ready(hs->provider[g->ways[i].provider]->self,
		    core->name, (uint8_t)i, core->size.max, l);
		ready_named(l, from, p->name);
	}
	if (g->balancer->ready != NULL)
		g->balancer->ready(hs->group[group].balancer->self,
		    core->size.max, l);
}

void
hands_free(struct hands *hs)
{
	int i;

	if (hs == NULL)
		return;
	probes_free(hs->probes);
	hands_forget(hs);
	for (i = MAX_GROUPS - 1; i >= 0; i--) {
		loop_timer_stop(&hs->group[i].beat);
		hand_end(hs->group[i].source);
		hand_end(hs->group[i].balancer);
	}
	for (i = MAX_PROVIDERS - 1; i >= 0; i--)
		hand_end(hs->provider[i]);
	free(hs);
}

/* On the beat, whatever the last poll took; what was missed is not made up. */
static void
group_beat(void *arg)
{
	struct group_hands *g = arg;
	struct hands *hs = g->hands;
	ns_t now = loop_now(hs->loop).mono;

	g->next += g->policy->every;
	if (g->next <= now)
		g->next = now + g->policy->every;
	loop_timer_set(hs->loop, &g->beat, g->next - now, group_beat, g);
	if (g->polling)
		return;
	g->polling = true;
	g->policy->source->poll(g->source->self, ++hs->poll);
}

void
hands_start(struct hands *hs)
{
	ns_t now = loop_now(hs->loop).mono;
	struct group_hands *g;
	int i;

	for (i = 0; i < hs->policy->fleet.n_groups; i++) {
		g = &hs->group[i];
		g->next = now;
		loop_timer_set(hs->loop, &g->beat, 0, group_beat, g);
	}
}

static void
out_launch(struct hands *hs, const struct order *o, const struct server *s)
{
	int at = hs->policy->group[o->group].ways[o->way].provider;
	struct launch l[MAX_LAUNCH_PER_STEP];
	int i;

	MUST(o->n > 0);
	MUST(o->n <= MAX_LAUNCH_PER_STEP);
	memset(l, 0, (size_t)o->n * sizeof(l[0]));
	for (i = 0; i < o->n; i++) {
		l[i].token = s[i].token;
		memcpy(l[i].group, hs->policy->fleet.groups[o->group].name,
		    NAME_SIZE);
		l[i].way = (uint8_t)o->way;
		l[i].drill = (s[i].flags & SERVER_DRILL) != 0;
	}
	hs->policy->providers[at].ops->launch(hs->provider[at]->self, o->op, l,
	    (size_t)o->n);
}

static void
out_provider(struct hands *hs, const struct order *o, const struct server *s)
{
	int i, at = hs->policy->group[o->group].ways[o->way].provider;
	const struct provider_ops *ops = hs->policy->providers[at].ops;
	struct server_id ids[MAX_REMOVE_PER_STEP];
	void *self = hs->provider[at]->self;

	if (o->kind == ORDER_LIST) {
		ops->list(self, o->op);
		return;
	}
	MUST(o->n > 0);
	if (o->kind == ORDER_LOOKUP) {
		ops->lookup(self, o->op, &s[0].token);
		return;
	}
	MUST(o->kind == ORDER_TERMINATE);
	MUST(o->n <= MAX_REMOVE_PER_STEP);
	for (i = 0; i < o->n; i++)
		ids[i] = s[i].id;
	ops->terminate(self, o->op, ids, (size_t)o->n);
}

/* Too many retries already (I-18): the ledger comes again, later. */
static bool
out_throttled(struct hands *hs, const struct order *o, const struct server *s)
{
	int at = hs->policy->group[o->group].ways[o->way].provider;
	struct answer a = { .op = o->op, .outcome = OUTCOME_THROTTLED };

	if (retries_may(hs->provider[at]->retries, loop_now(hs->loop).mono,
	    o, s))
		return (false);
	(void)snprintf(a.text, sizeof(a.text), "one call in ten may be a "
	    "retry");
	hs->hooks.answer(hs->hooks.ctx, &a);
	return (true);
}

/* A server of the journal whose way the policy no longer has. */
static void
out_no_way(struct hands *hs, const struct order *o)
{
	struct answer a = { .op = o->op, .outcome = OUTCOME_PERMANENT };

	(void)snprintf(a.text, sizeof(a.text), "the policy has no way %d for "
	    "group '%s'", o->way, hs->policy->fleet.groups[o->group].name);
	hs->hooks.answer(hs->hooks.ctx, &a);
}

static void
out_balancer(struct hands *hs, const struct order *o, const struct server *s)
{
	const struct balancer_ops *ops = hs->policy->group[o->group].balancer;
	void *self = hs->group[o->group].balancer->self;
	struct backend_server b = { 0 };

	if (o->kind == ORDER_SEEN) {
		ops->list(self, o->op);
		return;
	}
	MUST(o->n == 1);
	b.id = s->id;
	memcpy(b.address, s->address, sizeof(b.address));
	b.port = s->port;
	if (o->kind == ORDER_ADD)
		ops->add(self, o->op, &b);
	else if (o->kind == ORDER_DRAIN)
		ops->drain(self, o->op, &b);
	else
		ops->remove(self, o->op, &b);
}

void
hands_out(struct hands *hs, const struct order *o, const struct server *s)
{
	MUST(o->group >= 0);
	MUST(o->group < hs->policy->fleet.n_groups);
	MUST(o->way >= 0);
	switch (o->kind) {
	case ORDER_LAUNCH:
	case ORDER_LOOKUP:
	case ORDER_LIST:
	case ORDER_TERMINATE:
		if (o->way >= hs->policy->group[o->group].n_ways)
			out_no_way(hs, o);
		else if (out_throttled(hs, o, s))
			break;
		else if (o->kind == ORDER_LAUNCH)
			out_launch(hs, o, s);
		else
			out_provider(hs, o, s);
		break;
	case ORDER_PROBE:
		probes_start(hs->probes, o, s,
		    &hs->policy->group[o->group].health);
		break;
	case ORDER_PROBE_END:
		probes_end(hs->probes, o->op);
		break;
	default:
		out_balancer(hs, o, s);
		break;
	}
}

void
hands_passed(struct hands *hs, const struct op *x)
{
	int i;

	if (x->kind == ORDER_PROBE)
		probes_end(hs->probes, x->op);
	if (x->kind != ORDER_TERMINATE && x->kind != ORDER_LOOKUP)
		return; /* no other is counted as a retry */
	for (i = 0; i < MAX_PROVIDERS; i++)
		if (hs->provider[i] != NULL)
			retries_answer(hs->provider[i]->retries, x->op,
			    OUTCOME_UNKNOWN);
}

/* --- reload ------------------------------------------------------------ */

static struct hand *
provider_old(const struct hands *hs, const struct policy *new, int i)
{
	int k = policy_find_provider(hs->policy, new->providers[i].name);

	return (k < 0 ? NULL : hs->provider[k]);
}

/* A file that a way needs may have become bad since it was read. */
static int
try_ways(const struct hands *hs, const struct policy *new, int g,
    struct err *e)
{
	const struct provider_ops *ops;
	const struct policy_way *w;
	struct hand *h;
	int i;

	for (i = 0; i < new->group[g].n_ways; i++) {
		w = &new->group[g].ways[i];
		ops = new->providers[w->provider].ops;
		h = hs->next->provider[w->provider];
		if (h == NULL)
			h = provider_old(hs, new, w->provider);
		if (ops->try_way != NULL &&
		    ops->try_way(h->self, w->settings, e) != 0)
			return (way_blame(new, g, i, e));
	}
	return (0);
}

/* Makes what is new; what stays is taken over by hands_reload() itself. */
int
hands_prepare(struct hands *hs, const struct policy *new,
    const struct plan *plan, struct err *e)
{
	struct hands *next = calloc(1, sizeof(*next));
	int i, old;

	MUST(hs->next == NULL);
	if (next == NULL)
		return (err_set(e, ENOMEM, "the drivers: out of memory"));
	hs->next = next;
	for (i = 0; i < new->n_providers; i++)
		if ((plan->providers[i] || provider_old(hs, new, i) == NULL) &&
		    (next->provider[i] = provider_new(hs, &new->providers[i],
		    e)) == NULL)
			return (-1);
	for (i = 0; i < new->fleet.n_groups; i++) {
		old = plan->group[i].old;
		if ((old < 0 || plan->group[i].balancer) &&
		    (next->group[i].balancer = balancer_new(hs, new, i, e)) ==
		    NULL)
			return (-1);
		if ((old < 0 || plan->group[i].source) &&
		    (next->group[i].source = source_new(hs, new, i, e)) ==
		    NULL)
			return (-1);
		if (try_ways(hs, new, i, e) != 0)
			return (-1);
	}
	return (0);
}

void
hands_forget(struct hands *hs)
{
	int i;

	if (hs->next == NULL)
		return;
	for (i = 0; i < MAX_GROUPS; i++) {
		hand_end(hs->next->group[i].source);
		hand_end(hs->next->group[i].balancer);
	}
	for (i = 0; i < MAX_PROVIDERS; i++)
		hand_end(hs->next->provider[i]);
	free(hs->next);
	hs->next = NULL;
}

/* What the new ones do not have they take from the old; the rest ends. */
static void
take_over(struct hands *hs, const struct policy *new, const struct plan *plan)
{
	struct hands *next = hs->next;
	struct group_hands *g;
	int i, k;

	for (i = 0; i < new->n_providers; i++) {
		k = policy_find_provider(hs->policy, new->providers[i].name);
		if (next->provider[i] != NULL)
			continue;
		next->provider[i] = hs->provider[k];
		hs->provider[k] = NULL;
	}
	for (i = 0; i < new->fleet.n_groups; i++) {
		g = &next->group[i];
		k = plan->group[i].old;
		g->hands = hs;
		g->policy = &new->group[i];
		if (g->balancer == NULL) {
			g->balancer = hs->group[k].balancer;
			hs->group[k].balancer = NULL;
		}
		if (g->source == NULL) {
			g->source = hs->group[k].source;
			g->polling = hs->group[k].polling;
			hs->group[k].source = NULL;
		}
		g->balancer->group = g->source->group = i;
	}
}

void
hands_reload(struct hands *hs, const struct policy *new,
    const struct plan *plan)
{
	struct hands *next = hs->next;
	struct err e = { 0 };
	int i;

	MUST(next != NULL);
	for (i = 0; i < MAX_GROUPS; i++)
		loop_timer_stop(&hs->group[i].beat);
	take_over(hs, new, plan);
	for (i = 0; i < MAX_GROUPS; i++) {
		hand_end(hs->group[i].source);
		hand_end(hs->group[i].balancer);
		hs->group[i] = next->group[i];
	}
	for (i = 0; i < MAX_PROVIDERS; i++) {
		hand_end(hs->provider[i]);
		hs->provider[i] = next->provider[i];
	}
	free(next);
	hs->next = NULL;
	hs->policy = new;
	for (i = 0; i < new->fleet.n_groups; i++, err_clear(&e))
		if (add_ways(hs, new, i, &e) != 0)
			hs->hooks.trouble(hs->hooks.ctx, "reload", e.text);
	hands_start(hs);
}
