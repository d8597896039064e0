/* SPDX-License-Identifier: MIT */
/* phases: how long a launch takes, phase by phase. */
#include "config.h"

#include <json-c/json.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/command.h"

static void
print_way(struct json_object *w)
{
	struct json_object *a = field(w, "phases"), *p;
	size_t i, n = field_length(w, "phases");

	if (n == 0)
		(void)printf("%-12s no launch has come to serve yet\n",
		    safe(field_text(w, "way")));
	for (i = 0; i < n; i++) {
		p = json_object_array_get_idx(a, i);
		(void)printf("%-12s %-9s %8lld %9s %9s %9s %9s\n",
		    safe(field_text(w, "way")), safe(field_text(p, "phase")),
		    (long long)field_int(p, "launches"),
		    span(p, "took_p50"), span(p, "took_p95"),
		    span(p, "after_p50"), span(p, "after_p95"));
	}
}

int
phases_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q;
	struct args a;
	size_t i;
	int rc = args_read(c, argc, argv, "", 1, 1, &a);

	if (rc == EXIT_DONE) {
		q = client_request("phases");
		(void)json_object_object_add(q, "group",
		    json_object_new_string(a.at[0]));
		rc = client_call(&a, q, &o);
	}
	if (rc == EXIT_DONE && o != NULL) {
		(void)printf("%-12s %-9s %8s %9s %9s %9s %9s\n", "WAY",
		    "PHASE", "LAUNCHES", "TOOK P50", "TOOK P95", "AFTER P50",
		    "AFTER P95");
		for (i = 0; i < field_length(o, "ways"); i++)
			print_way(json_object_array_get_idx(field(o, "ways"),
			    i));
	}
	json_object_put(o);
	args_fini(&a);
	return (rc);
}
