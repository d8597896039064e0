/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses, beside the transfers: libevent's resolver on the loop,
 * no thread, so that a name server that hangs delays nobody.  It asks the
 * servers of /etc/resolv.conf and reads /etc/hosts, no other source.
 *
 * What is known is served at once.  After 30 s it is looked up anew beside
 * that, and while name servers fail the old answer serves on for a day: an
 * old address is better than none, and TLS says who is there.
 */
#ifndef IO_RESOLVER_H
#define IO_RESOLVER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "plimsoll/units.h"

struct err;
struct loop;
struct resolver;

enum {
	RESOLVER_ADDRESSES = 8,	 /* kept of one name */
	RESOLVER_NAMES = 128,	 /* at a time; the longest unused goes */
	RESOLVER_NAME_SIZE = 254 /* with NUL */
};

struct resolved {
	int n; /* 0: not known, see why */
	char address[RESOLVER_ADDRESSES][INET6_ADDRSTRLEN];
	const char *why; /* a sentence when n is 0, else "" */
};

/* In the caller's memory, until `done` or resolver_leave(). */
struct resolver_wait {
	void (*done)(void *arg, const struct resolved *);
	void *arg;
	struct resolver_wait *next, **prev; /* ours */
};

/* nameserver: "ADDRESS:PORT" alone is asked, for tests; NULL: the system's. */
struct resolver	*resolver_new(struct loop *, const char *nameserver,
		    struct err *);
/*
 * Who still waits is never told.  A question under way is given up, and
 * libevent lets go of its memory in the loop's next turn.  NULL is allowed.
 */
void		resolver_free(struct resolver *);

/* How long an answer is not looked up anew: 30 s without this. */
void		resolver_fresh(struct resolver *, ns_t);

/* A number, or a name that is known now: true. */
bool		resolver_get(struct resolver *, const char *host,
		    struct resolved *ret);
/*
 * `done` is called exactly once, later, never from inside; how long that
 * may take is the caller's to say: it leaves.  False: too many names are
 * being looked up, and it will not be called.
 */
bool		resolver_wait(struct resolver *, const char *host,
		    struct resolver_wait *);
void		resolver_leave(struct resolver_wait *);

#endif
