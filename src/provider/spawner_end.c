/* SPDX-License-Identifier: MIT */
/*
 * How servers end: on their own, or asked to.  Every server is watched
 * through a pidfd, ours and those of a spawner before us alike.  What a
 * server leaves behind (a child in its session, or one that went into a
 * session of its own but still has the server's id in its environment) is
 * killed once the server itself is gone.  A process that left the session
 * and cleared its environment is not found.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/log.h"
#include "provider/spawner_priv.h"

enum {
	SWEEP_TRIES = 100, /* of SWEEP_EVERY: one that hangs in the kernel */
	SWEPT_MAX = 256	   /* servers of one sweep; the rest wait their turn */
};
#define SWEEP_EVERY (50 * NS_MS)

/* How its process ended, where it is ours; it is not reaped yet. */
static void
end_text(const struct served *s, char *buf, size_t size)
{
	siginfo_t info = { 0 };

	if (!s->ours || waitid(P_PID, (id_t)s->r.pid, &info,
			    WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid != s->r.pid)
		(void)snprintf(buf, size, "it ended");
	else if (info.si_code == CLD_EXITED)
		(void)snprintf(buf, size, "it ended with status %d",
		    info.si_status);
	else
		(void)snprintf(buf, size, "signal %d ended it",
		    info.si_status);
}

static void
end_event(evutil_socket_t fd, short what, void *arg)
{
	struct served *s = arg;
	char text[REASON_SIZE];

	(void)fd, (void)what;
	end_text(s, text, sizeof(text));
	spawner_ended(s->sp, s, text);
}

int
spawner_watch(struct spawner *sp, struct served *s)
{
	s->pidfd = child_pidfd(s->r.pid, s->r.start);
	if (s->pidfd < 0)
		return (-1);
	s->exit_ev = event_new(loop_base(sp->loop), s->pidfd, EV_READ,
	    end_event, s);
	MUST(s->exit_ev != NULL && event_add(s->exit_ev, NULL) == 0);
	return (0);
}

void
spawner_ended(struct spawner *sp, struct served *s, const char *text)
{
	struct err e = { 0 };

	spawner_begun(s);
	if (!s->failed)
		(void)snprintf(s->r.text, sizeof(s->r.text), "%s", text);
	s->r.ended = loop_now(sp->loop).mono;
	s->r.turn = ++sp->turn;
	memcpy(s->r.boot, sp->boot, sizeof(s->r.boot));
	served_end(sp, s);
	/* When this fails the next spawner finds the process gone, too. */
	if (spawn_record_write(sp->records_fd, &s->r, &e) != 0)
		log_say(sp->log, LEVEL_ERROR, "record not written", "why",
		    e.text);
	spawner_say(sp, s, "server ended");
	clients_exit(sp, s);
	s->sweeping = true;
	s->sweeps = 0;
	spawner_sweep(sp);
}

static void
end_deadline(void *arg)
{
	struct served *s = arg;

	spawner_say(s->sp, s, "server killed: it did not end in time");
	(void)child_signal(s->pidfd, SIGKILL);
}

void
spawner_stop(struct spawner *sp, struct served *s)
{
	struct err e = { 0 };

	if (s->r.state != SPAWN_STARTED)
		return;
	s->r.state = SPAWN_STOPPING;
	/* So that a spawner after us goes on with it. */
	if (spawn_record_write(sp->records_fd, &s->r, &e) != 0)
		log_say(sp->log, LEVEL_ERROR, "record not written", "why",
		    e.text);
	spawner_say(sp, s, "server asked to end");
	/*
	 * It leads its process group and is there, by its pidfd: the group's
	 * number is its own.
	 */
	if (child_signal(s->pidfd, SIGTERM) == 0)
		(void)kill(-s->r.pid, SIGTERM);
	loop_timer_set(sp->loop, &s->deadline, s->r.grace_ms * NS_MS,
	    end_deadline, s);
}

/* The servers of one sweep, and whether something of each was found. */
struct swept {
	int n;
	struct {
		struct served *s;
		bool found;
	} at[SWEPT_MAX];
};

static void
swept_fill(struct spawner *sp, struct swept *w)
{
	struct served *s;

	w->n = 0;
	TAILQ_FOREACH(s, &sp->ended, link) {
		if (!s->sweeping || w->n == SWEPT_MAX)
			continue;
		w->at[w->n].s = s;
		w->at[w->n++].found = false;
	}
}

/* Whose it is of those that have ended; NULL: nobody's. */
static struct served *
swept_whose(struct spawner *sp, const struct swept *w,
    const struct child_stat *p)
{
	char id[ID_SIZE];
	struct served *s;
	struct token t;
	int i;

	/* Not reaped yet, so its session's number is nobody else's. */
	for (i = 0; i < w->n; i++)
		if (w->at[i].s->ours && p->session == w->at[i].s->r.pid)
			return (w->at[i].s);
	if (!child_env(p->pid, "PLIMSOLL_ID", id, sizeof(id)) ||
	    spawn_id_parse(id, &t) != 0)
		return (NULL);
	s = served_find(sp, &t);
	return (s != NULL && s->r.state == SPAWN_ENDED && !s->damaged ? s
								      : NULL);
}

static void
swept_kill(struct spawner *sp, struct swept *w, const struct child_stat *p)
{
	struct served *s;
	int i, fd;

	if (p->pid == getpid() || p->state == 'Z' || p->ppid == 2)
		return;
	s = swept_whose(sp, w, p);
	if (s == NULL)
		return;
	for (i = 0; i < w->n; i++)
		if (w->at[i].s == s)
			w->at[i].found = true;
	fd = child_pidfd(p->pid, p->start);
	if (fd < 0)
		return;
	(void)child_signal(fd, SIGKILL);
	(void)close(fd);
}

static void
swept_done(struct spawner *sp, struct served *s)
{
	s->sweeping = false;
	if (s->ours)
		(void)waitpid(s->r.pid, NULL, WNOHANG);
	s->ours = false;
	spawner_reap(sp);
}

static void
sweep_now(void *arg)
{
	struct spawner *sp = arg;
	struct swept w;
	struct child_stat p;
	struct dirent *d;
	DIR *proc = opendir("/proc");
	bool more = false;
	int i;

	sp->sweep_set = false;
	swept_fill(sp, &w);
	while (proc != NULL && (d = readdir(proc)) != NULL)
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9' &&
		    child_stat_read((pid_t)strtol(d->d_name, NULL, 10), &p) ==
			0)
			swept_kill(sp, &w, &p);
	if (proc != NULL)
		(void)closedir(proc);
	for (i = 0; i < w.n; i++) {
		if (proc != NULL && w.at[i].found &&
		    ++w.at[i].s->sweeps < SWEEP_TRIES)
			more = true;
		else
			swept_done(sp, w.at[i].s);
	}
	if ((more || w.n == SWEPT_MAX) && !sp->sweep_set) {
		sp->sweep_set = true;
		loop_timer_set(sp->loop, &sp->sweep, SWEEP_EVERY, sweep_now,
		    sp);
	}
}

void
spawner_sweep(struct spawner *sp)
{
	if (sp->sweep_set)
		return;
	sp->sweep_set = true;
	loop_timer_set(sp->loop, &sp->sweep, 0, sweep_now, sp);
}

void
spawner_reap(struct spawner *sp)
{
	siginfo_t info;
	struct served *s;
	bool known;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0)
			return;
		known = false;
		TAILQ_FOREACH(s, &sp->live, link)
			known = known || (s->ours && s->r.pid == info.si_pid);
		TAILQ_FOREACH(s, &sp->ended, link)
			known = known || (s->ours && s->r.pid == info.si_pid);
		/* A server's own end is its pidfd's to tell, then we go on. */
		if (known)
			return;
		(void)waitpid(info.si_pid, NULL, WNOHANG);
	}
}
