/* SPDX-License-Identifier: MIT */
/*
 * The host that it_haproxy gives to the drivers: a loop, a poll a second,
 * and everything that they told.
 */
#ifndef TESTS_IT_RIG_H
#define TESTS_IT_RIG_H

#include <event2/event.h>

#include "balancer/haproxy.h"
#include "balancer/haproxy_keys.h"
#include "io/loop.h"
#include "it_stage.h"
#include "plimsoll/sample.h"
#include "source/haproxy.h"
#include "source/haproxy_keys.h"

/* Bounds are times on an idle machine; a busy one is no failure. */
enum { MAX_OPS = 512, MAX_TOLD = 64, PATIENCE = 4 };

/* The host of both drivers, and what they told it. */
struct rig {
	struct loop *loop;
	struct host host;
	void *balancer, *source;
	struct haproxy_balancer_settings bset;
	struct haproxy_source_settings sset;
	struct timer beat, pulse;
	bool polling;
	op_t next_op;
	enum outcome outcome[MAX_OPS];
	bool answered[MAX_OPS];
	char text[REASON_SIZE];
	struct told told[MAX_TOLD];
	int n_told;
	struct sample sample;
	int samples, valid, polls_skipped;
	bool fresh;
	ns_t sample_at;
	uint64_t epoch;		/* of the last valid sample */
	int epochs;		/* how many there were */
	struct sample first;	/* of this epoch */
	struct server_id health_id;
	int downs, ups, saves;
	ns_t down_at;
	char trouble[REASON_SIZE];
};
extern struct rig rig;

#define UNTIL(cond, s)                                                       \
	do {                                                                 \
		ns_t end_ = now() + PATIENCE * ns_from_s(s);                 \
		while (!(cond)) {                                            \
			CHECK(now() < end_, "not within %g s (trouble: %s)", \
			    (double)(s), rig.trouble);                       \
			(void)event_base_loop(loop_base(rig.loop),           \
			    EVLOOP_ONCE);                                    \
		}                                                            \
	} while (0)

#define SHOW "show servers state shop"

struct story {
	const char *name;
	void (*play)(void);
};

/* All of them, or those that are named. */
int	play(int argc, char **argv, const struct story *, size_t n);

ns_t	now(void);
void	drivers_start(void);
void	drivers_stop(void);
void	rig_begin(struct lb *l, int n, bool state_file);
void	rig_end(void);
void	run_for(double s);
op_t	ask(void (*call)(void *, op_t, const struct backend_server *),
	    const struct backend_server *b);
void	done(op_t op, double within);
void	add(const struct backend_server *b);
void	list(void);
const struct told	*told(const char *id);
bool	in_place(struct lb *l, int k);
bool	led_back(struct lb *l, pid_t old);
void	no_loss(const struct counts *c);

#endif
