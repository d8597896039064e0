/* SPDX-License-Identifier: MIT */
/*
 * The fleet's step, see fleet.h.  Nothing is decided here: this file carries
 * what was heard to groups and ledgers, and their orders out, records first.
 *
 * A group lives in a slot of its own for as long as it exists; its place in
 * the policy may change with a reload, its ops and its memory do not.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/alloc.h"
#include "core/fleet.h"
#include "core/ledger.h"

enum { REFUSED_MAX = 32, ALIGN = 16 };

struct fleet_slot {
	struct group *group; /* NULL: free */
	struct ledger *ledger;
	struct decision *decision;
	struct claim claim;
	bool decided;
};

struct fleet {
	const struct fleet_policy *policy;
	uint64_t seed;
	int turn; /* which group's orders come first: all have their turn */
	struct fleet_slot slot[MAX_GROUPS];
	int at[MAX_GROUPS];    /* place in the policy -> slot */
	int place[MAX_GROUPS]; /* slot -> place in the policy */
	int n_refused;
	struct {
		size_t event;
		char text[REASON_SIZE];
	} refused[REFUSED_MAX];
};

static size_t
fleet_align(size_t n)
{
	return ((n + ALIGN - 1) / ALIGN * ALIGN);
}

static size_t
fleet_group_size(const struct group_policy *p)
{
	return (fleet_align(group_size(p)) +
	    fleet_align(sizeof(struct ledger)) +
	    fleet_align(sizeof(struct decision)));
}

size_t
fleet_size(const struct fleet_policy *p)
{
	size_t n = fleet_align(sizeof(struct fleet));
	int i;

	for (i = 0; i < p->n_groups; i++)
		n += fleet_group_size(&p->groups[i]);
	return (n);
}

/* A group in a free slot; its memory begins at *memory, which moves on. */
static int
fleet_group_new(struct fleet *f, int slot, const struct group_policy *p,
    char **memory, struct err *e)
{
	struct fleet_slot *s = &f->slot[slot];
	uint64_t seed = f->seed + (uint64_t)slot * UINT64_C(0x9e3779b97f4a7c15);
	struct group *g;
	char *m = *memory;

	if (group_init(&g, m, p, seed, e) != 0)
		return (-1);
	m += fleet_align(group_size(p));
	memset(s, 0, sizeof(*s));
	s->group = g;
	s->ledger = (struct ledger *)(void *)m;
	m += fleet_align(sizeof(struct ledger));
	s->decision = (struct decision *)(void *)m;
	m += fleet_align(sizeof(struct decision));
	memset(s->decision, 0, sizeof(*s->decision));
	ledger_init(s->ledger, g, slot, seed);
	*memory = m;
	return (0);
}

int
fleet_init(struct fleet **ret, void *memory, const struct fleet_policy *p,
    uint64_t seed, struct err *e)
{
	struct fleet *f = memory;
	char *m = (char *)memory + fleet_align(sizeof(*f));
	int i;

	MUST(memory != NULL);
	MUST(p->n_groups >= 0 && p->n_groups <= MAX_GROUPS);
	memset(f, 0, sizeof(*f));
	f->policy = p;
	f->seed = seed;
	for (i = 0; i < p->n_groups; i++) {
		if (fleet_group_new(f, i, &p->groups[i], &m, e) != 0)
			return (-1);
		f->at[i] = f->place[i] = i;
		f->slot[i].ledger->alone = p->n_groups == 1;
	}
	*ret = f;
	return (0);
}

static struct fleet_slot *
fleet_slot(struct fleet *f, int place)
{
	if (place < 0 || place >= f->policy->n_groups)
		return (NULL);
	return (&f->slot[f->at[place]]);
}

int
fleet_groups(const struct fleet *f)
{
	return (f->policy->n_groups);
}

struct group *
fleet_group(struct fleet *f, int i)
{
	struct fleet_slot *s = fleet_slot(f, i);

	return (s == NULL ? NULL : s->group);
}

const struct decision *
fleet_decision(const struct fleet *f, int i)
{
	const struct fleet_slot *s;

	if (i < 0 || i >= f->policy->n_groups)
		return (NULL);
	s = &f->slot[f->at[i]];
	return (s->decided ? s->decision : NULL);
}

