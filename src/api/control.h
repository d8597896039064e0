/* SPDX-License-Identifier: MIT */
/*
 * The control socket: a line of JSON in, a line of JSON out.  Who may open
 * it may do everything, so the file's rights are the right; who it was
 * (SO_PEERCRED) goes into the journal with every word.
 *
 *	{"call":"status","group":"web"}
 *	{"ok":true, ...}  or  {"ok":false,"error":"one sentence"}
 */
#ifndef API_CONTROL_H
#define API_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>

struct control;
struct desk;
struct err;
struct loop;

enum {
	CONTROL_CLIENTS = 64,	      /* at a time; the next one waits */
	CONTROL_LINE = 16 << 10,      /* bytes of a request */
	CONTROL_UNREAD = 8 << 20,     /* bytes of answers that nobody read */
	CONTROL_IDLE_S = 300,	      /* without a request */
	CONTROL_SLOW_S = 10	      /* without taking a byte of the answer */
};

/* The owner alone may open it, and the group where there is one. */
struct control_rights {
	bool has_group;
	gid_t group;
};

/*
 * Listens at path.  A socket that nobody listens at is
 * replaced; one that answers, or anything else at path, is left alone and
 * refused.  The desk outlives the control.
 */
struct control	*control_new(struct loop *, const char *path,
		    const struct control_rights *, const struct desk *,
		    struct err *);
/* Takes the socket away; unanswered requests are dropped. */
void		control_free(struct control *);

#endif
