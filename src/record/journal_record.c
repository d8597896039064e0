/* SPDX-License-Identifier: MIT */
/*
 * What callers say, into batches; see journal.h.  A batch has two parts:
 * who exists (state), without which nothing may go on, and history (light),
 * which is left out first when room is short.  The mirror always follows what
 * was said, whatever becomes of the batch.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/build.h"
#include "record/decided.h"
#include "record/calls.h"
#include "record/journal_priv.h"
#include "record/store.h"

enum { WORD_DEFAULT_S = 7200, DECISION_TEXT_MAX = 8000 };
/* Steps in one row of history: fewer, and half-empty pages cost the most. */
#define ROW_SPAN (10 * NS_MIN)
enum { ROW_BYTES = 256 * 1024 };
#define CLOSE_WITHIN (500 * NS_MS)

/* The loop hears nothing any more. */
static void
journal_leave_loop(struct journal *j)
{
	if (j->answers != NULL)
		event_free(j->answers);
	j->answers = NULL;
	loop_timer_stop(&j->timer);
}

static void
journal_free(struct journal *j)
{
	journal_leave_loop(j);
	ring_free(j->in);
	ring_free(j->out);
	mirror_free(&j->mirror);
	bytes_free(&j->state);
	bytes_free(&j->light);
	bytes_free(&j->step);
	bytes_free(&j->calls);
	journal_files_free(j);
	if (j->folder_fd >= 0)
		(void)close(j->folder_fd);
	free(j);
}

static struct journal *
journal_new(const struct journal_options *o, struct err *e)
{
	struct journal *j = calloc(1, sizeof(*j));
	int n;

	if (j == NULL) {
		(void)err_set(e, ENOMEM, "journal: out of memory");
		return (NULL);
	}
	MUST(o->hooks.durable != NULL);
	MUST(o->hooks.state != NULL);
	j->o = *o;
	j->folder_fd = -1;
	j->anew = true;
	if (o->keep == 0)
		j->o.keep = JOURNAL_KEEP;
	if (o->max_bytes == 0)
		j->o.max_bytes = JOURNAL_MAX_BYTES;
	if (o->durable_in == 0)
		j->o.durable_in = JOURNAL_DURABLE_IN;
	if (o->fast_crash == 0)
		j->o.fast_crash = NS_MIN;
	build_id(j->build, sizeof(j->build));
	if (o->build != NULL)
		(void)snprintf(j->build, sizeof(j->build), "%s", o->build);
	n = snprintf(j->folder, sizeof(j->folder), "%s", o->folder);
	if (n < 0 || (size_t)n > sizeof(j->folder) - 64) {
		(void)err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    o->folder);
		journal_free(j);
		return (NULL);
	}
	return (j);
}

static int
journal_start(struct journal *j, struct store *s, struct err *e)
{
	struct writer_options w = { .folder = j->folder, .vfs = j->o.vfs,
		.store = s, .keep_s = j->o.keep / NS_S,
		.max_bytes = j->o.max_bytes };

	j->in = w.in = ring_new(RING_SLOTS, RING_BYTES, e);
	j->out = w.out = ring_new(RING_SLOTS, RING_BYTES, e);
	if (j->in == NULL || j->out == NULL) {
		store_close(s, false);
		return (-1);
	}
	j->answers = event_new(loop_base(j->o.loop), ring_fd(j->out),
	    EV_READ | EV_PERSIST, journal_readable, j);
	if (j->answers == NULL || event_add(j->answers, NULL) != 0) {
		store_close(s, false);
		return (err_set(e, ENOMEM, "journal: out of memory"));
	}
	if (s != NULL)
		j->generation = store_number(s);
	j->writer = writer_start(&w, e);
	if (j->writer == NULL)
		store_close(s, false);
	return (j->writer != NULL ? 0 : -1);
}

int
journal_open(struct journal **ret, const struct journal_options *o,
    struct past *past, struct err *e)
{
	struct journal *j = journal_new(o, e);
	struct store *s;

