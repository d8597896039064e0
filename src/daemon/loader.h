/* SPDX-License-Identifier: MIT */
/*
 * Reads a policy beside the loop: a file may be on a disk that hangs, and
 * the loop must not wait for it.
 */
#ifndef DAEMON_LOADER_H
#define DAEMON_LOADER_H

struct err;
struct errors;
struct loader;
struct loop;
struct policy;

/* policy is the receiver's, NULL where there are errors. */
typedef void	loader_done(void *ctx, struct policy *,
		    const struct errors *);

/*
 * NULL with a sentence when it cannot begin.  done comes from the loop,
 * once, and the loader is gone after it.
 */
struct loader	*loader_start(struct loop *, const char *path, loader_done *,
		    void *ctx, struct err *);
/* The daemon stops: done will not come.  NULL is allowed. */
void		loader_stop(struct loader *);

#endif
