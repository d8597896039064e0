/* SPDX-License-Identifier: MIT */
/*
 * Where keys and secrets lie: memory that is locked, in no core dump, not in
 * a child's, and wiped at its end (I-35).
 */
#ifndef IO_LOCKED_H
#define IO_LOCKED_H

#include <stddef.h>

struct err;

/* n bytes, all zero.  NULL with a sentence. */
void	*locked_new(size_t n, struct err *);
/* Wipes.  NULL is allowed. */
void	locked_free(void *, size_t n);

#endif