int
fleet_restore(struct fleet *f, const struct now *now, int group,
    const struct server *server, struct err *e)
{
	struct fleet_slot *s = fleet_slot(f, group);

	if (s == NULL)
		return (err_set(e, 22, "the policy has no group %d", group));
	return (ledger_restore(s->ledger, now, server, e));
}

int
fleet_save(struct fleet *f, int group, void *buf, size_t *n, struct err *e)
{
	struct fleet_slot *s = fleet_slot(f, group);
	size_t kept, rest;

	if (s == NULL)
		return (err_set(e, 22, "the policy has no group %d", group));
	kept = ledger_save(s->ledger, buf, *n);
	rest = *n - kept;
	if (group_save(s->group, (char *)buf + kept, &rest, e) != 0)
		return (-1);
	*n = kept + rest;
	return (0);
}

int
fleet_load(struct fleet *f, const struct now *now, int group, const void *buf,
    size_t n, struct err *e)
{
	struct fleet_slot *s = fleet_slot(f, group);
	size_t kept;

	if (s == NULL)
		return (err_set(e, 22, "the policy has no group %d", group));
	kept = ledger_load(s->ledger, now, buf, n);
	if (kept > 0 && kept == n)
		return (0); /* of another build, no more than that */
	return (group_load(s->group, now, (const char *)buf + kept, n - kept,
	    e));
}

size_t
fleet_kept(void)
{
	return (ledger_kept());
}

bool
fleet_kept_news(const struct fleet *f, int group)
{
	return (f->slot[f->at[group]].ledger->kept_news);
}

void
fleet_safe_mode(struct fleet *f, const struct now *now, ns_t until)
{
	int i;

	(void)now;
	for (i = 0; i < f->policy->n_groups; i++)
		ledger_safe_mode(f->slot[f->at[i]].ledger, until);
}

static void
fleet_refuse(struct fleet *f, size_t event, const struct err *e)
{
	if (f->n_refused == REFUSED_MAX)
		return;
	f->refused[f->n_refused].event = event;
	(void)snprintf(f->refused[f->n_refused].text, REASON_SIZE, "%.*s",
	    REASON_SIZE - 1, e->text);
	f->n_refused++;
}

const char *
fleet_refused(const struct fleet *f, size_t event)
{
	int i;

	for (i = 0; i < f->n_refused; i++)
		if (f->refused[i].event == event)
			return (f->refused[i].text);
	return (NULL);
}

static int
fleet_word(struct fleet_slot *s, const struct now *now, const struct word *w,
    struct err *e)
{
	switch (w->kind) {
	case WORD_DRAIN:
	case WORD_REPLACE:
	case WORD_PROTECT:
	case WORD_ADOPT:
	case WORD_DRILL:
		return (ledger_word(s->ledger, now, w, e));
	case WORD_RESUME:
		(void)ledger_word(s->ledger, now, w, e);
		return (group_word(s->group, now, w, e));
	default:
		return (group_word(s->group, now, w, e));
	}
}

static void
fleet_journal(struct fleet *f, enum journal_state state)
{
	int i;

	for (i = 0; i < f->policy->n_groups; i++)
		ledger_journal(f->slot[f->at[i]].ledger, state);
}

static void
fleet_answer(struct fleet *f, const struct event *ev)
{
	int slot = ledger_op_slot(ev->u.answer.op);

	if (f->slot[slot].group != NULL)
		ledger_answer(f->slot[slot].ledger, ev->u.answer.op,
		    ev->u.answer.outcome, ev->u.answer.told,
		    ev->u.answer.n_told);
}

