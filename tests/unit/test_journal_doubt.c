/* SPDX-License-Identifier: MIT */
/*
 * Doubtful state (I-28): missing, damaged, cut off, foreign, older, newer.
 * Each makes a safe start with a sentence; the old file is kept aside as it
 * was.  And retention, which must not touch what is alive.
 */
#include <fcntl.h>
#include <sqlite3.h>

#include "journal_kit.h"
#include "record/store.h"

static struct kit kit;

static void
begin(void)
{
	struct server s = kit_server(1, PHASE_SERVING);

	kit_init(&kit);
	kit_open(&kit);
	journal_server(kit.j, 0, &s);
	kit_flush(&kit);
	kit_close(&kit, true);
}

static void
end(void)
{
	kit_fini(&kit);
}

static void
sql(const char *name, const char *text)
{
	char path[256], *why = NULL;
	sqlite3 *db;

	kit_path(&kit, path, sizeof(path), name);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK,
	    "%s", why);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static void
expect(bool safe, const char *why, int servers)
{
	struct past_group *g;

	kit_open(&kit);
	ck_assert_int_eq(kit.past.safe_mode, safe);
	if (why != NULL)
		ck_assert_msg(strstr(kit.past.why, why) != NULL, "%s",
		    kit.past.why);
	g = kit_group(&kit, "storefront");
	ck_assert_int_eq(g != NULL ? g->n_servers : 0, servers);
	ck_assert(kit.past.writable);
	kit_flush(&kit); /* it works on */
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
}

START_TEST(test_sound)
{
	expect(false, NULL, 1);
}
END_TEST

START_TEST(test_missing)
{
	char path[256];

	kit_path(&kit, path, sizeof(path), "journal.1.db");
	ck_assert_int_eq(unlink(path), 0);
	expect(true, "no journal in", 0);
}
END_TEST

/* The file, changed by fn, and what a start then says. */
static void
harmed(void (*fn)(int fd, off_t size), const char *why)
{
	char path[256], kept[256], *was = NULL, *is = NULL;
	size_t n_was, n_is;
	int fd;

	kit_path(&kit, path, sizeof(path), "journal.1.db");
	kit_path(&kit, kept, sizeof(kept), "journal.1.db.kept");
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	fn(fd, lseek(fd, 0, SEEK_END));
	(void)close(fd);
	ck_assert_int_eq(file_read(path, 1 << 26, &was, &n_was, NULL), 0);
	expect(true, why, 0);
	ck_assert_int_eq(file_read(kept, 1 << 26, &is, &n_is, NULL), 0);
	ck_assert_uint_eq(n_was, n_is);
	ck_assert_int_eq(memcmp(was, is, n_is), 0);
	ck_assert(!kit_has(&kit, "journal.1.db"));
	free(was);
	free(is);
}

static void
harm_cut(int fd, off_t size)
{
	ck_assert_int_eq(ftruncate(fd, size - 4096), 0);
}

static void
harm_empty(int fd, off_t size)
{
	(void)size;
	ck_assert_int_eq(ftruncate(fd, 0), 0);
}

static void
harm_text(int fd, off_t size)
{
	char text[8192];

	(void)size;
	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, text, sizeof(text), 0), sizeof(text));
}

/* One byte in each page's middle: somewhere it hurts. */
static void
harm_bytes(int fd, off_t size)
{
	off_t at;

	for (at = 4096 + 5; at < size; at += 4096)
		ck_assert_int_eq(pwrite(fd, "\377\377\377", 3, at), 3);
}

START_TEST(test_cut_off)
{
	harmed(harm_cut, "journal.1.db");
}
END_TEST

START_TEST(test_empty)
{
	harmed(harm_empty, "never finished");
}
END_TEST

START_TEST(test_not_a_database)
{
	harmed(harm_text, "journal.1.db");
}
END_TEST

START_TEST(test_damaged)
{
	harmed(harm_bytes, "damaged");
}
END_TEST

