/* SPDX-License-Identifier: MIT */
/* Back-off with full jitter, and JSON of bounded depth. */
#include <stdbool.h>
#include <string.h>

#include <json-c/json.h>

#include "base/err.h"
#include "io/backoff.h"
#include "io/json.h"
#include "unit.h"

START_TEST(the_bound_doubles_and_ends)
{
	struct backoff b;
	ns_t bound = NS_S, wait, longest = 0;
	int i;

	backoff_init(&b, NS_S, 60 * NS_S, unit_seed("backoff", 7));
	for (i = 0; i < 1000; i++) {
		wait = backoff_fail(&b, 0);
		ck_assert_int_ge(wait, 0);
		ck_assert_int_lt(wait, bound);
		longest = wait > longest ? wait : longest;
		bound = 2 * bound > 60 * NS_S ? 60 * NS_S : 2 * bound;
	}
	/* of 1,000 even draws, one above half the bound */
	ck_assert_int_gt(longest, 30 * NS_S);
	ck_assert_int_eq(backoff_fail(&b, 90 * NS_S), 90 * NS_S);
	backoff_well(&b);
	ck_assert_int_lt(backoff_fail(&b, 0), NS_S);
}
END_TEST

START_TEST(a_seed_is_a_sequence)
{
	struct backoff a, b;
	int i;

	backoff_init(&a, NS_S, 60 * NS_S, 3);
	backoff_init(&b, NS_S, 60 * NS_S, 3);
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(backoff_fail(&a, 0), backoff_fail(&b, 0));
}
END_TEST

static const struct {
	const char *says, *text;
	bool good;
} rows[] = {
	{ "an object", "{\"a\":[1,\"b\"]}", true },
	{ "a number alone", "12", true },
	{ "as deep as allowed", "[[[]]]", true },
	{ "too deep", "[[[[[]]]]]", false },
	{ "it breaks off", "{\"a\":", false },
	{ "something after it", "{} {}", false },
	{ "nothing", "", false },
	{ "null", "null", false },
	{ "no UTF-8", "\"\xff\"", false },
};

START_TEST(json_row)
{
	struct err e = { 0 };
	struct json_object *o = json_parse(rows[_i].text,
	    strlen(rows[_i].text), 4, &e);

	ck_assert_msg((o != NULL) == rows[_i].good, "%s: %s", rows[_i].says,
	    e.text);
	json_wipe(o);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("backoff");
	TCase *t = tcase_create("backoff");

	tcase_add_test(t, the_bound_doubles_and_ends);
	tcase_add_test(t, a_seed_is_a_sequence);
	tcase_add_loop_test(t, json_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(s, t);
	return (unit_run(s));
}
