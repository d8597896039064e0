/* SPDX-License-Identifier: MIT */
/*
 * A generation's file; see store.h.  Exclusive locking keeps SQLite's index
 * of the log in our memory instead of a mapped file, which a full disk would
 * turn into a SIGBUS.  Checkpoints run when nothing waits, not within a
 * commit.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "io/file.h"
#include "record/generations.h"
#include "record/store_priv.h"

enum { BUSY_MS = 100 };

static const char *const store_pragmas =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA journal_size_limit=8388608;"
    "PRAGMA cache_size=-512;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA foreign_keys=OFF;"
    "PRAGMA trusted_schema=OFF;";

sqlite3 *
store_db(struct store *s)
{
	return (s->db);
}

int
store_number(const struct store *s)
{
	return (s->number);
}

bool
store_is_complete(const struct store *s)
{
	return (s->complete);
}

int64_t
store_sum(const void *a, size_t na, const void *b, size_t nb, const void *c,
    size_t nc)
{
	uint64_t lengths[3] = { na, nb, nc }, sum = SUM_BEGIN;

	sum = sum_add(sum, lengths, sizeof(lengths));
	sum = sum_add(sum, a, na);
	sum = sum_add(sum, b, nb);
	return ((int64_t)sum_end(sum_add(sum, c, nc)));
}

int
store_number_of(const char *name)
{
	char want[NAME_MAX + 1], *end;
	long n;

	if (strncmp(name, "journal.", 8) != 0)
		return (0);
	n = strtol(name + 8, &end, 10);
	if (n <= 0 || n >= INT_MAX)
		return (0);
	(void)snprintf(want, sizeof(want), "journal.%ld.db", n);
	return (strcmp(name, want) == 0 ? (int)n : 0);
}

int
store_path(char *ret, size_t size, const char *folder, int number)
{
	int n = snprintf(ret, size, "%s/journal.%d.db", folder, number);

	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

/* errno's number for what SQLite says. */
static int
store_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return (ENOSPC);
	case SQLITE_NOMEM:
		return (ENOMEM);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return (EILSEQ);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (EBUSY);
	default:
		return (EIO);
	}
}

int
store_fail(struct store *s, const char *what, struct err *e)
{
	int rc = sqlite3_extended_errcode(s->db);

	return (err_set(e, store_errno(rc), "journal '%s': %s: %s (code %d)",
	    s->path, what, sqlite3_errmsg(s->db), rc));
}

static int
store_exec(struct store *s, const char *sql, const char *what, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return (store_fail(s, what, e));
	return (0);
}

/* The one number that the statement gives. */
static int
store_ask(struct store *s, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW) {
		*ret = sqlite3_column_int64(st, 0);
		rc = 0;
	} else {
		(void)store_fail(s, "read", e);
	}
	(void)sqlite3_finalize(st);
	return (rc);
}

void
store_close(struct store *s, bool clean)
{
	int i;

	if (s == NULL)
		return;
	for (i = 0; i < Q_COUNT; i++)
		(void)sqlite3_finalize(s->st[i]);
	if (clean && s->db != NULL)
		(void)sqlite3_wal_checkpoint_v2(s->db, NULL,
		    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_close(s->db);
	free(s);
}

static struct store *
store_new(const char *folder, int number, const char *vfs, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL) {
		(void)err_set(e, ENOMEM, "journal: out of memory");
		return (NULL);
	}
	s->number = number;
	if (store_path(s->path, sizeof(s->path), folder, number) != 0) {
		(void)err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    folder);
		free(s);
		return (NULL);
	}
	rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc != SQLITE_OK) {
		if (s->db != NULL)
			(void)store_fail(s, "open", e);
		else
			(void)err_set(e, ENOMEM, "journal: out of memory");
		store_close(s, false);
		return (NULL);
	}
	/* closing must not write to a file that failed */
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	return (s);
}

