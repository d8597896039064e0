/* SPDX-License-Identifier: MIT */
/* JSON read where it stands. */
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "io/jspan.h"
#include "unit.h"

static struct err e;

static bool
takes(const char *text, size_t n)
{
	struct jspan v;

	err_clear(&e);
	return (jspan_check(text, n, &v, &e) == 0);
}

static const struct {
	const char *text;
	bool ok;
} texts[] = {
	{ "{}", true }, { " [ ] ", true }, { "\"\"", true }, { "0", true },
	{ "-1.5e+3", true }, { "[1,2,{\"a\":[null,true,false]}]", true },
	{ "{\"a\":1,\"a\":2}", true }, { "\"\\ud83d\\ude00\"", true },
	{ "\"\\u0000\"", true }, { "\"\xff\"", true },
	{ "", false }, { " ", false }, { "{", false }, { "{}x", false },
	{ "{\"a\"}", false }, { "{\"a\":}", false }, { "{a:1}", false },
	{ "{\"a\":1,}", false }, { "[1,]", false }, { "[1 2]", false },
	{ "01", false }, { "-", false }, { "1.", false }, { "1e", false },
	{ "+1", false }, { "nul", false }, { "nulls", false },
	{ "\"a", false }, { "\"\\", false }, { "\"\\x\"", false },
	{ "\"\\u12\"", false }, { "\"\\ud83d\"", false },
	{ "\"\\ud83dx\"", false }, { "\"\\ude00\"", false },
	{ "\"\n\"", false }, { "'a'", false }, { "[1}", false },
};

START_TEST(what_is_json)
{
	size_t n = strlen(texts[_i].text);

	ck_assert_msg(takes(texts[_i].text, n) == texts[_i].ok, "%s: %s",
	    texts[_i].text, e.text);
}
END_TEST

/* No sentence tells what stands there. */
START_TEST(no_sentence_quotes_it)
{
	ck_assert(!takes("{\"canary\":canary}", 17));
	ck_assert_str_eq(e.text, "no JSON: wrong at byte 10 of 17");
	ck_assert(!takes("\"a\0b\"", 5));
	ck_assert(!takes("\"\\\0\"", 4));
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[2 * JSPAN_DEPTH + 2];

	memset(text, '[', JSPAN_DEPTH);
	memset(text + JSPAN_DEPTH, ']', JSPAN_DEPTH);
	ck_assert(takes(text, 2 * JSPAN_DEPTH));
	memset(text, '[', JSPAN_DEPTH + 1);
	memset(text + JSPAN_DEPTH + 1, ']', JSPAN_DEPTH + 1);
	ck_assert(!takes(text, 2 * JSPAN_DEPTH + 2));
}
END_TEST

START_TEST(found_and_decoded)
{
	static const char text[] = " { \"a\" : { \"x\" : [ 1 , { \"b\" : 0 } ] "
	    ", \"b\" : \"1\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\\\"\\u0000z\" } , "
	    "\"n\" : -42 , \"f\" : 1.5 , \"\\u0062\" : \"plain\" } ";
	static const char *const ab[] = { "a", "b", NULL };
	static const char *const no[] = { "a", "b", "c", NULL };
	static const char *const n[] = { "n", NULL }, *const f[] = { "f",
		NULL }, *const b[] = { "b", NULL };
	struct jspan all, v;
	char buf[64];
	int64_t i;
	size_t len;

	ck_assert_int_eq(jspan_check(text, sizeof(text) - 1, &all, &e), 0);
	ck_assert(jspan_find(all, ab, &v) && jspan_is_string(v));
	len = jspan_string(v, buf);
	ck_assert_uint_eq(len, 15);
	ck_assert_int_eq(memcmp(buf, "1\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"
	    "/\"\0z", 15), 0);
	ck_assert(!jspan_text(v, buf, sizeof(buf))); /* holds a NUL */
	ck_assert(!jspan_find(all, no, &v));
	ck_assert(jspan_find(all, n, &v) && jspan_int(v, &i));
	ck_assert_int_eq(i, -42);
	ck_assert(jspan_find(all, f, &v) && jspan_is_plain(v));
	ck_assert(!jspan_int(v, &i));
	/* a name is compared as decoded */
	ck_assert(jspan_find(all, b, &v) && jspan_text(v, buf, 6));
	ck_assert_str_eq(buf, "plain");
	ck_assert(!jspan_text(v, buf, 5));
	ck_assert(!jspan_int(v, &i));
}
END_TEST

START_TEST(items_of_a_list)
{
	static const char text[] = "[ 1 , [2,3] ,{\"a\":4}, \"]\" ]";
	static const char *const want[] = { "1", "[2,3]", "{\"a\":4}",
		"\"]\"" };
	struct jspan all, v;
	size_t at = 0;
	int i;

	ck_assert_int_eq(jspan_check(text, sizeof(text) - 1, &all, &e), 0);
	ck_assert(jspan_is_list(all) && !jspan_is_object(all));
	for (i = 0; i < 4; i++) {
		ck_assert(jspan_item(all, &at, &v));
		ck_assert_uint_eq(v.n, strlen(want[i]));
		ck_assert_int_eq(memcmp(v.p, want[i], v.n), 0);
	}
	ck_assert(!jspan_item(all, &at, &v));
	at = 0;
	ck_assert_int_eq(jspan_check("[ ]", 3, &all, &e), 0);
	ck_assert(!jspan_item(all, &at, &v));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("jspan");
	TCase *t = tcase_create("jspan");

	tcase_add_loop_test(t, what_is_json, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, no_sentence_quotes_it);
	tcase_add_test(t, depth_is_bounded);
	tcase_add_test(t, found_and_decoded);
	tcase_add_test(t, items_of_a_list);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