	memset(past, 0, sizeof(*past));
	if (j == NULL)
		return (-1);
	if (journal_lock(j, e) != 0)
		goto fail;
	s = journal_begin(j, past, e);
	if (e->code != 0 || journal_start(j, s, e) != 0)
		goto fail;
	j->oldest = 1;
	journal_fleet_text(j); /* the first of the saves */
	if (s == NULL)
		journal_bad(j, false, j->why);
	*ret = j;
	return (0);
fail:
	past_free(past);
	journal_free(j);
	return (-1);
}

void
journal_close(struct journal *j, bool clean)
{
	struct msg stop = { .kind = ASK_STOP, .number = clean };
	int i;

	if (j == NULL)
		return;
	if (clean && j->is == JOURNAL_GOOD) {
		bytes_u8(&j->state, LINE_STOP);
		j->now = loop_now(j->o.loop);
		(void)journal_commit(j, &j->now);
	}
	if (clean)
		journal_saves_end(j);
	for (i = 0; i < 50 && !ring_put(j->in, &stop); i++)
		(void)poll(NULL, 0, 10);
	/*
	 * A disk that hangs keeps its thread, what that one works with, and
	 * the lock; the process ends without waiting for it.
	 */
	if (i < 50 && writer_join(j->writer, CLOSE_WITHIN))
		journal_free(j);
	else
		journal_leave_loop(j);
}

void
journal_groups_line(const struct journal *j, struct bytes *b)
{
	struct bytes names = { NULL, 0, 0, false };
	int i;

	bytes_varint(&names, (uint64_t)j->n_groups);
	for (i = 0; i < j->n_groups; i++)
		bytes_text(&names, j->group[i]->name);
	bytes_u8(b, LINE_GROUPS);
	bytes_blob(b, names.at, names.n);
	b->failed = b->failed || names.failed;
	bytes_free(&names);
}

int
journal_groups(struct journal *j, const struct group_policy *policy, int n)
{
	struct mirror_group *g[MAX_GROUPS];
	int i;

	MUST(n >= 0 && n <= MAX_GROUPS);
	for (i = 0; i < n; i++)
		if ((g[i] = mirror_group(&j->mirror, policy[i].name)) == NULL)
			return (-1);
	memcpy(j->group, g, sizeof(g[0]) * (size_t)n);
	j->n_groups = n;
	memset(j->gist, 0, sizeof(j->gist));
	memset(j->alarms, 0, sizeof(j->alarms));
	j->anew = true;
	journal_groups_line(j, &j->state);
	return (0);
}

static struct mirror_group *
journal_group(struct journal *j, int group)
{
	MUST(group >= 0 && group < j->n_groups);
	return (j->group[group]);
}

void
journal_params(struct journal *j, int group, int way, const char *text)
{
	struct mirror_group *g = journal_group(j, group);
	uint64_t hash = mirror_params_put(&j->mirror, text, strlen(text));

	MUST(way >= 0 && way < MAX_WAYS);
	if (hash != 0 && g->way_params[way] != hash)
		lines_params(&j->state, hash, text, strlen(text));
	g->way_params[way] = hash;
}

void
journal_by_hand(struct journal *j, int group, const char *text)
{
	struct mirror_group *g = journal_group(j, group);

	free(g->by_hand);
	g->by_hand = strdup(text);
	j->fleet_changed = true;
}

void
journal_inbox(struct journal *j, const struct now *now,
    const struct event *events, size_t n)
{
	MUST(!j->in_step);
	j->now = *now;
	if (now->mono - j->anew_at >= ROW_SPAN || now->mono < j->anew_at ||
	    j->row_bytes > ROW_BYTES)
		j->anew = true;
	if (j->anew) {
		pack_reset(&j->pack);
		j->anew_at = now->mono;
		j->row_bytes = 0;
	}
	bytes_reset(&j->step, BATCH_KEEP);
	pack_inbox(&j->pack, &j->step, now, events, n);
	j->in_step = true;
}

