/* SPDX-License-Identifier: MIT */
/*
 * The writer thread; see writer.h.  After any error of the journal its file
 * is closed as it is, and a new generation is tried at once, then less and
 * less often.  Until the loop has sent all that is alive, batches for it are
 * passed over: what they say is in that.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/clock.h"
#include "io/file.h"
#include "record/generations.h"
#include "record/history.h"
#include "record/store.h"
#include "record/writer.h"

enum {
	COMMIT_BATCHES = 256, /* at most, in one commit */
	LOG_BATCHES = 200     /* commits between two checkpoints */
};
#define RETRY_FIRST (250 * NS_MS)
#define RETRY_LAST (8 * NS_S)
#define RETAIN_EVERY (60 * NS_S)
#define RETAIN_AGAIN (NS_S)
#define CLOCK_JUMP_S 86400

struct job {
	struct job *next;
	struct msg msg;
};

struct writer {
	struct writer_options o;
	pthread_t thread;
	int done_fd;
	struct store *store;
	struct job *first, **end;
	struct msg batch[COMMIT_BATCHES];
	int n_batches;
	bool stop, clean;
	bool rotate; /* a new generation is wanted */
	ns_t retry_at, retry_after;
	ns_t retain_at;
	int since_checkpoint;
	int64_t clock_offset_s; /* wall less boot clock, at the start */
	struct msg owed; /* an answer that found no room; kind 0: none */
};

/* Never waits: durable answers merge, others must find room or are lost. */
static void
tell(struct writer *w, const struct msg *m)
{
	if (w->owed.kind != 0 && ring_put(w->o.out, &w->owed))
		w->owed.kind = 0;
	if (ring_put(w->o.out, m))
		return;
	if (m->kind == TELL_DURABLE || m->kind == TELL_BEGUN) {
		if (w->owed.kind != TELL_BEGUN || m->kind == TELL_BEGUN)
			w->owed = *m;
	} else {
		free(m->data);
	}
}

static void
tell_text(struct writer *w, int kind, uint64_t seq, const char *text)
{
	struct msg m = { .kind = kind, .seq = seq };

	m.data = strdup(text);
	m.n = m.data != NULL ? strlen(text) : 0;
	tell(w, &m);
}

/* Closed for good; one that never became complete holds nothing: it goes. */
static void
writer_close(struct writer *w)
{
	int number = 0;

	if (w->store != NULL && !store_is_complete(w->store))
		number = store_number(w->store);
	store_close(w->store, false);
	w->store = NULL;
	if (number != 0)
		generations_delete(w->o.folder, number);
}

/* The next try at once after a file that worked, else later and later. */
static void
writer_failed(struct writer *w, const struct err *e)
{
	writer_close(w);
	w->rotate = true;
	w->retry_at = clock_now().mono + w->retry_after;
	tell_text(w, TELL_FAILED, 0, e->text);
}

static void
writer_begin_generation(struct writer *w)
{
	struct err e = { 0 };
	struct msg m = { .kind = TELL_BEGUN };
	int number = generations_next(w->o.folder, &e);

	writer_close(w);
	/* until a commit in it has worked */
	w->retry_after = w->retry_after == 0 ? RETRY_FIRST :
	    w->retry_after * 2;
	if (w->retry_after > RETRY_LAST)
		w->retry_after = RETRY_LAST;
	if (number < 0 || store_create(&w->store, w->o.folder, number,
	    w->o.vfs, &e) != 0) {
		writer_failed(w, &e);
		return;
	}
	w->rotate = false;
	m.number = number;
	tell(w, &m);
}

static void
batches_free(struct writer *w)
{
	int i;

	for (i = 0; i < w->n_batches; i++)
		free(w->batch[i].data);
	w->n_batches = 0;
}

static bool
batch_counts(const struct writer *w, const struct msg *m)
{
	if (w->store == NULL)
		return (false);
	if (m->kind == ASK_WHOLE)
		return (m->number == store_number(w->store) &&
		    !store_is_complete(w->store));
	return (true);
}

