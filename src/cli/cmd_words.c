/* SPDX-License-Identifier: MIT */
/*
 * What a person says: one row a command, since they all become a word of
 * the control socket.  scale --wait stays until the servers serve.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"
#include "io/nap.h"

enum { WAIT_S = 1800 };

struct row {
	const char *name;
	const char *takes;
	int min, max;	    /* plain arguments */
	bool has_group;	    /* the first one is a group */
	enum { COUNT, WHAT, NOTHING, SAID, ID } arg;
};

static const struct row rows[] = {
	{ "scale", " for reason exact at-most force over-max wait ", 2, 2, true,
	    COUNT },
	{ "hold", " for reason ", 1, 2, true, WHAT },
	{ "resume", " reason ", 1, 1, true, NOTHING },
	{ "note", "", 2, 2, true, SAID },
	{ "drill", " reason wait ", 1, 1, true, NOTHING },
	{ "drain", " group reason ", 1, 1, false, ID },
	{ "replace", " group reason ", 1, 1, false, ID },
	{ "protect", " group for reason ", 1, 1, false, ID },
	{ "adopt", " group reason ", 1, 1, false, ID },
};

static const struct row *
row_of(const char *name)
{
	size_t i = 0;

	while (strcmp(rows[i].name, name) != 0)
		i++;
	return (&rows[i]);
}

static struct json_object *
word_value(const struct row *r, const struct args *a)
{
	const char *last = a->n > 0 ? a->at[a->n - 1] : "";
	char *end;
	long n;

	switch (r->arg) {
	case COUNT:
		n = strtol(last, &end, 10);
		if (end == last || *end != '\0' || n < 0 || n > 1000000)
			return (NULL);
		return (json_object_new_int64(n));
	case WHAT:
		return (json_object_new_string(a->n > 1 ? last : "all"));
	case NOTHING:
		return (json_object_new_boolean(1));
	default:
		return (json_object_new_string(last));
	}
}

/* Progress until as many serve as the word asked for. */
static int
wait_serving(const struct args *a, const char *group, long want)
{
	ns_t until = nap_now() + WAIT_S * NS_S;
	struct json_object *q, *o = NULL, *g;
	char line[160], old[160] = "";
	int64_t serving;
	int rc;

	do {
		q = client_request("status");
		(void)json_object_object_add(q, "group",
		    json_object_new_string(group));
		rc = client_call(a, q, &o);
		if (rc != EXIT_DONE || o == NULL)
			return (rc);
		g = json_object_array_get_idx(field(o, "groups"), 0);
		serving = field_int(g, "serving");
		(void)snprintf(line, sizeof(line), "%s: %lld of %ld serve, "
		    "%lld on their way", safe(group), (long long)serving, want,
		    (long long)field_int(g, "pending"));
		if (strcmp(line, old) != 0)
			(void)printf("%s\n", line), (void)fflush(stdout);
		memcpy(old, line, sizeof(old));
		json_object_put(o);
		if (serving >= want)
			return (EXIT_DONE);
		nap(NS_S / 2);
	} while (nap_now() < until);
	(void)fprintf(stderr, "plimsoll: gave up waiting after %d minutes; "
	    "the word stands\n", WAIT_S / 60);
	return (EXIT_REFUSED);
}

/* Phase by phase, until it has passed or failed. */
static int
wait_drill(const struct args *a, const char *group)
{
	ns_t until = nap_now() + WAIT_S * NS_S;
	struct json_object *q, *o = NULL, *d;
	char line[160], old[160] = "", result[16];
	int rc;

	do {
		q = client_request("status");
		(void)json_object_object_add(q, "group",
		    json_object_new_string(group));
		rc = client_call(a, q, &o);
		if (rc != EXIT_DONE || o == NULL)
			return (rc);
		d = field(json_object_array_get_idx(field(o, "groups"), 0),
		    "drill");
		(void)snprintf(result, sizeof(result), "%s",
		    field_text(d, "result"));
		(void)snprintf(line, sizeof(line), "%s: drill by %s: %s, %s",
		    safe(group), safe(field_text(d, "way")),
		    safe(field_text(d, "result")),
		    safe(field_text(d, "phase")));
		if (strcmp(line, old) != 0)
			(void)printf("%s\n", line), (void)fflush(stdout);
		memcpy(old, line, sizeof(old));
		json_object_put(o);
		if (strcmp(result, "passed") == 0)
			return (EXIT_DONE);
		if (strcmp(result, "running") != 0)
			return (EXIT_REFUSED);
		nap(NS_S / 5);
	} while (nap_now() < until);
	return (EXIT_REFUSED);
}

/* The options, the value and the name make the word. */
static struct json_object *
word_request(const struct row *r, struct args *a, struct json_object *value)
{
	struct json_object *q = client_request("word"), *g;

	if (r->has_group)
		(void)json_object_object_add(q, "group",
		    json_object_new_string(a->at[0]));
	else if ((g = field(a->options, "group")) != NULL)
		(void)json_object_object_add(q, "group", json_object_get(g));
	json_object_object_del(a->options, "group");
	(void)json_object_object_add(a->options, r->name, value);
	(void)json_object_object_add(q, "word", json_object_get(a->options));
	return (q);
}

static int
word_send(const struct row *r, struct args *a, struct json_object *value)
{
	long want = r->arg == COUNT ? (long)json_object_get_int64(value) : 0;
	struct json_object *o = NULL;
	bool json = a->json;
	int rc;

	rc = client_call(a, word_request(r, a, value), &o);
	if (rc == EXIT_DONE && !json)
		(void)printf("%s\n", field_text(o, "text")[0] != '\0' ?
		    safe(field_text(o, "text")) : "done");
	json_object_put(o);
	if (rc == EXIT_DONE && a->wait && !json)
		rc = r->arg == COUNT ? wait_serving(a, a->at[0], want) :
		    wait_drill(a, a->at[0]);
	return (rc);
}

int
word_run(const struct command *c, int argc, char **argv)
{
	const struct row *r = row_of(c->name);
	struct json_object *value;
	struct args a;
	int rc = args_read(c, argc, argv, r->takes, r->min, r->max, &a);

	if (rc == EXIT_DONE) {
		value = word_value(r, &a);
		if (value != NULL) {
			rc = word_send(r, &a, value);
		} else {
			rc = command_usage(c, "'%s' is not a number of "
			    "servers", safe(a.at[a.n - 1]));
		}
	}
	args_fini(&a);
	return (rc);
}

static void
print_lines(struct json_object *o, const char *key)
{
	struct json_object *a = field(o, key);
	size_t i, n = field_length(o, key);

	for (i = 0; i < n; i++)
		(void)printf("  %s\n", safe(json_object_get_string(
		    json_object_array_get_idx(a, i))));
}

/* The plan is shown, done or not. */
int
reload_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q, *v;
	struct err e = { 0 };
	struct args a;
	int rc = args_read(c, argc, argv, " confirm ", 0, 0, &a);

	if (rc == EXIT_DONE) {
		q = client_request("reload");
		if ((v = field(a.options, "confirm")) != NULL)
			(void)json_object_object_add(q, "confirm",
			    json_object_get(v));
		o = client_ask(a.control, q, &e);
		if (!a.json) {
			print_lines(o, "plan");
			print_lines(o, "errors");
		}
		rc = client_show(&a, o, &e, &o);
	}
	if (rc == EXIT_DONE && o != NULL)
		(void)printf("%s\n", safe(field_text(o, "text")));
	json_object_put(o);
	args_fini(&a);
	return (rc);
}