static void
journal_alarms(struct journal *j, int group, const struct decision *d)
{
	uint32_t changed = d->alarms ^ j->alarms[group];
	int i;

	j->alarms[group] = d->alarms;
	for (i = 0; i < ALARM_COUNT; i++)
		if (changed & 1u << i)
			journal_alarm(j, group, alarm_name((enum alarm)i),
			    (d->alarms & 1u << i) != 0, d->evidence);
}

void
journal_decision(struct journal *j, int group, const struct decision *d)
{
	struct mirror_group *g = journal_group(j, group);
	uint64_t gist = decided_gist(d);
	char *text;

	j->hash[group] = decided_hash(d);
	j->hashed[group] = true;
	journal_alarms(j, group, d);
	if (g->desired != d->desired) {
		g->desired = d->desired;
		lines_desired(&j->state, g->name, d->desired);
		j->fleet_changed = true;
	}
	if (gist == j->gist[group])
		return;
	text = decided_text(d, g->name);
	if (text == NULL || strlen(text) > DECISION_TEXT_MAX) {
		free(text);
		j->counts.refused++;
		return;
	}
	j->gist[group] = gist;
	bytes_u8(&j->light, LINE_DECISION);
	bytes_text(&j->light, g->name);
	bytes_u64(&j->light, j->hash[group]);
	bytes_text(&j->light, text);
	free(text);
}

void
journal_orders(struct journal *j, const struct orders *orders)
{
	const struct order *o;
	int i, k;

	for (i = 0; i < orders->n; i++) {
		o = &orders->at[i];
		for (k = o->first; k < o->first + o->n; k++) {
			if (o->kind == ORDER_RECORD)
				journal_server(j, o->group,
				    &orders->servers[k]);
			else if (o->kind == ORDER_FORGET)
				journal_forget(j, o->group,
				    &orders->servers[k]);
		}
	}
}

void
journal_server(struct journal *j, int group, const struct server *s)
{
	struct mirror_group *g = journal_group(j, group);
	const struct kept *k = mirror_find(g, s);
	bool moved = k == NULL || k->server.phase != s->phase;
	uint64_t params;

	MUST(s->way < MAX_WAYS);
	params = k != NULL ? k->params : g->way_params[s->way];
	if (mirror_put(g, s, params) != 0)
		journal_bad(j, true, "out of memory");
	lines_server(&j->state, g->name, s, moved, params);
	j->fleet_changed = true;
}

void
journal_forget(struct journal *j, int group, const struct server *s)
{
	struct mirror_group *g = journal_group(j, group);

	mirror_drop(g, s);
	lines_forget(&j->state, g->name, s);
	j->fleet_changed = true;
}

void
journal_boot(struct journal *j, int group, const struct token *t,
    const struct boot_row *row)
{
	struct mirror_group *g = journal_group(j, group);
	struct server s = { .token = *t };
	struct kept *k = mirror_find(g, &s);

	if (k == NULL)
		return;
	k->boot = *row;
	lines_boot(&j->state, g->name, t, row);
}

/* RESUME ends holds, words and breakers, and what a crash left behind. */
static void
journal_resume(struct journal *j, struct mirror_group *g)
{
	struct run *r = &j->mirror.runs[j->mirror.n_runs - 1];
	int i;

	for (i = 0; i < WORDS_STANDING; i++) {
		if (!g->has[i])
			continue;
		g->has[i] = false;
		lines_lift(&j->state, g->name, g->words[i].kind);
	}
	r->forgiven = true;
	bytes_u8(&j->state, LINE_FORGIVE);
}

