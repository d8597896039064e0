/* SPDX-License-Identifier: MIT */
/*
 * The control socket; see control.h.  A client sends its next request when
 * it has the answer: while one is under way nothing more is read from it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "api/calls.h"
#include "api/control.h"
#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"

enum { JSON_DEPTH = 8 };

struct client {
	struct control *control;
	struct client *next;
	struct bufferevent *bev;
	struct later *later; /* the request under way */
	bool closing;	     /* sends nothing more, but waits for answers */
	char who[NAME_SIZE];
};

/* A request whose answer comes later; its client may be gone by then. */
struct later {
	struct control *control;
	struct later *next;
	struct client *client;
};

struct control {
	struct evconnlistener *listener;
	const struct desk *desk;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct client *clients;
	struct later *laters;
	int n;
};

static void
client_free(struct client *c)
{
	struct control *ctl = c->control;
	struct client **at = &ctl->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->later != NULL)
		c->later->client = NULL;
	bufferevent_free(c->bev);
	free(c);
	if (ctl->n-- == CONTROL_CLIENTS && ctl->listener != NULL)
		(void)evconnlistener_enable(ctl->listener);
}

/* Takes `out`, to which it adds ok. */
static void
client_answer(struct client *c, struct json_object *out, const char *error)
{
	struct evbuffer *to = bufferevent_get_output(c->bev);
	const char *text;
	size_t n;

	(void)json_object_object_add(out, "ok",
	    json_object_new_boolean(error == NULL));
	if (error != NULL)
		(void)json_object_object_add(out, "error",
		    json_object_new_string(error));
	text = json_object_to_json_string_length(out,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &n);
	(void)evbuffer_add(to, text, n);
	(void)evbuffer_add(to, "\n", 1);
	json_object_put(out);
}

static struct later *
client_later(struct request *r)
{
	struct client *c = r->surface;
	struct later *l = calloc(1, sizeof(*l));

	MUST(l != NULL); /* a dozen bytes: the next thing would fail too */
	MUST(c->later == NULL);
	r->is_later = true;
	l->control = c->control;
	l->client = c;
	l->next = c->control->laters;
	c->control->laters = l;
	c->later = l;
	return (l);
}

static void
later_free(struct later *l)
{
	struct later **at;

	if (l->control != NULL) {
		at = &l->control->laters;
		while (*at != l)
			at = &(*at)->next;
		*at = l->next;
	}
	free(l);
}

void
call_done(void *arg, const struct desk_answer *a)
{
	struct later *l = arg;
	struct client *c = l->client;
	struct json_object *out = a->body;

	later_free(l);
	if (c == NULL) {
		json_object_put(out);
		return;
	}
	c->later = NULL;
	if (out == NULL)
		out = json_object_new_object();
	client_answer(c, out, a->ok ? NULL : a->text);
	/* From the loop: this may be inside of client_read() itself. */
	bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS |
	    BEV_TRIG_DEFER_CALLBACKS);
}

static struct json_object *
parse_line(const char *line, size_t n, struct err *e)
{
	struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *o = NULL;

	if (t == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	json_tokener_set_flags(t, JSON_TOKENER_STRICT |
	    JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(t, line, (int)n + 1);
	if (o == NULL)
		(void)err_set(e, EINVAL, "not a line of JSON: %s",
		    json_tokener_error_desc(json_tokener_get_error(t)));
	json_tokener_free(t);
	return (o);
}

static void
client_request(struct client *c, const char *line, size_t n)
{
	struct request r = { .desk = c->control->desk, .surface = c,
		.later = client_later };
	struct err e = { 0 };

	memcpy(r.who, c->who, sizeof(r.who));
	r.in = parse_line(line, n, &e);
	r.out = json_object_new_object();
	if (r.in != NULL)
		(void)call_run(&r, &e);
	json_object_put(r.in);
	if (!r.is_later) {
		client_answer(c, r.out, e.code == 0 ? NULL : e.text);
		return;
	}
	MUST(e.code == 0);
	json_object_put(r.out);
}

/* The last answer left to one that closed its side: the end. */
static void
client_written(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	if (c->closing && c->later == NULL &&
	    evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		client_free(c);
}

static void
client_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;
	size_t n;

	while (c->later == NULL && (line = evbuffer_readln(in, &n,
	    EVBUFFER_EOL_LF)) != NULL) {
		client_request(c, line, n);
		free(line);
		if (evbuffer_get_length(bufferevent_get_output(bev)) >
		    CONTROL_UNREAD) {
			client_free(c);
			return;
		}
	}
	if (c->later == NULL && evbuffer_get_length(in) >= CONTROL_LINE)
		client_free(c); /* a line without an end */
	else if (c->closing)
		client_written(bev, c);
}

static void
client_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	(void)bev;
	/* One that waits for its answer, or reads a long one, is not idle. */
	if (what & BEV_EVENT_TIMEOUT && what & BEV_EVENT_READING &&
	    (c->later != NULL || evbuffer_get_length(
	    bufferevent_get_output(bev)) > 0)) {
		(void)bufferevent_enable(bev, EV_READ);
		return;
	}
	if (what & BEV_EVENT_EOF) {
		c->closing = true;
		client_read(bev, c);
		return;
	}
	client_free(c);
}

static void
client_who(int fd, char *buf, size_t size)
{
	struct ucred u = { .uid = (uid_t)-1 };
	socklen_t n = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) != 0)
		(void)snprintf(buf, size, "uid unknown");
	else
		(void)snprintf(buf, size, "uid %u", (unsigned)u.uid);
}

