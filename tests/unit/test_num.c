/* SPDX-License-Identifier: MIT */
/* The core's own exp and log against libm's. */
#include <float.h>
#include <math.h>

#include "base/num.h"
#include "base/rng.h"
#include "unit.h"

START_TEST(test_exp_log_agree_with_libm)
{
	struct rng r;
	double x, want;
	int i;

	rng_init(&r, unit_seed("num", 7));
	for (i = 0; i < 200000; i++) {
		x = (rng_unit(&r) - 0.5) * 1400.0;
		want = exp(x);
		ck_assert_double_le(fabs(num_exp(x) - want), 4e-15 * want +
		    DBL_MIN);
		x = want * rng_unit(&r);
		if (!(x >= DBL_MIN))
			continue;
		want = log(x);
		ck_assert_double_le(fabs(num_log(x) - want),
		    4e-15 * fabs(want) + 1e-15);
	}
}
END_TEST

START_TEST(test_ends)
{
	ck_assert(num_exp(0.0) == 1.0);
	ck_assert(num_log(1.0) == 0.0);
	ck_assert(num_exp(-1000.0) == 0.0);
	ck_assert(num_exp(1000.0) == DBL_MAX);
	ck_assert_double_eq_tol(num_log(4.9406564584124654e-324), -744.44,
	    0.01);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("num");
	TCase *t = tcase_create("num");

	tcase_add_test(t, test_exp_log_agree_with_libm);
	tcase_add_test(t, test_ends);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
