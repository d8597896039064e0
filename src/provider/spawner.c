/* SPDX-License-Identifier: MIT */
/*
 * The spawner's folder, socket and clients.  A message is handled as it
 * comes; starts that came together are committed together.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/err.h"
#include "base/must.h"
#include "io/log.h"
#include "provider/spawner.h"
#include "provider/spawner_priv.h"

void
spawner_say(struct spawner *sp, const struct served *s, const char *what)
{
	struct log_line l;
	char id[ID_SIZE];

	spawn_id(&s->r.token, id, sizeof(id));
	log_begin(&l, sp->log, LEVEL_INFO, what);
	log_str(&l, "server", id);
	log_str(&l, "group", s->r.group);
	log_int(&l, "pid", s->r.pid);
	log_int(&l, "port", s->r.port);
	if (s->r.text[0] != '\0')
		log_str(&l, "how", s->r.text);
	log_end(&l);
}

struct client *
client_find(struct spawner *sp, uint64_t id)
{
	struct client *c;

	TAILQ_FOREACH(c, &sp->clients, link)
		if (c->id == id)
			return (c);
	return (NULL);
}

static void
client_close(struct client *c)
{
	TAILQ_REMOVE(&c->sp->clients, c, link);
	c->sp->n_clients--;
	bufferevent_free(c->bev);
	free(c);
}

static void
client_send(struct client *c, const struct spawn_msg *m)
{
	size_t n = 0;
	char *line = spawn_msg_line(m, &n, NULL);

	MUST(line != NULL); /* nothing that we say is long */
	(void)bufferevent_write(c->bev, line, n);
	free(line);
}

static struct spawn_msg *
client_message(struct spawner *sp, enum spawn_say say, uint64_t ref,
    const struct token *t)
{
	memset(sp->out, 0, offsetof(struct spawn_msg, argv));
	sp->out->say = say;
	sp->out->ref = ref;
	if (t != NULL)
		sp->out->token = *t;
	return (sp->out);
}

static void
message_server(struct spawn_msg *m, const struct served *s)
{
	m->state = s->r.state;
	m->pid = s->r.pid;
	m->port = s->r.port;
	(void)snprintf(m->group, sizeof(m->group), "%s", s->r.group);
	(void)snprintf(m->address, sizeof(m->address), "%s", s->r.address);
	(void)snprintf(m->text, sizeof(m->text), "%s", s->r.text);
}

void
client_server(struct client *c, uint64_t ref, const struct served *s)
{
	struct spawn_msg *m;

	if (s->damaged) {
		client_refuse(c, ref, &s->r.token, OUTCOME_UNKNOWN, s->r.text);
		return;
	}
	m = client_message(c->sp, SPAWN_SERVER, ref, &s->r.token);
	message_server(m, s);
	client_send(c, m);
}

void
client_refuse(struct client *c, uint64_t ref, const struct token *t,
    enum outcome outcome, const char *text)
{
	struct spawn_msg *m = client_message(c->sp, SPAWN_REFUSED, ref, t);

	m->outcome = outcome;
	(void)snprintf(m->text, sizeof(m->text), "%.*s", REASON_SIZE - 1,
	    text);
	client_send(c, m);
}

void
clients_exit(struct spawner *sp, const struct served *s)
{
	struct spawn_msg *m = client_message(sp, SPAWN_EXIT, 0, &s->r.token);
	struct client *c;

	message_server(m, s);
	TAILQ_FOREACH(c, &sp->clients, link)
		if (c->welcome)
			client_send(c, m);
}

static void
client_list(struct client *c, uint64_t ref)
{
	struct served *s;

	TAILQ_FOREACH(s, &c->sp->live, link)
		client_server(c, ref, s);
	client_send(c, client_message(c->sp, SPAWN_END, ref, NULL));
}

/* 0, or -1: the connection is of no more use. */
static int
client_hello(struct client *c, const struct spawn_msg *m)
{
	struct spawn_msg *out;
	char text[REASON_SIZE];

	if (m->say != SPAWN_HELLO || m->version != SPAWN_VERSION) {
		(void)snprintf(text, sizeof(text), "this spawner speaks "
		    "version %d of its protocol", SPAWN_VERSION);
		client_refuse(c, m->ref, NULL, OUTCOME_PERMANENT, text);
		return (-1);
	}
	c->welcome = true;
	out = client_message(c->sp, SPAWN_WELCOME, m->ref, NULL);
	out->version = SPAWN_VERSION;
	out->pid = getpid();
	client_send(c, out);
	return (0);
}

