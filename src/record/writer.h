/* SPDX-License-Identifier: MIT */
/*
 * The writer thread: the one that waits for disks.  It owns the journal's
 * file and every file that is read or written after start.  Batches go first,
 * all that wait in one commit; then one job; then, when nothing waits, the
 * log's checkpoint and retention.
 */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include "record/ring.h"

struct store;
struct writer;

/* From the loop. */
enum writer_ask {
	ASK_BATCH = 1, /* seq, data: lines */
	ASK_WHOLE,     /* the same: all that is alive, for generation number */
	ASK_ROTATE,    /* the present file is not trusted any more */
	ASK_SAVE,      /* seq: the request; data: path, NUL, text */
	ASK_READ,      /* number: at most; data: path, NUL */
	ASK_HISTORY,   /* data: struct history_query */
	ASK_STOP       /* number: 1 a clean close; the last one */
};

/* To the loop. */
enum writer_tell {
	TELL_DURABLE = 1, /* seq, at: when; number: the generation */
	TELL_FAILED,	  /* data: a sentence */
	TELL_BEGUN,	  /* number: this generation waits for ASK_WHOLE */
	TELL_DONE,	  /* seq: the request, data: its text; NULL: saved */
	TELL_NOT,	  /* seq: the request, data: why not */
	TELL_STOPPED
};

struct writer_options {
	const char *folder, *vfs;
	struct store *store; /* the writer's from now on; NULL: none */
	int64_t keep_s, max_bytes;
	struct ring *in, *out;
};

struct writer	*writer_start(const struct writer_options *, struct err *);
/*
 * After ASK_STOP: true when the thread has ended; the rings are the caller's
 * again.  False: the disk holds it; it and the rings are left to it.
 */
bool		writer_join(struct writer *, ns_t within);

#endif
