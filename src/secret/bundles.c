/* SPDX-License-Identifier: MIT */
/*
 * The schedule of bundles; see bundles.h.  An entry waits, is due, or is
 * fetching; few fetch at a time, so that the arena holds what is on its way.
 * A new bundle replaces the old one whole, when it was fetched well and
 * lacks no key of `require` while the old one has them all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/backoff.h"
#include "io/loop.h"
#include "io/web.h"
#include "secret/arena.h"
#include "secret/bundles.h"

enum state { WAITING, DUE, FETCHING };

struct entry {
	struct bundles *of;
	char name[NAME_SIZE];
	struct bundle_settings set;
	const struct secret_ops *ops;
	void *self;
	enum state state;
	struct bundle *now;
	ns_t at;   /* when it was fetched well */
	ns_t ends; /* NS_NEVER: not by itself */
	ns_t access_ends, soon; /* as the source said last; NS_NEVER */
	bool tried, fresh;
	bool warned; /* its end is near */
	uint64_t rotations;
	char version[SECRET_VERSION_SIZE];
	struct backoff again;
	struct timer timer; /* of the next fetch, or the deadline of this */
	struct timer end;   /* the warning, then the end */
	char why[ERR_SIZE];
};

struct list {
	int n;
	struct entry *at[BUNDLES_MAX];
};

struct bundles {
	struct loop *loop;
	struct bundles_hooks hooks;
	struct arena *arena;
	struct web *web; /* made when one asks for it */
	int fetching;
	struct list now, next;
	bool kept[BUNDLES_MAX]; /* of next: it is one of now */
};

static void	entry_settle(struct entry *, const struct fetched *);
static void	fetch_due(struct bundles *);

const char *
bundle_alarm_name(enum bundle_alarm a)
{
	static const char *const names[BUNDLE_ALARMS] = { "secret_absent",
		"secret_incomplete", "secret_source_down",
		"secret_ends_soon", "secret_access_ends" };

	MUST((int)a >= 0 && a < BUNDLE_ALARMS);
	return (names[a]);
}

static ns_t
bundles_now(const struct bundles *s)
{
	return (loop_now(s->loop).mono);
}

/* How many of the required keys it lacks; their names into buf. */
static int
missing_of(const struct entry *t, const struct bundle *b, char *buf,
    size_t size)
{
	size_t at = 0;
	int i, n = 0;

	buf[0] = '\0';
	for (i = 0; i < t->set.require.n; i++) {
		if (b != NULL &&
		    bundle_find(b, t->set.require.text[i]) != NULL)
			continue;
		if (at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%.63s",
			    n > 0 ? ", " : "", t->set.require.text[i]);
		n++;
	}
	return (n);
}

/* --- an entry's life ------------------------------------------------------ */

static void
entry_due(void *arg)
{
	struct entry *t = arg;

	if (t->state == WAITING)
		t->state = DUE;
	fetch_due(t->of);
}

static void
entry_late(void *arg)
{
	struct fetched f = FETCHED_NONE;
	struct entry *t = arg;

	t->ops->cancel(t->self);
	(void)err_set(&f.why, ETIMEDOUT, "no answer within %.3g s",
	    ns_to_s(t->set.timeout));
	entry_settle(t, &f);
	fetch_due(t->of);
}

static void
fetch_due(struct bundles *s)
{
	struct fetched f = FETCHED_NONE;
	struct entry *t;
	int i;

	for (i = 0; i < s->now.n && s->fetching < BUNDLES_AT_ONCE; i++) {
		t = s->now.at[i];
		if (t->state != DUE)
			continue;
		t->state = FETCHING;
		s->fetching++;
		loop_timer_set(s->loop, &t->timer, t->set.timeout, entry_late,
		    t);
		err_clear(&f.why);
		if (t->ops->fetch(t->self, &f.why) != 0)
			entry_settle(t, &f);
	}
}

/* An end that has come: what has run out serves nobody. */
static void
entry_end(void *arg)
{
	struct entry *t = arg;
	ns_t left = t->ends - bundles_now(t->of);

	if (left > 0) {
		t->warned = true;
		loop_timer_set(t->of->loop, &t->end, left, entry_end, t);
	} else {
		bundle_drop(t->of->arena, t->now);
		t->now = NULL;
	}
	t->of->hooks.changed(t->of->hooks.ctx, t->name, false);
}

/* Waits for the warning before its end, then for the end. */
static void
entry_watch(struct entry *t)
{
	ns_t left = t->ends - bundles_now(t->of);

	loop_timer_stop(&t->end);
	t->warned = t->ends != NS_NEVER && left <= t->set.warn;
	if (t->ends == NS_NEVER)
		return;
	if (!t->warned)
		left -= t->set.warn;
	loop_timer_set(t->of->loop, &t->end, left > 0 ? left : 0, entry_end,
	    t);
}

