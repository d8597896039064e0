/* SPDX-License-Identifier: MIT */
/*
 * History, newest first, from the present generation and the one before it.
 * Bounded in rows, and in time: the commits of the next step wait behind it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/err.h"
#include "base/hex.h"
#include "io/clock.h"
#include "plimsoll/decision.h"
#include "record/generations.h"
#include "record/history.h"
#include "record/pack.h"
#include "record/store.h"

static const char *const history_sql =
    "SELECT * FROM (SELECT wall, 'phase', grp, id, phase, key FROM phase"
    " WHERE wall BETWEEN ?1 AND ?2 AND (?3 = '' OR grp = ?3)"
    " ORDER BY wall DESC, rowid DESC LIMIT ?4)"
    " UNION ALL SELECT * FROM (SELECT wall, 'word', grp, '', kind, body"
    " FROM word WHERE wall BETWEEN ?1 AND ?2 AND (?3 = '' OR grp = ?3)"
    " ORDER BY wall DESC, rowid DESC LIMIT ?4)"
    " UNION ALL SELECT * FROM (SELECT wall, 'decision', grp, '', step, text"
    " FROM decision WHERE wall BETWEEN ?1 AND ?2 AND (?3 = '' OR grp = ?3)"
    " ORDER BY wall DESC, rowid DESC LIMIT ?4)"
    " UNION ALL SELECT * FROM (SELECT wall, 'alarm', grp, name, raised, text"
    " FROM alarm WHERE wall BETWEEN ?1 AND ?2 AND (?3 = '' OR grp = ?3)"
    " ORDER BY wall DESC, rowid DESC LIMIT ?4)"
    " UNION ALL SELECT begun_wall, 'start', '', build, id, NULL FROM run"
    " WHERE begun_wall BETWEEN max(?1, ?5) AND ?2"
    " UNION ALL SELECT last_wall, 'stop', '', build, id, NULL FROM run"
    " WHERE clean AND last_wall BETWEEN max(?1, ?5) AND ?2"
    " ORDER BY 1 DESC LIMIT ?4";

struct history {
	const struct history_query *query;
	struct json_object *events;
	int n;
	bool more;
	int64_t oldest; /* what the newer file holds begins here */
	ns_t until;
};

static void
add(struct json_object *o, const char *key, struct json_object *v)
{
	(void)json_object_object_add(o, key, v);
}

static struct json_object *
json_text(const void *t)
{
	return (json_object_new_string(t != NULL ? t : ""));
}

static void
row_phase(sqlite3_stmt *st, struct json_object *o)
{
	const uint8_t *key = sqlite3_column_blob(st, 5);
	int n = sqlite3_column_bytes(st, 5);
	int phase = sqlite3_column_int(st, 4);
	char token[2 * TOKEN_SIZE + 1] = "";

	add(o, "server", json_text(sqlite3_column_text(st, 3)));
	if (n == TOKEN_SIZE)
		hex_put(token, key, TOKEN_SIZE);
	add(o, "token", json_text(token));
	if (phase >= 0 && phase < PHASE_COUNT)
		add(o, "phase", json_text(phase_name((enum phase)phase)));
}

static void
row_word(sqlite3_stmt *st, struct json_object *o)
{
	static const char *const names[WORD_KIND_COUNT] = { "none",
		"at_least", "at_most", "exact", "hold", "resume", "note",
		"drain", "replace", "protect", "adopt", "drill" };
	struct reader in = { sqlite3_column_blob(st, 5),
		(size_t)sqlite3_column_bytes(st, 5), false };
	struct word w;

	pack_word_read(&in, &w);
	if (in.bad)
		return;
	add(o, "word", json_text(names[w.kind]));
	if (w.kind >= WORD_AT_LEAST && w.kind <= WORD_EXACT)
		add(o, "servers", json_object_new_int(w.servers));
	if (w.until_wall_s != 0)
		add(o, "until", json_object_new_int64(w.until_wall_s));
	if (w.id.text[0] != '\0')
		add(o, "server", json_text(w.id.text));
	add(o, "who", json_text(w.who));
	add(o, "reason", json_text(w.reason));
}

static void
row_decision(sqlite3_stmt *st, struct json_object *o)
{
	const char *text = (const char *)sqlite3_column_text(st, 5);
	struct json_object *d = text != NULL ? json_tokener_parse(text) : NULL;

	add(o, "step", json_object_new_int64(sqlite3_column_int64(st, 4)));
	if (d != NULL)
		add(o, "decision", d);
}

