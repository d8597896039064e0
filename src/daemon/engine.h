/* SPDX-License-Identifier: MIT */
/*
 * The daemon's turn:
 *
 *   drivers, words, deadlines --> inbox --> fleet_step --> records, effects
 *                                                             |        |
 *                                            journal <--------+      gate
 *                                            durable(seq) ----------> gate
 *                                                                      |
 *                                   providers, balancers (or shadow) <-+
 *
 * Callbacks fill the inbox.  A step takes the whole of it, on a beat of its
 * own: at once after a sample or a word, soon after anything else, and every
 * second when nothing comes.  Nothing here waits.
 */
#ifndef DAEMON_ENGINE_H
#define DAEMON_ENGINE_H

#include "api/desk.h"
#include "daemon/hands.h"
#include "plimsoll/order.h"

struct boots;
struct engine;
struct err;
struct facts;
struct fleet;
struct journal;
struct launch_facts;
struct log;
struct loop;
struct past;
struct phasebook;
struct plan;
struct policy;

/* What it is joined with; all of it outlives the engine. */
struct engine_parts {
	struct loop *loop;
	struct log *log;
	const struct policy *policy;
	struct fleet *fleet;
	struct journal *journal;
	const struct past *past; /* for the words in force; not kept */
	struct boots *boots;	     /* NULL: none */
	struct phasebook *phasebook; /* NULL: none */
};

struct engine	*engine_new(const struct engine_parts *, struct err *);
void		engine_free(struct engine *);
/* Makes the drivers, whose events begin to come. */
int		engine_start(struct engine *, struct err *);

/*
 * A reload, all or nothing: -1 with a sentence, and nothing has changed.
 * memory is of fleet_reload_size(), kept.  The old policy may go afterwards.
 */
int		engine_reload(struct engine *, const struct policy *new,
		    const struct plan *, void *memory, struct err *);

/* Rows of launch readiness, as hands_ready(). */
void	engine_ready(struct engine *, int group, struct ready_list *);

/* For the desk.  The launch path's part is kept up by its owner. */
void	engine_launch(struct engine *, const struct launch_facts *);
const struct facts	*engine_facts(struct engine *);
/* done: when it was taken and is durable, or when it was refused. */
void	engine_word(struct engine *, int group, const struct word *,
	    desk_done *, void *arg);

/* From a server that boots. */
void	engine_booting(struct engine *, const struct told *);
/* From the journal. */
void	engine_durable(struct engine *, uint64_t seq);
void	engine_journal(struct engine *, enum journal_state, const char *why);
/* What was learned goes into the journal: at intervals, and at the end. */
void	engine_save(struct engine *);

#endif