static int
client_handle(struct client *c, const struct spawn_msg *m)
{
	struct spawner *sp = c->sp;
	struct served *s;

	if (!c->welcome || m->say == SPAWN_HELLO)
		return (client_hello(c, m));
	if (m->say == SPAWN_START) {
		spawner_start(sp, c, m);
		return (0);
	}
	spawner_commit(sp);
	s = served_find(sp, &m->token);
	if (m->say == SPAWN_LIST)
		client_list(c, m->ref);
	else if (m->say != SPAWN_STOP && m->say != SPAWN_LOOKUP)
		return (-1);
	else if (s == NULL)
		client_send(c, client_message(sp, SPAWN_END, m->ref,
		    &m->token));
	else {
		if (m->say == SPAWN_STOP && !s->damaged)
			spawner_stop(sp, s);
		client_server(c, m->ref, s);
	}
	return (0);
}

static void
client_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what;
	client_close(arg);
}

static void
client_drained(struct bufferevent *bev, void *arg)
{
	(void)bev;
	client_close(arg);
}

/* Nothing more is read; what was said leaves, then it is closed. */
static void
client_finish(struct client *c)
{
	static const struct timeval patience = { 5, 0 };

	c->welcome = false;
	(void)bufferevent_disable(c->bev, EV_READ);
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
		client_close(c);
		return;
	}
	bufferevent_setcb(c->bev, NULL, client_drained, client_event, c);
	bufferevent_set_timeouts(c->bev, NULL, &patience);
}

static void
client_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct spawner *sp = c->sp;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct evbuffer *out = bufferevent_get_output(bev);
	struct err e = { 0 };
	char *line;
	size_t n;
	int rc = 0;

	while (rc == 0 &&
	    (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL) {
		rc = spawn_msg_parse(line, n, sp->in, &e);
		if (rc == 0)
			rc = client_handle(c, sp->in);
		else
			client_refuse(c, 0, NULL, OUTCOME_PERMANENT, e.text);
		free(line);
	}
	spawner_commit(sp);
	if (evbuffer_get_length(in) < SPAWN_LINE_MAX && rc == 0 &&
	    evbuffer_get_length(out) < SPAWNER_OUTPUT_MAX)
		return;
	client_finish(c);
}

static bool
client_may(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	    (who.uid == geteuid() || who.uid == 0));
}

static void
client_new(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *a,
    int n, void *arg)
{
	struct spawner *sp = arg;
	struct client *c = NULL;
	struct bufferevent *bev = NULL;

	(void)l, (void)a, (void)n;
	if (sp->n_clients < SPAWNER_CLIENTS_MAX && client_may(fd)) {
		c = calloc(1, sizeof(*c));
		bev = bufferevent_socket_new(loop_base(sp->loop), fd,
		    BEV_OPT_CLOSE_ON_FREE);
	}
	if (c == NULL || bev == NULL) {
		free(c);
		if (bev != NULL)
			bufferevent_free(bev);
		else
			(void)close(fd);
		return;
	}
	*c = (struct client){ .sp = sp, .bev = bev, .id = ++sp->last_client };
	TAILQ_INSERT_TAIL(&sp->clients, c, link);
	sp->n_clients++;
	bufferevent_setcb(bev, client_read, NULL, client_event, c);
	bufferevent_setwatermark(bev, EV_READ, 0, 4 * SPAWN_LINE_MAX);
	(void)bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static int
folder_open(const char *folder, const char *name, struct err *e)
{
	char path[SPAWN_PATH_SIZE + 16];
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s", folder,
	    *name != '\0' ? "/" : "", name);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return (err_set(e, errno, "the spawner's folder '%s' cannot "
		    "be made: %s", path, strerror(errno)));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return (err_set(e, errno, "the spawner's folder '%s' cannot "
		    "be opened: %s", path, strerror(errno)));
	return (fd);
}

