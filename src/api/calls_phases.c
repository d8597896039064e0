/* SPDX-License-Identifier: MIT */
/* The call `phases`: how long boots take, phase by phase. */
#include <json-c/json.h>
#include <string.h>

#include "api/calls.h"
#include "api/calls_phases.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "report/phases.h"

static void
put(struct json_object *o, const char *key, struct json_object *v)
{
	(void)json_object_object_add(o, key, v);
}

static struct json_object *
times_json(enum phase phase, const struct phase_times *t)
{
	struct json_object *o = json_object_new_object();

	put(o, "phase", json_object_new_string(phase_name(phase)));
	put(o, "launches", json_object_new_int(t->n));
	put(o, "took_p50", call_number(true, t->took50));
	put(o, "took_p95", call_number(true, t->took95));
	put(o, "after_p50", call_number(true, t->p50));
	put(o, "after_p95", call_number(true, t->p95));
	return (o);
}

struct json_object *
phases_brief(const struct phases *p, const struct group_policy *g)
{
	struct json_object *a = json_object_new_array(), *o;
	struct phase_times t;
	int i;

	for (i = 0; p != NULL && i < g->n_ways; i++) {
		if (!phases_times(p, g->name, g->ways[i], PHASE_SERVING, &t))
			continue;
		o = json_object_new_object();
		put(o, "way", json_object_new_string(g->ways[i]));
		put(o, "launches", json_object_new_int(t.n));
		put(o, "serving_p50", call_number(true, t.p50));
		put(o, "serving_p95", call_number(true, t.p95));
		(void)json_object_array_add(a, o);
	}
	return (a);
}

int
call_phases(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	struct json_object *ways, *rows, *o;
	const struct group_policy *g;
	int i, p, k = call_group(r, e);
	struct phase_times t;

	if (k < 0)
		return (-1);
	g = group_policy(fleet_group(f->fleet, k));
	ways = json_object_new_array();
	for (i = 0; i < g->n_ways; i++) {
		rows = json_object_new_array();
		for (p = PHASE_ACCEPTED; p <= PHASE_SERVING; p++)
			if (f->phases != NULL && phases_times(f->phases,
			    g->name, g->ways[i], (enum phase)p, &t))
				(void)json_object_array_add(rows,
				    times_json((enum phase)p, &t));
		o = json_object_new_object();
		put(o, "way", json_object_new_string(g->ways[i]));
		put(o, "phases", rows);
		(void)json_object_array_add(ways, o);
	}
	put(r->out, "group", json_object_new_string(g->name));
	put(r->out, "ways", ways);
	return (0);
}
