/* SPDX-License-Identifier: MIT */
/*
 * Recorded steps; see recall.h.  Rows of inbox hold some minutes each, tail
 * the steps since; a row is checked whole before its first step is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/recall.h"
#include "record/store.h"

struct recall {
	struct store *store;
	sqlite3_stmt *rows; /* NULL: no row is left */
	bool in_tail;
	struct bytes row, calls;
	struct reader in;
	struct pack pack;
	int64_t step, run;
};

static const char *const inbox_sql =
    "SELECT step, run, body, sum FROM inbox ORDER BY step";
static const char *const tail_sql =
    "SELECT step, (SELECT max(id) FROM run), body FROM tail ORDER BY step";

int
recall_open(struct recall **ret, const char *folder, int number,
    struct err *e)
{
	struct recall *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (err_set(e, ENOMEM, "replay: out of memory"));
	if (store_open_old(&r->store, folder, number, NULL, e) !=
	    STORE_GOOD) {
		(void)err_set(e, EILSEQ, "journal.%d.db in '%s' was never "
		    "finished", number, folder);
		free(r);
		return (-1);
	}
	if (sqlite3_prepare_v2(store_db(r->store), inbox_sql, -1, &r->rows,
	    NULL) != SQLITE_OK) {
		(void)store_fail(r->store, "read", e);
		recall_close(r, NULL);
		return (-1);
	}
	*ret = r;
	return (0);
}

void
recall_close(struct recall *r, struct recalled *last)
{
	if (last != NULL)
		pack_step_free(&last->in);
	if (r == NULL)
		return;
	(void)sqlite3_finalize(r->rows);
	store_close(r->store, false);
	bytes_free(&r->row);
	bytes_free(&r->calls);
	free(r);
}

/* One row into memory; the tail is one row, too, in many parts. */
static int
recall_take(struct recall *r, struct err *e)
{
	const void *body = sqlite3_column_blob(r->rows, 2);
	size_t n = (size_t)sqlite3_column_bytes(r->rows, 2);
	int64_t step = sqlite3_column_int64(r->rows, 0);

	if (!r->in_tail && store_sum(&step, sizeof(step), body, n, NULL, 0) !=
	    sqlite3_column_int64(r->rows, 3))
		return (err_set(e, EILSEQ, "journal.%d.db: the steps from "
		    "%lld on are damaged", store_number(r->store),
		    (long long)step));
	if (r->row.n == 0) {
		r->step = step;
		r->run = sqlite3_column_int64(r->rows, 1);
	}
	bytes_put(&r->row, body, n);
	if (r->row.failed)
		return (err_set(e, ENOMEM, "replay: out of memory"));
	return (0);
}

/* 1: a row, 0: none is left. */
static int
recall_row(struct recall *r, struct err *e)
{
	int rc = SQLITE_DONE;

	bytes_reset(&r->row, SIZE_MAX);
	while (r->rows != NULL && r->row.n == 0) {
		while ((rc = sqlite3_step(r->rows)) == SQLITE_ROW) {
			if (recall_take(r, e) != 0)
				return (-1);
			if (!r->in_tail)
				break;
		}
		if (rc == SQLITE_ROW)
			break;
		if (rc != SQLITE_DONE)
			return (store_fail(r->store, "read", e));
		(void)sqlite3_finalize(r->rows);
		r->rows = NULL;
		if (!r->in_tail && sqlite3_prepare_v2(store_db(r->store),
		    tail_sql, -1, &r->rows, NULL) != SQLITE_OK)
			return (store_fail(r->store, "read", e));
		r->in_tail = true;
	}
	r->in = (struct reader){ r->row.at, r->row.n, false };
	pack_reset(&r->pack);
	return (r->row.n > 0 ? 1 : 0);
}

static void
recall_groups(sqlite3_stmt *st, struct recalled *ret)
{
	struct reader in = { sqlite3_column_blob(st, 0),
		(size_t)sqlite3_column_bytes(st, 0), false };
	int i;

	ret->n_groups = (int)reader_upto(&in, MAX_GROUPS);
	for (i = 0; i < ret->n_groups; i++)
		reader_text(&in, ret->groups[i], NAME_SIZE);
}

/* Of which life, and what its indexes mean. */
static int
recall_about(struct recall *r, struct recalled *ret, struct err *e)
{
	sqlite3 *db = store_db(r->store);
	sqlite3_stmt *st = NULL;
	int rc;

	ret->n_groups = 0;
	memset(ret->build, 0, sizeof(ret->build));
	if (sqlite3_prepare_v2(db, "SELECT m.body, (SELECT build FROM run"
	    " WHERE id = ?2) FROM mark m WHERE m.kind = 'groups' AND"
	    " m.step <= ?1 ORDER BY m.step DESC, m.rowid DESC LIMIT 1", -1,
	    &st, NULL) != SQLITE_OK)
		return (store_fail(r->store, "read", e));
	(void)sqlite3_bind_int64(st, 1, r->step);
	(void)sqlite3_bind_int64(st, 2, r->run);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		recall_groups(st, ret);
		if (sqlite3_column_bytes(st, 1) < BUILD_SIZE &&
		    sqlite3_column_text(st, 1) != NULL)
			memcpy(ret->build, sqlite3_column_text(st, 1),
			    (size_t)sqlite3_column_bytes(st, 1));
	}
	(void)sqlite3_finalize(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return (store_fail(r->store, "read", e));
	ret->anew = ret->run != r->run || ret->step + 1 != r->step;
	ret->run = r->run;
	return (0);
}

/* What was done to the fleet just before this row's first step. */
static int
recall_calls(struct recall *r, struct recalled *ret, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc;

	bytes_reset(&r->calls, SIZE_MAX);
	if (sqlite3_prepare_v2(store_db(r->store), "SELECT body FROM mark"
	    " WHERE kind = 'calls' AND step = ?1 ORDER BY rowid", -1, &st,
	    NULL) != SQLITE_OK)
		return (store_fail(r->store, "read", e));
	(void)sqlite3_bind_int64(st, 1, r->step);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		bytes_put(&r->calls, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
	(void)sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return (store_fail(r->store, "read", e));
	if (r->calls.failed)
		return (err_set(e, ENOMEM, "replay: out of memory"));
	ret->calls = (struct reader){ r->calls.at, r->calls.n, false };
	return (0);
}

int
recall_next(struct recall *r, struct recalled *ret, struct err *e)
{
	int rc;

	ret->anew = false;
	ret->calls.n = 0;
	if (r->in.n == 0) {
		rc = recall_row(r, e);
		if (rc <= 0)
			return (rc);
		if (recall_about(r, ret, e) != 0 ||
		    recall_calls(r, ret, e) != 0)
			return (-1);
	}
	if (pack_read(&r->pack, &r->in, &ret->in, e) != 0)
		return (-1);
	ret->step = r->step++;
	return (1);
}
