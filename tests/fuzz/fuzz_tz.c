/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a file of the time zone database: refused, or offsets that
 * are bounded and moments that are near what the wall shows.
 */
#include <stdint.h>

#include "base/err.h"
#include "base/must.h"
#include "config/tz.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { DAY = 86400 };
	struct err e = { 0 };
	struct tz *z = NULL;
	int64_t t;
	int o;

	if (tz_parse(data, n, &z, &e) != 0) {
		MUST(e.code != 0 && z == NULL);
		return (0);
	}
	for (t = -100 * 365L * DAY; t < 200 * 365L * DAY; t += 97 * DAY + 61) {
		o = tz_offset(z, t);
		MUST(o > -27 * 3600 && o < 27 * 3600);
		MUST(tz_first(z, t) > t - 2 * DAY);
		MUST(tz_first(z, t) < t + 2 * DAY);
		MUST(tz_last(z, t) >= tz_first(z, t));
	}
	tz_free(z);
	return (0);
}