static void
control_accept(struct evconnlistener *l, evutil_socket_t fd,
    struct sockaddr *sa, int len, void *arg)
{
	static const struct timeval idle = { CONTROL_IDLE_S, 0 };
	static const struct timeval slow = { CONTROL_SLOW_S, 0 };
	struct control *ctl = arg;
	struct client *c = calloc(1, sizeof(*c));

	(void)sa, (void)len;
	if (c != NULL)
		c->bev = bufferevent_socket_new(evconnlistener_get_base(l), fd,
		    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (c == NULL || c->bev == NULL) {
		(void)close(fd);
		free(c);
		return;
	}
	client_who(fd, c->who, sizeof(c->who));
	c->control = ctl;
	c->next = ctl->clients;
	ctl->clients = c;
	if (++ctl->n == CONTROL_CLIENTS)
		(void)evconnlistener_disable(l);
	bufferevent_setcb(c->bev, client_read, client_written, client_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, CONTROL_LINE);
	(void)bufferevent_set_timeouts(c->bev, &idle, &slow);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* Accepting failed: out of descriptors.  A pause, not a busy loop. */
static void
control_accept_error(struct evconnlistener *l, void *arg)
{
	struct control *ctl = arg;

	if (ctl->clients != NULL)
		client_free(ctl->clients);
	(void)l;
}

/* 0 when path is free now; -1 with a sentence when it must be left alone. */
static int
path_clear(const char *path, const struct sockaddr_un *sa, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) != 0)
		return (errno == ENOENT ? 0 : err_set(e, errno,
		    "control socket '%s': %s", path, strerror(errno)));
	if (!S_ISSOCK(st.st_mode))
		return (err_set(e, EEXIST, "control socket '%s': something "
		    "else is there", path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (err_set(e, errno, "socket: %s", strerror(errno)));
	rc = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	rc = rc != 0 && errno == ECONNREFUSED ? 0 : -1;
	(void)close(fd);
	if (rc != 0)
		return (err_set(e, EADDRINUSE, "control socket '%s': another "
		    "plimsolld answers there", path));
	(void)unlink(path);
	return (0);
}

static int
path_listen(const char *path, const struct control_rights *r, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof(sa.sun_path))
		return (err_set(e, ENAMETOOLONG, "control socket '%s': the "
		    "path is longer than %zu bytes", path,
		    sizeof(sa.sun_path) - 1));
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (path_clear(path, &sa, e) != 0)
		return (-1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (err_set(e, errno, "socket: %s", strerror(errno)));
	old = umask(0177); /* never there with wider rights, not for a moment */
	rc = bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
	(void)umask(old);
	if (rc == 0 && r->has_group)
		rc = chown(path, (uid_t)-1, r->group) != 0 ||
		    chmod(path, 0660) != 0 ? -1 : 0;
	if (rc == 0 && listen(fd, 16) == 0)
		return (fd);
	(void)err_set(e, errno, "control socket '%s': %s", path,
	    strerror(errno));
	(void)close(fd);
	return (-1);
}

struct control *
control_new(struct loop *loop, const char *path,
    const struct control_rights *rights, const struct desk *desk,
    struct err *e)
{
	struct control *ctl = calloc(1, sizeof(*ctl));
	int fd;

	if (ctl == NULL) {
		(void)err_set(e, ENOMEM, "control socket: out of memory");
		return (NULL);
	}
	fd = path_listen(path, rights, e);
	if (fd < 0) {
		free(ctl);
		return (NULL);
	}
	ctl->desk = desk;
	(void)snprintf(ctl->path, sizeof(ctl->path), "%s", path);
	ctl->listener = evconnlistener_new(loop_base(loop), control_accept,
	    ctl, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (ctl->listener == NULL) {
		(void)close(fd);
		(void)err_set(e, ENOMEM, "control socket: out of memory");
		control_free(ctl);
		return (NULL);
	}
	evconnlistener_set_error_cb(ctl->listener, control_accept_error);
	return (ctl);
}

void
control_free(struct control *ctl)
{
	struct later *l;

	if (ctl == NULL)
		return;
	if (ctl->listener != NULL)
		evconnlistener_free(ctl->listener);
	ctl->listener = NULL;
	(void)unlink(ctl->path);
	while (ctl->clients != NULL)
		client_free(ctl->clients);
	/* Whoever holds one answers it some day, to nobody. */
	for (l = ctl->laters; l != NULL; l = l->next)
		l->control = NULL;
	free(ctl);
}