START_TEST(test_foreign)
{
	sql("journal.1.db", "PRAGMA application_id=42");
	expect(true, "another program", 0);
	ck_assert(kit_has(&kit, "journal.1.db.kept"));
}
END_TEST

START_TEST(test_newer)
{
	sql("journal.1.db", "PRAGMA user_version=99");
	expect(true, "newer release: schema 99", 0);
	ck_assert(kit_has(&kit, "journal.1.db.kept"));
}
END_TEST

START_TEST(test_older)
{
	sql("journal.1.db", "PRAGMA user_version=0");
	expect(true, "older release", 0);
}
END_TEST

/* A file of the release before boot tokens is as good as any. */
START_TEST(test_before_boot_tokens)
{
	sql("journal.1.db", "DROP TABLE boot");
	expect(false, NULL, 1);
}
END_TEST

/* A token that somebody bound to another nonce is none. */
START_TEST(test_boot_token_that_was_changed)
{
	struct server s = kit_server(1, PHASE_SERVING);
	struct boot_row row = { .state = BOOT_BOUND };

	kit_open(&kit);
	journal_boot(kit.j, 0, &s.token, &row);
	kit_flush(&kit);
	kit_close(&kit, true);
	sql("journal.1.db", "UPDATE boot SET body = substr(body, 1, 64) ||"
	    " x'ff'");
	expect(true, "a boot token", 0);
}
END_TEST

START_TEST(test_row_that_was_changed)
{
	sql("journal.1.db", "UPDATE server SET params = params + 1");
	expect(true, "the checksum of a server", 0);
	ck_assert(kit_has(&kit, "journal.1.db.kept"));
}
END_TEST

START_TEST(test_old_copy)
{
	/* as a backup would be: all well, but of two hours ago */
	sql("journal.1.db", "UPDATE run SET last = last - 7200000000000,"
	    " begun = begun - 7200000000000");
	expect(true, "120 minutes old", 1);
}
END_TEST

START_TEST(test_of_the_future)
{
	sql("journal.1.db", "UPDATE run SET boot = 'another',"
	    " last_wall = last_wall + 4000");
	kit_open(&kit);
	ck_assert(kit.past.safe_mode);
	ck_assert_ptr_nonnull(strstr(kit.past.why, "ahead of the clock"));
}
END_TEST

START_TEST(test_damaged_falls_back_to_the_one_before)
{
	struct server s = kit_server(2, PHASE_SERVING);
	uint64_t seq;

	kit_open(&kit);
	journal_distrust(kit.j, "a test says so");
	KIT_UNTIL(&kit, (kit_step(&kit), kit.good == 1));
	journal_server(kit.j, 0, &s);
	seq = kit_commit(&kit);
	KIT_UNTIL(&kit, kit.durable >= seq);
	kit_close(&kit, true);
	ck_assert(kit_has(&kit, "journal.2.db"));
	sql("journal.2.db", "UPDATE server SET params = params + 1");
	expect(true, "journal.2.db is damaged", 1);
	ck_assert(kit_has(&kit, "journal.1.db")); /* never written again */
	ck_assert(kit_has(&kit, "journal.2.db.kept"));
	ck_assert(kit_has(&kit, "journal.3.db"));
}
END_TEST

START_TEST(test_reboot_moves_the_moments)
{
	struct past_group *g;
	struct now now;
	ns_t since;

	/* the boot clock of before was 1000 s ahead of this one's */
	sql("journal.1.db", "UPDATE run SET boot = 'another',"
	    " last = last + 1000000000000");
	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
	ck_assert(kit.past.rebooted);
	g = kit_group(&kit, "storefront");
	now = loop_now(kit.loop);
	since = g->servers[0].server.since;
	ck_assert_int_lt(now.mono - since, 1005 * NS_S);
	ck_assert_int_gt(now.mono - since, 995 * NS_S);
	ck_assert_int_eq(g->servers[0].server.deadline, NS_NEVER);
	ck_assert_int_eq(g->servers[0].server.serving_since, 0);
	kit_close(&kit, true);
	kit_open(&kit); /* not a second time */
	ck_assert(!kit.past.rebooted);
	g = kit_group(&kit, "storefront");
	ck_assert_int_eq(g->servers[0].server.since, since);
}
END_TEST

