/* SPDX-License-Identifier: MIT */
/*
 * Asks a new server for its health over HTTP, again and again, until it
 * gave a 2xx so many times in a row.  Each try has a deadline of its own; nothing blocks, so that
 * hundreds are asked at once.
 */
#ifndef IO_PROBE_H
#define IO_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "plimsoll/units.h"

struct err;
struct loop;
struct probe;

enum {
	PROBE_PATH_SIZE = 256,
	PROBE_ANSWER_MAX = 4096 /* bytes read of one answer */
};

struct probe_settings {
	const char *path; /* "/health": printable, no spaces; "": a TCP
			     connection is enough */
	ns_t every;	  /* from try to try */
	ns_t timeout;	  /* of one try */
	int rise;	  /* good answers in a row; below 1: one */
};

/* A server to ask; the callback comes once, when it is well. */
struct probe_of {
	uint8_t address[16]; /* as struct server */
	uint16_t port;
	void (*healthy)(void *arg);
	void *arg;
};

/* The first try begins at once.  NULL with a sentence where it cannot. */
struct probe	*probe_start(struct loop *, const struct probe_of *,
		    const struct probe_settings *, struct err *);
/* No more tries and no callback.  Allowed inside the callback; NULL is. */
void		probe_stop(struct probe *);

/*
 * The status of an HTTP answer's first bytes: 100 to 599, 0 where they are
 * no HTTP, -1 where there are too few to tell.
 */
int		probe_status(const char *text, size_t n);

#endif
