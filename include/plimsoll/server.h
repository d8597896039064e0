/* SPDX-License-Identifier: MIT */
/*
 * Servers and what is known of each.  One record a server, from the moment
 * it was decided; the core's table holds nothing else per server (192 bytes
 * a possible server is the bound, with what the index needs).
 */
#ifndef PLIMSOLL_SERVER_H
#define PLIMSOLL_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/units.h"

/* The intent's name: random, ours, given to the provider with the launch. */
struct token {
	uint8_t byte[TOKEN_SIZE];
};

/* The provider's own name for a server, "" until it is known. */
struct server_id {
	char text[ID_SIZE];
};

/*
 * A server's life, in order.  DECIDED to HEALTHY are "pending" for whoever
 * counts capacity; each step is timed and learned.
 */
enum phase {
	PHASE_NONE,
	PHASE_DECIDED,	/* the intent exists, the provider may not know */
	PHASE_ACCEPTED, /* the provider said yes */
	PHASE_BOOTED,	/* it runs and said so */
	PHASE_SECRETS,	/* it has its secrets */
	PHASE_ARTIFACT, /* it has what it serves */
	PHASE_HEALTHY,	/* it answers its health check, out of service */
	PHASE_SERVING,	/* customers reach it */
	PHASE_DRAINING, /* no new requests */
	PHASE_REMOVING, /* termination asked for */
	PHASE_FAILED,	/* never going to serve; paid until it is removed */
	PHASE_GONE,
	PHASE_COUNT
};

enum { SERVER_REACHED = PHASE_SERVING - PHASE_ACCEPTED + 1 };

enum {
	SERVER_OURS = 1 << 0,	   /* journal and tag say so (I-10) */
	SERVER_UNKNOWN = 1 << 1,   /* the launch's outcome is not known (I-13) */
	SERVER_DRILL = 1 << 2,	   /* never serves, counts as nothing */
	SERVER_PROTECTED = 1 << 3, /* by an operator, until protect_until */
	SERVER_HEDGE = 1 << 4,	   /* overtakes a stalled one */
	SERVER_STALLED = 1 << 5,   /* past its phase's deadline */
	SERVER_RESTORED = 1 << 6,  /* was there at start: teaches no lead time */
	SERVER_REPLACE = 1 << 7,   /* to be removed once a new one serves */
	SERVER_REPLACES = 1 << 8,  /* launched in place of one of these */
	SERVER_OUT = 1 << 9,	   /* the balancer sends it nothing */
	SERVER_LEAVING = 1 << 10,  /* its drain is not taken back */
	SERVER_ORPHAN = 1 << 11,   /* our tag, not our journal (I-15) */
	SERVER_SICK = 1 << 12,	   /* the balancer's health check says down */
	SERVER_DIRTY = 1 << 13,	   /* ledger only: a RECORD is due */
	SERVER_MARK = 1 << 14	   /* ledger only: seen in this listing */
};

struct server {
	struct server_id id;
	struct token token;
	uint8_t phase; /* enum phase */
	uint8_t way;   /* index of the group's ways */
	uint16_t flags;
	uint16_t port;	   /* 0: not known */
	uint8_t address[16]; /* IPv6, or IPv4 mapped into it; zero: not known */
	uint8_t tries;	     /* of the present phase's operation */
	uint8_t misses;	     /* listings without it (I-14) */
	/*
	 * When it reached ACCEPTED + i, in tenths of a second after `since`,
	 * rounded up; 0: not yet or not known.
	 */
	uint16_t reached_ds[SERVER_REACHED];
	ns_t since;	   /* launched (the intent's moment) */
	ns_t phase_since;  /* entered this phase */
	ns_t serving_since; /* 0: never */
	ns_t deadline;	   /* of what it is doing; NS_NEVER */
	ns_t retry;	   /* what is due waits until then; NS_NEVER */
	ns_t protect_until;
	op_t op; /* the operation under way, 0 none */
};

#endif
