/* SPDX-License-Identifier: MIT */
/*
 * The calls: one row and one function each, for the control socket and for
 * HTTP alike.  A function reads `in`, fills `out` or refuses with a
 * sentence; one that cannot answer yet takes the request with call_later().
 */
#ifndef API_CALLS_H
#define API_CALLS_H

#include "api/desk.h"
#include "plimsoll/limits.h"

struct err;
struct json_object;
struct later;

struct request {
	const struct desk *desk;
	struct json_object *in;
	struct json_object *out;
	char who[NAME_SIZE]; /* of the peer, never of the request */
	struct later *(*later)(struct request *); /* the surface's */
	bool is_later;
	void *surface;
};

struct call {
	const char *name;
	const char *fields; /* that it reads, with spaces around each */
	int (*run)(struct request *, struct err *);
};

/* NULL where there is none. */
const struct call	*call_find(const char *name);
/*
 * Runs what the request names: 0 answered or to be answered later, -1
 * refused with a sentence.
 */
int	call_run(struct request *, struct err *);

/* For desk_done: answers the request that was taken. */
desk_done	call_done;

int	call_status(struct request *, struct err *);
int	call_ready(struct request *, struct err *);
int	call_servers(struct request *, struct err *);
int	call_phases(struct request *, struct err *);
int	call_word(struct request *, struct err *);
int	call_history(struct request *, struct err *);
int	call_reload(struct request *, struct err *);

/* The group that the request names; -1 with a sentence. */
int	call_group(struct request *, struct err *);
/* A figure with six digits, or null. */
struct json_object	*call_number(bool known, double v);

#endif
