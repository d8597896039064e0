/* SPDX-License-Identifier: MIT */
/*
 * The spawner's servers by token: a hash table and two lists, the living and
 * the ended in the order in which they ended.  Filled from the records.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/log.h"
#include "provider/spawner_priv.h"

static unsigned
served_hash(const struct token *t)
{
	unsigned h = 2166136261U;
	int i;

	for (i = 0; i < TOKEN_SIZE; i++)
		h = (h ^ t->byte[i]) * 16777619U;
	return (h % SPAWNER_BUCKETS);
}

struct served *
served_find(struct spawner *sp, const struct token *t)
{
	struct served *s;

	LIST_FOREACH(s, &sp->buckets[served_hash(t)], bucket)
		if (memcmp(&s->r.token, t, sizeof(*t)) == 0)
			return (s);
	return (NULL);
}

struct served *
served_new(struct spawner *sp, const struct token *t)
{
	struct served *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->sp = sp;
	s->r.token = *t;
	s->pidfd = s->child.gate = s->child.status = -1;
	LIST_INSERT_HEAD(&sp->buckets[served_hash(t)], s, bucket);
	TAILQ_INSERT_TAIL(&sp->live, s, link);
	sp->n_live++;
	return (s);
}

static void
served_close(struct served *s)
{
	if (s->exit_ev != NULL)
		event_free(s->exit_ev);
	if (s->status_ev != NULL)
		event_free(s->status_ev);
	s->exit_ev = s->status_ev = NULL;
	loop_timer_stop(&s->deadline);
	if (s->pidfd >= 0)
		(void)close(s->pidfd);
	if (s->child.status >= 0)
		(void)close(s->child.status);
	s->pidfd = s->child.status = -1;
}

void
served_forget(struct spawner *sp, struct served *s)
{
	MUST(!s->sweeping && !s->waits);
	served_close(s);
	if (s == sp->first_logs)
		sp->first_logs = TAILQ_NEXT(s, link);
	LIST_REMOVE(s, bucket);
	if (s->r.state == SPAWN_ENDED) {
		TAILQ_REMOVE(&sp->ended, s, link);
		sp->n_ended--;
	} else {
		TAILQ_REMOVE(&sp->live, s, link);
		sp->n_live--;
	}
	free(s);
}

/* The oldest go: their logs first, their tokens long after. */
static void
served_prune(struct spawner *sp)
{
	struct served *s, *next;

	while (sp->n_logs > SPAWNER_LOGS_MAX && sp->first_logs != NULL) {
		s = sp->first_logs;
		served_logs_remove(sp, s);
		sp->n_logs--;
		sp->first_logs = TAILQ_NEXT(s, link);
	}
	for (s = TAILQ_FIRST(&sp->ended);
	    s != NULL && sp->n_ended > SPAWNER_ENDED_MAX; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->sweeping || s->damaged)
			continue;
		spawn_record_unlink(sp->records_fd, &s->r.token);
		served_forget(sp, s);
	}
}

void
served_end(struct spawner *sp, struct served *s)
{
	served_close(s);
	TAILQ_REMOVE(&sp->live, s, link);
	sp->n_live--;
	TAILQ_INSERT_TAIL(&sp->ended, s, link);
	sp->n_ended++;
	sp->n_logs++;
	if (sp->first_logs == NULL)
		sp->first_logs = s;
	s->r.state = SPAWN_ENDED;
	served_prune(sp);
}

/* One file of the folder of records, into the list of the living. */
static int
load_one(struct spawner *sp, const char *name, struct err *e)
{
	struct err why = { 0 };
	struct served *s;
	struct token t;

	if (spawn_token_parse(name, &t) != 0) {
		if (strstr(name, ".new") != NULL) /* a write that a crash cut */
			(void)unlinkat(sp->records_fd, name, 0);
		return (0);
	}
	s = served_new(sp, &t);
	if (s == NULL)
		return (err_set(e, ENOMEM, "records: out of memory"));
	if (spawn_record_read(sp->records_fd, &t, &s->r, &why) == 0)
		return (0);
	log_say(sp->log, LEVEL_ERROR, "a server's record cannot be read; if "
	    "it runs it is left alone", "why", why.text);
	s->damaged = true;
	s->r.state = SPAWN_ENDED;
	(void)snprintf(s->r.text, sizeof(s->r.text), "its record cannot be "
	    "read");
	return (0);
}

static int
load_order(const void *a, const void *b)
{
	const struct served *x = *(struct served *const *)a;
	const struct served *y = *(struct served *const *)b;

	return (x->r.turn < y->r.turn ? -1 : x->r.turn > y->r.turn);
}

/* The ended to their own list, in their turn. */
static int
load_ended(struct spawner *sp, struct err *e)
{
	struct served **all, *s, *next;
	int n = 0, i;

	all = calloc((size_t)sp->n_live + 1, sizeof(struct served *));
	if (all == NULL)
		return (err_set(e, ENOMEM, "records: out of memory"));
	for (s = TAILQ_FIRST(&sp->live); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->r.state == SPAWN_ENDED)
			all[n++] = s;
	}
	qsort(all, (size_t)n, sizeof(all[0]), load_order);
	for (i = 0; i < n; i++) {
		if (all[i]->r.turn > sp->turn)
			sp->turn = all[i]->r.turn;
		served_end(sp, all[i]);
	}
	free(all);
	return (0);
}

static void
load_living(struct spawner *sp)
{
	struct served *s, *next;

	for (s = TAILQ_FIRST(&sp->live); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (strcmp(s->r.boot, sp->boot) != 0)
			spawner_ended(sp, s, "the machine was started anew");
		else if (spawner_watch(sp, s) != 0)
			spawner_ended(sp, s, "it ended while no spawner "
			    "watched it");
		else if (s->r.state == SPAWN_STOPPING) {
			s->r.state = SPAWN_STARTED;
			spawner_stop(sp, s);
		}
	}
}

int
spawner_load(struct spawner *sp, struct err *e)
{
	struct dirent *d;
	int fd = openat(sp->records_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int rc = 0;

	if (dir == NULL) {
		rc = err_set(e, errno, "the folder of records cannot be read: "
		    "%s", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return (rc);
	}
	while (rc == 0 && (d = readdir(dir)) != NULL)
		rc = load_one(sp, d->d_name, e);
	(void)closedir(dir);
	if (rc != 0 || load_ended(sp, e) != 0)
		return (-1);
	load_living(sp);
	spawner_sweep(sp);
	return (0);
}

void
spawner_unload(struct spawner *sp)
{
	struct served *s;

	while ((s = TAILQ_FIRST(&sp->live)) != NULL ||
	    (s = TAILQ_FIRST(&sp->ended)) != NULL) {
		s->sweeping = false;
		served_forget(sp, s);
	}
}
