/* SPDX-License-Identifier: MIT */
/* Which build this is: a replay is exact on the same one only. */
#ifndef IO_BUILD_H
#define IO_BUILD_H

#include <stddef.h>
#include <stdint.h>

/* The linker's id of this program in hex, or its version where it has none. */
void	build_id(char *ret, size_t size);

/*
 * Of the archive of the deciding core (made by the Makefile): the same in
 * every program of one build.
 */
extern const uint64_t build_core;

#endif
