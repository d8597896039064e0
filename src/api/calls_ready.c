/* SPDX-License-Identifier: MIT */
/* Launch readiness: every row of a group, or of all, with its age. */
#include <json-c/json.h>

#include "api/calls.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "report/launch.h"

static const char *const states[] = { [READY_UNKNOWN] = "unknown",
	[READY_YES] = "yes", [READY_NO] = "no" };

static struct json_object *
row_json(const struct ready_row *r, ns_t looked)
{
	struct json_object *o = json_object_new_object();

	(void)json_object_object_add(o, "what",
	    json_object_new_string(r->what));
	(void)json_object_object_add(o, "ready",
	    json_object_new_string(states[r->state]));
	(void)json_object_object_add(o, "text",
	    json_object_new_string(r->text));
	(void)json_object_object_add(o, "age", call_number(true,
	    ns_to_s(r->age + looked)));
	return (o);
}

static struct json_object *
group_json(const struct facts *f, int g)
{
	const struct ready_facts *k = &f->launch->ready[g];
	struct json_object *o = json_object_new_object();
	struct json_object *a = json_object_new_array();
	int i;

	(void)json_object_object_add(o, "group", json_object_new_string(
	    group_policy(fleet_group(f->fleet, g))->name));
	(void)json_object_object_add(o, "ready",
	    json_object_new_boolean(k->known && k->ready));
	for (i = 0; k->known && i < k->rows->n; i++)
		(void)json_object_array_add(a, row_json(&k->rows->at[i],
		    f->launch->ready_age));
	(void)json_object_object_add(o, "rows", a);
	return (o);
}

int
call_ready(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	struct json_object *a;
	int i, only = -1;

	if (json_object_object_get_ex(r->in, "group", NULL) &&
	    (only = call_group(r, e)) < 0)
		return (-1);
	a = json_object_new_array();
	for (i = 0; i < f->n_groups; i++)
		if ((only < 0 || only == i) && f->launch != NULL &&
		    f->launch->ready != NULL)
			(void)json_object_array_add(a, group_json(f, i));
	(void)json_object_object_add(r->out, "groups", a);
	return (0);
}
