/* SPDX-License-Identifier: MIT */
/*
 * The slots of a server-template: what we want of each, what each balancer
 * has, and the commands that lead from one to the other.
 *
 * A slot is the same server name on every balancer.  What is wanted is kept
 * here and asserted again whenever a balancer has something else (it was
 * reloaded, it was away).  A slot of which nothing is wanted, and servers
 * beside the slots, are never touched.  Nothing is ever deleted: a deleted
 * server crashed HAProxy 2.6, an emptied slot that rests did not.
 * No I/O: dumps go in, commands come out.
 */
#ifndef BALANCER_HAPROXY_SLOTS_H
#define BALANCER_HAPROXY_SLOTS_H

#include "balancer/haproxy_state.h"
#include "plimsoll/balancer.h"

enum want {
	WANT_NOTHING,
	WANT_READY, /* at its address, taking requests */
	WANT_DRAIN, /* no new requests */
	WANT_MAINT  /* empty; then it rests and nothing is wanted any more */
};

enum slot_op { SLOT_ADD, SLOT_DRAIN, SLOT_REMOVE };

/* What one balancer has in one slot, as of its last dump. */
struct actual {
	bool present;
	bool asked;	/* to be what is wanted: not again before a tick */
	bool throttled; /* the template has a slowstart of its own */
	uint8_t op_state, admin;
	uint8_t address[16];
	uint16_t port;
	int weight, full_weight;
	uint64_t busy;	 /* requests that it serves or holds */
	ns_t idle_since; /* busy was 0 in a drain; 0: it was not */
};

struct slot {
	enum want want;
	struct backend_server server; /* unless nothing is wanted */
	op_t op;		      /* under way; 0 none */
	enum slot_op kind;
	ns_t rest_until;
	ns_t ramp_from; /* its weight grows since then */
	bool weigh;	/* its weight is not yet what it will be */
	bool up;	/* as last told */
	int tries;	/* commands that changed nothing, in a row */
};

/* Fields are private, but for reading. */
struct slots {
	char backend[NAME_SIZE];
	char prefix[NAME_SIZE]; /* "": not known yet */
	int n_peers;
	int n; /* slots 1 .. n - 1 */
	struct slot *at;
	struct actual *actual; /* at[k] on peer p: k * n_peers + p */
	int last; /* picked */
	ns_t rest, slow_start;
};

void	slots_init(struct slots *, int n_peers, const char *backend,
	    const char *prefix, ns_t rest, ns_t slow_start);
void	slots_fini(struct slots *);

/* Looks for the prefix in a dump; 0 found or known, -1 and a sentence. */
int	slots_detect(struct slots *, struct cursor dump, struct err *);
/* A dump of one peer: begin, its rows, done. */
void	slots_begin(struct slots *, int peer);
/* False: it is not in a slot. */
bool	slots_row(struct slots *, int peer, const struct server_row *);
/* The peer is another process now, or was away: all is to be asserted. */
void	slots_new_process(struct slots *, int peer, ns_t now);
/* What was asked in vain may be asked again. */
void	slots_ask_again(struct slots *, int peer);
/* At our start: slots that were emptied shortly before still rest. */
void	slots_rest_from(struct slots *, const struct server_row *,
	    uint64_t uptime_s, ns_t now);

struct actual	*slots_actual(struct slots *, int k, int peer);
void	slots_name(const struct slots *, int k, char ret[HAPROXY_NAME_SIZE]);

/* 0: none.  By id: among those of which something is wanted. */
int	slots_by_id(const struct slots *, const struct server_id *);
/* Among those of which nothing is wanted: in service on a reached peer. */
int	slots_by_address(struct slots *, const struct backend_server *,
	    unsigned reached);
/* A rested one, empty on every reached peer; *ret_rests: one will be soon. */
int	slots_pick(struct slots *, unsigned reached, ns_t now,
	    bool *ret_rests);

/* Wants from now on; the caller sets op and kind. */
void	slots_want(struct slots *, int k, enum want,
	    const struct backend_server *);
/* From the weight of a beginner up, or to the full one at once. */
void	slots_ramp(struct slots *, int k, bool slowly, ns_t now);

/* Adds what leads this peer to what is wanted; false: nothing to do. */
bool	slots_diff(struct slots *, int k, int peer, ns_t now,
	    struct command *);
/* The peer has what is wanted (weights apart). */
bool	slots_settled(struct slots *, int k, int peer);
/* Settled, and in a drain nothing was left for a moment. */
bool	slots_idle(struct slots *, int k, int peer, ns_t now);
/* It is over with slots that are empty everywhere, and with full weights. */
void	slots_sweep(struct slots *, unsigned reached, ns_t now);

#endif
