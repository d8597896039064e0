/* SPDX-License-Identifier: MIT */
/*
 * The provider `local`.  An operation is a job of some items, one message
 * each; it is answered when its last item is known.  A job that could not be
 * sent for a while is refused and never sent; one that was sent when the
 * spawner went away is unknown (I-13).  After that every server that was
 * seen alive is looked up, so that an exit in between is told, too.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "io/look.h"
#include "io/loop.h"
#include "provider/local.h"
#include "provider/local_job.h"
#include "provider/spawn_link.h"
#include "provider/words.h"

/* How long a job waits for the spawner before it is refused. */
#define SEND_WAIT (2 * NS_S)

/* Of a large range of ports the first ones stand for all. */
enum { PORTS_TRIED = 4096 };

struct way {
	SLIST_ENTRY(way) link;
	uint8_t way;
	struct spawn_msg start; /* all but the token */
};

struct local {
	const struct host *host;
	struct local_settings set;
	struct spawn_link *link;
	SLIST_HEAD(, way) ways;
	struct jobs jobs;
	struct token *seen; /* servers that run, as far as we were told */
	size_t n_seen, room_seen;
	struct timer post; /* answers, never from inside a call */
	struct timer late; /* jobs that wait for the spawner */
	bool late_set;
};

static void	local_late(void *);

static void
told_of(const struct spawn_msg *m, struct told *t)
{
	static const uint8_t phases[SPAWN_STATE_COUNT] = { PHASE_BOOTED,
		PHASE_REMOVING, PHASE_GONE };

	memset(t, 0, sizeof(*t));
	spawn_id(&m->token, t->id.text, sizeof(t->id.text));
	t->token = m->token;
	t->port = m->port;
	t->phase = phases[m->state];
	t->sessions = -1;
	(void)ports_address(m->address, t->address);
	(void)snprintf(t->group, sizeof(t->group), "%s", m->group);
}

static size_t
seen_find(const struct local *l, const struct token *t)
{
	size_t i;

	for (i = 0; i < l->n_seen; i++)
		if (memcmp(&l->seen[i], t, sizeof(*t)) == 0)
			break;
	return (i);
}

static void
seen_mark(struct local *l, const struct spawn_msg *m)
{
	size_t i = seen_find(l, &m->token), room;
	struct token *more;

	if (m->state == SPAWN_ENDED) {
		if (i < l->n_seen)
			l->seen[i] = l->seen[--l->n_seen];
		return;
	}
	if (i < l->n_seen)
		return;
	if (l->n_seen == l->room_seen) {
		room = l->room_seen == 0 ? 64 : 2 * l->room_seen;
		more = realloc(l->seen, room * sizeof(*more));
		if (more == NULL)
			return; /* its exit is told, unless we are away */
		l->seen = more;
		l->room_seen = room;
	}
	l->seen[l->n_seen++] = m->token;
}

static void
local_post(void *arg)
{
	struct local *l = arg;
	struct answer a;
	struct job *j;

	while ((j = jobs_take_done(&l->jobs)) != NULL) {
		if (j->op != 0) {
			memset(&a, 0, sizeof(a));
			a.op = j->op;
			a.outcome = j->outcome;
			a.told = j->told;
			a.n_told = j->n_told;
			(void)snprintf(a.text, sizeof(a.text), "%s", j->text);
			l->host->post(l->host->ctx, &a);
		}
		job_free(j);
	}
}

static void
local_done(struct local *l)
{
	loop_timer_set(l->host->loop, &l->post, 0, local_post, l);
}

static void
local_trouble(struct local *l, const char *sentence)
{
	if (l->host->trouble != NULL)
		l->host->trouble(l->host->ctx, sentence);
}

static void
item_done(struct local *l, struct job *j, size_t i)
{
	if (job_item_done(&l->jobs, j, i))
		local_done(l);
}

