/* SPDX-License-Identifier: MIT */
/*
 * Reading the policy again: all or nothing, with a plan that a person sees,
 * and that waits for a word when it changes much (I-33).
 */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "api/desk.h"

struct err;
struct log;
struct loop;
struct plan;
struct policy;
struct reload;

struct reload_parts {
	struct loop *loop;
	struct log *log;
	const char *path;
	void *ctx;
	const struct policy *(*policy)(void *ctx); /* in force */
	int (*count)(void *ctx, const char *group); /* servers of ours */
	/* 0: the new policy is in force and its receiver's. */
	int (*apply)(void *ctx, struct policy *new, const struct plan *,
	    struct err *);
};

struct reload	*reload_new(const struct reload_parts *);
/* Who still waits is told that the daemon stops. */
void		reload_free(struct reload *);
/* confirm: the plan that a person has seen, or NULL.  done: NULL for none. */
void		reload_ask(struct reload *, const char *confirm,
		    const char *who, desk_done *, void *arg);

#endif
