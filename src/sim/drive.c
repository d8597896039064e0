/* SPDX-License-Identifier: MIT */
/*
 * Plays the lines of `drive` on the groups of a policy.  A line's listing is
 * the truth about servers (there is no ledger here): it is compared with
 * the table, and each server that moved on teaches its lead time.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/alloc.h"
#include "core/group.h"
#include "sim/drive.h"
#include "sim/drive_line.h"

/* Moments count from here: servers are older than the first line. */
#define DRIVE_EPOCH (NS_S * 4000000000)

struct drive_group {
	struct group *group;
	void *memory;
	bool begun;	    /* had a line */
	bool listed;	    /* had a listing */
	double first_s;	    /* of its first line */
	double last_s;
	struct claim claim;
	struct decision decision;
};

struct drive {
	const struct fleet_policy *policy;
	struct line_reader *reader;
	struct drive_in in;
	struct text out;
	uint64_t line;
	int last;
	struct drive_group groups[MAX_GROUPS];
	struct claim *claims[MAX_GROUPS]; /* of the groups that had a line */
	int priority[MAX_GROUPS];
	bool listed[MAX_SERVERS * 2];
};

static int
drive_groups(struct drive *d, struct err *e)
{
	struct drive_group *g;
	int i;

	for (i = 0; i < d->policy->n_groups; i++) {
		g = &d->groups[i];
		g->memory = calloc(1, group_size(&d->policy->groups[i]));
		if (g->memory == NULL)
			return (err_set(e, ENOMEM, "out of memory"));
		if (group_init(&g->group, g->memory, &d->policy->groups[i],
		    (uint64_t)i + 1, e) != 0)
			return (-1);
	}
	return (0);
}

int
drive_new(struct drive **ret, const struct fleet_policy *p, struct err *e)
{
	struct drive *d = calloc(1, sizeof(*d));

	MUST(p->n_groups <= MAX_GROUPS);
	if (d == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	d->policy = p;
	d->last = -1;
	d->in.servers = calloc(MAX_SERVERS, sizeof(*d->in.servers));
	if (d->in.servers == NULL) {
		err_set(e, ENOMEM, "out of memory");
		goto fail;
	}
	if (line_reader_new(&d->reader, e) != 0 || drive_groups(d, e) != 0)
		goto fail;
	*ret = d;
	return (0);
fail:
	drive_free(d);
	return (-1);
}

void
drive_free(struct drive *d)
{
	int i;

	if (d == NULL)
		return;
	for (i = 0; i < MAX_GROUPS; i++)
		free(d->groups[i].memory);
	line_reader_free(d->reader);
	free(d->in.servers);
	free(d->out.at);
	free(d);
}

int
drive_last_group(const struct drive *d)
{
	return (d->last);
}

const struct decision *
drive_decision(const struct drive *d, int group)
{
	MUST(group >= 0 && group < d->policy->n_groups);
	return (&d->groups[group].decision);
}

static int
drive_find(const struct drive *d, const char *name)
{
	int i;

	for (i = 0; i < d->policy->n_groups; i++)
		if (strcmp(d->policy->groups[i].name, name) == 0)
			return (i);
	return (-1);
}

static ns_t
drive_moment(const struct drive_group *g, double t_s)
{
	return (DRIVE_EPOCH + ns_from_s(t_s - g->first_s));
}

static struct server
drive_server(const struct drive_group *g, const struct line_server *l, ns_t now)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	s.id = l->id;
	s.phase = (uint8_t)l->phase;
	s.flags = (uint16_t)((l->ours ? SERVER_OURS : 0) |
	    (!g->listed ? SERVER_RESTORED : 0));
	s.since = drive_moment(g, l->since_s);
	if (s.since > now)
		s.since = now;
	if (s.since < 1)
		s.since = 1;
	s.phase_since = l->phase == PHASE_ACCEPTED ? s.since : now;
	s.serving_since = l->phase != PHASE_SERVING ? 0 :
	    g->listed ? now : s.since;
	s.deadline = NS_NEVER;
	return (s);
}

/* One server of the listing joins the table, or moves on in it. */
static void
drive_place(struct drive *d, struct drive_group *g, const struct now *now,
    const struct line_server *l)
{
	struct servers *table = group_servers(g->group);
	struct server *v = servers_find(table, &l->id), s;
	enum phase from;

	if (v == NULL) {
		s = drive_server(g, l, now->mono);
		v = servers_add(table, &s);
		MUST(v != NULL); /* the listing was counted before */
		from = PHASE_ACCEPTED;
	} else
		from = (enum phase)v->phase;
	d->listed[v - table->at] = true;
	if (l->ours)
		v->flags |= SERVER_OURS;
	else
		v->flags &= (uint16_t)~SERVER_OURS;
	if (from == l->phase)
		return;
	servers_phase(table, v, l->phase, now->mono);
	if (!(v->flags & SERVER_RESTORED) || from != PHASE_ACCEPTED)
		group_learn(g->group, now, v, from, l->phase,
		    now->mono - v->since);
}

