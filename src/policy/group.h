/* SPDX-License-Identifier: MIT */
/* The groups of a policy. */
#ifndef POLICY_GROUP_H
#define POLICY_GROUP_H

struct key_table;
struct policy_reader;

/* A group's `launch`: who starts its servers, and what these need. */
extern const struct key_table launch_keys;
extern const struct key_table launch_path_keys;

void	policy_groups(struct policy_reader *);

#endif
