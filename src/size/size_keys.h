/* SPDX-License-Identifier: MIT */
/* The keys of a group that say how many servers a load asks for. */
#ifndef SIZE_SIZE_KEYS_H
#define SIZE_SIZE_KEYS_H

struct key_table;

extern const struct key_table size_keys; /* struct size_settings */

#endif
