/* SPDX-License-Identifier: MIT */
/*
 * HAProxy's runtime API, asked over its stats socket.
 *
 * One connection at a time and one command line a connection: the socket
 * has few places (`stats maxconn`, 10), and whoever piles up connections
 * locks out the people who need it.  All drivers of a loop share one client
 * per socket.  After a time-out nobody is asked for 1, 2, 4, then 5 s, and
 * each question meanwhile fails at once.  A refused connection is cheap and
 * is no reason to wait: that is how a restart looks.
 */
#ifndef IO_RUNTIME_H
#define IO_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

#include "io/command.h"
#include "plimsoll/units.h"

struct err;
struct loop;
struct runtime;

enum {
	RUNTIME_QUEUE_MAX = 1024,    /* questions that wait; MUST */
	RUNTIME_ANSWER_MAX = 8 << 20 /* bytes; 5,000 servers are 1.2 MB */
};

enum runtime_result {
	RUNTIME_OK,	   /* the whole answer came */
	RUNTIME_REFUSED,   /* no connection: not there, not running */
	RUNTIME_TIMEOUT,   /* not answered in time; a command may have run */
	RUNTIME_TRUNCATED, /* the answer broke off or was too long */
	RUNTIME_BACKOFF	   /* not asked: busy, or the last did not answer */
};

/* Lives until the callback returns. */
struct runtime_answer {
	enum runtime_result result;
	const char *text; /* n bytes and a NUL; "" unless OK */
	size_t n;
	ns_t asked, now; /* when the line was sent, and now */
	const char *why; /* a sentence when not OK, else "" */
};

typedef void runtime_done(void *arg, const struct runtime_answer *);

/*
 * "/path" or "ADDRESS:PORT" (numbers only; no name is looked up).  The same
 * place again is the same client.  Opens nothing yet.
 */
struct runtime	*runtime_open(struct loop *, const char *where, struct err *);
/* Whether `where` is such a place; else a sentence. */
int		runtime_check(const char *where, struct err *);
/* What `arg` still waits for is never answered.  NULL is allowed. */
void		runtime_close(struct runtime *, void *arg);
const char	*runtime_where(const struct runtime *);

/*
 * Asks, in turn.  `done` is called exactly once, later, never from inside.
 * `patience` is for the answer once it is asked; a question that waited as
 * long for its turn is not asked.
 */
void		runtime_ask(struct runtime *, const struct command *,
		    ns_t patience, runtime_done *done, void *arg);

#endif
