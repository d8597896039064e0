/* SPDX-License-Identifier: MIT */
/*
 * The source `file`: lines KEY=value.  A file that others may read or write
 * is refused: its secret is none.  Read in a thread, since its disk may hang,
 * into locked memory of the read's own; from there into the arena.  A read
 * that hangs past its deadline is not begun a second time: the next fetch
 * waits for the same one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/aside.h"
#include "secret/arena.h"
#include "secret/bundle.h"
#include "secret/source.h"

enum { ROOM = BUNDLE_MAX + 1, PATH_SIZE = 256 };

struct file_settings {
	char path[PATH_SIZE];
};

struct file;

/* The thread's while it reads. */
struct reading {
	struct file *of;
	char path[PATH_SIZE];
	char *text;
	size_t n;
	struct err e;
};

struct file {
	struct secret_host host;
	char path[PATH_SIZE];
	struct aside *aside; /* a read is under way */
	bool wanted;	     /* and its end is waited for */
};

static int
file_check(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (err_set(e, errno, "'%s': %s", path, strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (err_set(e, EINVAL, "'%s' is no plain file", path));
	if ((st.st_mode & 027) != 0)
		return (err_set(e, EACCES, "'%s' has mode %03o, expected 640 "
		    "or less: others may read or change it", path,
		    (unsigned)st.st_mode & 0777));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return (err_set(e, EACCES, "'%s' belongs to user %u, expected "
		    "us or root", path, (unsigned)st.st_uid));
	return (0);
}

static void
file_work(void *arg)
{
	struct reading *r = arg;
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 1;

	if (fd < 0) {
		(void)err_set(&r->e, errno, "'%s': %s", r->path,
		    strerror(errno));
		return;
	}
	if (file_check(fd, r->path, &r->e) != 0)
		got = 0;
	while (got > 0 && r->n < ROOM) {
		got = read(fd, r->text + r->n, ROOM - r->n);
		r->n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		(void)err_set(&r->e, errno, "'%s': %s", r->path,
		    strerror(errno));
	else if (r->n == ROOM)
		(void)err_set(&r->e, EFBIG, "'%s' is over %d kB", r->path,
		    BUNDLE_MAX >> 10);
	(void)close(fd);
}

static void
file_drop(void *arg)
{
	struct reading *r = arg;

	arena_unmap(r->text, ROOM);
	free(r);
}

static void
file_done(void *arg)
{
	struct fetched f = { .lasts = NS_NEVER };
	struct reading *r = arg;
	struct file *s = r->of;

	s->aside = NULL;
	if (s->wanted) {
		f.why = r->e;
		if (f.why.code == 0 && bundle_parse(s->host.arena, r->text,
			r->n, &f.bundle, &f.why) != 0)
			(void)err_prefix(&f.why, "'%s'", r->path);
	}
	file_drop(r);
	if (s->wanted) {
		s->wanted = false;
		s->host.fetched(s->host.ctx, &f);
	}
}

static int
file_init(void *self, const struct secret_host *host, const void *settings,
    struct err *e)
{
	const struct file_settings *set = settings;
	struct file *s = self;

	(void)e;
	s->host = *host;
	(void)snprintf(s->path, sizeof(s->path), "%s", set->path);
	return (0);
}

static int
file_fetch(void *self, struct err *e)
{
	struct file *s = self;
	struct reading *r;
	struct aside_job job = { file_work, file_done, file_drop, NULL };

	s->wanted = true;
	if (s->aside != NULL)
		return (0);
	job.arg = r = calloc(1, sizeof(*r));
	if (r == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
	} else if ((r->text = arena_map(ROOM, e)) != NULL) {
		r->of = s;
		memcpy(r->path, s->path, sizeof(r->path));
		s->aside = aside_start(s->host.loop, &job, e);
		if (s->aside != NULL)
			return (0);
		arena_unmap(r->text, ROOM);
	}
	free(r);
	s->wanted = false;
	return (-1);
}

static void
file_cancel(void *self)
{
	((struct file *)self)->wanted = false;
}

static void
file_fini(void *self)
{
	aside_stop(((struct file *)self)->aside);
}

static const struct key rows[] = {
	{ "path", KEY_PATH, KEY_FIELD(file_settings, path), 1, PATH_SIZE - 1,
	    NULL, "", NULL, INVALIDATES_NOTHING,
	    "A file of lines KEY=value. It belongs to the daemon's user or "
	    "root and is closed to others (mode 640 or less)." },
};

static const struct key_table file_keys = { "secret file", rows,
	KEY_COUNT(rows), sizeof(struct file_settings), NULL };

const struct secret_ops secret_file = { "file", sizeof(struct file),
	&file_keys, file_init, file_fetch, file_cancel, file_fini };
