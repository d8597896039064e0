/* SPDX-License-Identifier: MIT */
/*
 * plimsoll check FILE: what is wrong with a policy, all at once; or else what
 * it means, what the balancer's own configuration lacks, and which drivers
 * there are.  Asks no daemon.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"
#include "config/errors.h"
#include "io/clock.h"
#include "policy/keys.h"
#include "policy/load.h"
#include "policy/tell.h"
#include "report/traffic.h"

/* The same lines on a terminal or in an object. */
struct report {
	struct json_object *json; /* NULL: on a terminal */
	struct json_object *list; /* where lines go now */
};

static void
report_line(void *ctx, bool odd, const char *text)
{
	struct report *r = ctx;
	struct json_object *o;

	if (r->json == NULL) {
		(void)printf("  %s %s\n", odd ? "!" : "-", text);
		return;
	}
	o = json_object_new_object();
	(void)json_object_object_add(o, "look_twice",
	    json_object_new_boolean(odd));
	(void)json_object_object_add(o, "text", json_object_new_string(text));
	(void)json_object_array_add(r->list, o);
}

static void
report_lack(void *ctx, const char *text)
{
	struct report *r = ctx;

	if (r->json == NULL)
		(void)printf("  ! %s\n", text);
	else
		(void)json_object_array_add(r->list,
		    json_object_new_string(text));
}

/* A list of lines under this name of the object. */
static void
report_list(struct report *r, struct json_object *o, const char *name)
{
	if (r->json == NULL)
		return;
	r->list = json_object_new_array();
	(void)json_object_object_add(o, name, r->list);
}

/* Recorded traffic is read at the start: now is the time to mend it. */
static void
report_history(struct report *r, const char *path)
{
	struct traffic t;
	struct err e = { 0 };
	char text[ERR_SIZE];

	if (traffic_read(path, &t, &e) != 0) {
		(void)snprintf(text, sizeof(text), "source.history: %.200s; "
		    "the daemon would start without it.", e.text);
		report_line(r, true, text);
		return;
	}
	(void)snprintf(text, sizeof(text), "Its recorded traffic has %zu rows "
	    "over %.1f days.", t.n, (double)(t.rows[t.n - 1].wall_s -
	    t.rows[0].wall_s) / 86400.0);
	report_line(r, false, text);
	traffic_free(&t);
}

static void
report_group(struct report *r, const struct policy *p, int i, int64_t now,
    struct json_object *groups)
{
	const struct tell to = { r, report_line };
	struct json_object *o = NULL;

	if (r->json == NULL) {
		(void)printf("\ngroup \"%s\", priority %d\n", p->core[i].name,
		    p->core[i].priority);
	} else {
		o = json_object_new_object();
		(void)json_object_object_add(o, "name",
		    json_object_new_string(p->core[i].name));
		(void)json_object_array_add(groups, o);
	}
	report_list(r, o, "means");
	tell_group(p, i, now, &to);
	if (p->group[i].history[0] != '\0')
		report_history(r, p->group[i].history);
}

/* What the balancer's own configuration lacks; unknown is said too. */
static void
report_balancer(struct report *r, const struct policy *p, int i,
    struct json_object *groups)
{
	const struct policy_group *g = &p->group[i];
	struct json_object *o = r->json == NULL ? NULL :
	    json_object_array_get_idx(groups, (size_t)i);
	struct err e = { 0 };
	int n;

	if (g->balancer == NULL)
		return;
	if (r->json == NULL)
		(void)printf("\nbalancer of \"%s\"\n", p->core[i].name);
	report_list(r, o, "lacks");
	if (g->balancer->advise == NULL)
		n = err_set(&e, 38, "%s does not tell", g->balancer->name);
	else
		n = g->balancer->advise(g->balancer_settings,
		    p->core[i].size.max, report_lack, r, &e);
	if (r->json != NULL && n < 0) {
		(void)json_object_object_add(o, "lacks", NULL);
		(void)json_object_object_add(o, "unknown",
		    json_object_new_string(e.text));
	} else if (r->json == NULL && n <= 0) {
		(void)printf("  %s %s%s.\n", n < 0 ? "?" : "-", n < 0 ?
		    "Unknown what its configuration lacks: " :
		    "Its configuration lacks nothing", n < 0 ? e.text : "");
	}
}

