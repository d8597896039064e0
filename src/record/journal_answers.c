/* SPDX-License-Identifier: MIT */
/*
 * What the writer says, and what it means for I-29.  Bad: a failure, no room,
 * or a commit that took too long; a new generation is then begun, once, with
 * all that is alive.  Good again: ten commits in time in it.  Callers are
 * told from the loop only, never from within their own call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/must.h"
#include "io/clock.h"
#include "record/journal_priv.h"

#define AGAIN_AFTER (5 * NS_S) /* files that could not be saved */

static void	journal_late(void *arg);

void
journal_timer_set(struct journal *j, ns_t now)
{
	ns_t after = AGAIN_AFTER;
	uint64_t o = j->oldest;

	if (j->is == JOURNAL_GOOD && o <= j->sent)
		after = j->sent_at[o % RING_SLOTS] + j->o.durable_in -
		    now + NS_MS;
	if (j->told != j->is)
		after = 0;
	loop_timer_set(j->o.loop, &j->timer, after, journal_late, j);
}

void
journal_bad(struct journal *j, bool lost, const char *why)
{
	j->in_time = 0;
	if (lost)
		j->rotate = true;
	if (j->is == JOURNAL_BAD)
		return;
	j->is = JOURNAL_BAD;
	if (why != j->why)
		(void)snprintf(j->why, sizeof(j->why), "%s", why);
	journal_timer_set(j, 0); /* tells */
}

void
journal_distrust(struct journal *j, const char *why)
{
	journal_bad(j, true, why);
}

void
journal_sent(struct journal *j, uint64_t seq, ns_t at)
{
	bool first = j->oldest > j->sent;

	j->sent = seq;
	j->sent_at[seq % RING_SLOTS] = at;
	if (seq - j->oldest >= RING_SLOTS)
		j->oldest = seq - RING_SLOTS + 1;
	if (first && j->is == JOURNAL_GOOD)
		journal_timer_set(j, at);
}

/* All that is alive, for a generation that has just begun. */
static void
journal_whole(struct journal *j)
{
	struct now now = loop_now(j->o.loop);
	struct bytes b = { NULL, 0, 0, false };
	struct msg m = { .kind = ASK_WHOLE, .number = j->whole_for };

	mirror_lines(&j->mirror, &b, &now);
	journal_groups_line(j, &b);
	m.seq = j->sent + 1;
	m.at = now.mono;
	m.data = (char *)b.at;
	m.n = b.n;
	if (b.failed || !ring_put(j->in, &m)) {
		bytes_free(&b); /* the next commit tries again */
		return;
	}
	j->whole_for = 0;
	j->rotate = false; /* what was lost is in it */
	j->anew = true;
	memset(j->gist, 0, sizeof(j->gist));
	j->oldest = m.seq; /* older ones were passed over */
	journal_sent(j, m.seq, now.mono);
}

/* What the writer is still to be told. */
void
journal_push(struct journal *j)
{
	struct msg m = { .kind = ASK_ROTATE };

	if (j->whole_for != 0)
		journal_whole(j);
	else if (j->rotate && ring_put(j->in, &m))
		j->rotate = false;
}

static void
told_durable(struct journal *j, const struct msg *m)
{
	ns_t took;

	if (m->seq <= j->durable)
		return;
	if (j->oldest > m->seq)
		j->oldest = m->seq;
	took = m->at - j->sent_at[j->oldest % RING_SLOTS];
	j->durable = m->seq;
	j->oldest = m->seq + 1;
	j->counts.commits++;
	j->counts.last_commit = took;
	if (took > j->o.durable_in) {
		j->counts.late++;
		journal_bad(j, j->is == JOURNAL_GOOD,
		    "a record took more than 250 ms to become durable");
	} else if (j->is == JOURNAL_BAD && m->number == j->generation &&
	    !j->rotate && ++j->in_time >= JOURNAL_GOOD_AFTER) {
		j->is = JOURNAL_GOOD;
		(void)snprintf(j->why, sizeof(j->why), "%d commits in time "
		    "in generation %d", JOURNAL_GOOD_AFTER, j->generation);
	}
	j->o.hooks.durable(j->o.hooks.ctx, m->seq);
}

static void
journal_told_one(struct journal *j, const struct msg *m)
{
	switch (m->kind) {
	case TELL_DURABLE:
		told_durable(j, m);
		break;
	case TELL_FAILED:
		j->counts.failures++;
		journal_bad(j, false, m->data != NULL ? m->data :
		    "the disk failed");
		break;
	case TELL_BEGUN:
		j->generation = m->number;
		j->whole_for = m->number;
		j->in_time = 0;
		break;
	case TELL_DONE:
	case TELL_NOT:
		journal_told(j, m);
		break;
	default:
		break;
	}
}

static void
journal_hear(struct journal *j)
{
	struct msg m;

	while (ring_take(j->out, &m)) {
		journal_told_one(j, &m);
		free(m.data);
	}
	journal_push(j);
	if (j->told != j->is) {
		j->told = j->is;
		j->o.hooks.state(j->o.hooks.ctx, j->is, j->why);
	}
}

void
journal_readable(int fd, short what, void *arg)
{
	struct journal *j = arg;

	(void)fd, (void)what;
	ring_woken(j->out);
	journal_hear(j);
	journal_timer_set(j, clock_now().mono);
}

/* The writer may have answered while the loop was busy: hear it first. */
static void
journal_late(void *arg)
{
	struct journal *j = arg;
	ns_t now = clock_now().mono;

	journal_hear(j);
	if (j->is == JOURNAL_GOOD && j->oldest <= j->sent &&
	    now - j->sent_at[j->oldest % RING_SLOTS] > j->o.durable_in) {
		journal_bad(j, true, "no record became durable within 250 ms");
		journal_hear(j);
	}
	journal_saves_push(j);
	journal_timer_set(j, now);
}

enum journal_state
journal_state(const struct journal *j)
{
	return (j->is);
}

void
journal_counts(const struct journal *j, struct journal_counts *ret)
{
	*ret = j->counts;
	ret->generation = j->generation;
	ret->sent = j->sent;
	ret->durable = j->durable;
}
