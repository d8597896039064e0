/* SPDX-License-Identifier: MIT */
/* The ring between two real threads: order, bounds, nothing lost. */
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "record/ring.h"
#include "unit.h"

enum { MESSAGES = 200000, SLOTS = 64 };

static struct msg
some(uint64_t seq, size_t n)
{
	struct msg m = { .kind = 1, .seq = seq, .n = n };

	if (n > 0) {
		m.data = malloc(n);
		ck_assert_ptr_nonnull(m.data);
		memset(m.data, (int)(seq & 0xff), n);
	}
	return (m);
}

static void *
take_all(void *arg)
{
	struct ring *r = arg;
	struct pollfd p = { .fd = ring_fd(r), .events = POLLIN };
	uint64_t next = 0;
	struct msg m;

	while (next < MESSAGES) {
		if (poll(&p, 1, 20000) != 1)
			break;
		ring_woken(r);
		while (ring_take(r, &m)) {
			if (m.seq != next || (m.n > 0 &&
			    m.data[m.n - 1] != (char)(m.seq & 0xff)))
				return (NULL);
			free(m.data);
			next++;
		}
	}
	return (next == MESSAGES ? r : NULL);
}

START_TEST(test_two_threads_lose_nothing)
{
	struct ring *r = ring_new(SLOTS, 4096, NULL);
	pthread_t t;
	void *rc;
	struct msg m;
	uint64_t i;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(pthread_create(&t, NULL, take_all, r), 0);
	for (i = 0; i < MESSAGES; i++) {
		m = some(i, i % 7 == 0 ? i % 100 + 1 : 0);
		while (!ring_put(r, &m))
			(void)sched_yield();
	}
	ck_assert_int_eq(pthread_join(t, &rc), 0);
	ck_assert_ptr_eq(rc, r);
	ring_free(r);
}
END_TEST

START_TEST(test_full_refuses)
{
	struct ring *r = ring_new(4, 100, NULL);
	struct msg m, got;
	uint64_t i;

	ck_assert(!ring_take(r, &got));
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(ring_is_tight(r), i > 2);
		m = some(i, 0);
		ck_assert(ring_put(r, &m));
	}
	m = some(9, 0);
	ck_assert(!ring_put(r, &m)); /* no slot */
	ck_assert(ring_take(r, &got));
	ck_assert_uint_eq(got.seq, 0);
	m = some(5, 500); /* longer than everything, but no data waits */
	ck_assert(ring_put(r, &m));
	ck_assert(ring_take(r, &got));
	m = some(6, 1);
	ck_assert(!ring_put(r, &m)); /* no bytes */
	free(m.data);
	ring_free(r); /* frees the 500 */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ring");
	TCase *t = tcase_create("ring");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_two_threads_lose_nothing);
	tcase_add_test(t, test_full_refuses);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
