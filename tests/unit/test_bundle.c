/* SPDX-License-Identifier: MIT */
/* Bundles of the source `file`, and the memory that they are in. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"
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

static char dir[32], path[64];
static struct loop *loop;
static struct bundles *all;
static struct bundle_status st;

static void
put(const char *text, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void
begin(void)
{
	struct err e = { 0 };

	(void)snprintf(dir, sizeof(dir), "/tmp/test_bundle.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/shop", dir);
	loop = loop_new(NULL);
	all = bundles_new(loop, &e);
	ck_assert_msg(all != NULL, "%s", e.text);
}

static void
end(void)
{
	bundles_free(all);
	loop_free(loop);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
add(const char *require)
{
	struct bundle_settings set = { .name = "shop", .source = &secret_file,
		.refresh = NS_HOUR };

	(void)snprintf(set.where, sizeof(set.where), "%s", path);
	if (require != NULL) {
		set.require.n = 1;
		(void)snprintf(set.require.text[0], KEY_STRING_SIZE, "%s",
		    require);
	}
	ck_assert_int_eq(bundles_add(all, &set, NULL), 0);
	ck_assert(bundles_status(all, "shop", &st));
}

static void
again(void)
{
	ck_assert(bundles_refresh(all, "shop"));
	ck_assert(bundles_status(all, "shop", &st));
}

START_TEST(odd_bytes_stay)
{
	static const char text[] = "# a note\nA=\x01\xff=\0 \r\n\nB_2=\nC=x";
	const struct bundle *b;
	const char *key;
	struct secret s;

	put(text, sizeof(text) - 1, 0600);
	add("A");
	ck_assert_msg(st.there && st.fresh && st.complete, "%s", st.why);
	ck_assert(bundle_ready(all, "shop"));
	b = bundle_of(all, "shop");
	ck_assert_int_eq(bundle_count(b), 3);
	s = bundle_at(b, 0, &key);
	ck_assert_str_eq(key, "A");
	ck_assert_uint_eq(s.n, 6);
	ck_assert_int_eq(memcmp(s.bytes, "\x01\xff=\0 \r", 6), 0);
	s = bundle_at(b, 1, &key);
	ck_assert_str_eq(key, "B_2");
	ck_assert_uint_eq(s.n, 0);
	s = bundle_at(b, 2, &key);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_ptr_null(bundle_of(all, "other"));
	ck_assert(!bundle_ready(all, "other"));
}
END_TEST

START_TEST(others_may_not_read_it)
{
	put("A=canary", 8, 0644);
	add(NULL);
	ck_assert(!st.there && !st.fresh);
	ck_assert_ptr_nonnull(strstr(st.why, "mode 644"));
	put("A=canary", 8, 0640);
	again();
	ck_assert_msg(st.there && st.fresh, "%s", st.why);
}
END_TEST

START_TEST(the_last_good_one_serves_on)
{
	const char *key;

	put("A=1", 3, 0600);
	add("A");
	ck_assert(st.complete);
	ck_assert_int_eq(unlink(path), 0);
	again();
	ck_assert(st.there && st.complete && !st.fresh);
	ck_assert_str_ne(st.why, "");
	/* nor does half a one take its place */
	put("B=canary", 8, 0600);
	again();
	ck_assert(st.complete && !st.fresh);
	ck_assert_ptr_nonnull(strstr(st.why, "'A'"));
	ck_assert_ptr_null(strstr(st.why, "canary"));
	put("A=22", 4, 0600);
	again();
	ck_assert(st.fresh);
	ck_assert_uint_eq(bundle_at(bundle_of(all, "shop"), 0, &key).n, 2);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	put("B=1", 3, 0600);
	add("A");
	ck_assert(st.there && st.fresh && !st.complete);
	ck_assert_int_eq(st.n_missing, 1);
	ck_assert_str_eq(st.missing[0], "A");
	ck_assert(!bundle_ready(all, "shop"));
}
END_TEST

START_TEST(bad_text_is_refused_unquoted)
{
	static const char *const bad[] = { "canary", "=canary", "A B=canary",
		"1A=canary", "A=1\nA=canary" };

	put(bad[_i], strlen(bad[_i]), 0600);
	add(NULL);
	ck_assert(!st.there);
	ck_assert_ptr_nonnull(strstr(st.why, "line "));
	ck_assert_ptr_null(strstr(st.why, "canary"));
}
END_TEST

START_TEST(too_large)
{
	char *text = calloc(1, BUNDLE_MAX + 1);

	memset(text, '#', BUNDLE_MAX + 1);
	put(text, BUNDLE_MAX + 1, 0600);
	add(NULL);
	ck_assert_ptr_nonnull(strstr(st.why, "over 64 kB"));
	free(text);
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
	tcase_add_test(t, others_may_not_read_it);
	tcase_add_test(t, the_last_good_one_serves_on);
	tcase_add_test(t, what_is_missing_is_named);
	tcase_add_loop_test(t, bad_text_is_refused_unquoted, 0, 5);
	tcase_add_test(t, too_large);
	tcase_add_test(t, memory_is_locked_and_wiped);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
