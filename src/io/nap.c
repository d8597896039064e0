/* SPDX-License-Identifier: MIT */
/* A pause; see nap.h. */
#include <time.h>

#include "base/must.h"
#include "io/nap.h"

void
nap(ns_t t)
{
	struct timespec ts = { (time_t)(t / NS_S), (long)(t % NS_S) };

	(void)nanosleep(&ts, NULL);
}

ns_t
nap_now(void)
{
	struct timespec ts;

	MUST(clock_gettime(CLOCK_BOOTTIME, &ts) == 0);
	return ((ns_t)ts.tv_sec * NS_S + ts.tv_nsec);
}