static int
folder_take(struct spawner *sp, struct err *e)
{
	sp->dir_fd = folder_open(sp->folder, "", e);
	if (sp->dir_fd < 0)
		return (-1);
	sp->lock_fd = openat(sp->dir_fd, "lock",
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (sp->lock_fd < 0)
		return (err_set(e, errno, "'%s/lock' cannot be made: %s",
		    sp->folder, strerror(errno)));
	if (flock(sp->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return (err_set(e, EBUSY, "another spawner has the folder "
		    "'%s'", sp->folder));
	sp->records_fd = folder_open(sp->folder, "records", e);
	sp->servers_fd = sp->records_fd < 0 ? -1
	    : folder_open(sp->folder, "servers", e);
	if (sp->servers_fd < 0)
		return (-1);
	if (fsync(sp->dir_fd) != 0)
		return (err_set(e, errno, "the spawner's folder '%s' cannot "
		    "be synced: %s", sp->folder, strerror(errno)));
	return (0);
}

static int
spawner_listen(struct spawner *sp, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s",
	    sp->folder, SPAWNER_SOCKET);

	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return (err_set(e, ENAMETOOLONG, "the folder's name '%s' is "
		    "too long for a socket in it", sp->folder));
	/* We hold the lock: what is there is left over. */
	(void)unlink(a.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    chmod(a.sun_path, 0600) != 0) {
		(void)err_set(e, errno, "'%s' cannot be made: %s", a.sun_path,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return (-1);
	}
	sp->listener = evconnlistener_new(loop_base(sp->loop), client_new, sp,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 64, fd);
	if (sp->listener == NULL) {
		(void)close(fd);
		return (err_set(e, errno, "'%s' does not listen", a.sun_path));
	}
	return (0);
}

static void
spawner_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig, (void)what;
	spawner_reap(arg);
}

/* What the process needs once: orphans come to us, many descriptors. */
static int
spawner_process(struct spawner *sp, struct err *e)
{
	struct rlimit all;

	(void)umask(077);
	if (child_boot_id(sp->boot, e) != 0)
		return (-1);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
	    getrlimit(RLIMIT_NOFILE, &sp->files) != 0)
		return (err_set(e, errno, "the spawner cannot take orphans: "
		    "%s", strerror(errno)));
	all = sp->files;
	all.rlim_cur = all.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &all);
	sp->chld_ev = evsignal_new(loop_base(sp->loop), SIGCHLD,
	    spawner_child, sp);
	MUST(sp->chld_ev != NULL && event_add(sp->chld_ev, NULL) == 0);
	return (0);
}

struct spawner *
spawner_new(struct loop *l, const char *folder, struct log *log, struct err *e)
{
	struct spawner *sp = calloc(1, sizeof(*sp));

	if (sp == NULL) {
		(void)err_set(e, ENOMEM, "spawner: out of memory");
		return (NULL);
	}
	sp->loop = l;
	sp->log = log;
	sp->lock_fd = sp->dir_fd = sp->records_fd = sp->servers_fd = -1;
	TAILQ_INIT(&sp->clients);
	TAILQ_INIT(&sp->live);
	TAILQ_INIT(&sp->ended);
	sp->in = calloc(1, sizeof(*sp->in));
	sp->out = calloc(1, sizeof(*sp->out));
	if (sp->in == NULL || sp->out == NULL)
		(void)err_set(e, ENOMEM, "spawner: out of memory");
	else if (folder[0] != '/' || strlen(folder) >= SPAWN_PATH_SIZE)
		(void)err_set(e, EINVAL, "found the folder '%.80s', expected "
		    "an absolute path below %d bytes", folder,
		    SPAWN_PATH_SIZE);
	else {
		(void)snprintf(sp->folder, sizeof(sp->folder), "%s", folder);
		if (folder_take(sp, e) == 0 && spawner_process(sp, e) == 0 &&
		    spawner_load(sp, e) == 0 && spawner_listen(sp, e) == 0)
			return (sp);
	}
	spawner_free(sp);
	return (NULL);
}

static void
fd_close(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void
spawner_free(struct spawner *sp)
{
	if (sp == NULL)
		return;
	while (!TAILQ_EMPTY(&sp->clients))
		client_close(TAILQ_FIRST(&sp->clients));
	if (sp->listener != NULL)
		evconnlistener_free(sp->listener);
	if (sp->chld_ev != NULL)
		event_free(sp->chld_ev);
	loop_timer_stop(&sp->sweep);
	loop_timer_stop(&sp->logs);
	spawner_unload(sp);
	fd_close(sp->servers_fd);
	fd_close(sp->records_fd);
	fd_close(sp->dir_fd);
	fd_close(sp->lock_fd); /* last: the folder is free */
	free(sp->in);
	free(sp->out);
	free(sp);
}
