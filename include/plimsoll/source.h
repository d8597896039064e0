/* SPDX-License-Identifier: MIT */
/*
 * A source measures one group.  The host calls poll() on the policy's beat;
 * a source that is still at the last poll when the next one comes is not
 * asked again.  A source that fails is asked less often and says so.
 */
#ifndef PLIMSOLL_SOURCE_H
#define PLIMSOLL_SOURCE_H

#include "plimsoll/driver.h"
#include "plimsoll/key.h"

struct source_ops {
	const char *name;
	size_t state_size;
	const struct key_table *keys; /* of the policy's `source` group */

	/* Required.  Opens nothing that can block. */
	int	(*init)(void *self, const struct host *, const void *settings,
		    struct err *);
	/* Required.  Ends in one host->sampled(), valid or not. */
	void	(*poll)(void *self, op_t);
	/* Required.  Accepts a half-built self, and NULL. */
	void	(*fini)(void *self);
};

#endif
