/* SPDX-License-Identifier: MIT */
/*
 * The ledger of a group: turns decisions into intents and orders, and
 * answers into phases.
 *
 *   DECIDED -> ACCEPTED -> BOOTED .. -> HEALTHY -> SERVING
 *      |           \__ boot deadline, exit __ FAILED      \
 *      |                                        \      DRAINING
 *    refused, not found                          \        |
 *      \_______________________________ GONE <- REMOVING _/
 *
 * A step goes through it in this order: ledger_begin, what was heard
 * (ledger_answer, _happened, _health, _word), ledger_tick (what is due by
 * time), ledger_holds for the decision, ledger_apply (the decision),
 * ledger_records, ledger_effects.  What a server waits for stands in its
 * row: `op` is under way and given up at `retry`; without an op the effect of
 * its phase is due at `retry`.  Nothing is walked before `due`.
 */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "base/rng.h"
#include "core/group.h"
#include "plimsoll/event.h"
#include "plimsoll/order.h"

struct err;

enum {
	LEDGER_HINTS = 1024,	/* ops whose server is found at once */
	LEDGER_TENS = 7		/* of seconds, for removals a minute */
};

/* One way to launch: a provider, or a type or zone of it. */
struct ledger_way {
	ns_t until;	 /* refused: no launch before (I-17) */
	ns_t probe_due;	 /* breaker: the next probe launch (I-16) */
	ns_t list_due;
	ns_t list_asked; /* when the listing under way was asked for */
	ns_t list_giveup;
	ns_t counted;	 /* the last listing whose absences counted (I-14) */
	ns_t calls_at;
	double calls;	 /* token bucket of provider calls (I-18) */
	op_t list_op;
	int failures;	 /* boots, in a row */
	uint8_t refusals; /* in a row */
	uint8_t list_tries;
	bool listed;	 /* completely, since the start */
	bool soon;	 /* a launch of it is not known, or has no address */
	bool asks;	 /* intents or terminations wait for a call */
};

/* Private; complete so that the fleet's memory can hold it. */
struct ledger {
	struct group *group;
	struct servers *servers;
	struct rng rng;
	int slot;	/* in the ops */
	bool alone;	/* the only group: listings need not name it */
	bool started;
	bool seen;	/* the balancer answered since the start */
	bool seen_health; /* and its listings tell who is down */
	bool journal_bad;
	bool hold_in, hold_out; /* by an operator, as last decided */
	uint64_t seq;	/* of the next op */
	ns_t now;	/* of this step */
	ns_t due;	/* no walk before */
	ns_t tick_due;	/* what of it is the tick's */
	bool walk;	/* this step's tick walked */
	bool kept_news; /* of what ledger_save() keeps */
	ns_t gate;	/* until then nothing is launched unless all answered */
	ns_t safe_until;
	ns_t health_removed; /* last removal for ill health (I-11) */
	ns_t seen_due, seen_asked, seen_giveup;
	op_t seen_op;
	uint8_t seen_tries;
	int n_dirty, n_sick, n_replace, n_replaces;
	int n_intents;	 /* decided, not asked for yet */
	int n_late;	 /* launches that are not known for long */
	ns_t late_until; /* boots that missed their deadline, shown so long */
	ns_t differ_until; /* not as the provider tells (I-15), likewise */
	ns_t refused_until;
	ns_t drill_try;	 /* a drill on schedule is not tried before */
	int64_t wall_s;	 /* of this step */
	int removed[LEDGER_TENS]; /* drains, newest ten seconds first */
	ns_t removed_at; /* begin of the newest */
	ns_t removals_from; /* after a restart: what was before is forgotten */
	struct ledger_way way[MAX_WAYS];
	uint16_t hint[LEDGER_HINTS];
};

void	ledger_init(struct ledger *, struct group *, int slot, uint64_t seed);
/* Before the first step, a server as the journal has it. */
int	ledger_restore(struct ledger *, const struct now *,
	    const struct server *, struct err *);
void	ledger_safe_mode(struct ledger *, ns_t until);
void	ledger_journal(struct ledger *, enum journal_state);

/*
 * Ways that refused or did not boot, the last removal for ill health: into
 * at most n bytes, and back before the first step.  How many bytes were
 * taken; 0: none, there is no room, or they are not such a record.
 */
size_t	ledger_save(struct ledger *, void *buf, size_t n);
size_t	ledger_load(struct ledger *, const struct now *, const void *buf,
	    size_t n);
size_t	ledger_kept(void);

void	ledger_begin(struct ledger *, const struct now *);
void	ledger_answer(struct ledger *, op_t, enum outcome,
	    const struct told *, size_t n);
void	ledger_happened(struct ledger *, enum happening, const struct told *);
void	ledger_health(struct ledger *, const struct server_id *, bool up);
/* A word for one server, or RESUME; -1 with a sentence. */
int	ledger_word(struct ledger *, const struct now *, const struct word *,
	    struct err *);
void	ledger_tick(struct ledger *);
/* What forbids now: at most MAX_HOLDS; returns how many. */
int	ledger_holds(const struct ledger *, struct hold *);
void	ledger_apply(struct ledger *, const struct decision *);
void	ledger_records(struct ledger *, struct orders *);
void	ledger_effects(struct ledger *, struct orders *);
uint32_t	ledger_alarms(const struct ledger *);

/* The slot of the ledger that an op belongs to. */
static inline int
ledger_op_slot(op_t op)
{
	return ((int)(op >> 58));
}

#endif
