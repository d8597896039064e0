/* SPDX-License-Identifier: MIT */
/*
 * What a step wants done.  RECORDs come first: the hands make them durable
 * before any effect of the same step leaves (I-12, I-27; I-29 is the one
 * exception: launches go on without, removals wait).  Each effect has an op
 * and ends in exactly one EVENT_ANSWER; past its deadline the host answers
 * `unknown`.
 */
#ifndef PLIMSOLL_ORDER_H
#define PLIMSOLL_ORDER_H

#include "plimsoll/limits.h"
#include "plimsoll/server.h"
#include "plimsoll/units.h"

enum order_kind {
	ORDER_RECORD,	 /* journal these servers as they are now */
	ORDER_FORGET,	 /* journal that these are gone for good */
	ORDER_LAUNCH,	 /* one call for a batch of intents of one way */
	ORDER_LOOKUP,	 /* what became of this token (I-13) */
	ORDER_LIST,	 /* everything that the way's provider has of us */
	ORDER_PROBE,	 /* ask its health until it is well; then HEALTHY */
	ORDER_PROBE_END, /* no longer of interest; no answer */
	ORDER_ADD,	 /* to the balancer */
	ORDER_DRAIN,
	ORDER_REMOVE,	 /* from the balancer */
	ORDER_TERMINATE,
	ORDER_SEEN,	 /* list what the balancer sends traffic to */
	ORDER_KIND_COUNT
};

enum { MAX_ORDERS = 2048, MAX_ORDER_SERVERS = 4096 };

struct order {
	enum order_kind kind;
	int group;
	int way;
	op_t op;
	ns_t deadline; /* moment of the boot clock */
	int first, n;  /* servers[first .. first + n) of the orders */
};

/*
 * One operation for a server at a time; but a later ADD or REMOVE ends a
 * DRAIN that is under way, PROBE_END a PROBE, and news of the server itself a
 * LAUNCH or LOOKUP: their answers are ignored.
 */

/* The caller's memory; a step fills it anew. */
struct orders {
	int n;
	struct order at[MAX_ORDERS];
	int n_servers;
	struct server servers[MAX_ORDER_SERVERS];
};

#endif
