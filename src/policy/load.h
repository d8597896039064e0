/* SPDX-License-Identifier: MIT */
/*
 * From file to policy.  All or nothing: there is a policy, or there are
 * errors, all of them at once, each with file, line and key.
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include <stddef.h>

#include "policy/policy.h"

struct errors; /* config/errors.h */

enum policy_flags {
	/* `drive`: groups need no source, balancer or launch part */
	POLICY_DRIVE = 1 << 0
};

/*
 * 0 and a policy (policy_free() ends it), or -1 and at least one sentence in
 * errors, sorted.  The errors are the caller's, and are emptied first.
 */
int	policy_load(const char *path, unsigned flags, struct policy **ret,
	    struct errors *);
/* The same from a text, which includes nothing. */
int	policy_load_text(const char *name, const char *text, size_t n,
	    unsigned flags, struct policy **ret, struct errors *);

#endif
