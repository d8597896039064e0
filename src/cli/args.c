/* SPDX-License-Identifier: MIT */
/* The options of the commands: one row each, whatever command takes it. */
#include "config.h"

#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"

struct row {
	const char *name;
	enum { FLAG, TEXT, DURATION, NUMBER } kind;
};

static const struct row rows[] = {
	{ "json", FLAG },	{ "control", TEXT },
	{ "for", DURATION },	{ "reason", TEXT },
	{ "exact", FLAG },	{ "at-most", FLAG },
	{ "force", FLAG },	{ "over-max", FLAG },
	{ "wait", FLAG },	{ "confirm", TEXT },
	{ "group", TEXT },	{ "limit", NUMBER },
	{ "since", DURATION },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static bool
command_takes(const char *takes, const char *name)
{
	char want[32];

	if (strcmp(name, "json") == 0 || strcmp(name, "control") == 0)
		return (true);
	(void)snprintf(want, sizeof(want), " %s ", name);
	return (strstr(takes, want) != NULL);
}

/* The name as a field: over-max is over_max. */
static void
add_option(struct json_object *to, const char *name, struct json_object *v)
{
	char key[32], *p;

	(void)snprintf(key, sizeof(key), "%s", name);
	for (p = key; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	(void)json_object_object_add(to, key, v);
}

static int
take_option(const struct row *r, const char *text, struct args *a)
{
	struct err e = { 0 };
	char *end;
	ns_t t;
	long n;

	if (r->kind == FLAG && strcmp(r->name, "json") == 0) {
		a->json = true;
	} else if (r->kind == FLAG && strcmp(r->name, "wait") == 0) {
		a->wait = true;
	} else if (r->kind == FLAG) {
		add_option(a->options, r->name, json_object_new_boolean(1));
	} else if (strcmp(r->name, "control") == 0) {
		a->control = text;
	} else if (r->kind == TEXT) {
		add_option(a->options, r->name, json_object_new_string(text));
	} else if (r->kind == DURATION) {
		if (duration_parse(text, &t, &e) != 0) {
			(void)fprintf(stderr, "plimsoll: --%s: %s\n", r->name,
			    e.text);
			return (EXIT_USAGE);
		}
		add_option(a->options, r->name,
		    json_object_new_double(ns_to_s(t)));
	} else {
		n = strtol(text, &end, 10);
		if (end == text || *end != '\0' || n < 0 || n > 1000000) {
			(void)fprintf(stderr, "plimsoll: --%s: '%s' is not a "
			    "number from 0 to 1000000\n", r->name, safe(text));
			return (EXIT_USAGE);
		}
		add_option(a->options, r->name, json_object_new_int64(n));
	}
	return (EXIT_DONE);
}

int
args_read(const struct command *c, int argc, char **argv, const char *takes,
    int min, int max, struct args *a)
{
	struct option longs[N_ROWS + 1];
	int i, n = 0, k, at[N_ROWS];

	memset(a, 0, sizeof(*a));
	memset(longs, 0, sizeof(longs));
	a->control = CONTROL_PATH;
	a->options = json_object_new_object();
	for (i = 0; i < N_ROWS; i++)
		if (command_takes(takes, rows[i].name)) {
			longs[n].name = rows[i].name;
			longs[n].has_arg = rows[i].kind == FLAG ? no_argument :
			    required_argument;
			at[n++] = i;
		}
	opterr = 0;
	optind = 1;
	while ((i = getopt_long(argc, argv, "", longs, &k)) != -1)
		if (i != 0) {
			return (command_usage(c, "'%s' is not an option "
			    "of it, or lacks its value",
			    safe(argv[optind - 1])));
		} else if (take_option(&rows[at[k]], optarg, a) != EXIT_DONE) {
			return (EXIT_USAGE);
		}
	if (argc - optind < min)
		return (command_usage(c, "an argument is missing"));
	if (argc - optind > max)
		return (command_usage(c, "'%s' is one argument too many",
		    safe(argv[optind + max])));
	for (; optind < argc; optind++)
		a->at[a->n++] = argv[optind];
	return (EXIT_DONE);
}

void
args_fini(struct args *a)
{
	json_object_put(a->options);
	a->options = NULL;
}
