/* SPDX-License-Identifier: MIT */
/* The end of a program that found itself wrong; see must.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

_Noreturn void
must_fail(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "plimsoll: bug: %s:%d: %s does not hold\n",
	    file, line, what);
	abort();
}
