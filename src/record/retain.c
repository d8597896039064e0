/* SPDX-License-Identifier: MIT */
/*
 * What a store gives up when it has grown old or large: history only, a slice
 * at a time.  Who exists, what is in force and what was learned stay, and so
 * does an intent that is open, however old it is.
 */
#include "base/err.h"
#include "record/store_priv.h"

enum { FREE_PAGES = 200 };

static int
retain_number(struct store *s, const char *sql, int64_t *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = 0;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	else
		rc = store_fail(s, "read", e);
	(void)sqlite3_finalize(st);
	return (rc);
}

/* History up to that moment; 1: there is more. */
static int
retain_slice(struct store *s, int64_t before, struct err *e)
{
	int q;
	bool more = false;

	if (store_begin(s, e) != 0)
		return (-1);
	for (q = Q_OLD_INBOX; q <= Q_OLD_GONE; q++) {
		if (store_run(s, q, e, "i", before) != 0)
			return (-1);
		more = more || sqlite3_changes(s->db) >= 500;
	}
	if (store_commit(s, e) != 0)
		return (-1);
	return (more ? 1 : 0);
}

/* Pages that nothing uses go back to the file system. */
static int
retain_shrink(struct store *s, struct err *e)
{
	int64_t unused;

	if (retain_number(s, "PRAGMA freelist_count", &unused, e) != 0)
		return (-1);
	if (unused <= FREE_PAGES)
		return (0);
	if (sqlite3_exec(s->db, "PRAGMA incremental_vacuum(200)", NULL, NULL,
	    NULL) != SQLITE_OK)
		return (store_fail(s, "shrink", e));
	return (1);
}

int
store_retain(struct store *s, int64_t before, int64_t max_bytes,
    struct err *e)
{
	int64_t pages, unused, size, oldest;
	int more, shrink;

	if (retain_number(s, "PRAGMA page_count", &pages, e) != 0 ||
	    retain_number(s, "PRAGMA freelist_count", &unused, e) != 0 ||
	    retain_number(s, "PRAGMA page_size", &size, e) != 0 ||
	    retain_number(s, "SELECT min(coalesce((SELECT min(wall) FROM"
		" inbox), 1 << 60), coalesce((SELECT min(wall) FROM decision),"
		" 1 << 60), coalesce((SELECT min(wall) FROM phase), 1 << 60))",
		&oldest, e) != 0)
		return (-1);
	/* too large: the oldest hour goes, whatever its age */
	if ((pages - unused) * size > max_bytes && oldest + 3600 > before)
		before = oldest + 3600;
	more = retain_slice(s, before, e);
	if (more < 0)
		return (-1);
	shrink = retain_shrink(s, e);
	if (shrink < 0)
		return (-1);
	return (more || shrink ||
	    ((pages - unused) * size > max_bytes && oldest < (1LL << 60)));
}

int
store_checkpoint(struct store *s, struct err *e)
{
	int pages = 0, moved = 0;

	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
	    &pages, &moved) != SQLITE_OK)
		return (store_fail(s, "checkpoint", e));
	return (0);
}
