/* SPDX-License-Identifier: MIT */
/* Allocators for libraries; see wipe.h. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <openssl/crypto.h>

#include "base/err.h"
#include "io/wipe.h"

void
wipe_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* Never in place: what a smaller one cuts off would stay. */
void *
wipe_realloc(void *p, size_t n)
{
	size_t had = p != NULL ? malloc_usable_size(p) : 0;
	void *q = malloc(n);

	if (q == NULL)
		return (NULL);
	if (p != NULL)
		memcpy(q, p, had < n ? had : n);
	wipe_free(p);
	return (q);
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return (n > 0 ? malloc(n) : NULL);
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	if (n > 0)
		return (wipe_realloc(p, n));
	wipe_free(p);
	return (NULL);
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file, (void)line;
	wipe_free(p);
}

int
wipe_freed(struct err *e)
{
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
		crypto_free) != 1)
		return (err_set(e, EBUSY, "OpenSSL has begun already"));
	event_set_mem_functions(malloc, wipe_realloc, wipe_free);
	return (0);
}