static void
message_fill(struct local *l, const struct job *j, size_t i,
    struct spawn_msg *m)
{
	static const enum spawn_say says[] = { [JOB_LAUNCH] = SPAWN_START,
		[JOB_TERMINATE] = SPAWN_STOP, [JOB_LIST] = SPAWN_LIST,
		[JOB_LOOKUP] = SPAWN_LOOKUP };
	const struct item *it = &j->items[i];

	if (j->kind == JOB_LAUNCH) {
		*m = it->way->start;
		m->rest_ms = l->set.port_rest / NS_MS;
		m->most = l->set.max_servers;
		m->drill = it->drill;
	}
	m->say = says[j->kind];
	m->ref = j->first_ref + i;
	m->token = it->token;
}

static void
job_send(struct local *l, struct job *j)
{
	struct spawn_msg *m = calloc(1, sizeof(*m));
	struct err e = { 0 };
	size_t i;

	j->sent = true;
	for (i = 0; i < j->n; i++) {
		if (j->items[i].done)
			continue;
		if (m != NULL) {
			message_fill(l, j, i, m);
			if (spawn_link_send(l->link, m, &e) == 0)
				continue;
		} else
			(void)err_set(&e, ENOMEM, "out of memory");
		job_blame(j, m != NULL ? OUTCOME_PERMANENT : OUTCOME_CAPACITY,
		    e.text);
		item_done(l, j, i);
	}
	free(m);
}

/* Sends it, or lets it wait.  NULL: no memory, the host's deadline tells. */
static void
job_begin(struct local *l, struct job *j)
{
	if (j == NULL)
		return;
	if (j->n_open == 0) {
		jobs_end(&l->jobs, j);
		local_done(l);
	} else if (spawn_link_is_up(l->link))
		job_send(l, j);
	else {
		j->by = loop_now(l->host->loop).mono + SEND_WAIT;
		if (!l->late_set)
			loop_timer_set(l->host->loop, &l->late, SEND_WAIT,
			    local_late, l);
		l->late_set = true;
	}
}

/* No server was ever started here, or none is remembered. */
static bool
no_records(const struct local *l)
{
	char path[sizeof(l->set.folder) + sizeof("/records")];
	const struct dirent *d;
	bool none = true;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/records", l->set.folder);
	dir = opendir(path);
	if (dir == NULL)
		return (errno == ENOENT);
	while (none && (d = readdir(dir)) != NULL)
		none = d->d_name[0] == '.';
	(void)closedir(dir);
	return (none);
}

/* A launch did surely not happen; a dry run that finds nothing says so. */
static void
job_unsent(struct local *l, struct job *j, bool nothing)
{
	const char *why = spawn_link_why(l->link);

	if (!nothing || j->kind == JOB_LAUNCH) {
		job_blame(j, j->kind == JOB_LAUNCH ? OUTCOME_CAPACITY
						   : OUTCOME_UNKNOWN, why);
		local_trouble(l, why);
	}
	jobs_end(&l->jobs, j);
	local_done(l);
}

static void
local_late(void *arg)
{
	struct local *l = arg;
	ns_t now = loop_now(l->host->loop).mono, next = NS_NEVER;
	bool nothing = l->host->dry && no_records(l);
	struct job *j, *after;

	l->late_set = false;
	for (j = TAILQ_FIRST(&l->jobs.open); j != NULL; j = after) {
		after = TAILQ_NEXT(j, link);
		if (j->sent)
			continue;
		if (j->by > now) {
			next = j->by < next ? j->by : next;
			continue;
		}
		job_unsent(l, j, nothing);
	}
	if (next == NS_NEVER)
		return;
	l->late_set = true;
	loop_timer_set(l->host->loop, &l->late, next - now, local_late, l);
}

