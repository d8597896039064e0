/* SPDX-License-Identifier: MIT */
/* Times of boots, kept; see phasebook.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/phasebook.h"
#include "io/file.h"
#include "io/log.h"
#include "io/loop.h"
#include "plimsoll/order.h"
#include "policy/policy.h"
#include "record/journal.h"
#include "report/phases.h"

/* Servers of one batch come within it; a kill loses the launches of it. */
#define SAVE_AFTER NS_S
#define SAVE_AGAIN NS_MIN /* after one that failed */
enum { FILE_MAX = 32 << 20 };

struct phasebook {
	struct loop *loop;
	struct log *log;
	struct journal *journal;
	const struct policy *policy;
	struct phases *phases;
	char path[PATH_BYTES + 16];
	ns_t seen; /* who served later is new */
	struct timer save;
	bool unsaved;
};

static void
book_save(struct phasebook *b)
{
	size_t n;
	char *text = phases_text(b->phases, &n);

	if (text == NULL || journal_save(b->journal, b->path, text, n) != 0)
		log_say(b->log, LEVEL_WARN, "times of boots are not saved",
		    "path", b->path);
	else
		b->unsaved = false;
	free(text);
}

static void
on_save(void *arg)
{
	struct phasebook *b = arg;

	book_save(b);
	if (b->unsaved)
		loop_timer_set(b->loop, &b->save, SAVE_AGAIN, on_save, b);
}

static void
book_load(struct phasebook *b)
{
	struct err e = { 0 };
	char *text;
	size_t n;

	if (access(b->path, F_OK) != 0)
		return;
	if (file_read(b->path, FILE_MAX, &text, &n, &e) == 0) {
		(void)phases_read(b->phases, text, &e);
		free(text);
	}
	if (e.code != 0)
		log_say(b->log, LEVEL_WARN, "times of boots are learned anew",
		    "why", e.text);
}

struct phasebook *
phasebook_new(struct loop *loop, struct log *log, struct journal *journal,
    const struct policy *policy, struct err *e)
{
	struct phasebook *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->phases = phases_new()) == NULL) {
		free(b);
		(void)err_set(e, ENOMEM, "times of boots: out of memory");
		return (NULL);
	}
	b->loop = loop;
	b->log = log;
	b->journal = journal;
	b->policy = policy;
	(void)snprintf(b->path, sizeof(b->path), "%s/phases.json",
	    policy->daemon.state);
	b->seen = loop_now(loop).mono;
	if (!policy->daemon.dry_run)
		book_load(b);
	return (b);
}

void
phasebook_free(struct phasebook *b)
{
	if (b == NULL)
		return;
	loop_timer_stop(&b->save);
	if (b->unsaved)
		book_save(b);
	phases_free(b->phases);
	free(b);
}

const struct phases *
phasebook_phases(const struct phasebook *b)
{
	return (b->phases);
}

void
phasebook_reload(struct phasebook *b, const struct policy *new)
{
	b->policy = new;
	b->seen = loop_now(b->loop).mono;
}

/* Its first service since the last step, not a drain taken back. */
static void
book_server(struct phasebook *b, const struct now *now, int group,
    const struct server *s)
{
	const struct group_policy *g = &b->policy->fleet.groups[group];
	struct phase_row row = { .wall_s = now->wall_s };

	if (s->phase != PHASE_SERVING || s->phase_since != s->serving_since ||
	    s->serving_since <= b->seen ||
	    s->flags & (SERVER_RESTORED | SERVER_DRILL) ||
	    !(s->flags & SERVER_OURS) || s->way >= g->n_ways)
		return;
	memcpy(row.ds, s->reached_ds, sizeof(row.ds));
	if (phases_feed(b->phases, g->name, g->ways[s->way], &row) != 0)
		return;
	if (!b->unsaved)
		loop_timer_set(b->loop, &b->save, SAVE_AFTER, on_save, b);
	b->unsaved = true;
}

void
phasebook_orders(struct phasebook *b, const struct now *now,
    const struct orders *orders)
{
	const struct order *o;
	int i, k;

	if (b == NULL || b->policy->daemon.dry_run)
		return;
	for (i = 0; i < orders->n; i++) {
		o = &orders->at[i];
		for (k = 0; o->kind == ORDER_RECORD && k < o->n; k++)
			book_server(b, now, o->group,
			    &orders->servers[o->first + k]);
	}
	b->seen = now->mono;
}