static void
history_row(struct history *h, sqlite3_stmt *st)
{
	const char *kind = (const char *)sqlite3_column_text(st, 1);
	struct json_object *o = json_object_new_object();

	if (o == NULL || kind == NULL)
		return;
	add(o, "at", json_object_new_int64(sqlite3_column_int64(st, 0)));
	add(o, "kind", json_text(kind));
	add(o, "group", json_text(sqlite3_column_text(st, 2)));
	switch (kind[0]) {
	case 'p':
		row_phase(st, o);
		break;
	case 'w':
		row_word(st, o);
		break;
	case 'd':
		row_decision(st, o);
		break;
	case 'a':
		add(o, "alarm", json_text(sqlite3_column_text(st, 3)));
		add(o, "raised", json_object_new_boolean(
		    sqlite3_column_int(st, 4)));
		add(o, "text", json_text(sqlite3_column_text(st, 5)));
		break;
	default:
		add(o, "build", json_text(sqlite3_column_text(st, 3)));
	}
	(void)json_object_array_add(h->events, o);
	h->n++;
}

/* Where the present file begins; what is older is in the one before. */
static int64_t
history_begin(struct store *s)
{
	sqlite3_stmt *st = NULL;
	int64_t at = 0;

	if (sqlite3_prepare_v2(store_db(s), "SELECT value FROM meta"
	    " WHERE key = 'begun'", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		at = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return (at);
}

static int
history_late(void *arg)
{
	struct history *h = arg;

	return (clock_now().mono > h->until);
}

static int
history_read(struct history *h, struct store *s, struct err *e)
{
	const struct history_query *q = h->query;
	sqlite3 *db = store_db(s);
	sqlite3_stmt *st = NULL;
	int rc;

	if (sqlite3_prepare_v2(db, history_sql, -1, &st, NULL) != SQLITE_OK)
		return (store_fail(s, "history", e));
	(void)sqlite3_bind_int64(st, 1, q->from_wall_s);
	(void)sqlite3_bind_int64(st, 2, h->oldest);
	(void)sqlite3_bind_text(st, 3, q->group, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int(st, 4, q->limit - h->n + 1);
	(void)sqlite3_bind_int64(st, 5, history_begin(s));
	sqlite3_progress_handler(db, 1000, history_late, h);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (h->n == q->limit) {
			h->more = true;
			rc = SQLITE_DONE;
			break;
		}
		history_row(h, st);
	}
	sqlite3_progress_handler(db, 0, NULL, NULL);
	(void)sqlite3_finalize(st);
	if (rc == SQLITE_INTERRUPT) {
		h->more = true;
		return (0);
	}
	return (rc == SQLITE_DONE ? 0 : store_fail(s, "history", e));
}

static int
history_older(struct history *h, struct store *s, const char *folder,
    const char *vfs, struct err *e)
{
	int number[GENERATIONS_MAX], n, i, below;
	struct store *old = NULL;
	struct err ignored = { 0 };
	int rc = 0;

	below = s != NULL ? store_number(s) : INT32_MAX;
	if (generations_list(folder, number, &n, e) != 0)
		return (-1);
	for (i = n - 1; i >= 0 && old == NULL; i--)
		if (number[i] < below && store_open_old(&old, folder,
		    number[i], vfs, &ignored) != STORE_GOOD)
			old = NULL;
	if (old == NULL)
		return (s != NULL ? 0 : err_set(e, EIO,
		    "no generation of the journal can be read now"));
	if (s != NULL && history_begin(s) < h->oldest)
		h->oldest = history_begin(s);
	rc = history_read(h, old, e);
	store_close(old, false);
	return (rc);
}

int
history_text(struct store *s, const char *folder, const char *vfs,
    const struct history_query *q, char **ret_text, size_t *ret_n,
    struct err *e)
{
	struct history h = { .query = q };
	struct json_object *o = json_object_new_object();
	const char *text;
	int rc = -1;

	h.events = json_object_new_array();
	h.oldest = q->to_wall_s != 0 ? q->to_wall_s : INT64_MAX;
	h.until = clock_now().mono + q->within;
	if (o == NULL || h.events == NULL) {
		(void)err_set(e, ENOMEM, "history: out of memory");
		goto out;
	}
	if (s != NULL && history_read(&h, s, e) != 0)
		goto out;
	if (!h.more && history_older(&h, s, folder, vfs, e) != 0)
		goto out;
	add(o, "events", h.events);
	h.events = NULL;
	add(o, "more", json_object_new_boolean(h.more));
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	*ret_text = text != NULL ? strdup(text) : NULL;
	if (*ret_text == NULL) {
		(void)err_set(e, ENOMEM, "history: out of memory");
		goto out;
	}
	*ret_n = strlen(*ret_text);
	rc = 0;
out:
	(void)json_object_put(h.events);
	(void)json_object_put(o);
	return (rc);
}