/* True: it takes the old one's place. */
static bool
entry_judge(struct entry *t, const struct fetched *f)
{
	char lacks[BUNDLE_MISSING_SIZE];
	int n;

	if (f->bundle == NULL) {
		(void)snprintf(t->why, sizeof(t->why), "%s", f->why.text);
		return (false);
	}
	t->why[0] = '\0';
	n = missing_of(t, f->bundle, lacks, sizeof(lacks));
	if (n == 0 || t->now == NULL ||
	    missing_of(t, t->now, lacks, sizeof(lacks)) > 0)
		return (true);
	/* half a bundle does not take the place of a whole one */
	(void)missing_of(t, f->bundle, lacks, sizeof(lacks));
	(void)snprintf(t->why, sizeof(t->why), "the new one lacks %.300s, so "
	    "the old one serves on", lacks);
	return (false);
}

/* Puts the new one in its place.  True: its content is another. */
static bool
entry_take(struct entry *t, const struct fetched *f)
{
	struct bundles *s = t->of;
	bool other = t->now != NULL && !bundle_same(t->now, f->bundle);

	bundle_drop(s->arena, t->now);
	t->now = f->bundle;
	t->at = bundles_now(s);
	t->rotations += other;
	(void)snprintf(t->version, sizeof(t->version), "%s", f->version);
	t->ends = f->lasts == NS_NEVER ? NS_NEVER : t->at + f->lasts;
	entry_watch(t);
	return (other);
}

/* After a good fetch: on the schedule, and well before its own end. */
static ns_t
entry_next(const struct entry *t)
{
	ns_t left = t->ends == NS_NEVER ? NS_NEVER :
	    (t->ends - bundles_now(t->of)) / 3 * 2;

	if (left < NS_S)
		left = NS_S;
	if (left > t->soon)
		left = t->soon > NS_S ? t->soon : NS_S;
	return (left < t->set.refresh ? left : t->set.refresh);
}

/* A fetch has ended. */
static void
entry_settle(struct entry *t, const struct fetched *f)
{
	struct bundles *s = t->of;
	bool other = false;
	ns_t wait;

	MUST(t->state == FETCHING);
	t->state = WAITING;
	t->tried = true;
	t->soon = f->again;
	t->access_ends = f->access == NS_NEVER ? NS_NEVER :
	    bundles_now(s) + f->access;
	s->fetching--;
	t->fresh = entry_judge(t, f);
	if (t->fresh) {
		other = entry_take(t, f);
		backoff_well(&t->again);
		wait = entry_next(t);
	} else {
		bundle_drop(s->arena, f->bundle);
		wait = backoff_fail(&t->again, NS_S);
	}
	loop_timer_set(s->loop, &t->timer, wait, entry_due, t);
	s->hooks.changed(s->hooks.ctx, t->name, other);
}

static void
entry_fetched(void *ctx, const struct fetched *f)
{
	struct entry *t = ctx;

	entry_settle(t, f);
	fetch_due(t->of);
}

static struct web *
entry_web(void *ctx, struct err *e)
{
	struct bundles *s = ((struct entry *)ctx)->of;

	if (s->web == NULL)
		s->web = web_new(s->loop, NULL, e);
	return (s->web);
}

static void
entry_free(struct entry *t)
{
	if (t == NULL)
		return;
	loop_timer_stop(&t->timer);
	loop_timer_stop(&t->end);
	t->of->fetching -= t->state == FETCHING;
	if (t->self != NULL)
		t->ops->fini(t->self);
	bundle_drop(t->of->arena, t->now);
	free(t->self);
	free(t);
}

static struct entry *
entry_new(struct bundles *s, const struct bundle_spec *spec, struct err *e)
{
	struct entry *t = calloc(1, sizeof(*t));
	struct secret_host host = { s->loop, s->arena, t, entry_web,
		entry_fetched };
	ns_t most = spec->set->refresh;

	if (t == NULL || (t->self = calloc(1, spec->ops->state_size)) == NULL) {
		free(t);
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	t->of = s;
	t->set = *spec->set;
	t->ops = spec->ops;
	t->ends = t->access_ends = t->soon = NS_NEVER;
	(void)snprintf(t->name, sizeof(t->name), "%s", spec->name);
	backoff_init(&t->again, 2 * NS_S < most ? 2 * NS_S : most, most,
	    (uint64_t)bundles_now(s) ^ (uint64_t)(uintptr_t)t);
	if (t->ops->init(t->self, &host, spec->settings, e) == 0)
		return (t);
	(void)err_prefix(e, "secrets.%s", t->name);
	entry_free(t);
	return (NULL);
}

/* --- the whole ------------------------------------------------------------ */

struct bundles *
bundles_new(struct loop *l, const struct bundles_hooks *hooks)
{
	struct bundles *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->loop = l;
	s->hooks = *hooks;
	return (s);
}

static void
list_free(struct list *l, const bool *kept)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (kept == NULL || !kept[i])
			entry_free(l->at[i]);
	l->n = 0;
}

