/* SPDX-License-Identifier: MIT */
/*
 * Starting a server.  Many starts that came together share one sync of the
 * folder: each is forked behind its gate and recorded, then the folder is
 * synced, then all gates open.  Whatever fails before that ends the child
 * with nothing run and the token free.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/log.h"
#include "provider/spawner_priv.h"
#include "provider/words.h"

enum { WORD_SIZE = 2 * KEY_STRING_SIZE, OWN_ENV = 5 };

/* Which ports of one address are not to be had. */
struct port_map {
	uint8_t taken[65536 / 8];
};

static void
port_map_list(struct port_map *map, const struct served_list *list,
    const struct spawn_msg *m, const char *boot, ns_t now)
{
	const struct served *s;

	TAILQ_FOREACH(s, list, link) {
		if (strcmp(s->r.address, m->address) != 0)
			continue;
		if (s->r.state == SPAWN_ENDED && !s->sweeping &&
		    (strcmp(s->r.boot, boot) != 0 ||
			s->r.ended + s->r.rest_ms * NS_MS <= now))
			continue;
		map->taken[s->r.port / 8] |= (uint8_t)(1 << s->r.port % 8);
	}
}

static bool
port_map_taken(void *arg, uint16_t port)
{
	const struct port_map *map = arg;

	return ((map->taken[port / 8] >> port % 8 & 1) != 0);
}

static uint16_t
start_port(struct spawner *sp, const struct spawn_msg *m)
{
	struct port_map map = { { 0 } };
	ns_t now = loop_now(sp->loop).mono;
	uint8_t address[16];

	MUST(ports_address(m->address, address) == 0);
	port_map_list(&map, &sp->live, m, sp->boot, now);
	port_map_list(&map, &sp->ended, m, sp->boot, now);
	return (ports_choose(&m->ports, address, port_map_taken, &map));
}

/* Words and environment of a process, in one block of memory. */
struct start_words {
	char text[2 * KEY_STRINGS_MAX + OWN_ENV][WORD_SIZE];
	const char *argv[KEY_STRINGS_MAX + 1];
	const char *env[KEY_STRINGS_MAX + OWN_ENV + 1];
};

static int
words_make(const struct spawn_msg *m, uint16_t port, struct start_words *w,
    struct err *e)
{
	char id[ID_SIZE], port_text[8];
	const struct words_fill fill[] = { { "port", port_text },
		{ "address", m->address }, { "id", id }, { "group", m->group } };
	const char *own[OWN_ENV] = { "PLIMSOLL_ID={id}",
		"PLIMSOLL_GROUP={group}", "PLIMSOLL_ADDRESS={address}",
		"PLIMSOLL_PORT={port}", "PLIMSOLL_DRILL=1" };
	int i, n = 0, n_own = m->drill ? OWN_ENV : OWN_ENV - 1, n_env = 0;
	const char *from;

	spawn_id(&m->token, id, sizeof(id));
	(void)snprintf(port_text, sizeof(port_text), "%u", port);
	for (i = 0; i < m->argv.n + n_own + m->env.n; i++, n++) {
		from = i < m->argv.n ? m->argv.text[i] :
		    i < m->argv.n + n_own ? own[i - m->argv.n] :
		    m->env.text[i - m->argv.n - n_own];
		if (!words_fill(from, fill, 4, w->text[n], WORD_SIZE))
			return (err_set(e, E2BIG, "a word of command or "
			    "environment has over %d bytes", WORD_SIZE - 1));
		if (i < m->argv.n)
			w->argv[i] = w->text[n];
		else
			w->env[n_env++] = w->text[n];
	}
	w->argv[m->argv.n] = NULL;
	w->env[n_env] = NULL;
	return (0);
}

/* The server's folder; forks the child behind its gate. */
static int
start_fork(struct spawner *sp, const struct spawn_msg *m, struct served *s,
    struct err *e)
{
	char name[SPAWN_TOKEN_HEX], dir[2 * SPAWN_PATH_SIZE];
	char log[sizeof(dir) + 8];
	struct start_words *w;
	struct child_start st;
	int rc = -1;

	spawn_token_hex(&m->token, name);
	(void)snprintf(dir, sizeof(dir), "%s/servers/%s", sp->folder, name);
	(void)snprintf(log, sizeof(log), "%s/log", dir);
	if (mkdirat(sp->servers_fd, name, 0700) != 0 && errno != EEXIST)
		return (err_set(e, errno, "the server's folder '%s' cannot be "
		    "made: %s", dir, strerror(errno)));
	w = malloc(sizeof(*w));
	if (w == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	st = (struct child_start){ w->argv, w->env,
		m->dir[0] != '\0' ? m->dir : dir, log, &sp->files, -1 };
	if (words_make(m, s->r.port, w, e) == 0)
		rc = child_fork(&st, &s->child, e);
	free(w);
	return (rc);
}

/* Ends a start that did not come to be; the token is free again. */
static void
start_undo(struct spawner *sp, struct served *s)
{
	if (s->child.gate >= 0)
		child_release(&s->child, false);
	spawn_record_unlink(sp->records_fd, &s->r.token);
	served_logs_remove(sp, s);
	if (s->waits)
		sp->n_waiting--;
	s->waits = false;
	served_forget(sp, s); /* its child is reaped as an orphan */
}

static int
start_prepare(struct spawner *sp, const struct spawn_msg *m, struct served *s,
    struct err *e)
{
	struct child_stat stat;

