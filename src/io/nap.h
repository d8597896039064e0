/* SPDX-License-Identifier: MIT */
/* A pause of a command line tool between two looks.  Never the daemon's. */
#ifndef IO_NAP_H
#define IO_NAP_H

#include "plimsoll/units.h"

void	nap(ns_t);
/* The boot clock, for a tool's own deadlines. */
ns_t	nap_now(void);

#endif
