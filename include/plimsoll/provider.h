/* SPDX-License-Identifier: MIT */
/*
 * A provider starts and ends servers.  There is no "set size": the provider
 * never picks the victim (I-10).
 */
#ifndef PLIMSOLL_PROVIDER_H
#define PLIMSOLL_PROVIDER_H

#include "plimsoll/driver.h"
#include "plimsoll/key.h"
#include "plimsoll/ready.h"

/* What a launch needs; frozen in the journal before the call. */
struct launch {
	struct token token;
	char group[NAME_SIZE];
	uint8_t way;
	bool drill;
};

struct provider_ops {
	const char *name;
	size_t state_size;
	const struct key_table *keys;	 /* of the policy's `providers` entry */
	const struct key_table *way_keys; /* of the group's `launch.NAME` */

	int	(*init)(void *self, const struct host *, const void *settings,
		    struct err *);
	/* Required.  One way's settings for one group, before any launch. */
	int	(*add_way)(void *self, const char *group, uint8_t way,
		    const void *way_settings, struct err *);
	/*
	 * Optional, NULL.  What add_way() would say of these settings; it
	 * changes nothing.  A reload is refused by it.
	 */
	int	(*try_way)(void *self, const void *way_settings, struct err *);
	/*
	 * Required.  Starts a server for each; one answer for the batch.
	 * A told[] in PHASE_GONE: that token's server was started before and
	 * has ended; a token never starts a second one (I-12).
	 */
	void	(*launch)(void *self, op_t, const struct launch *, size_t n);
	/* Required.  Removes these; done when gone, also when long gone. */
	void	(*terminate)(void *self, op_t, const struct server_id *,
		    size_t n);
	/* Required.  All servers that carry our tag, or a failure. */
	void	(*list)(void *self, op_t);
	/*
	 * Required.  The server of this token (PHASE_GONE: it was there and
	 * has ended for good), none (n_told 0), or a failure.
	 */
	void	(*lookup)(void *self, op_t, const struct token *);
	/*
	 * Optional, NULL.  Rows of what a launch of this way will need, for
	 * up to `max` servers: what is known now, or a look for the host's
	 * thread.  It must not wait: a cloud begins its next look here, and
	 * tells what the last one saw with its age.
	 */
	void	(*ready)(void *self, const char *group, uint8_t way, int max,
		    struct ready_list *);
	/* Required.  Accepts a half-built self, and NULL. */
	void	(*fini)(void *self);
};

#endif
