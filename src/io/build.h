/* SPDX-License-Identifier: MIT */
/* Which build this is: a replay is exact on the same one only. */
#ifndef IO_BUILD_H
#define IO_BUILD_H

#include <stddef.h>

/* The linker's id of this program in hex, or its version where it has none. */
void	build_id(char *ret, size_t size);

#endif
