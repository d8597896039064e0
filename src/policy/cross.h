/* SPDX-License-Identifier: MIT */
/* Rules over several rows and groups of a policy. */
#ifndef POLICY_CROSS_H
#define POLICY_CROSS_H

struct policy_reader;

void	policy_cross(struct policy_reader *);

#endif
