/* SPDX-License-Identifier: MIT */
/*
 * Launch readiness: on a beat of its own it gathers the rows of every group
 * from whoever owns the things, takes the looks in a thread, and says in the
 * log what falls and what is well again.  Nothing is decided here.
 */
#ifndef DAEMON_READINESS_H
#define DAEMON_READINESS_H

#include "plimsoll/ready.h"

struct launch_facts;
struct log;
struct loop;
struct policy;
struct readiness;

struct readiness_hooks {
	void *ctx;
	/* Rows of the group's provider ways and balancer. */
	void (*rows)(void *ctx, int group, struct ready_list *);
	/* Bundles and boot endpoint as they are now. */
	const struct launch_facts *(*facts)(void *ctx);
};

/* The first round begins at once.  NULL: out of memory. */
struct readiness	*readiness_new(struct loop *, struct log *,
			    const struct policy *,
			    const struct readiness_hooks *);
void		readiness_free(struct readiness *);
/* Another policy is in force: a round from the start. */
void		readiness_reload(struct readiness *, const struct policy *);
/* Its part, as of the last round. */
void		readiness_tell(const struct readiness *,
		    struct launch_facts *);

#endif
