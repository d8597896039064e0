/* SPDX-License-Identifier: MIT */
/* The keys of a group that bound what a step may do. */
#ifndef CORE_LIMIT_KEYS_H
#define CORE_LIMIT_KEYS_H

struct key_table;

extern const struct key_table group_keys;  /* struct group_policy: its own */
extern const struct key_table limit_keys;  /* struct limit_settings */
extern const struct key_table drain_keys;  /* the same, in `balancer` */
extern const struct key_table depend_keys; /* struct depend_settings */

#endif
