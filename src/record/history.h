/* SPDX-License-Identifier: MIT */
/* What the journal tells of the past, on the writer's thread. */
#ifndef RECORD_HISTORY_H
#define RECORD_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/units.h"

struct err;
struct store;

struct history_query {
	char group[NAME_SIZE];
	int64_t from_wall_s, to_wall_s;
	int limit;
	ns_t within; /* it may take so long; then it is cut, "more": true */
};

/* s: the present generation; NULL: none is open, only older ones. */
int	history_text(struct store *s, const char *folder, const char *vfs,
	    const struct history_query *, char **ret_text, size_t *ret_n,
	    struct err *);

#endif
