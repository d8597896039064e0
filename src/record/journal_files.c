/* SPDX-License-Identifier: MIT */
/*
 * Files on the writer's thread: saves, reads, history, and fleet.txt.  One
 * save of a file is under way at a time, and only the newest text waits
 * behind it, so that a disk that hangs costs one text a file.  A save that
 * failed is tried again until it worked or a newer text came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "record/fleet_text.h"
#include "record/history.h"
#include "record/journal_priv.h"

#define HISTORY_WITHIN (100 * NS_MS)

/* Requests of both kinds have ids: saves below this, asks above. */
enum { ASK_IDS = 1000 };

static void
save_send(struct journal *j, int i)
{
	struct save *s = &j->saves[i];
	struct msg m = { .kind = ASK_SAVE, .seq = (uint64_t)i };
	size_t path = strlen(s->path) + 1;

	if (s->under_way || !s->wanted)
		return;
	m.n = path + s->n;
	m.data = malloc(m.n + 1);
	if (m.data == NULL)
		return; /* the timer tries again */
	memcpy(m.data, s->path, path);
	if (s->n > 0)
		memcpy(m.data + path, s->text, s->n);
	if (!ring_put(j->in, &m)) {
		free(m.data);
		return;
	}
	s->under_way = true;
	s->wanted = false;
}

void
journal_saves_push(struct journal *j)
{
	int i;

	for (i = 0; i < SAVES_MAX && j->saves[i].path != NULL; i++)
		save_send(j, i);
}

void
journal_saves_end(struct journal *j)
{
	int i;

	if (j->fleet_changed)
		journal_fleet_text(j);
	/* the ring keeps their order: the last text of a path stays */
	for (i = 0; i < SAVES_MAX && j->saves[i].path != NULL; i++) {
		j->saves[i].under_way = false;
		save_send(j, i);
	}
}

int
journal_save(struct journal *j, const char *path, const char *text, size_t n)
{
	struct save *s;
	char *copy;
	int i;

	for (i = 0; i < SAVES_MAX && j->saves[i].path != NULL; i++)
		if (strcmp(j->saves[i].path, path) == 0)
			break;
	if (i == SAVES_MAX)
		return (-1);
	s = &j->saves[i];
	copy = malloc(n + 1);
	if (copy == NULL)
		return (-1);
	memcpy(copy, text, n);
	if (s->path == NULL && (s->path = strdup(path)) == NULL) {
		free(copy);
		return (-1);
	}
	free(s->text);
	s->text = copy;
	s->n = n;
	s->wanted = true;
	save_send(j, i);
	return (0);
}

void
journal_fleet_text(struct journal *j)
{
	struct now now = loop_now(j->o.loop);
	char path[PATH_MAX + 16];
	struct bytes b = { NULL, 0, 0, false };

	(void)snprintf(path, sizeof(path), "%s/fleet.txt", j->folder);
	fleet_text(&b, &j->mirror, &now);
	if (!b.failed && journal_save(j, path, (const char *)b.at, b.n) == 0)
		j->fleet_changed = false;
	bytes_free(&b);
}

static int
ask_send(struct journal *j, struct msg *m, journal_text_fn *fn, void *ctx)
{
	int i;

	MUST(fn != NULL);
	for (i = 0; i < ASKS_MAX && j->asks[i].fn != NULL; i++)
		continue;
	if (i == ASKS_MAX || m->data == NULL) {
		free(m->data);
		return (-1);
	}
	m->seq = ASK_IDS + j->next_ask++;
	if (!ring_put(j->in, m)) {
		free(m->data);
		return (-1);
	}
	j->asks[i] = (struct ask){ fn, ctx, m->seq };
	return (0);
}

int
journal_read(struct journal *j, const char *path, size_t max,
    journal_text_fn *fn, void *ctx)
{
	struct msg m = { .kind = ASK_READ };

	MUST(max > 0 && max < INT32_MAX);
	m.number = (int)max;
	m.data = strdup(path);
	m.n = strlen(path) + 1;
	return (ask_send(j, &m, fn, ctx));
}

int
journal_history(struct journal *j, const struct journal_query *q,
    journal_text_fn *fn, void *ctx)
{
	struct msg m = { .kind = ASK_HISTORY };
	struct history_query h = { .from_wall_s = q->from_wall_s,
		.to_wall_s = q->to_wall_s, .limit = q->limit,
		.within = HISTORY_WITHIN };

	(void)snprintf(h.group, sizeof(h.group), "%s", q->group);
	if (h.limit <= 0 || h.limit > JOURNAL_ROWS)
		h.limit = JOURNAL_ROWS;
	m.data = malloc(sizeof(h));
	m.n = sizeof(h);
	if (m.data != NULL)
		memcpy(m.data, &h, sizeof(h));
	return (ask_send(j, &m, fn, ctx));
}

static void
told_saved(struct journal *j, int i, const struct msg *m)
{
	struct save *s = &j->saves[i];
	bool failed = m->kind == TELL_NOT;

	MUST(s->under_way);
	s->under_way = false;
	if (j->o.hooks.saved != NULL)
		j->o.hooks.saved(j->o.hooks.ctx, s->path, !failed ? NULL :
		    m->data != NULL ? m->data : "out of memory");
	if (failed && !s->wanted)
		s->wanted = true; /* the same text, when the timer comes */
	else if (s->wanted)
		save_send(j, i);
}

void
journal_told(struct journal *j, const struct msg *m)
{
	journal_text_fn *fn;
	int i;

	if (m->seq < ASK_IDS) {
		MUST(m->seq < SAVES_MAX);
		told_saved(j, (int)m->seq, m);
		return;
	}
	for (i = 0; i < ASKS_MAX; i++)
		if (j->asks[i].fn != NULL && j->asks[i].id == m->seq)
			break;
	if (i == ASKS_MAX)
		return;
	fn = j->asks[i].fn;
	j->asks[i].fn = NULL;
	if (m->kind == TELL_DONE && m->data != NULL)
		fn(j->asks[i].ctx, m->data, m->n, NULL);
	else
		fn(j->asks[i].ctx, NULL, 0, m->data != NULL ? m->data :
		    "out of memory");
}

void
journal_files_free(struct journal *j)
{
	int i;

	for (i = 0; i < SAVES_MAX; i++) {
		free(j->saves[i].path);
		free(j->saves[i].text);
	}
}
