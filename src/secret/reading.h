/* SPDX-License-Identifier: MIT */
/*
 * Files that hold secrets, read in a thread (their disk may hang) into locked
 * memory of the read's own.  One that others may read or write is refused.
 */
#ifndef SECRET_READING_H
#define SECRET_READING_H

#include <stddef.h>

struct err;
struct loop;
struct reading;

enum { READING_FILES = 2, READING_PATH = 256 };

/* Wiped when done returns. */
struct reading_text {
	char *p; /* n bytes and a NUL */
	size_t n;
};

struct reading_job {
	int n;
	const char *path[READING_FILES]; /* copied */
	size_t max; /* bytes of each; one with more is refused */
	/* All of them; or what failed, then texts is NULL. */
	void (*done)(void *arg, const struct reading_text *texts,
	    const struct err *);
	void *arg;
};

/* done comes later, once.  NULL with a sentence: it will not. */
struct reading	*reading_start(struct loop *, const struct reading_job *,
		    struct err *);
/* done will not come.  NULL is allowed. */
void		reading_stop(struct reading *);

#endif
