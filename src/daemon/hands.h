/* SPDX-License-Identifier: MIT */
/*
 * The drivers that a policy asks for, and their host: a provider for each
 * that a group uses, with its ways; a balancer and a source for each group;
 * probes.  Orders become calls here, answers become events.  Nothing is
 * decided here.
 */
#ifndef DAEMON_HANDS_H
#define DAEMON_HANDS_H

#include "daemon/ops.h"
#include "plimsoll/driver.h"
#include "plimsoll/order.h"
#include "plimsoll/ready.h"

struct err;
struct hands;
struct loop;
struct plan;
struct policy;

struct hands_hooks {
	void *ctx;
	void (*answer)(void *ctx, const struct answer *);
	/* group: as the provider says, "" where it does not. */
	void (*happened)(void *ctx, enum happening, const struct told *);
	void (*health)(void *ctx, int group, const struct server_id *,
	    bool up);
	void (*sampled)(void *ctx, int group, const struct sample *);
	void (*save)(void *ctx, const char *path, const char *text, size_t n);
	/* Once when it begins, once with "" when it is over. */
	void (*trouble)(void *ctx, const char *who, const char *sentence);
	const char *boot; /* for providers: struct host */
};

/* Every driver is made; the policy outlives them. */
struct hands	*hands_new(struct loop *, const struct policy *,
		    const struct hands_hooks *, struct err *);
void		hands_free(struct hands *);
/* The sources are polled from now on, each group on its own beat. */
void		hands_start(struct hands *);
/* An order that passed the gate. */
void		hands_out(struct hands *, const struct order *,
		    const struct server *);
/*
 * Rows of launch readiness of a group: its ways, each with the name of its
 * provider in front, and its balancer.
 */
void		hands_ready(struct hands *, int group, struct ready_list *);
/*
 * A reload in two moves.  hands_prepare() makes what the plan says is new: it
 * may fail, and hands_forget() takes it back.  hands_reload() then cannot.
 */
int		hands_prepare(struct hands *, const struct policy *new,
		    const struct plan *, struct err *);
void		hands_forget(struct hands *);
void		hands_reload(struct hands *, const struct policy *new,
		    const struct plan *);
/* Its deadline passed: what we do ourselves for it ends. */
void		hands_passed(struct hands *, const struct op *);

#endif