int
store_create(struct store **ret, const char *folder, int number,
    const char *vfs, struct err *e)
{
	char path[PATH_MAX], sql[128];
	struct store *s;
	int fd;

	if (store_path(path, sizeof(path), folder, number) != 0)
		return (err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    folder));
	/* O_EXCL: what is there under this name is not ours to write */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return (err_set(e, errno, "create '%s': %s", path,
		    strerror(errno)));
	(void)close(fd);
	s = store_new(folder, number, vfs, e);
	if (s == NULL) {
		generations_delete(folder, number);
		return (-1);
	}
	(void)snprintf(sql, sizeof(sql),
	    "BEGIN; PRAGMA application_id=%d; PRAGMA user_version=%d;",
	    STORE_ID, STORE_SCHEMA);
	if (store_exec(s, "PRAGMA auto_vacuum=INCREMENTAL", "begin", e) != 0 ||
	    store_exec(s, store_pragmas, "begin", e) != 0 ||
	    store_exec(s, sql, "begin", e) != 0 ||
	    store_exec(s, store_schema, "begin", e) != 0 ||
	    store_exec(s, store_later, "begin", e) != 0 ||
	    store_exec(s, "COMMIT", "begin", e) != 0 ||
	    file_sync_folder(folder, e) != 0) {
		store_close(s, false);
		generations_delete(folder, number);
		return (-1);
	}
	s->step = 1;
	*ret = s;
	return (0);
}

/* Who wrote this file, and can we read it? */
static enum store_is
store_whose(struct store *s, struct err *e)
{
	int64_t id, version, tables, complete;
	struct stat st;

	if (stat(s->path, &st) == 0 && st.st_size == 0)
		return (STORE_UNFINISHED);
	if (store_ask(s, "PRAGMA application_id", &id, e) != 0 ||
	    store_ask(s, "PRAGMA user_version", &version, e) != 0 ||
	    store_ask(s, "SELECT count(*) FROM sqlite_schema", &tables, e) != 0)
		return (e->code == EILSEQ ? STORE_DAMAGED : STORE_FAILED);
	if (id == 0 && tables == 0)
		return (STORE_UNFINISHED);
	if (id != STORE_ID) {
		(void)err_set(e, EILSEQ, "'%s' is a database of another "
		    "program, expected a journal of Plimsoll", s->path);
		return (STORE_FOREIGN);
	}
	if (version != STORE_SCHEMA) {
		(void)err_set(e, EILSEQ, "'%s' was written by %s release: "
		    "schema %lld, expected %d", s->path,
		    version > STORE_SCHEMA ? "a newer" : "an older",
		    (long long)version, STORE_SCHEMA);
		return (version > STORE_SCHEMA ? STORE_NEWER : STORE_OLDER);
	}
	if (store_ask(s, "SELECT count(*) FROM meta WHERE key = 'complete'",
	    &complete, e) != 0)
		return (e->code == EILSEQ ? STORE_DAMAGED : STORE_FAILED);
	return (complete == 1 ? STORE_GOOD : STORE_UNFINISHED);
}

/*
 * The pages that a start reads hang together.  That the file is as long as
 * it says, SQLite looks at itself.
 */
static int
store_whole(struct store *s, struct err *e)
{
	static const char *const table[] = { "meta", "server", "boot",
		"params", "standing", "desired", "learned", "run" };
	sqlite3_stmt *st;
	char sql[64];
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		(void)snprintf(sql, sizeof(sql), "PRAGMA quick_check(%s)",
		    table[i]);
		st = NULL;
		ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) ==
		    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW &&
		    strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
		(void)sqlite3_finalize(st);
		if (!ok)
			return (err_set(e, EILSEQ, "'%s' is damaged: its "
			    "table %s does not hang together", s->path,
			    table[i]));
	}
	if (store_ask(s, "SELECT max((SELECT coalesce(max(step), 0)"
	    " FROM tail), (SELECT coalesce(max(step + steps), 0)"
	    " FROM inbox))", &s->step, e) != 0 ||
	    store_ask(s, "SELECT coalesce(max(id), 0) FROM run", &s->run,
	    e) != 0)
		return (-1);
	s->step++;
	return (0);
}

