/* SPDX-License-Identifier: MIT */
/* How often an account may be asked: cloud/bucket. */
#include "cloud/bucket.h"
#include "unit.h"

static int
drain(struct bucket *b, ns_t now, bool write)
{
	int n = 0;

	while (n < 100000 && bucket_take(b, now, write))
		n++;
	return (n);
}

START_TEST(reads_leave_a_quarter_for_writes)
{
	struct bucket b;

	bucket_init(&b, 1.0, 40.0, 0);
	ck_assert_int_eq(drain(&b, 0, false), 30);
	ck_assert_int_eq(drain(&b, 0, true), 10);
	ck_assert_int_eq(drain(&b, 0, true), 0);
}
END_TEST

START_TEST(the_smallest_bucket_lets_a_read_through)
{
	struct bucket b;

	bucket_init(&b, 1.0, 1.0, 0);
	ck_assert(bucket_take(&b, 0, false));
}
END_TEST

START_TEST(never_above_the_rate)
{
	struct bucket b;
	ns_t now;
	int n = 0;

	bucket_init(&b, 1.0, 20.0, 0);
	for (now = 0; now <= NS_HOUR; now += 10 * NS_MS)
		n += bucket_take(&b, now, true);
	ck_assert_int_le(n, 3600 + 20);
	ck_assert_int_ge(n, 3600 + 18);
}
END_TEST

/* Readers who ask all the time do not keep a launch waiting. */
START_TEST(reads_starve_no_write)
{
	struct bucket b;
	ns_t now;
	int missed = 0;

	bucket_init(&b, 2.0, 40.0, 0);
	for (now = 0; now < 10 * NS_MIN; now += 100 * NS_MS) {
		(void)drain(&b, now, false);
		if (now % NS_S == 0)
			missed += !bucket_take(&b, now, true);
	}
	ck_assert_int_eq(missed, 0);
}
END_TEST

START_TEST(when_is_when_it_works)
{
	struct bucket b;
	ns_t when;
	int write;

	for (write = 0; write < 2; write++) {
		bucket_init(&b, 0.3, 8.0, 5 * NS_S);
		(void)drain(&b, 5 * NS_S, true);
		when = bucket_when(&b, 6 * NS_S, write);
		ck_assert_int_gt(when, 6 * NS_S);
		ck_assert(!bucket_take(&b, when - NS_MS, write));
		ck_assert(bucket_take(&b, when, write));
	}
	bucket_init(&b, 1.0, 8.0, 0);
	ck_assert_int_eq(bucket_when(&b, 7, true), 7);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bucket");
	TCase *t = tcase_create("bucket");

	tcase_add_test(t, reads_leave_a_quarter_for_writes);
	tcase_add_test(t, the_smallest_bucket_lets_a_read_through);
	tcase_add_test(t, never_above_the_rate);
	tcase_add_test(t, reads_starve_no_write);
	tcase_add_test(t, when_is_when_it_works);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
