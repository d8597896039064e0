/* SPDX-License-Identifier: MIT */
/*
 * Boot clock and wall clock.  The boot clock goes on while the machine
 * sleeps, so that a suspend makes data old (I-26).
 */
#include <time.h>

#include "base/must.h"
#include "io/clock.h"

struct now
clock_now(void)
{
	struct timespec m, w;

	MUST(clock_gettime(CLOCK_BOOTTIME, &m) == 0);
	MUST(clock_gettime(CLOCK_REALTIME, &w) == 0);
	return ((struct now){ (ns_t)m.tv_sec * NS_S + m.tv_nsec, w.tv_sec });
}
