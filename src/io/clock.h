/* SPDX-License-Identifier: MIT */
/*
 * The machine's clocks, for the two that may read them: the loop, once a
 * turn, and the journal's writer thread.
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "plimsoll/units.h"

/* Any thread. */
struct now	clock_now(void);

#endif
