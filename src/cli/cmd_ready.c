/* SPDX-License-Identifier: MIT */
/* ready: what a launch will need, row by row; 1 where anything is missing. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"

static void
print_row(struct json_object *r)
{
	const char *state = field_text(r, "ready");

	(void)printf("  %-7s %-32s %s (%s ago)\n", strcmp(state, "yes") == 0 ?
	    "ok" : strcmp(state, "no") == 0 ? "MISSING" : "?",
	    safe(field_text(r, "what")), safe(field_text(r, "text")),
	    span(r, "age"));
}

static bool
all_ready(struct json_object *o)
{
	size_t i, n = field_length(o, "groups");

	for (i = 0; i < n; i++)
		if (!field_bool(json_object_array_get_idx(field(o, "groups"),
		    i), "ready"))
			return (false);
	return (n > 0);
}

static void
print_groups(struct json_object *o)
{
	struct json_object *g;
	size_t i, k;

	for (i = 0; i < field_length(o, "groups"); i++) {
		g = json_object_array_get_idx(field(o, "groups"), i);
		(void)printf("%s: %s\n", safe(field_text(g, "group")),
		    field_bool(g, "ready") ? "ready to launch" :
		    "NOT READY to launch");
		for (k = 0; k < field_length(g, "rows"); k++)
			print_row(json_object_array_get_idx(field(g, "rows"),
			    k));
	}
}

int
ready_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q;
	struct err e = { 0 };
	struct args a;
	bool ready = false;
	int rc = args_read(c, argc, argv, "", 0, 1, &a);

	if (rc == EXIT_DONE) {
		q = client_request("ready");
		if (a.n > 0)
			(void)json_object_object_add(q, "group",
			    json_object_new_string(a.at[0]));
		o = client_ask(a.control, q, &e);
		ready = o != NULL && all_ready(o);
		rc = client_show(&a, o, &e, &o);
	}
	if (rc == EXIT_DONE && o != NULL) {
		print_groups(o);
		json_object_put(o);
	}
	args_fini(&a);
	return (rc == EXIT_DONE && !ready ? EXIT_REFUSED : rc);
}
