/* SPDX-License-Identifier: MIT */
/* What every test program shares: the seed of random tests, and main. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* PLIMSOLL_SEED takes back what a failing run printed. */
static inline uint64_t
unit_seed(const char *test, uint64_t def)
{
	const char *s = getenv("PLIMSOLL_SEED");
	uint64_t seed = s != NULL ? strtoull(s, NULL, 0) : def;

	printf("%s: PLIMSOLL_SEED=%" PRIu64 "\n", test, seed);
	return (seed);
}

static inline int
unit_run(Suite *suite)
{
	SRunner *r = srunner_create(suite);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return (failed == 0 ? 0 : 1);
}

#endif
