/* SPDX-License-Identifier: MIT */
/*
 * The production core, fed again with what a journal recorded: the calls that
 * began it, then step by step.  Whoever feeds it compares the decisions.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include "core/fleet.h"
#include "plimsoll/call.h"

struct err;
struct replay;

/* The policy outlives it. */
int	replay_new(struct replay **ret, const struct fleet_policy *,
	    struct err *);
void	replay_free(struct replay *); /* NULL is fine */
/*
 * CALL_INIT begins a new fleet; the others need one.  CALL_RELOAD and
 * CALL_GAP end it: what came of them is not known here.
 */
int	replay_call(struct replay *, const struct fleet_call *, struct err *);
/* A fleet is there, and goes on from step to step. */
bool	replay_is_on(const struct replay *);
/* One step; the fleet is on. */
void	replay_step(struct replay *, const struct now *, const struct event *,
	    size_t n);
/* Of the last step; NULL: the group has not decided. */
const struct decision	*replay_decision(const struct replay *, int group);

#endif