static void
report_drivers(struct report *r)
{
	static const enum driver_kind kinds[] = { DRIVER_SOURCE,
		DRIVER_PROVIDER, DRIVER_BALANCER };
	struct json_object *o = NULL;
	char list[200];
	size_t k;
	int i;

	if (r->json == NULL) {
		(void)printf("\ndrivers\n");
		for (k = 0; k < 3; k++) {
			drivers_list(kinds[k], list, sizeof(list));
			(void)printf("  - %s: %s\n",
			    drivers_kind_name(kinds[k]), list);
		}
		return;
	}
	o = json_object_new_object();
	(void)json_object_object_add(r->json, "drivers", o);
	for (k = 0; k < 3; k++) {
		report_list(r, o, drivers_kind_name(kinds[k]));
		for (i = 0; drivers_name(kinds[k], i) != NULL; i++)
			(void)json_object_array_add(r->list,
			    json_object_new_string(
				drivers_name(kinds[k], i)));
	}
}

static void
report_policy(struct report *r, const struct policy *p, const char *path)
{
	const struct tell to = { r, report_line };
	struct json_object *groups = NULL;
	int64_t now = clock_now().wall_s;
	int i;

	if (r->json == NULL) {
		(void)printf("%s is right. What it means:\n\n", path);
	} else {
		groups = json_object_new_array();
		(void)json_object_object_add(r->json, "groups", groups);
	}
	report_list(r, r->json, "fleet");
	tell_fleet(p, &to);
	for (i = 0; i < p->fleet.n_groups; i++)
		report_group(r, p, i, now, groups);
	for (i = 0; i < p->fleet.n_groups; i++)
		report_balancer(r, p, i, groups);
	report_drivers(r);
}

static void
report_errors(struct report *r, const struct errors *es)
{
	int i;

	if (r->json == NULL) {
		errors_print(es, stderr);
		(void)fprintf(stderr, "%d error%s; nothing was changed\n",
		    es->n + es->dropped, es->n + es->dropped == 1 ? "" : "s");
		return;
	}
	report_list(r, r->json, "errors");
	for (i = 0; i < es->n; i++)
		(void)json_object_array_add(r->list,
		    json_object_new_string(es->at[i].text));
}

static int
check_file(const char *path, bool json)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct report r = { 0 };
	struct policy *p = NULL;
	int rc;

	if (es == NULL) {
		(void)fprintf(stderr, "plimsoll check: out of memory\n");
		return (EXIT_REFUSED);
	}
	rc = policy_load(path, 0, &p, es);
	if (json) {
		r.json = json_object_new_object();
		(void)json_object_object_add(r.json, "ok",
		    json_object_new_boolean(rc == 0));
	}
	if (rc == 0)
		report_policy(&r, p, path);
	else
		report_errors(&r, es);
	if (json) {
		(void)puts(json_object_to_json_string_ext(r.json,
		    JSON_C_TO_STRING_PLAIN));
		(void)json_object_put(r.json);
	}
	policy_free(p);
	free(es);
	return (rc == 0 ? EXIT_DONE : EXIT_REFUSED);
}

static void
print_key(void *ctx, const char *where, const struct key *k)
{
	char expected[300];

	(void)ctx;
	keys_expected(k, expected, sizeof(expected));
	(void)printf("%-21s %-28s %s%s%s\n", where, k->name, expected,
	    k->def == NULL ? ", required" : k->def[0] != '\0' ?
	    ", default " : "", k->def != NULL ? k->def : "");
}

int
check_run(const struct command *c, int argc, char **argv)
{
	const char *path = NULL;
	bool json = false, keys = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--keys") == 0)
			keys = true;
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			return (command_usage(c, "'%s' is not an option of "
			    "it", safe(argv[i])));
		else if (path != NULL)
			return (command_usage(c, "one file at a time"));
		else
			path = argv[i];
	}
	if (keys == (path != NULL) || (keys && json))
		return (command_usage(c, keys ? "--keys stands alone" :
		    "which file?"));
	if (!keys)
		return (check_file(path, json));
	keys_each(print_key, NULL);
	return (EXIT_DONE);
}
