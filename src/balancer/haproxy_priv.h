/* SPDX-License-Identifier: MIT */
/*
 * The inside of the balancer `haproxy`, in three parts:
 *
 *   haproxy.c       operations: what is wanted, and when an operation is done
 *   haproxy_peer.c  conversations: one question at a time to each HAProxy
 *   haproxy_list.c  listings: what all of them have
 *
 * An operation changes what is wanted of a slot; each peer is then led there
 * (peer_step), its dump is the proof, and whatever a dump completes is
 * answered (proxy_conclude).  Answers go through an outbox, since no call
 * may answer from inside.
 */
#ifndef BALANCER_HAPROXY_PRIV_H
#define BALANCER_HAPROXY_PRIV_H

#include "balancer/haproxy_slots.h"
#include "io/loop.h"
#include "io/runtime.h"
#include "plimsoll/balancer.h"

enum {
	LIST_OPS = 8,	  /* listings that wait for the same looks */
	WAITING_MAX = 4096, /* operations before the first look */
	ATTEMPTS = 32,	  /* slots that one line changes */
	TRIES = 3	  /* in vain, then the operation failed for good */
};

struct proxy;

/* One HAProxy. */
struct peer {
	struct proxy *proxy;
	int index;
	struct runtime *runtime;
	bool busy;	 /* a question is under way */
	bool tried;	 /* the first look was answered, or failed */
	bool reached;	 /* the last question was answered */
	bool has_dump;	 /* of the present process */
	bool seen;	 /* there was a dump once */
	bool look_due;	 /* something moved: look at the next step */
	ns_t heard;	 /* it answered last; 0 never */
	bool list_due;	 /* a listing waits for a look asked from now on */
	bool list_asked; /* the look under way is for it */
	uint64_t epoch;
	uint64_t up;	 /* servers up, as of the last look or check */
	ns_t dump_at;
	uint64_t saved;	 /* signature of the state that was handed over */
	const char *state_file; /* NULL: none */
	int n_attempts, attempts[ATTEMPTS];
	char said[160];	 /* HAProxy's first words about the commands */
	char trouble[REASON_SIZE]; /* "" none */
	struct server_row *others; /* servers beside the slots */
	uint64_t *others_busy;
	int n_others, others_size;
};

struct waiting {
	struct waiting *next;
	op_t op;
	enum slot_op kind;
	struct backend_server server;
};

struct outgoing {
	struct outgoing *next;
	struct answer answer; /* without told */
};

struct proxy {
	const struct host *host;
	struct slots slots;
	ns_t timeout;
	int n_peers;
	struct peer peers[MAX_BALANCERS];
	char state_files[MAX_BALANCERS][KEY_STRING_SIZE];
	struct timer tick, flush;
	struct waiting *waiting, **waiting_tail;
	int n_waiting;
	struct outgoing *out, **out_tail;
	int n_lists;
	op_t lists[LIST_OPS];
	char trouble[REASON_SIZE]; /* as last told */
};

/* A balancer that does not answer for so long is not waited for. */
#define AWAY_AFTER (3 * NS_S)

/* Peers that answered last, with a dump, as bits. */
unsigned	proxy_reached(const struct proxy *);
/* Some slot is in a drain or grows: looks come more often, with sessions. */
bool		proxy_hurries(const struct proxy *);
/* A dump came, or a peer failed: answers what is now complete. */
void		proxy_conclude(struct proxy *, ns_t now);
/* What a peer's trouble is, told when it is news. */
void		proxy_trouble(struct proxy *);
/* An answer, in the next turn. */
void		proxy_say(struct proxy *, op_t, enum outcome, const char *);
void		proxy_step(struct proxy *, ns_t now, bool tick);

/* In haproxy_list.c. */
void		proxy_list(void *self, op_t);
void		proxy_answer_lists(struct proxy *);

/* The next question, if there is one; `tick`: a look or check is due too. */
void		peer_step(struct peer *, ns_t now, bool tick);

#endif
