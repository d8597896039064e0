/* SPDX-License-Identifier: MIT */
/* Jobs in two lists: open, in the order in which they came, and done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "provider/local_job.h"

void
jobs_init(struct jobs *js)
{
	TAILQ_INIT(&js->open);
	TAILQ_INIT(&js->done);
	js->n_open = 0;
	js->next_ref = 1;
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	free(j->items);
	free(j->told);
	free(j);
}

void
jobs_fini(struct jobs *js)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&js->open)) != NULL)
		jobs_end(js, j);
	while ((j = jobs_take_done(js)) != NULL)
		job_free(j);
}

struct job *
jobs_new(struct jobs *js, enum job_kind kind, op_t op, size_t n)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j != NULL)
		j->items = calloc(n + 1, sizeof(*j->items));
	if (j == NULL || j->items == NULL) {
		free(j);
		return (NULL);
	}
	j->kind = kind;
	j->op = op;
	j->n = n;
	j->n_open = n;
	j->first_ref = js->next_ref;
	js->next_ref += n + 1;
	TAILQ_INSERT_TAIL(&js->open, j, link);
	if (++js->n_open > JOBS_MAX) {
		j->n_open = 0;
		job_blame(j, OUTCOME_THROTTLED, "the spawner is behind with "
		    "what it was asked");
	}
	return (j);
}

struct job *
jobs_find(struct jobs *js, uint64_t ref, size_t *ret_i)
{
	struct job *j;

	TAILQ_FOREACH(j, &js->open, link)
		if (ref >= j->first_ref && ref - j->first_ref < j->n &&
		    !j->items[ref - j->first_ref].done) {
			*ret_i = (size_t)(ref - j->first_ref);
			return (j);
		}
	return (NULL);
}

void
jobs_end(struct jobs *js, struct job *j)
{
	TAILQ_REMOVE(&js->open, j, link);
	js->n_open--;
	TAILQ_INSERT_TAIL(&js->done, j, link);
}

struct job *
jobs_take_done(struct jobs *js)
{
	struct job *j = TAILQ_FIRST(&js->done);

	if (j != NULL)
		TAILQ_REMOVE(&js->done, j, link);
	return (j);
}

bool
job_item_done(struct jobs *js, struct job *j, size_t i)
{
	MUST(i < j->n);
	MUST(!j->items[i].done);
	j->items[i].done = true;
	if (--j->n_open > 0)
		return (false);
	jobs_end(js, j);
	return (true);
}

void
job_blame(struct job *j, enum outcome outcome, const char *text)
{
	MUST(outcome != OUTCOME_DONE);
	if (j->outcome != OUTCOME_DONE)
		return;
	j->outcome = outcome;
	(void)snprintf(j->text, sizeof(j->text), "%.*s", REASON_SIZE - 1,
	    text);
}

void
job_tell(struct job *j, const struct told *t)
{
	size_t room = j->room == 0 ? 16 : 2 * j->room;
	struct told *more;

	if (j->n_told == j->room) {
		more = realloc(j->told, room * sizeof(*more));
		if (more == NULL) {
			/* A listing with a hole is none. */
			job_blame(j, OUTCOME_UNKNOWN, "out of memory");
			return;
		}
		j->told = more;
		j->room = room;
	}
	j->told[j->n_told++] = *t;
}