void
bundles_free(struct bundles *s)
{
	if (s == NULL)
		return;
	bundles_forget(s);
	list_free(&s->now, NULL);
	web_free(s->web);
	arena_free(s->arena);
	free(s);
}

static struct entry *
entry_of(const struct list *l, const char *name)
{
	int i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->at[i]->name, name) == 0)
			return (l->at[i]);
	return (NULL);
}

int
bundles_prepare(struct bundles *s, const struct bundle_spec *spec, int n,
    struct err *e)
{
	struct entry *t;
	int i;

	MUST(n >= 0 && n <= BUNDLES_MAX);
	bundles_forget(s);
	if (n > 0 && s->arena == NULL && (s->arena = arena_new(e)) == NULL)
		return (-1);
	for (i = 0; i < n; i++) {
		t = entry_of(&s->now, spec[i].name);
		s->kept[i] = t != NULL && !spec[i].anew;
		if (!s->kept[i] && (t = entry_new(s, &spec[i], e)) == NULL) {
			bundles_forget(s);
			return (-1);
		}
		s->next.at[s->next.n++] = t;
	}
	return (0);
}

void
bundles_forget(struct bundles *s)
{
	list_free(&s->next, s->kept);
}

/* What the old source brought serves until the new one has its own. */
static void
entry_inherit(struct entry *t, struct entry *old)
{
	t->now = old->now;
	old->now = NULL;
	t->at = old->at;
	t->ends = old->ends;
	t->rotations = old->rotations;
	memcpy(t->version, old->version, sizeof(t->version));
	if (t->now == NULL)
		t->ends = NS_NEVER; /* its end has been */
	entry_watch(t);
}

void
bundles_commit(struct bundles *s)
{
	struct list old = s->now;
	struct entry *t, *was;
	int i;

	s->now = s->next;
	s->next.n = 0;
	for (i = 0; i < s->now.n; i++) {
		t = s->now.at[i];
		if (s->kept[i])
			continue;
		was = entry_of(&old, t->name);
		if (was != NULL)
			entry_inherit(t, was);
		t->state = DUE;
	}
	for (i = 0; i < old.n; i++)
		if (entry_of(&s->now, old.at[i]->name) != old.at[i])
			entry_free(old.at[i]);
	fetch_due(s);
}

bool
bundles_refresh(struct bundles *s, const char *name)
{
	struct entry *t = entry_of(&s->now, name);

	if (t != NULL)
		entry_due(t);
	return (t != NULL);
}

int
bundles_count(const struct bundles *s)
{
	return (s->now.n);
}

static unsigned
alarms_of(const struct entry *t, const struct bundle_status *st)
{
	unsigned is = 0;

	if (!t->tried)
		return (0); /* it begins */
	if (!st->there)
		is |= 1u << BUNDLE_ABSENT;
	else if (!st->complete)
		is |= 1u << BUNDLE_INCOMPLETE;
	if (!st->fresh)
		is |= 1u << BUNDLE_SOURCE_DOWN;
	if (st->there && t->warned)
		is |= 1u << BUNDLE_ENDS_SOON;
	if (st->access_in <= t->set.warn)
		is |= 1u << BUNDLE_ACCESS_ENDS;
	return (is);
}

void
bundles_status_at(const struct bundles *s, int i, struct bundle_status *ret)
{
	ns_t now = bundles_now(s);
	const struct entry *t;

	MUST(i >= 0 && i < s->now.n);
	t = s->now.at[i];
	memset(ret, 0, sizeof(*ret));
	ret->name = t->name;
	ret->type = t->ops->name;
	ret->tried = t->tried;
	ret->there = t->now != NULL;
	ret->fresh = t->fresh;
	ret->n_missing = missing_of(t, t->now, ret->missing,
	    sizeof(ret->missing));
	ret->complete = ret->there && ret->n_missing == 0;
	ret->age = ret->there ? now - t->at : NS_NEVER;
	ret->ends_in = ret->there && t->ends != NS_NEVER ? t->ends - now :
	    NS_NEVER;
	ret->access_in = t->access_ends != NS_NEVER ? t->access_ends - now :
	    NS_NEVER;
	ret->alarms = alarms_of(t, ret);
	ret->rotations = t->rotations;
	ret->version = t->version;
	ret->why = t->why;
}

bool
bundles_status(const struct bundles *s, const char *name,
    struct bundle_status *ret)
{
	int i;

	for (i = 0; i < s->now.n; i++)
		if (strcmp(s->now.at[i]->name, name) == 0)
			break;
	if (i == s->now.n)
		return (false);
	bundles_status_at(s, i, ret);
	return (true);
}

const struct bundle *
bundle_of(const struct bundles *s, const char *name)
{
	const struct entry *t = entry_of(&s->now, name);

	return (t != NULL ? t->now : NULL);
}

bool
bundle_ready(const struct bundles *s, const char *name)
{
	struct bundle_status st;

	return (bundles_status(s, name, &st) && st.complete);
}
