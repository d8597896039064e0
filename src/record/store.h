/* SPDX-License-Identifier: MIT */
/*
 * One generation of the journal: the file journal.N.db in the state folder,
 * SQLite with a write-ahead log, synchronous=FULL, locked for us alone.
 *
 * A generation counts once it is complete: its first commit holds everything
 * that was alive when it began.  After any error its file is closed for good
 * (nothing is written to it any more, not even by the closing), and the next
 * number begins.  Rows that say who exists carry checksums.
 *
 * Used by one thread at a time: journal_open() before the writer thread
 * starts, that thread afterwards.
 */
#ifndef RECORD_STORE_H
#define RECORD_STORE_H

#include <sqlite3.h>

#include "record/lines.h"

struct err;
struct store;

enum { STORE_SCHEMA = 1, STORE_ID = 0x504c494d }; /* "PLIM" */

enum store_is {
	STORE_GOOD,
	STORE_UNFINISHED, /* never became complete: as if it were not there */
	STORE_FOREIGN,
	STORE_OLDER,
	STORE_NEWER,
	STORE_DAMAGED,
	STORE_FAILED /* the disk did not let us see */
};

/* An existing one.  Anything but STORE_GOOD comes with a sentence. */
enum store_is	store_open(struct store **ret, const char *folder, int number,
		    const char *vfs, struct err *);
/* One that is only read from now on; nothing is written to it. */
enum store_is	store_open_old(struct store **ret, const char *folder,
		    int number, const char *vfs, struct err *);
/* A new one, not complete yet. */
int		store_create(struct store **ret, const char *folder,
		    int number, const char *vfs, struct err *);
/* clean: what the log holds is moved into the file first. */
void		store_close(struct store *, bool clean);

sqlite3		*store_db(struct store *);
int		store_number(const struct store *);
bool		store_is_complete(const struct store *);

int		store_begin(struct store *, struct err *);
int		store_commit(struct store *, struct err *);
/* Within a transaction: one batch; whole: it makes the file complete. */
int		store_apply(struct store *, const void *batch, size_t n,
		    bool whole, struct err *);
/*
 * Idle work: the log into the file, old history out.  1: more is due, 0, or
 * -1 as any error.
 */
int		store_checkpoint(struct store *, struct err *);
int		store_retain(struct store *, int64_t before_wall_s,
		    int64_t max_bytes, struct err *);

/* Statements, prepared once each; see store_sql.c for the letters. */
int		store_run(struct store *, int query, struct err *,
		    const char *letters, ...);
int		store_fail(struct store *, const char *what, struct err *);
/* The checksum of a row: three strings of bytes. */
int64_t		store_sum(const void *, size_t, const void *, size_t,
		    const void *, size_t);

/* journal.N.db in the folder, or 0: another name. */
int		store_number_of(const char *file_name);
int		store_path(char *ret, size_t size, const char *folder,
		    int number);

#endif
