/* SPDX-License-Identifier: MIT */
/* A bundle, and the memory that it is in. */
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "secret/arena.h"
#include "secret/bundle.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static struct arena *arena;
static struct bundle *bundle;
static struct err e;

static void
begin(void)
{
	arena = arena_new(&e);
	ck_assert_msg(arena != NULL, "%s", e.text);
}

static void
end(void)
{
	bundle_drop(arena, bundle);
	arena_free(arena);
}

/* The text is wiped, whatever came of it. */
static int
parse(const char *text, size_t n, struct bundle **ret)
{
	char *copy = malloc(n + 1);
	size_t i;
	int rc;

	memcpy(copy, text, n);
	rc = bundle_parse(arena, copy, n, ret, &e);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(copy[i], 0);
	free(copy);
	return (rc);
}

START_TEST(odd_bytes_stay)
{
	static const char text[] = "# a note\nA=\x01\xff=\0 \r\n\nB_2=\nC=x";
	const char *key;
	struct secret s;

	ck_assert_int_eq(parse(text, sizeof(text) - 1, &bundle), 0);
	ck_assert_int_eq(bundle_count(bundle), 3);
	s = bundle_at(bundle, 0, &key);
	ck_assert_str_eq(key, "A");
	ck_assert_uint_eq(s.n, 6);
	ck_assert_int_eq(memcmp(s.bytes, "\x01\xff=\0 \r", 6), 0);
	s = bundle_at(bundle, 1, &key);
	ck_assert_str_eq(key, "B_2");
	ck_assert_uint_eq(s.n, 0);
	s = bundle_at(bundle, 2, &key);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(bundle_find(bundle, "C")->n, 1);
	ck_assert_ptr_null(bundle_find(bundle, "D"));
}
END_TEST

START_TEST(bad_text_is_refused_unquoted)
{
	static const char *const bad[] = { "canary", "=canary", "A B=canary",
		"1A=canary", "A=1\nA=canary" };

	ck_assert_int_eq(parse(bad[_i], strlen(bad[_i]), &bundle), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "line "));
	ck_assert_ptr_null(strstr(e.text, "canary"));
}
END_TEST

/* What a JSON object gives; none of it in a sentence. */
START_TEST(members_of_an_object)
{
	static const struct {
		const char *text, *why; /* NULL: taken */
	} rows[] = {
		{ "{\"A\":\"x\\ny\",\"B\":-1.5,\"C\":false}", NULL },
		{ "{}", NULL },
		{ "[]", "expected an object of keys" },
		{ "{\"A\":null}", "member 1: expected a string" },
		{ "{\"A\":\"1\",\"A\":\"canary\"}", "member 2: its key is" },
		{ "{\"\\u0000canary\":1}", "member 1: expected KEY=value" },
	};
	struct jspan all;

	ck_assert_int_eq(jspan_check(rows[_i].text, strlen(rows[_i].text),
	    &all, &e), 0);
	if (rows[_i].why == NULL) {
		ck_assert_msg(bundle_members(arena, all, &bundle, &e) == 0,
		    "%s", e.text);
		if (_i == 0) {
			ck_assert_int_eq(bundle_count(bundle), 3);
			ck_assert_int_eq(memcmp(bundle_find(bundle,
			    "A")->bytes, "x\ny", 3), 0);
			ck_assert_uint_eq(bundle_find(bundle, "B")->n, 4);
			ck_assert_int_eq(memcmp(bundle_find(bundle,
			    "C")->bytes, "false", 5), 0);
		}
		return;
	}
	ck_assert_int_eq(bundle_members(arena, all, &bundle, &e), -1);
	ck_assert_msg(strstr(e.text, rows[_i].why) == e.text, "%s", e.text);
	ck_assert_ptr_null(strstr(e.text, "canary"));
}
END_TEST

START_TEST(the_same_content)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "A=1\nB=2", "B=2\n# moved\nA=1", true },
		{ "", "", true },
		{ "A=1", "A=2", false },
		{ "A=1", "A=12", false },
		{ "A=1", "A=1\nB=", false },
		{ "A=1\nB=", "A=1", false },
		{ "A=1", "B=1", false },
	};
	struct bundle *other = NULL;

	ck_assert_int_eq(parse(rows[_i].a, strlen(rows[_i].a), &bundle), 0);
	ck_assert_int_eq(parse(rows[_i].b, strlen(rows[_i].b), &other), 0);
	ck_assert_int_eq(bundle_same(bundle, other), rows[_i].same);
	bundle_drop(arena, other);
}
END_TEST

/* As the kernel says of the mapping: locked, not dumped, not inherited. */
START_TEST(memory_is_locked_and_wiped)
{
	struct arena *a = arena_new(NULL);
	unsigned long from, to, p;
	char line[512], *mem, *two;
	bool in = false, seen = false;
	FILE *f = fopen("/proc/self/smaps", "r");
	int i, n;

	mem = arena_take(a, 3 * ARENA_PAGE);
	ck_assert_ptr_nonnull(mem);
	p = (unsigned long)(uintptr_t)mem;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx %*s", &from, &to) == 2)
			in = from <= p && p < to;
		if (!in || strncmp(line, "VmFlags:", 8) != 0)
			continue;
		seen = true;
#if !SANITIZED /* whose mlock() locks nothing */
		ck_assert_ptr_nonnull(strstr(line, " lo"));
#endif
		ck_assert_ptr_nonnull(strstr(line, " dd"));
		ck_assert_ptr_nonnull(strstr(line, " dc"));
	}
	(void)fclose(f);
	ck_assert(seen);
	memset(mem, 'x', 3 * ARENA_PAGE);
	two = arena_take(a, 1);
	ck_assert_ptr_eq(two, mem + 3 * ARENA_PAGE);
	arena_give(a, mem);
	for (i = 0; i < 3 * ARENA_PAGE; i++)
		ck_assert_int_eq(mem[i], 0);
	ck_assert_ptr_eq(arena_take(a, ARENA_PAGE), mem);
	arena_give(a, two);
	/* all but one page */
	for (n = 0; arena_take(a, 1) != NULL; n++)
		continue;
	ck_assert_int_eq(n, ARENA_PAGES - 1);
	ck_assert_ptr_null(arena_take(a, (size_t)-1));
	arena_free(a);
	arena_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bundle");
	TCase *t = tcase_create("bundle");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, odd_bytes_stay);
	tcase_add_loop_test(t, bad_text_is_refused_unquoted, 0, 5);
	tcase_add_loop_test(t, members_of_an_object, 0, 6);
	tcase_add_loop_test(t, the_same_content, 0, 7);
	tcase_add_test(t, memory_is_locked_and_wiped);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