static void
local_up(void *arg)
{
	struct local *l = arg;
	struct job *j, *after;
	size_t i;

	/* Who is there is not known here yet, or may have ended since. */
	j = l->n_seen == 0 ? jobs_new(&l->jobs, JOB_LIST, 0, 1)
			   : jobs_new(&l->jobs, JOB_LOOKUP, 0, l->n_seen);
	for (i = 0; j != NULL && i < l->n_seen; i++)
		j->items[i].token = l->seen[i];
	for (j = TAILQ_FIRST(&l->jobs.open); j != NULL; j = after) {
		after = TAILQ_NEXT(j, link);
		if (!j->sent && j->n_open == 0)
			jobs_end(&l->jobs, j); /* throttled, our own */
		else if (!j->sent)
			job_send(l, j);
	}
	local_done(l);
	local_trouble(l, "");
}

static void
local_down(void *arg)
{
	struct local *l = arg;
	struct job *j, *after;

	for (j = TAILQ_FIRST(&l->jobs.open); j != NULL; j = after) {
		after = TAILQ_NEXT(j, link);
		if (!j->sent)
			continue;
		job_blame(j, OUTCOME_UNKNOWN, spawn_link_why(l->link));
		jobs_end(&l->jobs, j);
		local_done(l);
	}
}

static void
local_exit(struct local *l, const struct spawn_msg *m)
{
	struct job *j, *after;
	struct told t;
	size_t i, n;

	told_of(m, &t);
	l->host->happen(l->host->ctx, HAPPENED_EXIT, &t);
	for (j = TAILQ_FIRST(&l->jobs.open); j != NULL; j = after) {
		after = TAILQ_NEXT(j, link);
		n = j->kind == JOB_TERMINATE && j->sent ? j->n : 0;
		for (i = 0; i < n && j->n_open > 0; i++)
			if (!j->items[i].done && memcmp(&j->items[i].token,
				&m->token, sizeof(m->token)) == 0)
				item_done(l, j, i);
	}
}

static void
local_server(struct local *l, struct job *j, size_t i,
    const struct spawn_msg *m)
{
	struct told t;

	if (j->op == 0 && j->kind == JOB_LOOKUP && m->state == SPAWN_ENDED)
		local_exit(l, m);
	told_of(m, &t);
	if (j->kind != JOB_TERMINATE)
		job_tell(j, &t);
	/* A list goes on; a stop is over with the server. */
	if (j->kind == JOB_LAUNCH || j->kind == JOB_LOOKUP ||
	    (j->kind == JOB_TERMINATE && m->state == SPAWN_ENDED))
		item_done(l, j, i);
}

static void
local_message(void *arg, const struct spawn_msg *m)
{
	struct local *l = arg;
	struct job *j;
	size_t i;

	if (m->say == SPAWN_SERVER || m->say == SPAWN_EXIT)
		seen_mark(l, m);
	if (m->say == SPAWN_EXIT) {
		local_exit(l, m);
		return;
	}
	j = jobs_find(&l->jobs, m->ref, &i);
	if (j == NULL)
		return;
	if (m->say == SPAWN_SERVER)
		local_server(l, j, i, m);
	else if (m->say == SPAWN_END) /* the list's; or there is none */
		item_done(l, j, i);
	else if (m->say == SPAWN_REFUSED) {
		job_blame(j, m->outcome == OUTCOME_DONE ? OUTCOME_UNKNOWN
							: m->outcome, m->text);
		item_done(l, j, i);
	}
}

/* What would fail at the first launch is said now. */
static int
local_check(const struct local_settings *s, bool dry, struct err *e)
{
	struct stat st;

	if (!s->start || dry)
		return (0);
	if (mkdir(s->folder, 0700) != 0 && errno != EEXIST)
		return (err_set(e, errno, "the spawner's folder '%s' cannot "
		    "be made: %s", s->folder, strerror(errno)));
	if (stat(s->folder, &st) == 0 && !S_ISDIR(st.st_mode))
		return (err_set(e, ENOTDIR, "the spawner's folder '%s' is no "
		    "folder", s->folder));
	if (access(s->folder, R_OK | W_OK | X_OK) != 0)
		return (err_set(e, errno, "the spawner's folder '%s' cannot "
		    "be written to: %s", s->folder, strerror(errno)));
	if (access(s->program, X_OK) != 0)
		return (err_set(e, errno, "the spawner '%s' cannot be run: %s",
		    s->program, strerror(errno)));
	return (0);
}

