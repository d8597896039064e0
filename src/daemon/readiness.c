/* SPDX-License-Identifier: MIT */
/*
 * See readiness.h.  A round gathers, looks, and is then told.  While a
 * thread hangs at a disk the rows that it looks at are not ready: a launch
 * would hang there, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/err.h"
#include "boot/boot_look.h"
#include "daemon/readiness.h"
#include "io/aside.h"
#include "io/log.h"
#include "io/look.h"
#include "io/loop.h"
#include "policy/policy.h"
#include "report/launch.h"

/* Looks at sockets wait some seconds themselves. */
#define LOOK_PATIENCE (10 * NS_S)

/* The rows of all groups; the thread's while it looks. */
struct round {
	struct readiness *of;
	int n;
	struct ready_list group[];
};

struct readiness {
	struct loop *loop;
	struct log *log;
	const struct policy *policy;
	struct readiness_hooks hooks;
	struct timer beat;
	struct aside *aside;  /* the round that is looked at */
	bool hangs;	      /* it was said that it does */
	struct round *last;   /* the last one that ended; NULL: none yet */
	ns_t looked;	      /* when that was */
	struct ready_facts *facts;
};

/* --- the rows that are no driver's -------------------------------------------- */

static const struct secret_facts *
secret_of(const struct launch_facts *f, const char *name)
{
	int i;

	for (i = 0; i < f->n_secrets; i++)
		if (strcmp(f->secret[i].name, name) == 0)
			return (&f->secret[i]);
	return (NULL);
}

static void
secret_row(const struct launch_facts *f, const char *name,
    struct ready_list *l)
{
	const struct secret_facts *s = secret_of(f, name);
	struct ready_row *r;

	if (name[0] == '\0')
		return;
	r = look_row(l, "secret %s", name);
	if (s == NULL || !s->tried)
		return;
	if (s->age != NS_NEVER)
		r->age = s->age;
	if (!s->there)
		look_say(r, READY_NO, "not there: %.180s", s->why);
	else if (!s->complete)
		look_say(r, READY_NO, "lacks %.180s", s->missing);
	else if (!s->fresh)
		look_say(r, READY_NO, "not fresh: %.180s", s->why);
	else if (s->n_alarms > 0)
		look_say(r, READY_NO, "%s", s->alarms[0]);
	else
		look_say(r, READY_YES, "complete");
}

static void
boot_rows(const struct readiness *k, const struct launch_facts *f,
    struct ready_list *l)
{
	char span[DURATION_SIZE];
	struct ready_row *r;
	ns_t left;

	if (!f->boot.on)
		return;
	r = look_row(l, "boot endpoint");
	(void)snprintf(r->path, sizeof(r->path), "%s",
	    k->policy->boot.listen);
	r->look = boot_look_endpoint;
	r = look_row(l, "boot certificate");
	left = (f->boot.certificate_ends - loop_now(k->loop).wall_s) * NS_S;
	look_say(r, f->boot.ends_soon || left <= 0 ? READY_NO : READY_YES,
	    "%s %s", left <= 0 ? "has ended for" : "ends in",
	    duration_text(left < 0 ? -left : left, span));
}

static void
state_row(const struct readiness *k, struct ready_list *l)
{
	struct ready_row *r = look_row(l, "journal's folder");

	(void)snprintf(r->path, sizeof(r->path), "%.230s/journal",
	    k->policy->daemon.state);
	r->look = look_replace;
}

static void
gather(struct readiness *k, const struct launch_facts *f, int g,
    struct ready_list *l)
{
	l->n = 0;
	secret_row(f, k->policy->group[g].path.secrets, l);
	boot_rows(k, f, l);
	state_row(k, l);
	k->hooks.rows(k->hooks.ctx, g, l);
}

/* --- what is told ---------------------------------------------------------------- */

static const struct ready_row *
row_of(const struct ready_list *l, const char *what)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->at[i].what, what) == 0)
			return (&l->at[i]);
	return (NULL);
}

static void
say_row(struct readiness *k, int g, const struct ready_row *r, bool no)
{
	struct log_line l;

	log_alarm(&l, k->log, no, "launch_not_ready");
	log_str(&l, "group", k->policy->fleet.groups[g].name);
	log_str(&l, "what", r->what);
	if (no)
		log_str(&l, "why", r->text);
	log_end(&l);
}

static void
say_group(struct readiness *k, int g, struct ready_list *new)
{
	const struct ready_list *old = k->last != NULL && g < k->last->n ?
	    &k->last->group[g] : NULL;
	const struct ready_row *was;
	int i;
	bool no, had;

	for (i = 0; i < new->n; i++) {
		was = old != NULL ? row_of(old, new->at[i].what) : NULL;
		had = was != NULL && was->state == READY_NO;
		/* what is not known any more is no good news */
		if (had && new->at[i].state == READY_UNKNOWN)
			new->at[i].state = READY_NO;
		no = new->at[i].state == READY_NO;
		if (no != had)
			say_row(k, g, &new->at[i], no);
	}
	for (i = 0; old != NULL && i < old->n; i++)
		if (old->at[i].state == READY_NO &&
		    row_of(new, old->at[i].what) == NULL)
			say_row(k, g, &old->at[i], false);
}