static void
drive_listing(struct drive *d, struct drive_group *g, const struct now *now)
{
	struct servers *table = group_servers(g->group);
	int i;

	/* The gone first, so that there is room for the new. */
	memset(d->listed, 0, sizeof(d->listed));
	for (i = 0; i < d->in.n_servers; i++) {
		struct server *v = servers_find(table, &d->in.servers[i].id);

		if (v != NULL)
			d->listed[v - table->at] = true;
	}
	for (i = table->n - 1; i >= 0; i--)
		if (!d->listed[i]) {
			group_learn(g->group, now, &table->at[i],
			    (enum phase)table->at[i].phase, PHASE_GONE,
			    now->mono - table->at[i].since);
			servers_remove(table, &table->at[i]);
		}
	for (i = 0; i < d->in.n_servers; i++)
		drive_place(d, g, now, &d->in.servers[i]);
	g->listed = true;
}

static int
drive_check(struct drive *d, struct drive_group *g, struct err *e)
{
	const struct drive_in *in = &d->in;
	const struct servers *table = group_servers(g->group);
	int i;

	if (g->begun && in->t_s < g->last_s)
		return (err_set(e, EINVAL, "t: %.3f is before %.3f, the time "
		    "of the group's last line", in->t_s, g->last_s));
	if (in->n_servers > table->cap)
		return (err_set(e, EINVAL, "instances: %d servers, the "
		    "group's policy leaves room for %d", in->n_servers,
		    table->cap));
	for (i = 0; i < in->n_servers; i++)
		if (in->servers[i].since_s > in->t_s)
			return (err_set(e, EINVAL, "instances[%d]: since: "
			    "%.3f is after t", i, in->servers[i].since_s));
	return (0);
}

/* The words can refuse, and come first; the rest cannot. */
static int
drive_apply(struct drive *d, struct drive_group *g, const struct now *now,
    struct err *e)
{
	struct drive_in *in = &d->in;

	if (in->has_word && group_word(g->group, now, &in->word, e) != 0)
		return (err_prefix(e, "command"));
	if (in->has_note)
		(void)group_word(g->group, now, &in->note, NULL);
	if (in->has_servers)
		drive_listing(d, g, now);
	if (in->has_answers) {
		group_launched(g->group, now->mono, now->mono, -in->refused);
		group_granted(g->group, now,
		    group_way(g->group, now), in->accepted, in->refused,
		    in->why);
	}
	in->sample.period = g->begun && in->t_s > g->last_s ?
	    ns_from_s(in->t_s - g->last_s) : 0;
	group_feed(g->group, now, &in->sample);
	g->begun = true;
	g->last_s = in->t_s;
	return (0);
}

static int
drive_step(struct drive *d, const char *text, size_t n, struct err *e)
{
	struct drive_group *g;
	struct now now;
	int i, k;

	if (n > DRIVE_LINE_MAX)
		return (err_set(e, EINVAL, "longer than %d bytes",
		    DRIVE_LINE_MAX));
	if (line_read(d->reader, text, n, &d->in, e) != 0)
		return (-1);
	k = drive_find(d, d->in.group);
	if (k < 0)
		return (err_set(e, EINVAL, "group: '%s' is not in the policy",
		    d->in.group));
	g = &d->groups[k];
	if (drive_check(d, g, e) != 0)
		return (-1);
	if (!g->begun)
		g->first_s = d->in.t_s;
	now.mono = drive_moment(g, d->in.t_s);
	now.wall_s = (int64_t)floor(d->in.t_s);
	if (drive_apply(d, g, &now, e) != 0)
		return (-1);
	group_need(g->group, &now, &g->claim);
	for (i = 0; i < d->policy->n_groups; i++) {
		d->claims[i] = d->groups[i].begun ? &d->groups[i].claim : NULL;
		d->priority[i] = d->policy->groups[i].priority;
	}
	alloc_share(d->policy, d->claims, d->policy->n_groups);
	group_decide(g->group, &now, &g->claim, &g->decision);
	group_launched(g->group, now.mono, now.mono, g->decision.launch);
	d->last = k;
	return (0);
}

const char *
drive_line(struct drive *d, const char *text, size_t n, size_t *ret_n)
{
	struct err e;

	d->line++;
	d->out.n = 0;
	d->out.fail = false;
	err_clear(&e);
	if (drive_step(d, text, n, &e) == 0)
		line_write(&d->out, d->in.t_s, d->in.group,
		    &d->groups[d->last].decision);
	else {
		(void)err_prefix(&e, "line %llu", (unsigned long long)d->line);
		text_add(&d->out, "{\"error\": ");
		text_string(&d->out, e.text);
		text_add(&d->out, "}\n");
	}
	if (d->out.fail) {
		*ret_n = sizeof("{\"error\": \"out of memory\"}\n") - 1;
		return ("{\"error\": \"out of memory\"}\n");
	}
	*ret_n = d->out.n;
	return (d->out.at);
}
