/* SPDX-License-Identifier: MIT */
/*
 * Which servers go: failed ones always, then those on their way, then the
 * newest that serve.  Never one that is not ours (I-10), protected, or paid
 * for a while yet when another will do.
 */
#include <string.h>

#include "base/num.h"
#include "core/group_priv.h"

static bool
victims_may(const struct server *s, ns_t now)
{
	return ((s->flags & SERVER_OURS) && !(s->flags & SERVER_DRILL) &&
	    !((s->flags & SERVER_PROTECTED) && now < s->protect_until));
}

static bool
victims_paid(const struct group *g, const struct server *s, ns_t now)
{
	ns_t least = g->policy->limit.billed_at_least;

	if (g->policy->limit.min_lifetime > least)
		least = g->policy->limit.min_lifetime;
	return (now - s->since >= least);
}

static void
victims_add(struct decision *d, const struct server *s)
{
	if (d->n_terminate < MAX_REMOVE_PER_STEP)
		d->terminate[d->n_terminate++] = s->id;
}

int
victims_of_rush(const struct group *g, ns_t now)
{
	const struct server *s;
	int i, n = 0;

	if (g->in.rush_onset == 0)
		return (0);
	for (i = 0; i < g->servers.n; i++) {
		s = &g->servers.at[i];
		n += s->phase <= PHASE_SERVING && victims_may(s, now) &&
		    s->since >= g->in.rush_onset && victims_paid(g, s, now);
	}
	return (n);
}

/*
 * Past its boot deadline: it is not going to serve (I-16).  One that is
 * healthy has booted: it waits for a balancer, maybe one that is silent.
 */
static bool
victims_late(const struct group *g, const struct server *s, ns_t now)
{
	return (s->phase < PHASE_HEALTHY && s->id.text[0] != '\0' &&
	    victims_may(s, now) && now - s->since >
	    group_boot_deadline(g, s->way) && victims_paid(g, s, now));
}

void
victims_always(struct group *g, ns_t now, struct decision *d)
{
	const struct server *s;
	int i, k, had = d->n_terminate;

	for (i = 0; i < g->servers.n; i++) {
		s = &g->servers.at[i];
		if (!(s->phase == PHASE_FAILED && s->flags & SERVER_OURS) &&
		    !(s->phase == PHASE_SERVING &&
		    s->flags & SERVER_LEAVING) && !victims_late(g, s, now))
			continue;
		for (k = 0; k < had; k++)
			if (strcmp(d->terminate[k].text, s->id.text) == 0)
				break;
		if (k == had)
			victims_add(d, s);
	}
}

void
victims_choose(struct group *g, ns_t now, int n, int most_serving,
    bool rush_only, struct decision *d)
{
	const struct server *s;
	int i, k, round;

	/* Round 0: on their way, oldest first; 1: serving, newest first. */
	for (round = 0; round < 2; round++)
		for (k = 0; k < g->servers.n && n > 0; k++) {
			i = round == 0 ? k : g->servers.n - 1 - k;
			s = &g->servers.at[i];
			if ((s->phase < PHASE_SERVING) != (round == 0) ||
			    s->phase > PHASE_SERVING ||
			    s->id.text[0] == '\0' ||
			    s->flags & SERVER_LEAVING)
				continue;
			if (!victims_may(s, now) || !victims_paid(g, s, now))
				continue;
			if (rush_only && s->since < g->in.rush_onset)
				continue;
			if (round == 1 && most_serving-- <= 0)
				return;
			victims_add(d, s);
			n--;
		}
}
