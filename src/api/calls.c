/* SPDX-License-Identifier: MIT */
/* The table of calls; see calls.h. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/calls.h"
#include "base/err.h"
#include "base/must.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "sim/drive_line.h"

static const struct call calls[] = {
	{ "status", " group ", call_status },
	{ "ready", " group ", call_ready },
	{ "servers", " group ", call_servers },
	{ "phases", " group ", call_phases },
	{ "history", " group limit since ", call_history },
	{ "word", " group word ", call_word },
	{ "reload", " confirm ", call_reload },
};

enum { N_CALLS = sizeof(calls) / sizeof(calls[0]) };

const struct call *
call_find(const char *name)
{
	const struct call *c;

	for (c = calls; c < calls + N_CALLS; c++)
		if (strcmp(c->name, name) == 0)
			return (c);
	return (NULL);
}

/* A field that nobody reads is a mistake of who sent it. */
static int
check_fields(const struct call *c, struct json_object *in, struct err *e)
{
	char want[NAME_SIZE + 2];

	json_object_object_foreach(in, key, value) {
		(void)value;
		(void)snprintf(want, sizeof(want), " %.*s ", NAME_SIZE - 1,
		    key);
		if (strcmp(key, "call") != 0 &&
		    strstr(c->fields, want) == NULL)
			return (err_set(e, EINVAL, "'%s' reads no '%.32s' "
			    "(it reads%s)", c->name, key, c->fields));
	}
	return (0);
}

int
call_run(struct request *r, struct err *e)
{
	struct json_object *v;
	const struct call *c;
	char name[NAME_SIZE];

	MUST(r->desk != NULL);
	if (!json_object_is_type(r->in, json_type_object))
		return (err_set(e, EINVAL, "expected a JSON object"));
	if (!json_object_object_get_ex(r->in, "call", &v))
		return (err_set(e, EINVAL, "expected a field 'call'"));
	if (word_text(v, name, sizeof(name), e, "call") != 0)
		return (-1);
	c = call_find(name);
	if (c == NULL)
		return (err_set(e, ENOENT, "there is no call '%s'", name));
	if (check_fields(c, r->in, e) != 0)
		return (-1);
	return (c->run(r, e));
}

int
call_group(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	struct json_object *v;
	char name[NAME_SIZE];
	int i;

	if (!json_object_object_get_ex(r->in, "group", &v))
		return (err_set(e, EINVAL, "expected a field 'group'"));
	if (word_text(v, name, sizeof(name), e, "group") != 0)
		return (-1);
	for (i = 0; i < f->n_groups; i++)
		if (strcmp(group_policy(fleet_group(f->fleet, i))->name,
		    name) == 0)
			return (i);
	return (err_set(e, ENOENT, "there is no group '%s'", name));
}

struct json_object *
call_number(bool known, double v)
{
	static char format[] = "%.6g"; /* json-c wants it writable */
	struct json_object *o;

	if (!known)
		return (NULL);
	o = json_object_new_double(v);
	json_object_set_serializer(o, json_object_double_to_json_string,
	    format, NULL);
	return (o);
}