static int
local_init(void *self, const struct host *host, const void *settings,
    struct err *e)
{
	struct local *l = self;
	struct spawn_link_settings set;
	struct spawn_link_hooks hooks = { l, local_up, local_down,
		local_message };

	l->host = host;
	l->set = *(const struct local_settings *)settings;
	SLIST_INIT(&l->ways);
	jobs_init(&l->jobs);
	if (local_check(&l->set, host->dry, e) != 0)
		return (-1);
	set.folder = l->set.folder;
	set.program = l->set.start && !host->dry ? l->set.program : NULL;
	l->link = spawn_link_new(host->loop, &set, &hooks, e);
	return (l->link == NULL ? -1 : 0);
}

static struct way *
way_find(struct local *l, const char *group, uint8_t way)
{
	struct way *w;

	SLIST_FOREACH(w, &l->ways, link)
		if (w->way == way && strcmp(w->start.group, group) == 0)
			break;
	return (w);
}

static int
local_try_way(void *self, const void *way_settings, struct err *e)
{
	const struct local_way_settings *s = way_settings;
	const struct local *l = self;

	if (local_way_keys.check(s, e) != 0)
		return (-1);
	if (l->host->boot != NULL && s->env.n == KEY_STRINGS_MAX)
		return (err_set(e, E2BIG, "env: with PLIMSOLL_BOOT it has "
		    "over %d entries", KEY_STRINGS_MAX));
	return (0);
}

/* Said again, as after a reload, it counts for launches from then on. */
static int
local_add_way(void *self, const char *group, uint8_t way,
    const void *way_settings, struct err *e)
{
	const struct local_way_settings *s = way_settings;
	struct local *l = self;
	struct way *w;
	struct spawn_msg *m;

	if (local_try_way(self, s, e) != 0)
		return (-1);
	w = way_find(l, group, way);
	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return (err_set(e, ENOMEM, "out of memory"));
		SLIST_INSERT_HEAD(&l->ways, w, link);
	}
	w->way = way;
	m = &w->start;
	(void)snprintf(m->group, sizeof(m->group), "%s", group);
	(void)snprintf(m->address, sizeof(m->address), "%s", s->address);
	(void)snprintf(m->dir, sizeof(m->dir), "%s", s->dir);
	MUST(ports_parse(s->ports, &m->ports, NULL) == 0);
	m->grace_ms = s->stop_grace / NS_MS;
	m->env = s->env;
	if (l->host->boot != NULL)
		(void)snprintf(m->env.text[m->env.n++], KEY_STRING_SIZE,
		    "PLIMSOLL_BOOT=%s/{id}", l->host->boot);
	m->argv = s->command;
	if (s->command.n == 1)
		MUST(words_split(s->command.text[0], &m->argv, NULL) == 0);
	return (0);
}

static void
local_launch(void *self, op_t op, const struct launch *what, size_t n)
{
	struct local *l = self;
	struct job *j = jobs_new(&l->jobs, JOB_LAUNCH, op, n);
	size_t i;

	for (i = 0; j != NULL && i < n; i++) {
		j->items[i].token = what[i].token;
		j->items[i].drill = what[i].drill;
		j->items[i].way = way_find(l, what[i].group, what[i].way);
		MUST(j->items[i].way != NULL);
	}
	job_begin(l, j);
}