static void
fleet_hear(struct fleet *f, const struct now *now, const struct event *ev,
    size_t index)
{
	struct fleet_slot *s;
	struct err e = { 0 };

	if (ev->kind == EVENT_ANSWER) {
		fleet_answer(f, ev);
		return;
	}
	if (ev->kind == EVENT_JOURNAL) {
		fleet_journal(f, ev->u.journal);
		return;
	}
	s = fleet_slot(f, ev->group);
	if (s == NULL) {
		(void)err_set(&e, 22, "the policy has no group %d", ev->group);
		fleet_refuse(f, index, &e);
		return;
	}
	if (ev->kind == EVENT_SAMPLE)
		group_feed(s->group, now, &ev->u.sample);
	else if (ev->kind == EVENT_HAPPENED)
		ledger_happened(s->ledger, ev->u.happened.what,
		    &ev->u.happened.told);
	else if (ev->kind == EVENT_HEALTH)
		ledger_health(s->ledger, &ev->u.health.id, ev->u.health.up);
	else if (ev->kind == EVENT_WORD &&
	    fleet_word(s, now, &ev->u.word, &e) != 0)
		fleet_refuse(f, index, &e);
}

static void
fleet_decide(struct fleet *f, const struct now *now)
{
	struct claim *claims[MAX_GROUPS] = { NULL };
	struct hold holds[MAX_HOLDS];
	struct fleet_slot *s;
	int i, n = f->policy->n_groups;

	for (i = 0; i < n; i++) {
		s = &f->slot[f->at[i]];
		ledger_tick(s->ledger);
		group_forbid(s->group, holds, ledger_holds(s->ledger, holds));
		group_need(s->group, now, &s->claim);
		claims[i] = &s->claim;
	}
	alloc_share(f->policy, claims, n);
	for (i = 0; i < n; i++) {
		s = &f->slot[f->at[i]];
		group_decide(s->group, now, &s->claim, s->decision);
		s->decided = true;
		ledger_apply(s->ledger, s->decision);
		s->decision->alarms |= ledger_alarms(s->ledger);
	}
}

void
fleet_step(struct fleet *f, const struct now *now, const struct event *ev,
    size_t n_ev, struct orders *ret)
{
	int i, k, n = f->policy->n_groups;
	size_t j;

	MUST(n_ev <= MAX_INBOX);
	ret->n = ret->n_servers = 0;
	f->n_refused = 0;
	for (i = 0; i < n; i++)
		ledger_begin(f->slot[f->at[i]].ledger, now);
	for (j = 0; j < n_ev; j++)
		fleet_hear(f, now, &ev[j], j);
	fleet_decide(f, now);
	f->turn = n > 0 ? (f->turn + 1) % n : 0;
	for (i = 0; i < n; i++) {
		k = f->at[(f->turn + i) % n];
		ledger_records(f->slot[k].ledger, ret);
	}
	for (i = 0; i < n; i++) {
		k = f->at[(f->turn + i) % n];
		ledger_effects(f->slot[k].ledger, ret);
	}
	for (i = 0; i < ret->n; i++)
		ret->at[i].group = f->place[ret->at[i].group];
}

static const struct group_policy *
fleet_find(const struct fleet_policy *p, const char *name)
{
	int i;

	for (i = 0; i < p->n_groups; i++)
		if (strncmp(p->groups[i].name, name, NAME_SIZE) == 0)
			return (&p->groups[i]);
	return (NULL);
}

static int
reload_slot(const struct fleet *f, const char *name)
{
	int i;

	for (i = 0; i < f->policy->n_groups; i++)
		if (strncmp(f->policy->groups[i].name, name, NAME_SIZE) == 0)
			return (f->at[i]);
	return (-1);
}

/*
 * A higher maximum takes a bigger table of servers: 0, or its room.  Twice
 * the maximum holds what drains and fails beside it, whatever a group asks.
 */
static int
reload_cap(const struct fleet_slot *s, const struct group_policy *p)
{
	int cap = 2 * p->size.hard_max + 32;

	if (p->size.hard_max <= group_policy(s->group)->size.hard_max ||
	    cap <= group_servers(s->group)->cap)
		return (0);
	return (cap);
}

size_t
fleet_reload_size(const struct fleet *f, const struct fleet_policy *p)
{
	size_t n = 0;
	int i, k, cap;

	for (i = 0; i < p->n_groups; i++) {
		k = reload_slot(f, p->groups[i].name);
		if (k < 0)
			n += fleet_group_size(&p->groups[i]);
		else if ((cap = reload_cap(&f->slot[k], &p->groups[i])) > 0)
			n += fleet_align(servers_size(cap));
	}
	return (n);
}

