/* SPDX-License-Identifier: MIT */
/*
 * Recorded calls and steps on the production core; see replay.h.  Orders are
 * made and go nowhere: their answers are among the recorded events.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/must.h"
#include "sim/replay.h"

struct replay {
	const struct fleet_policy *policy;
	void *memory;
	struct fleet *fleet; /* NULL: none yet, or not known any more */
	struct orders *orders;
};

int
replay_new(struct replay **ret, const struct fleet_policy *p, struct err *e)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->orders = calloc(1, sizeof(*r->orders));
	if (r == NULL || r->orders == NULL) {
		replay_free(r);
		return (err_set(e, ENOMEM, "replay: out of memory"));
	}
	r->policy = p;
	*ret = r;
	return (0);
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	free(r->memory);
	free(r->orders);
	free(r);
}

bool
replay_is_on(const struct replay *r)
{
	return (r->fleet != NULL);
}

static int
replay_begin(struct replay *r, uint64_t seed, struct err *e)
{
	free(r->memory);
	r->fleet = NULL;
	r->memory = calloc(1, fleet_size(r->policy));
	if (r->memory == NULL)
		return (err_set(e, ENOMEM, "replay: out of memory"));
	return (fleet_init(&r->fleet, r->memory, r->policy, seed, e));
}

int
replay_call(struct replay *r, const struct fleet_call *c, struct err *e)
{
	struct err why = { 0 };

	if (c->kind == CALL_INIT)
		return (replay_begin(r, c->seed, e));
	if (r->fleet == NULL)
		return (0);
	if (c->group < 0 || c->group >= fleet_groups(r->fleet))
		return (err_set(e, EINVAL, "the journal names a group that "
		    "the policy lacks"));
	switch (c->kind) {
	case CALL_RESTORE:
		return (fleet_restore(r->fleet, &c->now, c->group, c->server,
		    e));
	case CALL_LEARNED:
		/* what was refused then is refused now */
		(void)fleet_load(r->fleet, &c->now, c->group, c->learned,
		    c->n, &why);
		return (0);
	case CALL_SAFE:
		fleet_safe_mode(r->fleet, &c->now, c->until);
		return (0);
	default:
		r->fleet = NULL;
		return (0);
	}
}

void
replay_step(struct replay *r, const struct now *now, const struct event *ev,
    size_t n)
{
	MUST(r->fleet != NULL);
	fleet_step(r->fleet, now, ev, n, r->orders);
}

const struct decision *
replay_decision(const struct replay *r, int group)
{
	if (r->fleet == NULL || group < 0 || group >= fleet_groups(r->fleet))
		return (NULL);
	return (fleet_decision(r->fleet, group));
}
