/* SPDX-License-Identifier: MIT */
/* The groups of a policy. */
#ifndef POLICY_GROUP_H
#define POLICY_GROUP_H

struct key_table;
struct policy_reader;

extern const struct key_table launch_keys; /* a group's `launch` */

void	policy_groups(struct policy_reader *);

#endif
