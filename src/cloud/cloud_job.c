/* SPDX-License-Identifier: MIT */
/* Operations under way; see cloud_job.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "cloud/cloud_job.h"

void
cloud_job_free(struct cloud_job *j)
{
	if (j == NULL)
		return;
	free(j->items);
	free(j->told);
	free(j);
}

struct cloud_job *
cloud_job_new(struct cloud *c, op_t op, size_t n, ns_t within)
{
	struct cloud_job *j = calloc(1, sizeof(*j));
	size_t i;

	if (j != NULL)
		j->items = calloc(n + 1, sizeof(*j->items));
	if (j == NULL || j->items == NULL) {
		free(j);
		return (NULL);
	}
	j->cloud = c;
	j->op = op;
	j->by = loop_now(c->host->loop).mono + within;
	j->n_open = n > 0 ? n : 1;
	j->total = -1;
	for (i = 0; i < n; i++)
		j->items[i].job = j;
	TAILQ_INSERT_TAIL(&c->open, j, link);
	return (j);
}

void
cloud_job_blame(struct cloud_job *j, enum outcome outcome, const char *text)
{
	MUST(outcome != OUTCOME_DONE);
	if (j->outcome != OUTCOME_DONE && outcome != OUTCOME_UNKNOWN)
		return;
	if (j->outcome == OUTCOME_UNKNOWN)
		return;
	j->outcome = outcome;
	(void)snprintf(j->text, sizeof(j->text), "%.*s", REASON_SIZE - 1,
	    text);
}

void
cloud_job_tell(struct cloud_job *j, const struct told *t)
{
	size_t room = j->room == 0 ? 16 : 2 * j->room;
	struct told *more;

	if (j->n_told == j->room) {
		more = realloc(j->told, room * sizeof(*more));
		if (more == NULL) {
			cloud_job_blame(j, OUTCOME_UNKNOWN, "out of memory");
			return;
		}
		j->told = more;
		j->room = room;
	}
	j->told[j->n_told++] = *t;
}

static void
cloud_post(void *cloud)
{
	struct cloud *c = cloud;
	struct cloud_job *j;
	struct answer a;

	while ((j = TAILQ_FIRST(&c->done)) != NULL) {
		TAILQ_REMOVE(&c->done, j, link);
		memset(&a, 0, sizeof(a));
		a.op = j->op;
		a.outcome = j->outcome;
		a.told = j->told;
		a.n_told = j->n_told;
		(void)snprintf(a.text, sizeof(a.text), "%s", j->text);
		c->host->post(c->host->ctx, &a);
		cloud_job_free(j);
	}
}

void
cloud_job_ends(struct cloud_job *j)
{
	struct cloud *c = j->cloud;

	MUST(j->n_open > 0);
	if (--j->n_open > 0)
		return;
	TAILQ_REMOVE(&c->open, j, link);
	TAILQ_INSERT_TAIL(&c->done, j, link);
	loop_timer_set(c->host->loop, &c->post, 0, cloud_post, c);
}
