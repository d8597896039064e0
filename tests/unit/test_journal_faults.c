/* SPDX-License-Identifier: MIT */
/* The journal in bad times: full, failing and slow disks (I-29). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* unshare() */
#endif
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "fault_vfs.h"
#include "journal_kit.h"
#include "record/store.h"

static struct kit kit;

static void
begin(void)
{
	fault_register();
	kit_init(&kit);
	kit.o.vfs = FAULT_VFS;
	kit_open(&kit);
	kit_flush(&kit);
	kit.durable_first = 0;
}

static void
end(void)
{
	fault_reset();
	kit_fini(&kit);
}

static char *
bytes_of(const char *name, size_t *ret_n)
{
	char path[256], *text = NULL;

	kit_path(&kit, path, sizeof(path), name);
	ck_assert_int_eq(file_read(path, 64 << 20, &text, ret_n, &kit.err), 0);
	return (text);
}

static void
unchanged(const char *name, const char *old, size_t n_old)
{
	size_t n;
	char *new = bytes_of(name, &n);

	ck_assert_uint_eq(n, n_old);
	ck_assert_int_eq(memcmp(old, new, n), 0);
	free(new);
}

/* Commits until the state is good again; how many it took. */
static int
commits_until_good(void)
{
	struct journal_counts a, b;
	ns_t until = clock_now().mono + KIT_WITHIN;

	journal_counts(kit.j, &a);
	while (journal_state(kit.j) == JOURNAL_BAD) {
		ck_assert(clock_now().mono < until);
		(void)kit_step(&kit);
		kit_turn(&kit);
	}
	journal_counts(kit.j, &b);
	return ((int)(b.commits - a.commits));
}

static void
begins_anew(bool once, _Atomic int *after)
{
	struct server s = kit_server(1, PHASE_DECIDED);
	struct journal_counts c;
	char *db, *wal;
	size_t n_db, n_wal;
	uint64_t seq;

	fault.once = once;
	db = bytes_of("journal.1.db", &n_db);
	*after = 0;
	journal_server(kit.j, 0, &s);
	seq = kit_step(&kit);
	KIT_UNTIL(&kit, kit.bad == 1);
	ck_assert_ptr_nonnull(strstr(kit.why, "journal.1.db"));
	ck_assert_uint_lt(kit.durable, seq); /* never taken as passed */
	wal = bytes_of("journal.1.db-wal", &n_wal);
	*after = -1;
	ck_assert_int_ge(commits_until_good(), JOURNAL_GOOD_AFTER);
	KIT_UNTIL(&kit, kit.good == 1);
	journal_counts(kit.j, &c);
	ck_assert_int_ge(c.generation, 2);
	ck_assert_uint_ge(c.failures, 1);
	ck_assert_uint_ge(kit.durable, seq);
	ck_assert_int_eq(fault.writes_after_fail, 0);
	unchanged("journal.1.db", db, n_db);
	unchanged("journal.1.db-wal", wal, n_wal);
	free(db);
	free(wal);

	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 1);
}

START_TEST(test_failed_sync_begins_anew)
{
	begins_anew(false, &fault.sync_after);
}
END_TEST

/* The next sync would pass: it must not be asked, not even by closing. */
START_TEST(test_sync_that_failed_once_begins_anew)
{
	begins_anew(true, &fault.sync_after);
}
END_TEST

START_TEST(test_failed_write_begins_anew)
{
	fault.write_rc = SQLITE_IOERR_WRITE;
	begins_anew(false, &fault.write_after);
}
END_TEST

START_TEST(test_full_disk_begins_anew)
{
	fault.write_rc = SQLITE_FULL;
	begins_anew(false, &fault.write_after);
	ck_assert(!kit_has(&kit, "journal.3.db"));
}
END_TEST

START_TEST(test_each_write_and_sync_in_turn)
{
	struct past_group *g;
	struct server s;
	int n, i;

	/* fails the n-th write or sync from here, and all that follow */
	for (n = 0; n < 16; n++) {
		_Atomic int *after = n % 2 ? &fault.sync_after :
		    &fault.write_after;

		*after = n / 2;
		for (i = 0; i < 3; i++) {
			s = kit_server(100 * n + i, PHASE_DECIDED);
			journal_server(kit.j, 0, &s);
			(void)kit_step(&kit);
			kit_turn(&kit);
		}
		KIT_UNTIL(&kit, (kit_step(&kit), kit.bad > kit.good));
		*after = -1;
		(void)commits_until_good();
		KIT_UNTIL(&kit, kit.bad == kit.good);
	}
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
	g = kit_group(&kit, "storefront");
	ck_assert_int_eq(g->n_servers, 3 * 16);
}
END_TEST