/* All that wait, one commit. */
static void
writer_commit(struct writer *w)
{
	struct msg m = { .kind = TELL_DURABLE };
	struct err e = { 0 };
	bool complete = w->store != NULL && store_is_complete(w->store);
	int i, n = 0, rc = 0;

	for (i = 0; i < w->n_batches && rc == 0; i++) {
		if (!batch_counts(w, &w->batch[i]) ||
		    (!complete && w->batch[i].kind != ASK_WHOLE))
			continue;
		complete = true;
		if (n++ == 0)
			rc = store_begin(w->store, &e);
		if (rc == 0)
			rc = store_apply(w->store, w->batch[i].data,
			    w->batch[i].n, w->batch[i].kind == ASK_WHOLE, &e);
		m.seq = w->batch[i].seq;
	}
	if (rc == 0 && n > 0)
		rc = store_commit(w->store, &e);
	batches_free(w);
	if (rc != 0) {
		writer_failed(w, &e);
		return;
	}
	if (n == 0)
		return;
	w->retry_after = 0;
	w->since_checkpoint++;
	m.at = clock_now().mono;
	m.number = store_number(w->store);
	tell(w, &m);
}

static void
job_save(struct writer *w, const struct msg *m)
{
	const char *nul = memchr(m->data, 0, m->n);
	struct msg done = { .kind = TELL_DONE, .seq = m->seq };
	struct err e = { 0 };
	size_t path;

	MUST(nul != NULL);
	path = (size_t)(nul - m->data) + 1;
	if (file_replace(m->data, m->data + path, m->n - path, &e) == 0)
		tell(w, &done);
	else
		tell_text(w, TELL_NOT, m->seq, e.text);
}

static void
job_text(struct writer *w, const struct msg *m)
{
	struct msg done = { .kind = TELL_DONE, .seq = m->seq };
	struct history_query q;
	struct err e = { 0 };
	int rc;

	if (m->kind == ASK_READ) {
		rc = file_read(m->data, (size_t)m->number, &done.data, &done.n,
		    &e);
	} else {
		MUST(m->n == sizeof(q));
		memcpy(&q, m->data, sizeof(q));
		rc = history_text(w->store != NULL &&
		    store_is_complete(w->store) ? w->store : NULL,
		    w->o.folder, w->o.vfs, &q, &done.data, &done.n, &e);
	}
	if (rc == 0)
		tell(w, &done);
	else
		tell_text(w, TELL_NOT, m->seq, e.text);
}

static void
writer_job(struct writer *w)
{
	struct job *j = w->first;

	w->first = j->next;
	if (w->first == NULL)
		w->end = &w->first;
	if (j->msg.kind == ASK_SAVE)
		job_save(w, &j->msg);
	else
		job_text(w, &j->msg);
	free(j->msg.data);
	free(j);
}

static void
writer_queue(struct writer *w, struct msg *m)
{
	struct job *j = malloc(sizeof(*j));

	if (j == NULL) {
		free(m->data);
		tell_text(w, TELL_NOT, m->seq, "out of memory");
		return;
	}
	j->next = NULL;
	j->msg = *m;
	*w->end = j;
	w->end = &j->next;
}

/* Everything that the loop has said; at most one commit of it. */
static void
writer_take(struct writer *w)
{
	struct msg m;

	while (w->n_batches < COMMIT_BATCHES && !w->stop && !w->rotate &&
	    ring_take(w->o.in, &m)) {
		switch (m.kind) {
		case ASK_BATCH:
		case ASK_WHOLE:
			w->batch[w->n_batches++] = m;
			break;
		case ASK_ROTATE:
			w->rotate = true;
			break;
		case ASK_STOP:
			w->stop = true;
			w->clean = m.number != 0;
			break;
		default:
			writer_queue(w, &m);
		}
	}
}

/*
 * With no file to write to, batches are read and passed over, so that the
 * ring stays free for what can be done.
 */
static void
writer_take_without(struct writer *w)
{
	bool rotate = w->rotate;

	w->rotate = false;
	writer_take(w);
	w->rotate = rotate;
	batches_free(w);
}

