/* SPDX-License-Identifier: MIT */
/*
 * What the fleet orders in histories of faults (src/sim/world.h), one line
 * for twenty, with hashes of every order and every decision.  tests/decisions/record compares them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sim/world.h"

enum { HISTORIES = 800, A_LINE = 20 };

int
main(void)
{
	struct world_result r, sum = { 0 };
	struct history h;
	uint64_t seed;

	for (seed = 1; seed <= HISTORIES; seed++) {
		history_draw(&h, seed);
		world_run(&h, &r);
		sum.steps += r.steps;
		sum.orders += r.orders;
		sum.launches += r.launches;
		sum.terminations += r.terminations;
		sum.hash = sum.hash * 31 + r.hash;
		sum.decided = sum.decided * 31 + r.decided;
		if (r.text[0] != '\0')
			(void)printf("history %" PRIu64 ": %s\n", seed, r.text);
		if (seed % A_LINE != 0)
			continue;
		(void)printf("histories to %" PRIu64 ": %ld steps %ld orders "
		    "%ld launches %ld terminations orders %016" PRIx64
		    " decisions %016" PRIx64 "\n", seed, sum.steps, sum.orders,
		    sum.launches, sum.terminations, sum.hash, sum.decided);
	}
	return (0);
}
