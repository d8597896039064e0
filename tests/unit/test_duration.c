/* SPDX-License-Identifier: MIT */
/* Durations as people write them. */
#include "base/duration.h"
#include "base/err.h"
#include "unit.h"

static const struct {
	const char *text;
	ns_t span; /* -1: refused */
} rows[] = {
	{ "500ms", 500 * NS_MS },
	{ "5s", 5 * NS_S },
	{ "0s", 0 },
	{ "1.5h", 90 * NS_MIN },
	{ "1h30m", 90 * NS_MIN },
	{ "2m5s250ms", 125 * NS_S + 250 * NS_MS },
	{ "7d", 7 * NS_DAY },
	{ "36500d", 36500 * NS_DAY },
	{ "", -1 },
	{ "5", -1 },
	{ "s", -1 },
	{ "5 s", -1 },
	{ " 5s", -1 },
	{ "5sec", -1 },
	{ "-5s", -1 },
	{ "1.h", -1 },
	{ ".5h", -1 },
	{ "1e3s", -1 },
	{ "nan", -1 },
	{ "36501d", -1 },
	{ "36500d1ms", -1 },
	{ "99999999999999999999999999s", -1 },
};

START_TEST(test_parse)
{
	struct err e = { 0 };
	ns_t span = 42;
	int rc = duration_parse(rows[_i].text, &span, &e);

	if (rows[_i].span < 0) {
		ck_assert_msg(rc == -1, "'%s' was taken", rows[_i].text);
		ck_assert_msg(span == 42, "'%s' left a value", rows[_i].text);
		ck_assert_ptr_nonnull(strstr(e.text, "is not a duration"));
		return;
	}
	ck_assert_msg(rc == 0, "'%s': %s", rows[_i].text, e.text);
	ck_assert_int_eq(span, rows[_i].span);
}
END_TEST

START_TEST(test_text)
{
	char b[DURATION_SIZE];

	ck_assert_str_eq(duration_text(90 * NS_MIN, b), "1h 30m");
	ck_assert_str_eq(duration_text(NS_DAY + 3 * NS_S, b), "1d");
	ck_assert_str_eq(duration_text(61 * NS_S, b), "1m 1s");
	ck_assert_str_eq(duration_text(5 * NS_S + 9 * NS_MS, b), "5s");
	ck_assert_str_eq(duration_text(250 * NS_MS, b), "250ms");
	ck_assert_str_eq(duration_text(0, b), "0ms");
	ck_assert_str_eq(duration_text(-5 * NS_S, b), "-5s");
	ck_assert_str_eq(duration_text(NS_NEVER, b), "never");
	ck_assert_str_eq(duration_text(INT64_MIN, b), "-106751d 23h");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("duration");
	TCase *t = tcase_create("duration");

	tcase_add_loop_test(t, test_parse, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, test_text);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