static void
facts_fill(struct readiness *k)
{
	struct ready_facts *f;
	const struct ready_list *l;
	int g, i;

	for (g = 0; g < k->last->n; g++) {
		f = &k->facts[g];
		l = &k->last->group[g];
		f->rows = l;
		f->known = f->ready = true;
		f->n_not = 0;
		for (i = 0; i < l->n; i++) {
			f->n_not += l->at[i].state == READY_NO;
			f->ready = f->ready && l->at[i].state == READY_YES;
		}
	}
}

/* The round is over: told, and the one to compare the next with. */
static void
round_end(struct readiness *k, struct round *r)
{
	int g;

	for (g = 0; g < r->n; g++)
		say_group(k, g, &r->group[g]);
	free(k->last);
	k->last = r;
	k->looked = loop_now(k->loop).mono;
	facts_fill(k);
}

/* --- the round -------------------------------------------------------------------- */

static void
round_work(void *arg)
{
	struct round *r = arg;
	int g, i;

	for (g = 0; g < r->n; g++)
		for (i = 0; i < r->group[g].n; i++)
			if (r->group[g].at[i].look != NULL)
				r->group[g].at[i].look(&r->group[g].at[i]);
}

static void
round_done(void *arg)
{
	struct round *r = arg;
	struct readiness *k = r->of;

	k->aside = NULL;
	k->hangs = false;
	round_end(k, r);
}

static struct round *
round_new(struct readiness *k)
{
	int g, n = k->policy->fleet.n_groups;
	struct round *r = calloc(1, sizeof(*r) +
	    (size_t)n * sizeof(r->group[0]));
	const struct launch_facts *f;

	if (r == NULL)
		return (NULL);
	r->of = k;
	r->n = n;
	f = k->hooks.facts(k->hooks.ctx);
	for (g = 0; g < n; g++)
		gather(k, f, g, &r->group[g]);
	return (r);
}

/* No look can be taken: what only a look can tell is not ready. */
static void
round_blind(struct readiness *k, struct round *r, const char *why)
{
	int g, i;

	for (g = 0; g < r->n; g++)
		for (i = 0; i < r->group[g].n; i++)
			if (r->group[g].at[i].look != NULL)
				look_say(&r->group[g].at[i], READY_NO,
				    "cannot be looked at: %.150s", why);
	round_end(k, r);
}

/* The thread of the round before is still at it. */
static void
round_waits(struct readiness *k)
{
	struct round *r;

	if (!k->hangs && loop_now(k->loop).mono - k->looked <
	    2 * k->policy->daemon.ready_every + LOOK_PATIENCE)
		return;
	k->hangs = true;
	r = round_new(k);
	if (r != NULL)
		round_blind(k, r, "this machine does not answer");
}

static void
readiness_beat(void *arg)
{
	struct readiness *k = arg;
	struct aside_job job = { round_work, round_done, free, NULL };
	struct err e = { 0 };
	struct round *r;

	loop_timer_set(k->loop, &k->beat, k->policy->daemon.ready_every,
	    readiness_beat, k);
	if (k->aside != NULL) {
		round_waits(k);
		return;
	}
	r = round_new(k);
	if (r == NULL)
		return; /* out of memory: again at the next beat */
	job.arg = r;
	k->aside = aside_start(k->loop, &job, &e);
	if (k->aside == NULL)
		round_blind(k, r, e.text);
}

/* --- its life ----------------------------------------------------------------------- */

struct readiness *
readiness_new(struct loop *loop, struct log *log, const struct policy *p,
    const struct readiness_hooks *hooks)
{
	struct readiness *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->facts = calloc(MAX_GROUPS,
	    sizeof(*k->facts))) == NULL) {
		free(k);
		return (NULL);
	}
	k->loop = loop;
	k->log = log;
	k->policy = p;
	k->hooks = *hooks;
	k->looked = loop_now(loop).mono;
	loop_timer_set(loop, &k->beat, 0, readiness_beat, k);
	return (k);
}

void
readiness_free(struct readiness *k)
{
	if (k == NULL)
		return;
	aside_stop(k->aside);
	loop_timer_stop(&k->beat);
	free(k->last);
	free(k->facts);
	free(k);
}

/* Groups may have other numbers now: what was known of them is not kept. */
void
readiness_reload(struct readiness *k, const struct policy *p)
{
	aside_stop(k->aside);
	k->aside = NULL;
	k->hangs = false;
	k->policy = p;
	free(k->last);
	k->last = NULL;
	memset(k->facts, 0, MAX_GROUPS * sizeof(*k->facts));
	k->looked = loop_now(k->loop).mono;
	loop_timer_set(k->loop, &k->beat, 0, readiness_beat, k);
}

void
readiness_tell(const struct readiness *k, struct launch_facts *f)
{
	f->ready = k->facts;
	f->ready_age = loop_now(k->loop).mono - k->looked;
}
