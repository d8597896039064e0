/* SPDX-License-Identifier: MIT */
/* Histories of faults: drawn from a seed, and cut down when one fails. */
#include <string.h>

#include "sim/world.h"

void
history_draw(struct history *h, uint64_t seed)
{
	struct fault *f;
	struct rng r;
	int i;

	memset(h, 0, sizeof(*h));
	h->seed = seed;
	rng_init(&r, seed * UINT64_C(0x9e3779b97f4a7c15) + 1);
	h->chaos_s = 500 + (int)rng_below(&r, 400);
	h->settle_s = 1800;
	h->n_faults = 2 + (int)rng_below(&r, 14);
	for (i = 0; i < h->n_faults; i++) {
		f = &h->fault[i];
		f->kind = (enum fault_kind)rng_below(&r, FAULT_COUNT);
		f->from_s = (int)rng_below(&r, (uint64_t)h->chaos_s - 10);
		f->to_s = f->from_s + 5 + (int)rng_below(&r, 200);
		if (f->to_s > h->chaos_s)
			f->to_s = h->chaos_s;
		f->rate = 0.2 + 0.8 * rng_unit(&r);
	}
}

static void
history_without(const struct history *h, int from, int n, struct history *ret)
{
	*ret = *h;
	memmove(&ret->fault[from], &ret->fault[from + n],
	    (size_t)(h->n_faults - from - n) * sizeof(h->fault[0]));
	ret->n_faults -= n;
}

void
history_shrink(struct history *h, struct world_result *r)
{
	struct world_result try;
	struct history less;
	int n, from;

	for (n = h->n_faults / 2; n >= 1; n = n > 1 ? n / 2 : 0) {
		for (from = 0; from + n <= h->n_faults;) {
			history_without(h, from, n, &less);
			world_run(&less, &try);
			if (try.text[0] == '\0') {
				from += n;
				continue;
			}
			*h = less;
			*r = try;
		}
	}
}
