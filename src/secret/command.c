/* SPDX-License-Identifier: MIT */
/*
 * The source `command`: a program of the policy, run without a shell in a
 * process group of its own, tells the secrets on its standard output: lines
 * KEY=value, or one JSON object.  What it says on standard error is read by
 * nobody: it may hold anything.  Its end, not the end of its output, ends
 * the fetch, and with it go the processes that it has started.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/child.h"
#include "io/loop.h"
#include "secret/arena.h"
#include "secret/bundle.h"
#include "secret/source.h"

enum { KILLED_MS = 500 };

struct command_settings {
	struct key_strings command;
	struct key_strings env;
};

struct command {
	struct secret_host host;
	struct command_settings set;
	struct child child; /* pid 0: none */
	int out, pidfd;	    /* -1: none */
	struct event *read, *end;
	char *text; /* the arena's */
	size_t n, room;
	bool too_large, no_room;
	bool dropped; /* nobody waits for it */
};

/* --- what it says --------------------------------------------------------- */

/* A larger place for what is there; the old one is wiped. */
static bool
text_grow(struct command *c)
{
	size_t room = c->room == 0 ? ARENA_PAGE : 2 * c->room;
	char *text;

	if (room > BUNDLE_MAX + ARENA_PAGE)
		room = BUNDLE_MAX + ARENA_PAGE;
	text = arena_take(c->host.arena, room);
	if (text == NULL)
		return (false);
	if (c->text != NULL)
		memcpy(text, c->text, c->n);
	arena_give(c->host.arena, c->text);
	c->text = text;
	c->room = room;
	return (true);
}

static void
text_drop(struct command *c)
{
	arena_give(c->host.arena, c->text);
	c->text = NULL;
	c->n = c->room = 0;
}

