/* SPDX-License-Identifier: MIT */
/*
 * Rights that the daemon does without: it is no root, gains nothing by what
 * it runs, and its memory is in no core dump.
 */
#ifndef IO_PRIVILEGE_H
#define IO_PRIVILEGE_H

#include <sys/types.h>

struct err;

/*
 * Started as root: makes each of the folders (NULL at the end) for the user
 * where it is not there, and becomes the user for good.  user "": refused.
 * Started as somebody else: only the folders.
 */
int	privilege_drop(const char *user, const char *const *folders,
	    struct err *);
/* No new privileges, no core dump, no tracing by others. */
int	privilege_harden(struct err *);
/* The number of a group of users; -1 with a sentence. */
int	privilege_group(const char *name, gid_t *ret, struct err *);

#endif