/* What is ours must stay in somebody's care. */
static int
reload_may_go(const struct fleet *f, const struct fleet_policy *p,
    struct err *e)
{
	const struct servers *t;
	int i, k, n;

	for (i = 0; i < f->policy->n_groups; i++) {
		if (fleet_find(p, f->policy->groups[i].name) != NULL)
			continue;
		t = group_servers(f->slot[f->at[i]].group);
		for (k = 0, n = 0; k < t->n; k++)
			n += (t->at[k].flags & SERVER_OURS) != 0;
		if (n > 0)
			return (err_set(e, 16, "group '%s' still has %d "
			    "servers: it cannot go", f->policy->groups[i].name,
			    n));
	}
	return (0);
}

static int
reload_free_slot(const int *slot_place)
{
	int i;

	for (i = 0; i < MAX_GROUPS; i++)
		if (slot_place[i] < 0)
			return (i);
	return (-1);
}

/* The old groups take the old policy and their old tables again. */
static void
reload_undo(struct fleet *f, const struct servers *old)
{
	struct servers *t;
	int i, k;

	for (i = 0; i < f->policy->n_groups; i++) {
		k = f->at[i];
		t = group_servers(f->slot[k].group);
		if (t->at != old[k].at)
			servers_move(t, old[k].cap, old[k].at);
		(void)group_policy_set(f->slot[k].group,
		    &f->policy->groups[i], NULL);
	}
}

static int
reload_kept(struct fleet_slot *s, const struct group_policy *p,
    char **memory, struct err *e)
{
	int cap = reload_cap(s, p);

	if (cap > 0) {
		servers_move(group_servers(s->group), cap, *memory);
		*memory += fleet_align(servers_size(cap));
	}
	return (group_policy_set(s->group, p, e));
}

/* Slots for all groups of p, new ones are made; how many were done. */
static int
reload_slots(struct fleet *f, const struct fleet_policy *p, char *memory,
    int *at, struct err *e)
{
	int place[MAX_GROUPS], i, k;

	/* Slots of the old groups are in use until the end. */
	for (i = 0; i < MAX_GROUPS; i++)
		place[i] = f->slot[i].group != NULL ? i : -1;
	for (i = 0; i < p->n_groups; i++) {
		k = reload_slot(f, p->groups[i].name);
		if (k >= 0 && reload_kept(&f->slot[k], &p->groups[i], &memory,
		    e) != 0)
			return (i);
		if (k < 0) {
			k = reload_free_slot(place);
			if (k < 0) {
				(void)err_set(e, 28, "no room for group '%s'",
				    p->groups[i].name);
				return (i);
			}
			if (fleet_group_new(f, k, &p->groups[i], &memory,
			    e) != 0)
				return (i);
		}
		at[i] = k;
		place[k] = i;
	}
	return (i);
}

/* Frees the slots of groups that are not in this policy. */
static void
reload_sweep(struct fleet *f, const struct fleet_policy *p)
{
	int i;

	for (i = 0; i < MAX_GROUPS; i++)
		if (f->slot[i].group != NULL && fleet_find(p,
		    group_policy(f->slot[i].group)->name) == NULL)
			f->slot[i].group = NULL;
}

int
fleet_reload(struct fleet *f, const struct fleet_policy *p, void *memory,
    struct err *e)
{
	struct servers old[MAX_GROUPS];
	int at[MAX_GROUPS], i;

	if (p->n_groups < 0 || p->n_groups > MAX_GROUPS)
		return (err_set(e, 22, "a policy has at most %d groups",
		    MAX_GROUPS));
	if (reload_may_go(f, p, e) != 0)
		return (-1);
	for (i = 0; i < f->policy->n_groups; i++)
		old[f->at[i]] = *group_servers(f->slot[f->at[i]].group);
	i = reload_slots(f, p, memory, at, e);
	if (i < p->n_groups) {
		reload_undo(f, old);
		reload_sweep(f, f->policy);
		return (-1);
	}
	reload_sweep(f, p);
	for (i = 0; i < p->n_groups; i++) {
		f->at[i] = at[i];
		f->place[at[i]] = i;
		f->slot[at[i]].ledger->alone = p->n_groups == 1;
	}
	f->policy = p;
	f->turn = 0;
	return (0);
}
