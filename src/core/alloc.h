/* SPDX-License-Identifier: MIT */
/*
 * One allocator over all groups: what is scarce (servers of the account,
 * spend, connections of a dependency that several name) goes by priority;
 * groups of one priority share in proportion to what they lack.
 */
#ifndef CORE_ALLOC_H
#define CORE_ALLOC_H

#include "core/group.h"

/*
 * claims[i] is group i's of the policy, NULL: has not spoken yet.  Fills
 * granted of each.  Floors come first, then wants, highest priority first.
 */
void	alloc_share(const struct fleet_policy *, struct claim *const *claims,
	    int n);

#endif
