/* SPDX-License-Identifier: MIT */
/* The few keys that `drive` needs, until src/config reads policies. */
#ifndef CLI_POLICY_MIN_H
#define CLI_POLICY_MIN_H

#include "plimsoll/policy.h"

struct err;

int	policy_min_read(const char *path, struct fleet_policy **ret,
	    struct err *);
void	policy_min_free(struct fleet_policy *);

#endif
