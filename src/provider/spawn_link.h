/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of the spawner's socket.  It connects, says hello,
 * connects again when the other end is gone, and starts a spawner where
 * there is none and that is ours to do.
 */
#ifndef PROVIDER_SPAWN_LINK_H
#define PROVIDER_SPAWN_LINK_H

#include <stdbool.h>

#include "provider/spawn_msg.h"

struct err;
struct loop;
struct spawn_link;

struct spawn_link_settings {
	const char *folder;
	const char *program; /* to start; NULL: somebody else's part */
};

/* From the loop only, never from inside a call. */
struct spawn_link_hooks {
	void *arg;
	void (*up)(void *arg);	 /* messages can be sent from now on */
	void (*down)(void *arg); /* what was sent may have been read */
	void (*message)(void *arg, const struct spawn_msg *);
};

struct spawn_link	*spawn_link_new(struct loop *,
			    const struct spawn_link_settings *,
			    const struct spawn_link_hooks *, struct err *);
void		spawn_link_free(struct spawn_link *); /* NULL is fine */
bool		spawn_link_is_up(const struct spawn_link *);
/* Why it is not up, for a person. */
const char	*spawn_link_why(const struct spawn_link *);
/* It must be up.  -1 where the message is too long: nothing was sent. */
int		spawn_link_send(struct spawn_link *, const struct spawn_msg *,
		    struct err *);

#endif
