/* SPDX-License-Identifier: MIT */
/*
 * What secrets pass through on their way (TLS records, buffers of HTTP) is
 * memory of libraries.  From wipe_freed() on OpenSSL and libevent overwrite
 * whatever they give back, and libcurl does wherever web.h starts it.
 */
#ifndef IO_WIPE_H
#define IO_WIPE_H

#include <stddef.h>

struct err;

/* First of all: -1 with a sentence where a library has begun already. */
int	wipe_freed(struct err *);

/* As those of the C library; what is given back is overwritten. */
void	*wipe_realloc(void *, size_t);
void	wipe_free(void *);

#endif
