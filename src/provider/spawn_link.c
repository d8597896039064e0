/* SPDX-License-Identifier: MIT */
/*
 * One connection at a time.  Connecting to a unix socket is done or refused
 * at once, so each try is one call; the pause doubles from try to try.  So
 * does the pause between two starts of a spawner, since one that cannot stay
 * would fail each time; one that stayed for a while may start again at once.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/child.h"
#include "io/loop.h"
#include "provider/spawn_link.h"
#include "provider/spawner.h"

#define TRY_FIRST (10 * NS_MS)
#define TRY_MOST (NS_S)
#define START_FIRST (200 * NS_MS)
#define START_MOST (10 * NS_S)
#define STAYED (10 * NS_S)

struct spawn_link {
	struct loop *loop;
	struct spawn_link_hooks hooks;
	struct sockaddr_un address;
	char program[SPAWN_PATH_SIZE]; /* "": not ours to start */
	char folder[SPAWN_PATH_SIZE];
	struct bufferevent *bev;
	struct spawn_msg *in;
	struct timer retry;
	ns_t pause;
	ns_t started, start_pause; /* of the last start; to the next */
	bool up;
	struct err why;
};

static void	link_try(void *);

static void
link_later(struct spawn_link *l)
{
	loop_timer_set(l->loop, &l->retry, l->pause, link_try, l);
	l->pause = l->pause * 2 > TRY_MOST ? TRY_MOST : l->pause * 2;
}

static void
link_lost(struct spawn_link *l)
{
	bool was = l->up;

	bufferevent_free(l->bev);
	l->bev = NULL;
	l->up = false;
	link_later(l);
	if (was)
		l->hooks.down(l->hooks.arg);
}

/* False: the connection is of no more use. */
static bool
link_message(struct spawn_link *l, const struct spawn_msg *m)
{
	if (l->up) {
		l->hooks.message(l->hooks.arg, m);
		return (true);
	}
	if (m->say != SPAWN_WELCOME || m->version != SPAWN_VERSION) {
		err_clear(&l->why);
		(void)err_set(&l->why, EPROTO, "the spawner at '%s' does not "
		    "welcome us: %s", l->folder, m->text);
		l->pause = TRY_MOST;
		return (false);
	}
	l->up = true;
	l->pause = TRY_FIRST;
	l->hooks.up(l->hooks.arg);
	return (true);
}

static void
link_read(struct bufferevent *bev, void *arg)
{
	struct spawn_link *l = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	bool good = true;
	char *line;
	size_t n;

	while (good &&
	    (line = evbuffer_readln(in, &n, EVBUFFER_EOL_LF)) != NULL) {
		err_clear(&l->why);
		good = spawn_msg_parse(line, n, l->in, &l->why) == 0 &&
		    link_message(l, l->in);
		free(line);
	}
	if (!good || evbuffer_get_length(in) >= SPAWN_LINE_MAX)
		link_lost(l);
}

static void
link_event(struct bufferevent *bev, short what, void *arg)
{
	struct spawn_link *l = arg;

	(void)bev, (void)what;
	err_clear(&l->why);
	(void)err_set(&l->why, EPIPE, "the spawner at '%s' is gone",
	    l->folder);
	link_lost(l);
}

static void
link_start(struct spawn_link *l)
{
	const char *argv[] = { l->program, "--folder", l->folder, NULL };
	char log[SPAWN_PATH_SIZE + sizeof(SPAWNER_LOG) + 1];
	ns_t now = loop_now(l->loop).mono;

	if (l->program[0] == '\0' ||
	    (l->started != 0 && now - l->started < l->start_pause))
		return;
	l->start_pause = l->started == 0 || now - l->started > STAYED ?
	    START_FIRST : l->start_pause * 2;
	if (l->start_pause > START_MOST)
		l->start_pause = START_MOST;
	l->started = now;
	l->pause = TRY_FIRST;
	(void)snprintf(log, sizeof(log), "%s/" SPAWNER_LOG, l->folder);
	if (child_detach(argv, log, &l->why) != 0)
		l->pause = TRY_MOST;
}