	(void)snprintf(s->r.group, sizeof(s->r.group), "%s", m->group);
	(void)snprintf(s->r.address, sizeof(s->r.address), "%s", m->address);
	memcpy(s->r.boot, sp->boot, sizeof(s->r.boot));
	s->r.grace_ms = m->grace_ms;
	s->r.rest_ms = m->rest_ms;
	s->r.state = SPAWN_STARTED;
	if (start_fork(sp, m, s, e) != 0)
		return (-1);
	s->ours = s->starting = true;
	if (child_stat_read(s->child.pid, &stat) != 0)
		return (err_set(e, ESRCH, "its process cannot be seen in "
		    "/proc"));
	s->r.pid = s->child.pid;
	s->r.start = stat.start;
	return (spawn_record_write(sp->records_fd, &s->r, e));
}

static const char *
start_bound(struct spawner *sp, const struct spawn_msg *m, char *buf,
    size_t size)
{
	int most = m->most > 0 && m->most < SPAWNER_LIVE_MAX ? m->most
							     : SPAWNER_LIVE_MAX;

	if (sp->n_live < most)
		return (NULL);
	(void)snprintf(buf, size, "%d servers run on this machine, and %d are "
	    "allowed", sp->n_live, most);
	return (buf);
}

void
spawner_start(struct spawner *sp, struct client *c, const struct spawn_msg *m)
{
	char text[REASON_SIZE];
	struct err e = { 0 };
	struct served *s = served_find(sp, &m->token);
	uint16_t port;

	if (s != NULL) {
		spawner_commit(sp); /* what it became, it is */
		s = served_find(sp, &m->token);
	}
	if (s != NULL) {
		client_server(c, m->ref, s);
		return;
	}
	if (start_bound(sp, m, text, sizeof(text)) != NULL) {
		client_refuse(c, m->ref, &m->token, OUTCOME_QUOTA, text);
		return;
	}
	port = start_port(sp, m);
	s = port == 0 ? NULL : served_new(sp, &m->token);
	if (s == NULL) {
		(void)snprintf(text, sizeof(text), port == 0 ? "no port of "
		    "%u-%u is free at %s" : "out of memory", m->ports.first,
		    m->ports.last, m->address);
		client_refuse(c, m->ref, &m->token, OUTCOME_CAPACITY, text);
		return;
	}
	s->r.port = port;
	if (start_prepare(sp, m, s, &e) != 0) {
		start_undo(sp, s);
		client_refuse(c, m->ref, &m->token, OUTCOME_CAPACITY, e.text);
		return;
	}
	s->client = c->id;
	s->ref = m->ref;
	s->waits = true;
	sp->n_waiting++;
}

static void
start_refuse(struct spawner *sp, struct served *s, const char *text)
{
	struct client *c = client_find(sp, s->client);

	if (c != NULL)
		client_refuse(c, s->ref, &s->r.token, OUTCOME_CAPACITY, text);
	start_undo(sp, s);
}

void
spawner_begun(struct served *s)
{
	struct err e = { 0 };
	struct client *c = client_find(s->sp, s->client);
	int rc = s->starting ? child_outcome(&s->child, &e) : 1;

	if (rc == 1)
		return;
	s->starting = false;
	event_free(s->status_ev);
	s->status_ev = NULL;
	if (rc != 0) {
		s->failed = true;
		(void)snprintf(s->r.text, sizeof(s->r.text), "%.*s",
		    REASON_SIZE - 1, e.text);
	}
	spawner_say(s->sp, s, rc == 0 ? "server started"
				      : "server not started");
	if (c != NULL && rc == 0)
		client_server(c, s->ref, s);
	else if (c != NULL)
		client_refuse(c, s->ref, &s->r.token,
		    OUTCOME_PERMANENT, s->r.text);
}

static void
start_status(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	spawner_begun(arg);
}

static void
start_go(struct spawner *sp, struct served *s)
{
	s->waits = false;
	sp->n_waiting--;
	s->status_ev = event_new(loop_base(sp->loop), s->child.status,
	    EV_READ | EV_PERSIST, start_status, s);
	MUST(s->status_ev != NULL && event_add(s->status_ev, NULL) == 0);
	if (spawner_watch(sp, s) == 0) {
		child_release(&s->child, true);
		spawner_logs(sp);
		return;
	}
	/* Killed by somebody while it waited; or no descriptor is left. */
	child_release(&s->child, false);
	spawner_ended(sp, s, "its process could not be watched");
}

void
spawner_commit(struct spawner *sp)
{
	struct served *s, *next;
	char text[REASON_SIZE];
	int code = 0;

	if (sp->n_waiting == 0)
		return;
	if (fsync(sp->records_fd) != 0)
		code = errno;
	(void)snprintf(text, sizeof(text), "the folder of records cannot be "
	    "synced: %s", strerror(code));
	for (s = TAILQ_FIRST(&sp->live); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->waits && code != 0)
			start_refuse(sp, s, text);
		else if (s->waits)
			start_go(sp, s);
	}
}
