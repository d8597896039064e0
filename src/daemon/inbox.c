/* SPDX-License-Identifier: MIT */
/* The inbox of the next step; see inbox.h. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "daemon/inbox.h"

struct inbox *
inbox_new(void)
{
	return (calloc(1, sizeof(struct inbox)));
}

void
inbox_free(struct inbox *b)
{
	if (b == NULL)
		return;
	inbox_clear(b);
	free(b);
}

bool
inbox_put(struct inbox *b, const struct event *ev)
{
	struct told *told = NULL;
	size_t n = 0;

	MUST(ev->kind < EVENT_KIND_COUNT);
	if (b->n == MAX_INBOX)
		return (false);
	if (ev->kind == EVENT_ANSWER && ev->u.answer.n_told > 0) {
		n = ev->u.answer.n_told;
		if (n > INBOX_TOLD - b->n_told)
			return (false);
		told = malloc(n * sizeof(*told));
		if (told == NULL)
			return (false);
		memcpy(told, ev->u.answer.told, n * sizeof(*told));
	}
	b->at[b->n] = *ev;
	if (ev->kind == EVENT_ANSWER)
		b->at[b->n].u.answer.told = told;
	b->n++;
	b->n_told += n;
	return (true);
}

static void
event_free(struct event *ev)
{
	if (ev->kind == EVENT_ANSWER)
		free((void *)(uintptr_t)ev->u.answer.told);
}

void
inbox_regroup(struct inbox *b, const int *map)
{
	size_t i, k = 0;

	for (i = 0; i < b->n; i++) {
		if (b->at[i].kind == EVENT_JOURNAL) {
			b->at[k++] = b->at[i];
		} else if (map[b->at[i].group] < 0) {
			event_free(&b->at[i]);
		} else {
			b->at[k] = b->at[i];
			b->at[k].group = map[b->at[k].group];
			k++;
		}
	}
	b->n = k;
}

void
inbox_clear(struct inbox *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		event_free(&b->at[i]);
	b->n = b->n_told = 0;
}
