/* SPDX-License-Identifier: MIT */
/* The numbers behind the reports; see facts.h. */
#include "base/must.h"
#include "report/facts.h"

/* A step is microseconds; the long end is there to see what went wrong. */
const double step_bounds_s[STEP_BUCKETS] = { 10e-6, 25e-6, 50e-6, 100e-6,
	250e-6, 500e-6, 1e-3, 2.5e-3, 10e-3, 50e-3, 250e-3, 1.0 };

void
facts_step(struct facts *f, const struct now *now, ns_t took)
{
	int i;

	MUST(took >= 0);
	for (i = 0; i < STEP_BUCKETS && ns_to_s(took) > step_bounds_s[i]; i++)
		;
	f->step_bucket[i]++;
	f->step_sum_s += ns_to_s(took);
	f->steps++;
	f->step_at = now->mono;
	f->step_wall_s = now->wall_s;
}
