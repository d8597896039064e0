/* SPDX-License-Identifier: MIT */
/*
 * Every key that there is, of all modules and drivers, in the order in which
 * the manual tells of them.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include <stddef.h>

#include "plimsoll/key.h"

/* A place in the file and the tables of keys that may stand there. */
struct keys_scope {
	const char *where;   /* "groups", "source haproxy" */
	const char *example; /* "groups: ( { ... } );" */
	const char *help;
	const struct key_table *tables[4]; /* NULL at the end */
};

/* The i-th; false past the last.  The strings last until the next call. */
int	keys_scope(int i, struct keys_scope *ret);
void	keys_each(void (*each)(void *ctx, const char *where,
	    const struct key *), void *ctx);
/* What a value must be, in words. */
void	keys_expected(const struct key *, char *buf, size_t size);

#endif
