/* SPDX-License-Identifier: MIT */
/* What the made world's own files share. */
#ifndef SIM_WORLD_PRIV_H
#define SIM_WORLD_PRIV_H

#include "sim/world.h"

enum {
	MADE_MAX = 4096,  /* servers that ever were, of one history */
	FLIGHT_MAX = 1024,
	TOLD_MAX = 256,
	RECORDS_MAX = 2048,
	INBOX_MAX = 1024,
	OPS_BITS = 17
};

/* A server of the made world, from its making to long after its end. */
struct made {
	struct server_id id;
	struct token token; /* zero: not ours */
	uint8_t address[16];
	int group, way;
	bool exists;	 /* the provider has it */
	bool alive;	 /* its process answers */
	bool was_well;	 /* passed its check once */
	bool orphan;	 /* our tag, nobody's decision */
	bool reported;	 /* its end was told */
	ns_t made_at, ended_at;
	ns_t well_at;	 /* NS_NEVER: never */
	ns_t dies_at;
	/* in the balancer */
	bool in, draining, up;
	int sessions;
	int long_sessions; /* of these: stay until they are cut */
	ns_t drain_end;	   /* when its drain may be cut; 0 not asked */
};

/* An answer that is on its way. */
struct flight {
	op_t op;
	enum order_kind kind;
	int group, way;
	ns_t at;	/* of the answer; NS_NEVER: lost */
	ns_t again_at;	/* a second time; NS_NEVER */
	ns_t deadline;	/* then the host says unknown */
	bool unknown;	/* the host has said it */
	enum outcome outcome;
	int n_told;
	struct told *told;
	int n_tokens;	/* whom it is about */
	struct token *tokens;
	bool ended;	/* a later order put an end to it */
};

enum { DRAINS_KEPT = 256 };

struct drained {
	ns_t at;
	int group;
	int of;		     /* servers of the group then, itself included */
};

struct world {
	const struct history *h;
	struct world_result *r;
	struct rng rng;
	struct now now;
	ns_t start;
	struct fleet_policy policy;
	struct group_policy groups[WORLD_GROUPS];
	void *memory;
	struct fleet *fleet;
	struct orders *orders;
	/* the world */
	int n_made;
	struct made made[MADE_MAX];
	int n_flights;
	struct flight *flight[FLIGHT_MAX];
	double load[WORLD_GROUPS];
	int next_port;
	/* the journal, as far as it is durable */
	int n_records;
	struct {
		int group;
		struct server s;
	} record[RECORDS_MAX];
	bool journal_bad; /* it is */
	bool told_bad;	  /* and the fleet knows */
	/* the inbox of the next step */
	int n_inbox;
	struct event inbox[INBOX_MAX];
	int n_owned; /* told[] arrays of the inbox, freed after the step */
	struct told *owned[INBOX_MAX];
	/* checks */
	uint64_t *ops; /* a hash set of all that were used */
	int n_ops;
	ns_t born;	     /* of this life of the daemon */
	bool restarted;	     /* at all */
	bool listed[WORLD_GROUPS][MAX_WAYS], seen[WORLD_GROUPS];
	ns_t safe_until[WORLD_GROUPS]; /* or a resume in that group */
	ns_t held_until;     /* an operator's hold, as far as we gave one */
	struct drained drains[DRAINS_KEPT]; /* the last ones, a ring */
	int n_drains;
	bool effects;	     /* this step's records are over */
	bool kill;	     /* in the middle of this step's orders */
	uint32_t struck;     /* faults of the history that struck already */
	uint32_t striking;   /* and those that do so now */
};

/* world_run.c */
bool	world_fault(struct world *, enum fault_kind);
double	world_rate(const struct world *, enum fault_kind);
void	world_fail(struct world *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
struct event	*world_event(struct world *, enum event_kind, int group);
struct made	*world_made(struct world *, const struct token *);
struct made	*world_made_id(struct world *, const struct server_id *);
int	world_record(const struct world *, const struct token *);

/* world_provider.c */
struct made	*provider_make(struct world *, const struct token *, int group,
		    int way);
void	provider_advance(struct world *);
void	provider_take(struct world *, const struct order *, struct flight *);
void	provider_told(const struct made *, enum phase, const struct world *,
	    struct told *);

/* world_balancer.c */
void	balancer_advance(struct world *);
void	balancer_take(struct world *, const struct order *, struct flight *);
void	balancer_forget(struct world *);

/* world_host.c */
void	host_take(struct world *, const struct order *);
void	host_advance(struct world *);
void	host_drop(struct world *);
void	host_record(struct world *, const struct order *);

/* world_check.c */
void	check_order(struct world *, const struct order *);
void	check_step(struct world *);
/* "" when ledger, provider and balancer agree and nothing is under way. */
const char	*check_settled(struct world *);

#endif
