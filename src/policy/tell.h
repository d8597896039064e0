/* SPDX-License-Identifier: MIT */
/*
 * What a policy means, in sentences: what a person should have thought of
 * before the rush finds it out.
 */
#ifndef POLICY_TELL_H
#define POLICY_TELL_H

#include <stdbool.h>

#include "policy/policy.h"

struct tell {
	void *ctx;
	/* One sentence; odd: it is not wrong, but look twice. */
	void (*line)(void *ctx, bool odd, const char *text);
};

void	tell_fleet(const struct policy *, const struct tell *);
/* now: for the calendar's next windows. */
void	tell_group(const struct policy *, int group, int64_t now_wall_s,
	    const struct tell *);

#endif
