/* SPDX-License-Identifier: MIT */
/* Recorded traffic: read whole, or refused with the line. */
#include <string.h>

#include "base/err.h"
#include "report/traffic.h"
#include "unit.h"

static const struct {
	const char *text;
	size_t n;
	double first, last; /* rps */
	double first_s, last_s;
} good[] = {
	{ "0,1\n60,2\n120,3\n", 3, 1, 3, 60, 60 },
	{ "time,requests_per_second\n0,1.5\n60,2\n", 2, 1.5, 2, 60, 60 },
	{ "2026-11-27T00:00:00Z, 10\r\n2026-11-27T00:05:00Z, 20\r\n", 2, 10, 20,
	    300, 300 },
	{ "\"2026-11-27T01:00:00+01:00\",\"10\"\n2026-11-27T00:01:00Z,0", 2,
	    10, 0, 60, 60 },
	{ "# a note\n\n0,1\n60,2\n", 2, 1, 2, 60, 60 },
	/* A gap of a day holds nothing. */
	{ "0,1\n60,1\n120,1\n86400,2\n86460,2\n", 5, 1, 2, 60, 60 },
};

START_TEST(test_good)
{
	struct traffic t;
	struct err e = { 0 };
	size_t i;

	ck_assert_msg(traffic_parse(good[_i].text, strlen(good[_i].text), &t,
	    &e) == 0, "%s: %s", good[_i].text, e.text);
	ck_assert_uint_eq(t.n, good[_i].n);
	ck_assert_double_eq(t.rows[0].rps, good[_i].first);
	ck_assert_double_eq(t.rows[t.n - 1].rps, good[_i].last);
	ck_assert_double_eq(t.rows[0].span_s, good[_i].first_s);
	ck_assert_double_eq(t.rows[t.n - 1].span_s, good[_i].last_s);
	for (i = 0; i < t.n; i++)
		ck_assert_double_le(t.rows[i].span_s, 300);
	traffic_free(&t);
}
END_TEST

static const struct {
	const char *text;
	const char *says;
} bad[] = {
	{ "", "found no row, expected two at least" },
	{ "0,1\n", "found one row, expected two at least" },
	{ "time,rps\n", "found no row, expected two at least" },
	{ "0,1\n60\n", "line 2: found \"60\" alone, expected a moment, a comma "
	    "and requests/s" },
	{ "0,1\n60,2,3\n", "line 2: a third column, expected two" },
	{ "0,1\n60,-2\n", "line 2: found \"-2\", expected requests/s from 0 to "
	    "1e9" },
	{ "0,1\n60,nan\n", "line 2: found \"nan\", expected requests/s from 0 "
	    "to 1e9" },
	{ "0,1\n60,\n", "line 2: found \"\", expected requests/s from 0 to "
	    "1e9" },
	{ "0,1\n60,1e30\n", "line 2: found \"1e30\", expected requests/s from "
	    "0 to 1e9" },
	{ "60,1\n0,2\n", "line 2: its moment is not after that of the row "
	    "before" },
	{ "60,1\n60,2\n", "line 2: its moment is not after that of the row "
	    "before" },
	{ "0,1\nyesterday,2\n", "line 2: at: found \"yesterday\", expected a "
	    "moment such as \"2026-11-27T00:00:00Z\"" },
	{ "0,1\n2026-13-01T00:00:00Z,2\n", "line 2: at: found "
	    "\"2026-13-01T00:00:00Z\", expected a moment such as "
	    "\"2026-11-27T00:00:00Z\"" },
};

START_TEST(test_bad)
{
	struct traffic t;
	struct err e = { 0 };

	ck_assert_int_eq(traffic_parse(bad[_i].text, strlen(bad[_i].text), &t,
	    &e), -1);
	ck_assert_str_eq(e.text, bad[_i].says);
	ck_assert_ptr_null(t.rows);
	ck_assert_uint_eq(t.n, 0);
}
END_TEST

START_TEST(test_bytes_of_any_kind)
{
	static const char text[] = "0,1\n60,\0002\n";
	struct traffic t;
	struct err e = { 0 };

	ck_assert_int_eq(traffic_parse(text, sizeof(text) - 1, &t, &e), -1);
	ck_assert_str_eq(e.text, "line 2: a field that is no moment and no "
	    "number");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("traffic");
	TCase *t = tcase_create("traffic");

	tcase_add_loop_test(t, test_good, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, test_bad, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, test_bytes_of_any_kind);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
