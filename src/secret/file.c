/* SPDX-License-Identifier: MIT */
/*
 * The source `file`: lines KEY=value.  A read that hangs past its deadline is
 * not begun a second time: the next fetch waits for the same one.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "secret/bundle.h"
#include "secret/reading.h"
#include "secret/source.h"

struct file_settings {
	char path[READING_PATH];
};

struct file {
	struct secret_host host;
	char path[READING_PATH];
	struct reading *reading; /* under way */
	bool wanted;		 /* and its end is waited for */
};

static void
file_done(void *arg, const struct reading_text *text, const struct err *e)
{
	struct fetched f = FETCHED_NONE;
	struct file *s = arg;

	s->reading = NULL;
	if (!s->wanted)
		return;
	s->wanted = false;
	f.why = *e;
	if (text != NULL && bundle_parse(s->host.arena, text->p, text->n,
		&f.bundle, &f.why) != 0)
		(void)err_prefix(&f.why, "'%s'", s->path);
	s->host.fetched(s->host.ctx, &f);
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
	struct reading_job job = { 1, { s->path, NULL }, BUNDLE_MAX,
		file_done, s };

	if (s->reading == NULL)
		s->reading = reading_start(s->host.loop, &job, e);
	s->wanted = s->reading != NULL;
	return (s->wanted ? 0 : -1);
}

static void
file_cancel(void *self)
{
	((struct file *)self)->wanted = false;
}

static void
file_fini(void *self)
{
	reading_stop(((struct file *)self)->reading);
}

static const struct key rows[] = {
	{ "path", KEY_PATH, KEY_FIELD(file_settings, path), 1,
	    READING_PATH - 1, NULL, "", NULL, INVALIDATES_NOTHING,
	    "A file of lines KEY=value. It belongs to the daemon's user or "
	    "root and is closed to others (mode 640 or less)." },
};

static const struct key_table file_keys = { "secret file", rows,
	KEY_COUNT(rows), sizeof(struct file_settings), NULL };

const struct secret_ops secret_file = { "file", sizeof(struct file),
	&file_keys, file_init, file_fetch, file_cancel, file_fini };
