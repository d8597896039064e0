/* SPDX-License-Identifier: MIT */
/* One sentence that an operator at 3 a.m. understands. */
#include <stdio.h>
#include <string.h>

#include "core/group_priv.h"

static const char *
explain_why(enum winner w)
{
	switch (w) {
	case WINNER_SPIKE:
		return ("if the rush goes on as it grows now");
	case WINNER_SEASON:
		return ("as usual at this time");
	case WINNER_CALENDAR:
		return ("as announced in the calendar");
	default:
		return ("as it is now");
	}
}

static void
explain_headroom(const struct group *g, char *buf, size_t n)
{
	double times, share, window_s;

	headroom_rule(&g->learned.headroom, &times, &share, &window_s);
	(void)snprintf(buf, n, "to be ready for bursts as they came before "
	    "(%.1f times the load, %.0f %% of the peak of %.1f h)", times,
	    100.0 * share, window_s / 3600.0);
}

void
explain(const struct group *g, ns_t now, struct decision *d)
{
	const struct need *n = &g->need;
	char why[120];
	size_t used;

	(void)now;
	if (d->verdict == VERDICT_NO_DATA) {
		(void)snprintf(d->reason, sizeof(d->reason), "no data that "
		    "can be trusted: the %d servers stay as they are",
		    d->desired);
		return;
	}
	if (n->winner == WINNER_HEADROOM)
		explain_headroom(g, why, sizeof(why));
	else
		(void)snprintf(why, sizeof(why), "%s", explain_why(n->winner));
	(void)snprintf(d->reason, sizeof(d->reason), "%.0f requests/s in "
	    "%.0f s, %s, need %d servers at %.0f requests/s each; %d serve, "
	    "%d are on their way", n->rate_rps, n->lead_s, why,
	    n->servers, n->carry_rps, d->serving,
	    d->pending);
	used = strlen(d->reason);
	if (d->evidence[0] != '\0' && used < sizeof(d->reason) - 1)
		(void)snprintf(d->reason + used, sizeof(d->reason) - used,
		    "; %.*s", (int)(sizeof(d->reason) - used - 3),
		    d->evidence);
}
