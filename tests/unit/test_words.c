/* SPDX-License-Identifier: MIT */
/* Commands without a shell. */
#include <string.h>

#include "base/err.h"
#include "provider/words.h"
#include "unit.h"

/* The words joined by '|', or the sentence that is expected. */
static const struct {
	const char *says, *text, *words, *err;
} rows[] = {
	{ "blanks separate", " a  b\tc\nd ", "a|b|c|d", NULL },
	{ "single quotes keep all", "a 'b \"$x\" \\' c", "a|b \"$x\" \\|c",
	    NULL },
	{ "double quotes keep blanks", "a \"b  'c'\" d", "a|b  'c'|d", NULL },
	{ "a backslash keeps one", "a\\ b \\$HOME \"\\\"\"", "a b|$HOME|\"",
	    NULL },
	{ "quotes join", "--x='1 2'3", "--x=1 23", NULL },
	{ "an empty word is one", "a '' b", "a||b", NULL },
	{ "names stay", "x {port} -p{address}", "x|{port}|-p{address}", NULL },
	{ "nothing", "  ", NULL, "is empty" },
	{ "an open quote", "a 'b", NULL, "that nothing closes" },
	{ "an open double quote", "\"", NULL, "that nothing closes" },
	{ "a last backslash", "a \\", NULL, "ends in a backslash" },
	{ "a variable", "a $HOME", NULL, "'$' that a shell" },
	{ "a variable in quotes", "a \"$HOME\"", NULL, "'$' that a shell" },
	{ "a pipe", "a | b", NULL, "'|' that a shell" },
	{ "two commands", "a; b", NULL, "';' that a shell" },
	{ "the output elsewhere", "a >b", NULL, "'>' that a shell" },
};

START_TEST(split_row)
{
	static struct key_strings w;
	char joined[512] = "";
	struct err e = { 0 };
	int i, rc;

	w.n = -7;
	rc = words_split(rows[_i].text, &w, &e);
	if (rows[_i].words == NULL) {
		ck_assert_msg(rc == -1, "%s", rows[_i].says);
		ck_assert_int_eq(w.n, -7); /* untouched */
		ck_assert_msg(strstr(e.text, rows[_i].err) != NULL, "%s: %s",
		    rows[_i].says, e.text);
		return;
	}
	ck_assert_msg(rc == 0, "%s: %s", rows[_i].says, e.text);
	for (i = 0; i < w.n; i++)
		(void)snprintf(joined + strlen(joined),
		    sizeof(joined) - strlen(joined), "%s%s", i > 0 ? "|" : "",
		    w.text[i]);
	ck_assert_msg(strcmp(joined, rows[_i].words) == 0, "%s: %s",
	    rows[_i].says, joined);
}
END_TEST

START_TEST(bounds)
{
	static struct key_strings w;
	char text[4 * KEY_STRING_SIZE];
	struct err e = { 0 };
	int i;

	memset(text, 'x', sizeof(text));
	text[KEY_STRING_SIZE - 1] = '\0';
	ck_assert_int_eq(words_split(text, &w, &e), 0);
	text[KEY_STRING_SIZE - 1] = 'x';
	text[KEY_STRING_SIZE] = '\0';
	ck_assert_int_eq(words_split(text, &w, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "over 255 bytes"));
	for (i = 0; i < KEY_STRINGS_MAX; i++)
		memcpy(text + 2 * i, "a ", 3);
	ck_assert_int_eq(words_split(text, &w, &e), 0);
	memcpy(text + 2 * i, "a", 2);
	err_clear(&e);
	ck_assert_int_eq(words_split(text, &w, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "over 64 words"));
}
END_TEST

START_TEST(names_are_filled)
{
	const struct words_fill f[] = { { "port", "8080" },
		{ "address", "{port}" } };
	char buf[32];

	ck_assert(words_fill("{address}:{port}{", f, 2, buf, sizeof(buf)));
	/* what was put in is not looked at again */
	ck_assert_str_eq(buf, "{port}:8080{");
	ck_assert(words_fill("{other} {port", f, 2, buf, sizeof(buf)));
	ck_assert_str_eq(buf, "{other} {port");
	ck_assert(words_fill("123{port}", f, 2, buf, 8));
	ck_assert(!words_fill("1234{port}", f, 2, buf, 8));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("words");
	TCase *t = tcase_create("words");

	tcase_add_loop_test(t, split_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, bounds);
	tcase_add_test(t, names_are_filled);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
