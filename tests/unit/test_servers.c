/* SPDX-License-Identifier: MIT */
/* The server table against a plain list, over random histories. */
#include <string.h>

#include "base/rng.h"
#include "core/servers.h"
#include "unit.h"

enum { CAP = 40 };

static struct server
some(int i)
{
	struct server s;

	memset(&s, 0, sizeof(s));
	s.phase = PHASE_DECIDED;
	(void)snprintf(s.id.text, sizeof(s.id.text), "i-%05d", i);
	memcpy(s.token.byte, &i, sizeof(i));
	s.token.byte[15] = 1;
	return (s);
}

START_TEST(test_random_history)
{
	int alive[CAP], n = 0, next = 1, i, k;
	struct servers t;
	struct server s, *v;
	struct rng r;
	void *m = calloc(1, servers_size(CAP));

	ck_assert_ptr_nonnull(m);
	servers_init(&t, CAP, m);
	rng_init(&r, unit_seed("servers", 11));
	for (k = 0; k < 20000; k++) {
		if (rng_unit(&r) < 0.52) {
			s = some(next);
			v = servers_add(&t, &s);
			ck_assert_int_eq(v != NULL, n < CAP);
			if (v != NULL)
				alive[n++] = next;
			next++;
		} else if (n > 0) {
			i = (int)rng_below(&r, (uint64_t)n);
			s = some(alive[i]);
			v = servers_find(&t, &s.id);
			ck_assert_ptr_nonnull(v);
			ck_assert_ptr_eq(v, servers_find_token(&t, &s.token));
			ck_assert_ptr_eq(v, &t.at[i]);
			servers_remove(&t, v);
			ck_assert_ptr_null(servers_find(&t, &s.id));
			memmove(&alive[i], &alive[i + 1],
			    (size_t)(n - i - 1) * sizeof(alive[0]));
			n--;
		}
		ck_assert_int_eq(t.n, n);
		ck_assert_int_eq(servers_pending(&t), n);
	}
	free(m);
}
END_TEST

START_TEST(test_phase_counts)
{
	struct servers t;
	struct server s = some(1), *v;
	void *m = calloc(1, servers_size(CAP));

	servers_init(&t, CAP, m);
	v = servers_add(&t, &s);
	servers_phase(&t, v, PHASE_SERVING, 5 * NS_S);
	ck_assert_int_eq(servers_serving(&t), 1);
	ck_assert_int_eq(servers_pending(&t), 0);
	ck_assert_int_eq(v->serving_since, 5 * NS_S);
	servers_phase(&t, v, PHASE_DRAINING, 6 * NS_S);
	servers_phase(&t, v, PHASE_SERVING, 7 * NS_S);
	ck_assert_int_eq(v->serving_since, 5 * NS_S);
	free(m);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("servers");
	TCase *t = tcase_create("servers");

	tcase_add_test(t, test_random_history);
	tcase_add_test(t, test_phase_counts);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
