/* SPDX-License-Identifier: MIT */
/*
 * The schema and the statements.  server, boot, params, standing, desired,
 * learned and run are the state: a start reads them, and each row has a checksum.
 * The rest is history, and retention may take it.
 *
 * tail holds the last steps, one row a step, so that each is durable at once;
 * inbox holds those before, some minutes in a row.
 */
#include "record/store_sql.h"

const char *const store_schema =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE server(grp TEXT, key BLOB, id TEXT, phase INTEGER,"
    " params INTEGER, body BLOB, wall INTEGER, gone INTEGER, sum INTEGER,"
    " PRIMARY KEY(grp, key)) WITHOUT ROWID;"
    "CREATE INDEX server_gone ON server(gone) WHERE gone IS NOT NULL;"
    "CREATE TABLE params(hash INTEGER PRIMARY KEY, text BLOB, sum INTEGER);"
    "CREATE TABLE standing(grp TEXT, kind INTEGER, body BLOB, sum INTEGER,"
    " PRIMARY KEY(grp, kind)) WITHOUT ROWID;"
    "CREATE TABLE desired(grp TEXT PRIMARY KEY, servers INTEGER,"
    " sum INTEGER) WITHOUT ROWID;"
    "CREATE TABLE learned(grp TEXT PRIMARY KEY, build TEXT, body BLOB,"
    " wall INTEGER, sum INTEGER);"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, begun_wall INTEGER,"
    " last_wall INTEGER, begun INTEGER, last INTEGER, clean INTEGER,"
    " forgiven INTEGER, boot TEXT, build TEXT);"
    "CREATE TABLE phase(wall INTEGER, mono INTEGER, grp TEXT, key BLOB,"
    " id TEXT, phase INTEGER);"
    "CREATE INDEX phase_wall ON phase(wall);"
    "CREATE TABLE word(wall INTEGER, grp TEXT, kind INTEGER, body BLOB);"
    "CREATE INDEX word_wall ON word(wall);"
    "CREATE TABLE decision(wall INTEGER, step INTEGER, grp TEXT,"
    " hash INTEGER, text TEXT);"
    "CREATE INDEX decision_wall ON decision(wall);"
    "CREATE TABLE alarm(wall INTEGER, grp TEXT, name TEXT, raised INTEGER,"
    " text TEXT);"
    "CREATE INDEX alarm_wall ON alarm(wall);"
    "CREATE TABLE mark(step INTEGER, wall INTEGER, kind TEXT, body BLOB);"
    "CREATE TABLE tail(step INTEGER PRIMARY KEY, wall INTEGER, body BLOB);"
    "CREATE TABLE inbox(step INTEGER PRIMARY KEY, steps INTEGER,"
    " wall INTEGER, run INTEGER, body BLOB, sum INTEGER);"
    "CREATE INDEX inbox_wall ON inbox(wall);";

const char *const store_later =
    "CREATE TABLE IF NOT EXISTS boot(grp TEXT, key BLOB, body BLOB,"
    " sum INTEGER, PRIMARY KEY(grp, key)) WITHOUT ROWID;";

/* A slice at a time: a commit never waits for long behind a deletion. */
#define OLD(table)                                           \
	"DELETE FROM " table " WHERE rowid IN (SELECT rowid" \
	" FROM " table " WHERE wall < ?1 LIMIT 500)"

const char *const store_query[Q_COUNT] = {
	[Q_META] = "INSERT OR REPLACE INTO meta VALUES(?1, ?2)",
	[Q_GROUPS] = "INSERT INTO mark VALUES(?1, ?2, 'groups', ?3)",
	[Q_CALLS] = "INSERT INTO mark VALUES(?1, ?2, 'calls', ?3)",
	[Q_PARAMS] = "INSERT OR REPLACE INTO params VALUES(?1, ?2, ?3)",
	[Q_SERVER] = "INSERT OR REPLACE INTO server"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, ?8)",
	[Q_PHASE] = "INSERT INTO phase VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[Q_GONE] = "UPDATE server SET gone = ?3 WHERE grp = ?1 AND key = ?2",
	[Q_BOOT] = "INSERT OR REPLACE INTO boot VALUES(?1, ?2, ?3, ?4)",
	[Q_BOOT_GONE] = "DELETE FROM boot WHERE grp = ?1 AND key = ?2",
	[Q_WORD] = "INSERT INTO word VALUES(?1, ?2, ?3, ?4)",
	[Q_STANDING] = "INSERT OR REPLACE INTO standing"
	    " VALUES(?1, ?2, ?3, ?4)",
	[Q_LIFT] = "DELETE FROM standing WHERE grp = ?1 AND kind = ?2",
	[Q_DESIRED] = "INSERT OR REPLACE INTO desired VALUES(?1, ?2, ?3)",
	[Q_LEARNED] = "INSERT OR REPLACE INTO learned"
	    " VALUES(?1, ?2, ?3, ?4, ?5)",
	[Q_TAIL] = "INSERT INTO tail VALUES(?1, ?2, ?3)",
	[Q_INBOX] = "INSERT INTO inbox VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[Q_TAIL_CLEAR] = "DELETE FROM tail",
	[Q_DECISION] = "INSERT INTO decision VALUES(?1, ?2, ?3, ?4, ?5)",
	[Q_ALARM] = "INSERT INTO alarm VALUES(?1, ?2, ?3, ?4, ?5)",
	[Q_RUN] = "INSERT OR REPLACE INTO run"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[Q_RUN_LAST] = "UPDATE run SET last_wall = ?2, last = ?3"
	    " WHERE id = ?1",
	[Q_FORGIVE] = "UPDATE run SET forgiven = 1 WHERE id = ?1",
	[Q_STOP] = "UPDATE run SET clean = 1 WHERE id = ?1",
	[Q_OLD_INBOX] = OLD("inbox"),
	[Q_OLD_PHASE] = OLD("phase"),
	[Q_OLD_WORD] = OLD("word"),
	[Q_OLD_DECISION] = OLD("decision"),
	[Q_OLD_ALARM] = OLD("alarm"),
	/* the last of groups stays: it says what the present indexes mean */
	[Q_OLD_MARK] = "DELETE FROM mark WHERE wall < ?1"
	    " AND (kind <> 'groups' OR rowid < (SELECT max(rowid) FROM mark"
	    " WHERE kind = 'groups'))",
	[Q_OLD_GONE] = "DELETE FROM server WHERE gone IS NOT NULL"
	    " AND gone < ?1",
};