/* Fails once, at each place of a rotation in turn, its first commit too. */
START_TEST(test_no_unfinished_file_stays)
{
	int n, i, files = 0;
	char name[32];
	struct store *s;

	for (n = 0; n < 60; n += 2) {
		fault.once = 1;
		if (n % 6 == 0)
			fault.sync_after = n / 6;
		else
			fault.write_after = n;
		journal_distrust(kit.j, "a test says so");
		KIT_UNTIL(&kit, (kit_step(&kit), kit.bad > kit.good));
		(void)commits_until_good();
		KIT_UNTIL(&kit, kit.bad == kit.good);
	}
	kit_close(&kit, true);
	for (i = 1; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "journal.%d.db", i);
		if (!kit_has(&kit, name))
			continue;
		files++;
		s = NULL;
		ck_assert_msg(store_open_old(&s, kit.folder, i, NULL,
		    &kit.err) == STORE_GOOD, "%s", name);
		store_close(s, false);
	}
	ck_assert_int_ge(files, 30);
	ck_assert_int_ge(fault.fails, 25);
}
END_TEST

/* A generation that is not whole yet counts for nothing. */
START_TEST(test_durable_only_where_all_is)
{
	char mark[256];
	uint64_t seq;
	ns_t until = clock_now().mono + KIT_WITHIN;

	fault.once = 1;
	fault.sync_after = 0;
	(void)kit_step(&kit);
	/* the writer begins anew, but the loop does not hear of it */
	while (!kit_has(&kit, "journal.2.db"))
		ck_assert(clock_now().mono < until);
	seq = kit_step(&kit);
	kit_path(&kit, mark, sizeof(mark), "mark");
	ck_assert_int_eq(journal_save(kit.j, mark, "x", 1), 0);
	while (!kit_has(&kit, "mark")) /* it has passed the step */
		ck_assert(clock_now().mono < until);
	KIT_UNTIL(&kit, kit.durable_first > 0);
	ck_assert_uint_gt(kit.durable_first, seq);
	(void)commits_until_good();
}
END_TEST

START_TEST(test_a_long_failure_leaves_one_file_a_try)
{
	struct server s = kit_server(1, PHASE_DECIDED);
	struct journal_counts c;
	int i, files = 0;
	char name[32];

	fault.write_after = 0;
	(void)kit_step(&kit);
	KIT_UNTIL(&kit, kit.bad == 1);
	journal_server(kit.j, 0, &s); /* said while nothing can be written */
	KIT_UNTIL(&kit, (kit_step(&kit), journal_counts(kit.j, &c),
	    c.failures >= 4));
	for (i = 1; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "journal.%d.db", i);
		files += kit_has(&kit, name);
	}
	ck_assert_int_le(files, 2);
	ck_assert_int_eq(kit.bad, 1); /* told once */
	fault.write_after = -1;
	(void)commits_until_good();
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 1);
}
END_TEST

/* The loop's side of a stall: turns go on, bad is told in time. */
static void
stall(int ms)
{
	ns_t from, last, gap = 0, now;
	uint64_t seq, n = 0;

	fault.stall_ms = ms;
	from = last = clock_now().mono;
	seq = kit_step(&kit);
	while (kit.durable < seq) {
		kit_turn(&kit);
		now = clock_now().mono;
		gap = now - last > gap ? now - last : gap;
		last = now;
		if (n++ % 10 == 0)
			(void)kit_step(&kit);
		ck_assert(now - from < KIT_WITHIN);
	}
	ck_assert_int_eq(kit.bad, 1);
	/* 250 ms, and what a busy machine adds; the stall is far longer */
	ck_assert_int_ge(kit.bad_at - from, 250 * NS_MS);
	ck_assert_int_lt(kit.bad_at - from, 1500 * NS_MS);
	ck_assert_int_lt(gap, 1500 * NS_MS);
}

START_TEST(test_stalled_disk_blocks_nobody)
{
	struct journal_counts c;

	stall(5000);
	ck_assert_ptr_nonnull(strstr(kit.why, "250 ms"));
	ck_assert_int_ge(commits_until_good(), JOURNAL_GOOD_AFTER);
	journal_counts(kit.j, &c);
	ck_assert_int_eq(c.generation, 2);
	ck_assert_uint_eq(c.failures, 0);
}
END_TEST