/* All that is in the pipe now; true: there may come more. */
static bool
text_read(struct command *c)
{
	ssize_t got;

	for (;;) {
		if (c->n > BUNDLE_MAX) {
			c->too_large = true;
			return (false);
		}
		if (c->n == c->room && !text_grow(c)) {
			c->no_room = true;
			return (false);
		}
		got = read(c->out, c->text + c->n, c->room - c->n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (got < 0 && errno == EAGAIN);
		c->n += (size_t)got;
	}
}

/* --- its life --------------------------------------------------------------- */

static void
event_end(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void
fd_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/*
 * Ends all of its group.  While it is not waited for the group's number is
 * nobody else's; before it has made the group it is alone.
 */
static void
command_kill(struct command *c)
{
	(void)kill(-c->child.pid, SIGKILL);
	(void)kill(c->child.pid, SIGKILL);
}

/* Of one that has ended; its status, or -1. */
static int
command_reap(struct command *c)
{
	int status = -1;

	command_kill(c);
	(void)waitpid(c->child.pid, &status, WNOHANG);
	c->child.pid = 0;
	return (status);
}

static void
command_clear(struct command *c)
{
	MUST(c->child.pid == 0);
	event_end(&c->read);
	event_end(&c->end);
	fd_end(&c->out);
	fd_end(&c->pidfd);
	fd_end(&c->child.gate);
	fd_end(&c->child.status);
	text_drop(c);
	c->too_large = c->no_room = c->dropped = false;
}

/* Not the program's own words: they may hold anything. */
static int
command_judge(struct command *c, int status, struct err *e)
{
	const char *name = c->set.command.text[0];

	if (child_outcome(&c->child, e) < 0)
		return (err_prefix(e, "'%s'", name));
	if (c->too_large)
		return (err_set(e, EFBIG, "'%s' says over %d kB", name,
		    BUNDLE_MAX >> 10));
	if (c->no_room)
		return (err_set(e, ENOMEM, "no room for one more secret"));
	if (WIFSIGNALED(status))
		return (err_set(e, EIO, "'%s' was ended by signal %d", name,
		    WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return (err_set(e, EIO, "'%s' ended with status %d", name,
		    WEXITSTATUS(status)));
	return (0);
}

static int
command_bundle(struct command *c, struct bundle **ret, struct err *e)
{
	if (bundle_text(c->host.arena, c->text, c->n, ret, e) == 0)
		return (0);
	return (err_prefix(e, "what '%s' says", c->set.command.text[0]));
}

/* Its process has ended. */
static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct fetched f = FETCHED_NONE;
	struct command *c = arg;
	bool dropped = c->dropped;
	int status;

	(void)fd, (void)what;
	if (!c->too_large && !c->no_room && !dropped)
		(void)text_read(c);
	status = command_reap(c);
	if (!dropped && command_judge(c, status, &f.why) == 0)
		(void)command_bundle(c, &f.bundle, &f.why);
	command_clear(c);
	if (!dropped)
		c->host.fetched(c->host.ctx, &f);
}

static void
on_read(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;

	(void)fd, (void)what;
	if (text_read(c))
		return;
	event_end(&c->read); /* the end of its output; or too much of it */
	if (c->too_large || c->no_room)
		command_kill(c);
}

static int
command_fork(struct command *c, int out, struct err *e)
{
	const char *argv[KEY_STRINGS_MAX + 1], *env[KEY_STRINGS_MAX + 2];
	struct child_start st = { argv, env, "/", NULL, NULL, out };
	int i;

	for (i = 0; i < c->set.command.n; i++)
		argv[i] = c->set.command.text[i];
	argv[i] = NULL;
	env[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
	    "/sbin:/bin";
	for (i = 0; i < c->set.env.n; i++)
		env[i + 1] = c->set.env.text[i];
	env[i + 1] = NULL;
	if (child_fork(&st, &c->child, e) != 0)
		return (-1);
	c->pidfd = pidfd_open(c->child.pid, 0);
	if (c->pidfd >= 0)
		return (0);
	return (err_set(e, errno, "no descriptor of '%s': %s", argv[0],
	    strerror(errno)));
}

static int
command_watch(struct command *c, struct err *e)
{
	struct event_base *b = loop_base(c->host.loop);

	c->read = event_new(b, c->out, EV_READ | EV_PERSIST, on_read, c);
	c->end = event_new(b, c->pidfd, EV_READ, on_end, c);
	if (c->read == NULL || c->end == NULL ||
	    event_add(c->read, NULL) != 0 || event_add(c->end, NULL) != 0)
		return (err_set(e, ENOMEM, "out of memory"));
	return (0);
}

/* Waits a moment at most: a process that was killed ends at once. */
static void
command_fini(void *self)
{
	struct command *c = self;
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	if (c->child.pid > 0) {
		command_kill(c);
		if (c->pidfd >= 0)
			(void)poll(&p, 1, KILLED_MS);
		(void)command_reap(c);
	}
	command_clear(c);
}

static int
command_fetch(void *self, struct err *e)
{
	struct command *c = self;
	int p[2];

	if (c->child.pid > 0)
		return (err_set(e, EBUSY, "'%s' was ended and is still there",
		    c->set.command.text[0]));
	if (pipe2(p, O_CLOEXEC) != 0)
		return (err_set(e, errno, "no pipe: %s", strerror(errno)));
	c->out = p[0];
	if (fcntl(p[0], F_SETFL, O_NONBLOCK) == 0 &&
	    command_fork(c, p[1], e) == 0 && command_watch(c, e) == 0) {
		(void)close(p[1]);
		child_release(&c->child, true);
		return (0);
	}
	(void)close(p[1]);
	command_fini(c);
	return (-1);
}

/* Its end is waited for on the loop. */
static void
command_cancel(void *self)
{
	struct command *c = self;

	if (c->child.pid == 0)
		return;
	c->dropped = true;
	event_end(&c->read);
	text_drop(c);
	command_kill(c);
}

static int
command_init(void *self, const struct secret_host *host, const void *settings,
    struct err *e)
{
	struct command *c = self;

	(void)e;
	c->host = *host;
	c->set = *(const struct command_settings *)settings;
	c->out = c->pidfd = c->child.gate = c->child.status = -1;
	return (0);
}

static const struct key rows[] = {
	{ "command", KEY_STRINGS, KEY_FIELD(command_settings, command), 0, 0,
	    NULL, "", NULL, INVALIDATES_NOTHING,
	    "The program with its whole path, and its arguments. It is run "
	    "without a shell as the daemon's user, and says the secrets on "
	    "its standard output: lines KEY=value, or one JSON object. Its "
	    "arguments can be read by everybody: put no secret there." },
	{ "env", KEY_STRINGS, KEY_FIELD(command_settings, env), 0, 0, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "Its environment beside PATH: strings NAME=value. Put no secret "
	    "there." },
};

static int
command_check(const void *settings, struct err *e)
{
	const struct command_settings *s = settings;
	int i;

	if (s->command.n < 1 || s->command.text[0][0] != '/')
		return (err_set(e, EINVAL, "command must begin with the whole "
		    "path of a program"));
	for (i = 0; i < s->env.n; i++)
		if (strchr(s->env.text[i], '=') == NULL ||
		    s->env.text[i][0] == '=')
			return (err_set(e, EINVAL, "env must be strings "
			    "NAME=value"));
	return (0);
}

static const struct key_table command_keys = { "secret command", rows,
	KEY_COUNT(rows), sizeof(struct command_settings), command_check };

const struct secret_ops secret_command = { "command", sizeof(struct command),
	&command_keys, command_init, command_fetch, command_cancel,
	command_fini };