static int
link_connect(struct spawn_link *l)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	int code;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&l->address,
	    sizeof(l->address)) == 0)
		return (fd);
	code = errno;
	err_clear(&l->why);
	(void)err_set(&l->why, code, "no spawner answers at '%s': %s",
	    l->address.sun_path, strerror(code));
	if (fd >= 0)
		(void)close(fd);
	if (code == ENOENT || code == ECONNREFUSED)
		link_start(l);
	return (-1);
}

static void
link_try(void *arg)
{
	struct spawn_msg hello = { .say = SPAWN_HELLO,
		.version = SPAWN_VERSION };
	struct spawn_link *l = arg;
	int fd = link_connect(l);

	if (fd < 0) {
		link_later(l);
		return;
	}
	l->bev = bufferevent_socket_new(loop_base(l->loop), fd,
	    BEV_OPT_CLOSE_ON_FREE);
	if (l->bev == NULL) {
		(void)close(fd);
		link_later(l);
		return;
	}
	err_clear(&l->why);
	(void)err_set(&l->why, EAGAIN, "the spawner at '%s' has not answered "
	    "yet", l->folder);
	bufferevent_setcb(l->bev, link_read, NULL, link_event, l);
	(void)bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	MUST(spawn_link_send(l, &hello, NULL) == 0);
}

static int
link_settings(struct spawn_link *l, const struct spawn_link_settings *s,
    struct err *e)
{
	size_t size = sizeof(l->address.sun_path);

	if (s->folder[0] != '/' ||
	    strlen(s->folder) + sizeof(SPAWNER_SOCKET) + 1 > size)
		return (err_set(e, EINVAL, "the spawner's folder '%.120s' is "
		    "no absolute path, or over %zu bytes", s->folder,
		    size - sizeof(SPAWNER_SOCKET) - 1));
	l->address.sun_family = AF_UNIX;
	(void)snprintf(l->address.sun_path, size, "%.*s/" SPAWNER_SOCKET,
	    (int)(size - sizeof(SPAWNER_SOCKET) - 1), s->folder);
	(void)snprintf(l->folder, sizeof(l->folder), "%s", s->folder);
	if (s->program != NULL)
		(void)snprintf(l->program, sizeof(l->program), "%s",
		    s->program);
	return (0);
}

struct spawn_link *
spawn_link_new(struct loop *loop, const struct spawn_link_settings *s,
    const struct spawn_link_hooks *hooks, struct err *e)
{
	struct spawn_link *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->in = malloc(sizeof(*l->in));
	if (l == NULL || l->in == NULL) {
		free(l);
		(void)err_set(e, ENOMEM, "spawner's link: out of memory");
		return (NULL);
	}
	l->loop = loop;
	l->hooks = *hooks;
	l->pause = TRY_FIRST;
	if (link_settings(l, s, e) != 0) {
		spawn_link_free(l);
		return (NULL);
	}
	(void)err_set(&l->why, ENOTCONN, "the spawner at '%s' was not asked "
	    "yet", l->folder);
	loop_timer_set(loop, &l->retry, 0, link_try, l);
	return (l);
}

void
spawn_link_free(struct spawn_link *l)
{
	if (l == NULL)
		return;
	if (l->bev != NULL)
		bufferevent_free(l->bev);
	loop_timer_stop(&l->retry);
	free(l->in);
	free(l);
}

bool
spawn_link_is_up(const struct spawn_link *l)
{
	return (l->up);
}

const char *
spawn_link_why(const struct spawn_link *l)
{
	return (l->why.text);
}

int
spawn_link_send(struct spawn_link *l, const struct spawn_msg *m, struct err *e)
{
	size_t n = 0;
	char *line = spawn_msg_line(m, &n, e);

	MUST(l->bev != NULL);
	if (line == NULL)
		return (-1);
	(void)bufferevent_write(l->bev, line, n);
	free(line);
	return (0);
}
