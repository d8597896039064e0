/* SPDX-License-Identifier: MIT */
/* A bucket of tokens; see bucket.h. */
#include "base/must.h"
#include "base/num.h"
#include "cloud/bucket.h"

/* Chosen: a launch finds this much whatever was read; twice it slows lists. */
#define FOR_WRITES 0.25

void
bucket_init(struct bucket *b, double per_s, double most, ns_t now)
{
	MUST(per_s > 0.0);
	MUST(most >= 1.0);
	b->per_s = per_s;
	b->most = b->level = most;
	/* A read must find a token in a full bucket. */
	b->kept = num_min(most * FOR_WRITES, most - 1.0);
	b->at = now;
}

static double
bucket_level(const struct bucket *b, ns_t now)
{
	return (num_min(b->most, b->level + ns_to_s(now - b->at) * b->per_s));
}

bool
bucket_take(struct bucket *b, ns_t now, bool write)
{
	b->level = bucket_level(b, now);
	b->at = now;
	if (b->level < 1.0 + (write ? 0.0 : b->kept))
		return (false);
	b->level -= 1.0;
	return (true);
}

ns_t
bucket_when(const struct bucket *b, ns_t now, bool write)
{
	double lack = 1.0 + (write ? 0.0 : b->kept) - bucket_level(b, now);

	/* A microsecond more: no rounding makes it a moment too early. */
	return (lack <= 0.0 ? now : now + ns_from_s(lack / b->per_s) + NS_US);
}
