/* SPDX-License-Identifier: MIT */
/* Whole files: replaced or untouched, never between. */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "unit.h"

static char folder[64], path[128];

static void
begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/plimsoll-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/f", folder);
}

static void
end(void)
{
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing was left beside it */
}

static void
holds(const char *want)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t n;

	ck_assert_msg(file_read(path, 1 << 20, &text, &n, &e) == 0, "%s",
	    e.text);
	ck_assert_str_eq(text, want);
	ck_assert_uint_eq(n, strlen(want));
	free(text);
}

START_TEST(test_replaces)
{
	struct err e = { 0 };
	struct stat st;

	ck_assert_int_eq(file_replace(path, "old", 3, &e), 0);
	holds("old");
	ck_assert_int_eq(file_replace(path, "newer", 5, &e), 0);
	holds("newer");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644); /* whatever the umask */
}
END_TEST

START_TEST(test_full_disk_leaves_the_old)
{
	static char big[100000];
	struct rlimit old, small = { 4096, 4096 };
	struct err e = { 0 };
	int rc;

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(file_replace(path, "old", 3, &e), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = file_replace(path, big, sizeof(big), &e);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(rc, -1);
	ck_assert_ptr_nonnull(strstr(e.text, "write '"));
	holds("old");
}
END_TEST

START_TEST(test_missing_folder_and_long_file_say_so)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t n;

	ck_assert_int_eq(file_replace("/nowhere-at-all/f", "x", 1, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "/nowhere-at-all/f"));
	err_clear(&e);
	ck_assert_int_eq(file_replace(path, "12345", 5, &e), 0);
	ck_assert_int_eq(file_read(path, 4, &text, &n, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "longer than 4 bytes"));
	ck_assert_ptr_null(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, test_replaces);
	tcase_add_test(t, test_full_disk_leaves_the_old);
	tcase_add_test(t, test_missing_folder_and_long_file_say_so);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
