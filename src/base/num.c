/* SPDX-License-Identifier: MIT */
/*
 * exp: x = k ln2 + r, |r| <= ln2/2, Taylor to r^13, then scaled by 2^k.
 * log: x = m 2^k with m in [sqrt(1/2), sqrt(2)), s = (m-1)/(m+1),
 * ln m = 2 (s + s^3/3 + s^5/5 + ...), to s^23.
 * Textbook series; the terms kept make the rest smaller than one rounding.
 */
#include <float.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"

#define LN2_HI 6.93147180369123816490e-01
#define LN2_LO 1.90821492927058770002e-10

static double
num_pow2(int k)
{
	uint64_t bits;
	double d;

	MUST(k >= -1022 && k <= 1023);
	bits = (uint64_t)(k + 1023) << 52;
	memcpy(&d, &bits, sizeof(d));
	return (d);
}

double
num_exp(double x)
{
	double r, sum;
	int i, k;

	MUST(x == x);
	if (x < -745.0)
		return (0.0);
	if (x > 709.0)
		return (DBL_MAX);
	k = (int)(x / 0.6931471805599453 + (x < 0 ? -0.5 : 0.5));
	r = (x - k * LN2_HI) - k * LN2_LO;
	sum = 1.0;
	for (i = 13; i >= 1; i--)
		sum = 1.0 + sum * r / i;
	if (k < -1022)
		return (sum * num_pow2(k + 200) * num_pow2(-200));
	if (k > 1023)
		return (sum * num_pow2(1023) * 2.0);
	return (sum * num_pow2(k));
}

double
num_log(double x)
{
	uint64_t bits;
	double m, s, s2, sum;
	int i, k = 0;

	MUST(x > 0.0);
	if (x < DBL_MIN) {
		x *= num_pow2(54);
		k = -54;
	}
	memcpy(&bits, &x, sizeof(bits));
	k += (int)(bits >> 52) - 1023;
	bits = (bits & UINT64_C(0x000fffffffffffff)) |
	    UINT64_C(0x3ff0000000000000);
	memcpy(&m, &bits, sizeof(m));
	if (m > 1.4142135623730951) {
		m *= 0.5;
		k++;
	}
	s = (m - 1.0) / (m + 1.0);
	s2 = s * s;
	sum = 0.0;
	for (i = 23; i >= 3; i -= 2)
		sum = sum * s2 + 1.0 / i;
	return (k * LN2_HI + (2.0 * s + 2.0 * s * s2 * sum + k * LN2_LO));
}