static int64_t
count(const char *text)
{
	char path[256];
	sqlite3_stmt *st;
	int64_t n;
	sqlite3 *db;

	kit_path(&kit, path, sizeof(path), "journal.1.db");
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, text, -1, &st, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return (n);
}

/* A year of history, an intent as old as all that, one that is long gone. */
static void
old_history(void)
{
	sql("journal.1.db", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
	    " i + 1 FROM n WHERE i < 3000) INSERT INTO inbox SELECT -i, 60,"
	    " 1000 + i * 10000, 1, randomblob(1500), 0 FROM n;"
	    "INSERT INTO phase SELECT wall, 0, 'storefront', x'00', 'i', 3"
	    " FROM inbox;"
	    "UPDATE server SET wall = 1000;"
	    "INSERT INTO server SELECT grp, x'99', 'gone', 11, 0, body, 1000,"
	    " 1000, 0 FROM server");
	ck_assert_int_eq(count("SELECT count(*) FROM inbox"), 3000);
}

static void
retain(int64_t before, int64_t max_bytes)
{
	struct store *s = NULL;
	struct err e = { 0 };
	int i, more = 1;

	ck_assert_msg(store_open(&s, kit.folder, 1, NULL, &e) == STORE_GOOD,
	    "%s", e.text);
	for (i = 0; i < 10000 && more > 0; i++)
		more = store_retain(s, before, max_bytes, &e);
	ck_assert_msg(more == 0, "%s", e.text);
	store_close(s, true);
}

START_TEST(test_retention_by_age)
{
	old_history();
	retain(1000 + 2000 * 10000, INT64_MAX);
	ck_assert_int_eq(count("SELECT count(*) FROM inbox"), 1001);
	ck_assert_int_eq(count("SELECT count(*) FROM phase WHERE wall <"
	    " 20001000"), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM server"), 1);
	expect(false, NULL, 1);
}
END_TEST

START_TEST(test_retention_by_size)
{
	struct stat st;
	char path[256];

	old_history();
	retain(0, 1 << 20);
	ck_assert_int_lt(count("SELECT count(*) FROM inbox"), 1000);
	/* the newest stay longest */
	ck_assert_int_eq(count("SELECT max(wall) FROM inbox"), 30001000);
	kit_path(&kit, path, sizeof(path), "journal.1.db");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_size, 3 << 20);
	expect(false, NULL, 1);
}
END_TEST

START_TEST(test_alive_never_goes)
{
	old_history();
	retain(INT64_MAX / 2, 1);
	ck_assert_int_eq(count("SELECT count(*) FROM inbox"), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM server"), 1);
	expect(false, NULL, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal_doubt");
	TCase *t = tcase_create("doubt");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_sound);
	tcase_add_test(t, test_missing);
	tcase_add_test(t, test_cut_off);
	tcase_add_test(t, test_empty);
	tcase_add_test(t, test_not_a_database);
	tcase_add_test(t, test_damaged);
	tcase_add_test(t, test_foreign);
	tcase_add_test(t, test_newer);
	tcase_add_test(t, test_older);
	tcase_add_test(t, test_before_boot_tokens);
	tcase_add_test(t, test_boot_token_that_was_changed);
	tcase_add_test(t, test_row_that_was_changed);
	tcase_add_test(t, test_old_copy);
	tcase_add_test(t, test_of_the_future);
	tcase_add_test(t, test_damaged_falls_back_to_the_one_before);
	tcase_add_test(t, test_reboot_moves_the_moments);
	tcase_add_test(t, test_retention_by_age);
	tcase_add_test(t, test_retention_by_size);
	tcase_add_test(t, test_alive_never_goes);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
