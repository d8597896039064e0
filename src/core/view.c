/* SPDX-License-Identifier: MIT */
/* The table of servers, counted once a step; and the recent peaks. */
#include <string.h>

#include "base/num.h"
#include "core/group_priv.h"

/* A new server is taken for half of one at first: caches are cold. */
#define WARM_FIRST 0.5

static double
view_worth(const struct server *s, ns_t now, ns_t warm_up)
{
	ns_t age = now - s->serving_since;

	if (s->serving_since == 0 || s->flags & SERVER_RESTORED ||
	    warm_up <= 0 || age >= warm_up)
		return (1.0);
	return (WARM_FIRST + (1.0 - WARM_FIRST) * (double)(age > 0 ? age : 0) /
	    (double)warm_up);
}

/* One pending server; those of one batch and way share the arithmetic. */
static void
view_pending(struct group *g, const struct server *s, ns_t now,
    double *chance, const struct server **like)
{
	struct lead *l = &g->learned.lead[s->way];
	double age = ns_to_s(now - s->since);

	if (*like == NULL || (*like)->since != s->since ||
	    (*like)->way != s->way)
		*chance = lead_chance(l, age, 3.0 * lead_quantile_s(l, 1.0));
	*like = s;
	lead_pending(l, age, 1);
	g->view.pending++;
	g->view.likely += *chance;
	if (age > lead_quantile_s(l, 1.645))
		g->view.overdue++;
}

void
view_count(struct group *g, ns_t now)
{
	ns_t warm_up = g->policy->size.warm_up;
	const struct server *s, *like = NULL;
	struct view *v = &g->view;
	double worth, chance = 0.0;
	int i, n_ways = g->policy->n_ways > 0 ? g->policy->n_ways : 1;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < n_ways; i++)
		lead_pending_begin(&g->learned.lead[i]);
	for (i = 0; i < g->servers.n; i++) {
		s = &g->servers.at[i];
		if (s->flags & SERVER_DRILL) {
			v->drills++;
			continue;
		}
		if (!(s->flags & SERVER_OURS))
			v->foreign++;
		if (s->phase == PHASE_SERVING) {
			worth = view_worth(s, now, warm_up);
			v->serving++;
			v->effective += worth;
			v->warming += worth < 1.0;
			v->protected += (s->flags & SERVER_PROTECTED) != 0;
		} else if (s->phase < PHASE_SERVING)
			view_pending(g, s, now, &chance, &like);
		else if (s->phase == PHASE_FAILED)
			v->failed++;
		else
			v->draining++;
	}
	if (v->serving > 0)
		v->warming /= v->serving;
	for (i = 0; i < n_ways; i++)
		lead_pending_end(&g->learned.lead[i]);
}

void
peaks_feed(struct peaks *p, double rps)
{
	p->part = num_max(p->part, rps);
	p->part_s += 1.0;
	if (p->part_s < PEAK_BUCKET_S)
		return;
	p->ring[p->n++ % PEAK_RING] = (float)p->part;
	p->part = p->part_s = 0.0;
}

double
peaks_over(const struct peaks *p, double seconds)
{
	unsigned i, n = (unsigned)(seconds / PEAK_BUCKET_S + 0.5);
	double m = p->part;

	for (i = 0; i < n && i < p->n && i < PEAK_RING; i++)
		m = num_max(m, p->ring[(p->n - 1 - i) % PEAK_RING]);
	return (m);
}