void
journal_word(struct journal *j, int group, const struct now *now,
    const struct word *word)
{
	struct mirror_group *g = journal_group(j, group);
	struct word w = *word;
	int at = mirror_stands(w.kind);

	j->now = *now;
	/* a date, so that a restart does not begin the time anew */
	if (w.until_wall_s == 0 && at >= 0 && w.kind != WORD_HOLD)
		w.until_wall_s = now->wall_s + WORD_DEFAULT_S;
	lines_word(&j->state, LINE_WORD, g->name, &w);
	if (w.kind == WORD_RESUME)
		journal_resume(j, g);
	if (at < 0)
		return;
	g->words[at] = w;
	g->has[at] = true;
	lines_word(&j->state, LINE_STANDING, g->name, &w);
}

void
journal_learned(struct journal *j, int group, const void *body, size_t n)
{
	struct mirror_group *g = journal_group(j, group);

	bytes_reset(&g->learned, SIZE_MAX);
	bytes_put(&g->learned, body, n);
	(void)snprintf(g->build, sizeof(g->build), "%s", j->build);
	lines_learned(&j->state, g->name, j->build, body, n);
}

void
journal_alarm(struct journal *j, int group, const char *name, bool raised,
    const char *text)
{
	bytes_u8(&j->light, LINE_ALARM);
	bytes_text(&j->light, group < 0 ? "" : journal_group(j, group)->name);
	bytes_text(&j->light, name);
	bytes_u8(&j->light, raised);
	bytes_blob(&j->light, text, strnlen(text, REASON_SIZE - 1));
}

void
journal_call(struct journal *j, const struct fleet_call *c)
{
	calls_write(&j->calls, c);
	j->anew = true;
}

/* They stand before the step that is in the same batch. */
static void
journal_end_calls(struct journal *j)
{
	if (j->calls.n == 0)
		return;
	bytes_u8(&j->state, LINE_CALLS);
	bytes_blob(&j->state, j->calls.at, j->calls.n);
	j->state.failed = j->state.failed || j->calls.failed;
	bytes_reset(&j->calls, BATCH_KEEP);
}

static void
journal_end_step(struct journal *j)
{
	if (!j->in_step)
		return;
	j->in_step = false;
	pack_hashes(&j->step, j->hash, j->hashed, j->n_groups);
	memset(j->hashed, 0, sizeof(j->hashed));
	bytes_u8(&j->light, LINE_STEP);
	bytes_u8(&j->light, j->anew);
	bytes_blob(&j->light, j->step.at, j->step.n);
	j->row_bytes += j->step.n;
	j->light.failed = j->light.failed || j->step.failed;
	j->anew = false;
}

/* History that is left out: what follows must stand without it. */
static void
journal_leave_out(struct journal *j)
{
	struct fleet_call gap = { .kind = CALL_GAP };

	j->counts.refused++;
	journal_call(j, &gap);
	memset(j->gist, 0, sizeof(j->gist));
}

uint64_t
journal_commit(struct journal *j, const struct now *now)
{
	struct bytes b = { NULL, 0, 0, false };
	struct msg m = { .kind = ASK_BATCH, .at = now->mono };
	bool light;

	journal_push(j);
	if (j->fleet_changed && !j->saves[0].under_way)
		journal_fleet_text(j);
	journal_end_step(j);
	journal_end_calls(j);
	if (j->state.n == 0 && j->light.n == 0)
		return (0);
	light = j->light.n > 0 && !j->light.failed && !ring_is_tight(j->in);
	if (j->light.n > 0 && !light)
		journal_leave_out(j);
	lines_begin(&b, now);
	bytes_put(&b, j->state.at, j->state.n);
	if (light)
		bytes_put(&b, j->light.at, j->light.n);
	b.failed = b.failed || j->state.failed;
	m.seq = j->sent + 1;
	m.data = (char *)b.at;
	m.n = b.n;
	if (b.failed || !ring_put(j->in, &m)) {
		bytes_free(&b);
		journal_leave_out(j);
		journal_bad(j, true, b.failed ? "out of memory" :
		    "the writer's queue is full");
	}
	bytes_reset(&j->state, BATCH_KEEP);
	bytes_reset(&j->light, BATCH_KEEP);
	journal_sent(j, m.seq, now->mono);
	return (m.seq);
}