static void
local_terminate(void *self, op_t op, const struct server_id *ids, size_t n)
{
	struct local *l = self;
	struct job *j = jobs_new(&l->jobs, JOB_TERMINATE, op, n);
	char text[REASON_SIZE];
	size_t i;

	for (i = 0; j != NULL && j->n_open > 0 && i < n; i++) {
		if (spawn_id_parse(ids[i].text, &j->items[i].token) == 0)
			continue;
		(void)snprintf(text, sizeof(text), "'%s' is no server of the "
		    "provider local", ids[i].text);
		job_blame(j, OUTCOME_PERMANENT, text);
		j->items[i].done = true;
		j->n_open--;
	}
	job_begin(l, j);
}

static void
local_list(void *self, op_t op)
{
	struct local *l = self;

	job_begin(l, jobs_new(&l->jobs, JOB_LIST, op, 1));
}

static void
local_lookup(void *self, op_t op, const struct token *t)
{
	struct local *l = self;
	struct job *j = jobs_new(&l->jobs, JOB_LOOKUP, op, 1);

	if (j != NULL)
		j->items[0].token = *t;
	job_begin(l, j);
}

/* --- launch readiness ------------------------------------------------------- */

/* Ports enough?  One that a server of ours has counts as free. */
static void
look_ports(struct ready_row *r)
{
	int port, tried = 0, taken = 0, all = r->last - r->first + 1, left;

	for (port = r->first; port <= r->last && tried < PORTS_TRIED; port++) {
		tried++;
		taken += !ports_is_free(r->address, (uint16_t)port);
	}
	taken = taken > r->ours ? taken - r->ours : 0;
	left = all - taken;
	look_say(r, left >= r->need ? READY_YES : READY_NO, "%d of %u-%u for "
	    "%d servers, %d are taken by others", left, r->first, r->last,
	    r->need, taken);
}

static void
local_ready(void *self, const char *group, uint8_t way, int max,
    struct ready_list *list)
{
	struct local *l = self;
	const struct way *w = way_find(l, group, way);
	struct ready_row *r;

	if (w == NULL)
		return;
	r = look_row(list, "command");
	(void)snprintf(r->path, sizeof(r->path), "%s",
	    w->start.argv.text[0]);
	r->look = look_program;
	r = look_row(list, "ports");
	r->need = max;
	r->ours = (int)l->n_seen;
	r->first = w->start.ports.first;
	r->last = w->start.ports.last;
	(void)ports_address(w->start.address, r->address);
	r->look = look_ports;
	r = look_row(list, "limit of servers");
	look_say(r, l->set.max_servers >= max ? READY_YES : READY_NO,
	    "max_servers is %d, for %d servers", l->set.max_servers, max);
	r = look_row(list, "limit of processes");
	r->need = max > (int)l->n_seen ? max - (int)l->n_seen : 0;
	r->look = look_processes;
	r = look_row(list, "spawner");
	if (spawn_link_is_up(l->link)) {
		look_say(r, READY_YES, "answers");
	} else if (l->host->dry && l->set.start) {
		/* a dry run starts none: it is there to be started */
		(void)snprintf(r->path, sizeof(r->path), "%s",
		    l->set.program);
		r->look = look_program;
	} else {
		look_say(r, READY_NO, "%.200s", spawn_link_why(l->link));
	}
}

static void
local_fini(void *self)
{
	struct local *l = self;
	struct way *w;

	if (l == NULL || l->host == NULL)
		return;
	spawn_link_free(l->link);
	loop_timer_stop(&l->post);
	loop_timer_stop(&l->late);
	jobs_fini(&l->jobs);
	while ((w = SLIST_FIRST(&l->ways)) != NULL) {
		SLIST_REMOVE_HEAD(&l->ways, link);
		free(w);
	}
	free(l->seen);
	memset(l, 0, sizeof(*l));
}

const struct provider_ops provider_local = {
	.name = "local",
	.state_size = sizeof(struct local),
	.keys = &local_keys,
	.way_keys = &local_way_keys,
	.init = local_init,
	.add_way = local_add_way,
	.try_way = local_try_way,
	.launch = local_launch,
	.terminate = local_terminate,
	.list = local_list,
	.lookup = local_lookup,
	.ready = local_ready,
	.fini = local_fini,
};
