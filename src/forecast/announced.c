/* SPDX-License-Identifier: MIT */
/*
 * The calendar by the wall clock, since people announce by it; see
 * announced.h.  The usual load stands still while an event is on, or the
 * event would be multiplied by itself.
 */
#include <stddef.h>

#include "base/num.h"
#include "forecast/announced.h"

/* Seconds over which the usual load is taken. */
#define USUAL_S 600.0

struct announced
announced_at(const struct calendar_window *w, int n, int64_t wall_s,
    double lead_s)
{
	struct announced a = { 0.0, 0, 0, NULL };
	int64_t lead = (int64_t)num_clamp(lead_s, 0.0, 1e6) + 1;
	int i;

	for (i = 0; i < n; i++) {
		if (wall_s >= w[i].to_wall_s ||
		    wall_s < w[i].from_wall_s - lead)
			continue;
		if (w[i].times > a.times || w[i].min > a.min)
			a.note = w[i].note;
		a.times = num_max(a.times, w[i].times);
		if (w[i].min > a.min)
			a.min = w[i].min;
		/* A ceiling does not begin early. */
		if (w[i].max > 0 && wall_s >= w[i].from_wall_s &&
		    (a.max == 0 || w[i].max < a.max))
			a.max = w[i].max;
	}
	return (a);
}

void
usual_step(struct usual *u, double rps, bool freeze)
{
	u->frozen = freeze && u->rps > 0.0;
	if (u->frozen)
		return;
	u->rps = u->rps <= 0.0 ? rps : u->rps + (rps - u->rps) / USUAL_S;
}
