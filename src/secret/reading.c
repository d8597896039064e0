/* SPDX-License-Identifier: MIT */
/* See reading.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "io/aside.h"
#include "io/file.h"
#include "io/locked.h"
#include "secret/reading.h"

/* The thread's while it reads. */
struct reading {
	struct aside *aside;
	struct reading_job job;
	char path[READING_FILES][READING_PATH];
	struct reading_text text[READING_FILES];
	struct err e;
};

/* The room is max + 1, and stays NUL behind what was read. */
static int
file_read_to(int fd, struct reading_text *t, size_t max, struct err *e)
{
	ssize_t got = 1;

	while (got > 0 && t->n <= max) {
		got = read(fd, t->p + t->n, max + 1 - t->n);
		t->n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return (err_set(e, errno, "%s", strerror(errno)));
	if (t->n <= max)
		return (0);
	return (max < 1024 ? err_set(e, EFBIG, "it is over %zu bytes", max) :
	    err_set(e, EFBIG, "it is over %zu kB", max >> 10));
}

static void
reading_work(void *arg)
{
	struct reading *r = arg;
	int i, fd, rc = 0;

	for (i = 0; rc == 0 && i < r->job.n; i++) {
		fd = open(r->path[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0)
			rc = err_set(&r->e, errno, "%s", strerror(errno));
		else if ((rc = file_check_ours(fd, &r->e)) == 0)
			rc = file_read_to(fd, &r->text[i], r->job.max, &r->e);
		if (rc != 0)
			(void)err_prefix(&r->e, "'%s'", r->path[i]);
		if (fd >= 0)
			(void)close(fd);
	}
}

static void
reading_drop(void *arg)
{
	struct reading *r = arg;
	int i;

	if (r == NULL)
		return;
	for (i = 0; i < r->job.n; i++)
		locked_free(r->text[i].p, r->job.max + 1);
	free(r);
}

static void
reading_done(void *arg)
{
	struct reading *r = arg;

	r->job.done(r->job.arg, r->e.code == 0 ? r->text : NULL, &r->e);
	reading_drop(r);
}

struct reading *
reading_start(struct loop *loop, const struct reading_job *job,
    struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct aside_job aside = { reading_work, reading_done, reading_drop,
		r };
	int i, rc = 0;

	MUST(job->n > 0 && job->n <= READING_FILES);
	if (r == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	r->job = *job;
	for (i = 0; rc == 0 && i < job->n; i++) {
		(void)snprintf(r->path[i], READING_PATH, "%s", job->path[i]);
		r->text[i].p = locked_new(job->max + 1, e);
		rc = r->text[i].p == NULL ? -1 : 0;
	}
	if (rc == 0 && (r->aside = aside_start(loop, &aside, e)) != NULL)
		return (r);
	reading_drop(r);
	return (NULL);
}

void
reading_stop(struct reading *r)
{
	if (r != NULL)
		aside_stop(r->aside);
}
