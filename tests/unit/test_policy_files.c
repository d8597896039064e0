/* SPDX-License-Identifier: MIT */
/* Policies in files that include others. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_kit.h"

/* Files with includes, in a folder of their own. */
static char folder[64];

static void
put(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void
setup(void)
{
	char path[160];

	(void)snprintf(folder, sizeof(folder), "/tmp/plimsoll-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/sub", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
teardown(void)
{
	static const char *const names[] = { "main.cfg", "sub/groups.cfg",
		"sub/more.cfg", "sub" };
	char path[160];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	(void)rmdir(folder);
}

/* The sentence without the folder's name, wherever it stands. */
static void
said(char *text, const char *expected)
{
	size_t n = strlen(folder) + 1;
	char *p;

	while ((p = strstr(text, folder)) != NULL)
		memmove(p, p + n, strlen(p + n) + 1);
	ck_assert_str_eq(text, expected);
}

/* Loads main.cfg. */
static void
load(const char *first, const char *second)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	char path[160];
	int rc;

	ck_assert_ptr_nonnull(es);
	(void)snprintf(path, sizeof(path), "%s/main.cfg", folder);
	rc = policy_load(path, POLICY_DRIVE, &p, es);
	if (first != NULL)
		said(es->at[0].text, first);
	if (second != NULL)
		said(es->at[1].text, second);
	ck_assert_int_eq(es->n, (first != NULL) + (second != NULL));
	ck_assert_int_eq(rc, first == NULL ? 0 : -1);
	policy_free(p);
	free(es);
}

START_TEST(test_include_beside_the_file)
{
	put("main.cfg", "dry_run = true;\n  @include \"sub/groups.cfg\"\n"
	    "user = \"shop\";\n");
	put("sub/groups.cfg", "// one\n@include \"more.cfg\"\n");
	put("sub/more.cfg", WEB END);
	load(NULL, NULL);
}
END_TEST

START_TEST(test_include_keeps_lines)
{
	put("main.cfg", "dry_run = true;\n@include \"sub/groups.cfg\"\n"
	    "usr = \"shop\";\n");
	put("sub/groups.cfg", "# @include \"none\"\n/*\n@include \"none\"\n"
	    "*/\n" WEB "priority = 0644; // no newline at the end\n} );");
	load("sub/groups.cfg:6: groups \"web\": priority: found 0644, "
	    "expected a number without a leading zero: it would be read as "
	    "decimal",
	    "main.cfg:3: usr: unknown key, the nearest known one is \"user\"");
}
END_TEST

START_TEST(test_include_after_odd_strings)
{
	put("main.cfg", "control = \"/a\\\"/*\"; user = \"x\"; /* \" */\n"
	    "@include \"sub/more.cfg\"\n// \"/*\n@include \"sub/groups.cfg\"");
	put("sub/more.cfg", "dry_run = true;\n");
	put("sub/groups.cfg", WEB END);
	load(NULL, NULL);
}
END_TEST

START_TEST(test_include_itself)
{
	put("main.cfg", "@include \"sub/groups.cfg\"\n");
	put("sub/groups.cfg", "\n@include \"groups.cfg\"\n");
	load("sub/groups.cfg:2: @include \"sub/groups.cfg\": it includes itself", NULL);
}
END_TEST

START_TEST(test_include_too_many)
{
	char *text = repeat("", "@include \"sub/more.cfg\"\n", 64, WEB END);

	put("main.cfg", text);
	put("sub/more.cfg", "// nothing\n");
	load("main.cfg:64: @include \"sub/more.cfg\": one too many, expected "
	    "at most 64 files", NULL);
	put("main.cfg", text + strlen("@include \"sub/more.cfg\"\n"));
	load(NULL, NULL);
	free(text);
}
END_TEST

START_TEST(test_include_missing)
{
	put("main.cfg", "\n@include \"sub/none.cfg\"\n");
	load("main.cfg:2: @include \"sub/none.cfg\": No such file or "
	    "directory", NULL);
}
END_TEST

START_TEST(test_include_bom_and_pattern)
{
	put("main.cfg", "\n@include \"sub/more.cfg\"\n");
	put("sub/more.cfg", "\xef\xbb\xbf" WEB END);
	load("sub/more.cfg: found a byte order mark (EF BB BF), "
	    "expected UTF-8 without one", NULL);
	put("main.cfg", "@include \"sub/*.cfg\"\n");
	load("main.cfg:1: @include \"sub/*.cfg\": found a pattern, expected one "
	    "file: name each", NULL);
}
END_TEST

START_TEST(test_include_depth_and_kind)
{
	char path[160];

	/* 11 files in each other by names that differ */
	put("main.cfg", "@include \"sub/more.cfg\"\n");
	put("sub/more.cfg", "\n\n@include \"../main.cfg\"\n");
	load("sub/../sub/../sub/../sub/../sub/../main.cfg:1: @include "
	    "\"sub/../sub/../sub/../sub/../sub/../sub/more.cfg\": too deep, "
	    "expected at most 10 files in each other", NULL);
	put("main.cfg", "@include \"sub\"\n");
	load("main.cfg:1: @include \"sub\": not a regular file", NULL);
	(void)snprintf(path, sizeof(path), "%s/sub/more.cfg", folder);
	(void)unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	put("main.cfg", "@include \"sub/more.cfg\"\n");
	load("main.cfg:1: @include \"sub/more.cfg\": not a regular file",
	    NULL);
	put("main.cfg", "@include <x>\n");
	load("main.cfg:1: @include \"\": expected a file's name in quotes",
	    NULL);
}
END_TEST

START_TEST(test_no_file)
{
	load("main.cfg: No such file or directory", NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy_files");
	TCase *t = tcase_create("policy_files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_include_beside_the_file);
	tcase_add_test(t, test_include_keeps_lines);
	tcase_add_test(t, test_include_after_odd_strings);
	tcase_add_test(t, test_include_itself);
	tcase_add_test(t, test_include_too_many);
	tcase_add_test(t, test_include_missing);
	tcase_add_test(t, test_include_bom_and_pattern);
	tcase_add_test(t, test_include_depth_and_kind);
	tcase_add_test(t, test_no_file);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
