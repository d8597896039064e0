/* SPDX-License-Identifier: MIT */
/* What the journal tells of the past, for the desk. */
#ifndef DAEMON_HISTORY_H
#define DAEMON_HISTORY_H

#include "api/desk.h"

struct journal;
struct policy;

void	history_ask(struct journal *, const struct policy *,
	    const struct desk_history *, desk_done *, void *arg);

#endif