enum store_is
store_open_old(struct store **ret, const char *folder, int number,
    const char *vfs, struct err *e)
{
	struct store *s = store_new(folder, number, vfs, e);
	enum store_is is = STORE_FAILED;

	if (s == NULL)
		return (STORE_FAILED);
	if (store_exec(s, "PRAGMA locking_mode=EXCLUSIVE;"
	    "PRAGMA query_only=ON;PRAGMA cache_size=-512", "open", e) == 0)
		is = store_whose(s, e);
	if (is == STORE_GOOD) {
		*ret = s;
		return (is);
	}
	store_close(s, false);
	return (is);
}

enum store_is
store_open(struct store **ret, const char *folder, int number,
    const char *vfs, struct err *e)
{
	struct store *s = store_new(folder, number, vfs, e);
	enum store_is is;

	if (s == NULL)
		return (STORE_FAILED);
	/* before the first read: it decides whether the log is shared */
	if (store_exec(s, "PRAGMA locking_mode=EXCLUSIVE", "open", e) != 0)
		is = STORE_FAILED;
	else
		is = store_whose(s, e);
	if (is != STORE_GOOD)
		goto out;
	/*
	 * The checkpoint writes anew whatever a dead process may have left
	 * unsynced in the log, so that an old failed sync cannot hide.
	 */
	is = STORE_FAILED;
	if (store_exec(s, store_pragmas, "open", e) != 0 ||
	    store_exec(s, "PRAGMA wal_checkpoint(TRUNCATE)", "open", e) != 0 ||
	    store_exec(s, store_later, "open", e) != 0 ||
	    store_whole(s, e) != 0) {
		if (e->code == EILSEQ)
			is = STORE_DAMAGED;
		goto out;
	}
	s->complete = true;
	is = STORE_GOOD;
	*ret = s;
	s = NULL;
out:
	store_close(s, false);
	return (is);
}

int
store_begin(struct store *s, struct err *e)
{
	return (store_exec(s, "BEGIN IMMEDIATE", "begin", e));
}

int
store_commit(struct store *s, struct err *e)
{
	if (store_exec(s, "COMMIT", "commit", e) != 0)
		return (-1);
	s->complete = s->complete || s->completing;
	return (0);
}

/*
 * Letters: i int64_t, t text, b blob and its size_t.  The statement must
 * give no row.
 */
int
store_run(struct store *s, int query, struct err *e, const char *letters, ...)
{
	sqlite3_stmt *st = s->st[query];
	const void *blob;
	va_list ap;
	int i, rc = SQLITE_OK;

	if (st == NULL && sqlite3_prepare_v3(s->db, store_query[query], -1,
	    SQLITE_PREPARE_PERSISTENT, &s->st[query], NULL) != SQLITE_OK)
		return (store_fail(s, "prepare", e));
	st = s->st[query];
	va_start(ap, letters);
	for (i = 0; letters[i] != '\0' && rc == SQLITE_OK; i++) {
		if (letters[i] == 'i') {
			rc = sqlite3_bind_int64(st, i + 1,
			    va_arg(ap, int64_t));
		} else if (letters[i] == 't') {
			rc = sqlite3_bind_text(st, i + 1,
			    va_arg(ap, const char *), -1, SQLITE_STATIC);
		} else {
			MUST(letters[i] == 'b');
			blob = va_arg(ap, const void *);
			rc = sqlite3_bind_blob64(st, i + 1, blob,
			    va_arg(ap, size_t), SQLITE_STATIC);
		}
	}
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_DONE)
		rc = store_fail(s, "write", e);
	else
		rc = 0;
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	return (rc);
}