/* By age only while the wall clock goes as it did: a step forgets nothing. */
static int64_t
writer_before(const struct writer *w, const struct now *now)
{
	int64_t drift = now->wall_s - now->mono / NS_S - w->clock_offset_s;

	if (drift > CLOCK_JUMP_S || drift < -CLOCK_JUMP_S)
		return (INT64_MIN / 2);
	return (now->wall_s - w->o.keep_s);
}

/* Nothing waits: the upkeep of the file. */
static void
writer_idle(struct writer *w, const struct now *now)
{
	struct err e = { 0 };
	int rc = 0;

	if (w->store == NULL || !store_is_complete(w->store))
		return;
	if (w->since_checkpoint >= LOG_BATCHES) {
		w->since_checkpoint = 0;
		rc = store_checkpoint(w->store, &e);
	} else if (now->mono >= w->retain_at) {
		rc = store_retain(w->store, writer_before(w, now),
		    w->o.max_bytes, &e);
		generations_retain(w->o.folder, store_number(w->store),
		    writer_before(w, now), w->o.max_bytes);
		w->retain_at = now->mono +
		    (rc > 0 ? RETAIN_AGAIN : RETAIN_EVERY);
	}
	if (rc < 0)
		writer_failed(w, &e);
}

static void
writer_wait(struct writer *w, ns_t now)
{
	struct pollfd p = { .fd = ring_fd(w->o.in), .events = POLLIN };
	ns_t until = w->retain_at;

	if (w->rotate && w->retry_at < until)
		until = w->retry_at;
	if (w->owed.kind != 0 && now + 10 * NS_MS < until)
		until = now + 10 * NS_MS;
	if (until > now)
		(void)poll(&p, 1, (int)((until - now) / NS_MS) + 1);
	ring_woken(w->o.in);
}

static void
writer_turn(struct writer *w)
{
	struct now now = clock_now();

	if (w->rotate && now.mono >= w->retry_at)
		writer_begin_generation(w);
	if (w->rotate)
		writer_take_without(w);
	else
		writer_take(w);
	if (w->n_batches > 0) {
		writer_commit(w);
	} else if (w->first != NULL) {
		writer_job(w);
	} else if (!w->stop) {
		if (!w->rotate)
			writer_idle(w, &now);
		writer_wait(w, clock_now().mono);
	}
}

static void *
writer_main(void *arg)
{
	struct writer *w = arg;
	struct msg m = { .kind = TELL_STOPPED };

	while (!w->stop || w->n_batches > 0 || w->first != NULL)
		writer_turn(w);
	store_close(w->store, w->clean);
	w->store = NULL;
	while (!ring_put(w->o.out, &m))
		(void)poll(NULL, 0, 10); /* the loop reads, or is gone */
	return (NULL);
}

struct writer *
writer_start(const struct writer_options *o, struct err *e)
{
	struct writer *w = calloc(1, sizeof(*w));
	struct now now = clock_now();
	sigset_t all, old;
	int rc;

	if (w == NULL) {
		(void)err_set(e, ENOMEM, "journal: out of memory");
		return (NULL);
	}
	w->o = *o;
	w->store = o->store;
	w->end = &w->first;
	w->rotate = w->store == NULL;
	w->retain_at = now.mono + RETAIN_EVERY;
	w->clock_offset_s = now.wall_s - now.mono / NS_S;
	/* signals are the loop's */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, writer_main, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		(void)err_set(e, rc, "journal: start a thread: %s",
		    strerror(rc));
		free(w);
		return (NULL);
	}
	return (w);
}

bool
writer_join(struct writer *w, ns_t within)
{
	struct pollfd p = { .fd = ring_fd(w->o.out), .events = POLLIN };
	ns_t now = clock_now().mono, until = now + within;
	struct msg m = { 0 };

	while (m.kind != TELL_STOPPED && (now = clock_now().mono) < until) {
		(void)poll(&p, 1, (int)((until - now) / NS_MS) + 1);
		ring_woken(w->o.out);
		while (m.kind != TELL_STOPPED && ring_take(w->o.out, &m))
			free(m.data);
	}
	if (m.kind != TELL_STOPPED) {
		(void)pthread_detach(w->thread);
		return (false);
	}
	(void)pthread_join(w->thread, NULL);
	free(w);
	return (true);
}