START_TEST(test_full_queue_refuses_and_blocks_nobody)
{
	static char big[1 << 20];
	struct journal_counts c;
	struct server s;
	int i;

	fault.hold = 1; /* a call that waits for the disk never comes back */
	(void)kit_step(&kit);
	for (i = 0; i < 40; i++) {
		s = kit_server(i, PHASE_DECIDED);
		journal_server(kit.j, 0, &s);
		journal_learned(kit.j, 0, big, sizeof(big));
		(void)kit_step(&kit);
	}
	journal_counts(kit.j, &c);
	ck_assert_uint_gt(c.refused, 0);
	ck_assert_int_eq(journal_state(kit.j), JOURNAL_BAD);
	ck_assert_int_eq(kit.bad, 0);
	fault.hold = 0;
	KIT_UNTIL(&kit, kit.bad == 1); /* told by the loop, not by the call */
	(void)commits_until_good();
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 40);
}
END_TEST

START_TEST(test_stop_does_not_wait_for_a_hanging_disk)
{
	fault.hold = 1;
	(void)kit_step(&kit);
	journal_close(kit.j, true); /* or it never comes back */
	kit.j = NULL;
	past_free(&kit.past);
}
END_TEST

/* A real full file system where we may make one, else a limit on files. */
static bool
small_disk(void)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "size=1m,mode=700,uid=%u",
	    (unsigned)geteuid());
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0)
		return (false);
	return (mount("tmpfs", kit.folder, "tmpfs", 0, options) == 0);
}

static void
fill(int fd)
{
	static char zero[4096];

	while (write(fd, zero, sizeof(zero)) > 0)
		continue;
	while (write(fd, zero, 1) > 0)
		continue;
}

START_TEST(test_really_full_disk)
{
	struct rlimit old, small = { 40960, RLIM_INFINITY };
	struct server s = kit_server(1, PHASE_DECIDED);
	char path[256];
	bool tmpfs;
	int fd = -1;

	kit_close(&kit, true);
	kit.o.vfs = NULL;
	tmpfs = small_disk();
	printf("full disk: %s\n", tmpfs ? "a tmpfs of 1 MB" : "RLIMIT_FSIZE");
	kit_open(&kit);
	kit_flush(&kit);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	if (tmpfs) {
		kit_path(&kit, path, sizeof(path), "ballast");
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		ck_assert_int_ge(fd, 0);
		fill(fd);
	} else {
		(void)signal(SIGXFSZ, SIG_IGN);
		small.rlim_max = old.rlim_max;
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	}
	journal_server(kit.j, 0, &s);
	KIT_UNTIL(&kit, (kit_step(&kit), kit.bad == 1));
	printf("full disk: %s\n", kit.why);
	if (tmpfs) {
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		(void)close(fd);
		(void)unlink(path);
	} else {
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	}
	(void)commits_until_good();
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_msg(!kit.past.safe_mode, "%s", kit.past.why);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 1);
	kit_close(&kit, true);
	if (tmpfs)
		(void)umount(kit.folder);
}
END_TEST

START_TEST(test_starts_on_a_full_disk)
{
	struct server s = kit_server(1, PHASE_SERVING);

	journal_server(kit.j, 0, &s);
	kit_flush(&kit);
	kit_close(&kit, true);
	fault.write_after = 0;
	kit_open(&kit);
	ck_assert(!kit.past.writable);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 1);
	ck_assert_int_eq(journal_state(kit.j), JOURNAL_BAD);
	KIT_UNTIL(&kit, kit.bad == 1);
	fault.write_after = -1;
	(void)commits_until_good();
	kit_close(&kit, true);
	kit_open(&kit);
	ck_assert_int_eq(kit_group(&kit, "storefront")->n_servers, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal_faults");
	TCase *t = tcase_create("faults");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_failed_sync_begins_anew);
	tcase_add_test(t, test_sync_that_failed_once_begins_anew);
	tcase_add_test(t, test_no_unfinished_file_stays);
	tcase_add_test(t, test_durable_only_where_all_is);
	tcase_add_test(t, test_failed_write_begins_anew);
	tcase_add_test(t, test_full_disk_begins_anew);
	tcase_add_test(t, test_each_write_and_sync_in_turn);
	tcase_add_test(t, test_a_long_failure_leaves_one_file_a_try);
	tcase_add_test(t, test_stalled_disk_blocks_nobody);
	tcase_add_test(t, test_full_queue_refuses_and_blocks_nobody);
	tcase_add_test(t, test_stop_does_not_wait_for_a_hanging_disk);
	tcase_add_test(t, test_really_full_disk);
	tcase_add_test(t, test_starts_on_a_full_disk);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
