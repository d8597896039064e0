/* SPDX-License-Identifier: MIT */
/*
 * A balancer sends customers to servers.  The driver keeps the set that it
 * was told to serve and asserts it again when the balancer forgot (reload,
 * restart: I-21).  Servers that it was never told of are not touched.
 */
#ifndef PLIMSOLL_BALANCER_H
#define PLIMSOLL_BALANCER_H

#include "plimsoll/driver.h"
#include "plimsoll/key.h"
#include "plimsoll/ready.h"

/* After a restart of ours the address is how a balancer knows the server. */
struct backend_server {
	struct server_id id;
	uint8_t address[16];
	uint16_t port;
};

struct balancer_ops {
	const char *name;
	size_t state_size;
	const struct key_table *keys; /* of the policy's `balancer` group */

	int	(*init)(void *self, const struct host *, const void *settings,
		    struct err *);
	/*
	 * Required.  Customers may reach it; done when every reachable
	 * balancer has it in service.  In service already is success; one
	 * that drains is taken back.
	 */
	void	(*add)(void *self, op_t, const struct backend_server *);
	/* Required.  No new requests; done when no session is left. */
	void	(*drain)(void *self, op_t, const struct backend_server *);
	/* Required.  Out of service now.  Not there is success. */
	void	(*remove)(void *self, op_t, const struct backend_server *);
	/*
	 * Required.  Every server in service or draining, ours or not: its
	 * phase is SERVING or DRAINING, or FAILED when in service and found
	 * down.  (host->health tells of a change at once, this of what was
	 * missed.)
	 */
	void	(*list)(void *self, op_t);
	/*
	 * Optional, NULL.  For `plimsoll check`, outside of any loop: what
	 * the balancer's own configuration lacks, one call of tell() each.
	 * max: servers of the group.  How many, or -1 and why it is not known.
	 */
	int	(*advise)(const void *settings, int max,
		    void (*tell)(void *ctx, const char *lack), void *ctx,
		    struct err *);
	/*
	 * Optional, NULL.  Rows of what it needs to take up to `max` servers,
	 * as a provider's.
	 */
	void	(*ready)(void *self, int max, struct ready_list *);
	/* Required.  Accepts a half-built self, and NULL. */
	void	(*fini)(void *self);
};

#endif
