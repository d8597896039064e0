/* SPDX-License-Identifier: MIT */
/* explain: the last decision of a group, in sentences. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"

/* What each clamp means to somebody who does not know the word. */
static const struct {
	const char *name;
	const char *means;
} clamps[] = {
	{ "min", "the policy's minimum" },
	{ "max", "the policy's maximum" },
	{ "dependency", "what a dependency can take" },
	{ "spend", "the spend limit" },
	{ "launch_rate", "the limit of launches an hour" },
	{ "benefit", "more servers did not help" },
	{ "diagnosis", "the diagnosis" },
	{ "hold", "a hold" },
	{ "scale_in", "the rules of scaling in (recent peak, quiet time, age)" },
	{ "removal_rate", "the limit of removals in a window" },
	{ "word", "an operator's word" },
	{ "priority", "a limit that groups share" },
};

static const char *
clamp_means(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(clamps) / sizeof(clamps[0]); i++)
		if (strcmp(clamps[i].name, name) == 0)
			return (clamps[i].means);
	return (safe(name));
}

static void
explain_load(struct json_object *g)
{
	double v;

	if (!field_number(g, "load", &v))
		(void)printf("The load is not known.\n");
	else
		(void)printf("The load is %s requests/s; the forecast for %s "
		    "ahead, by '%s', is %s.\n", figure(g, "load"),
		    span(g, "lead"), safe(field_text(g, "winner")),
		    figure(g, "forecast"));
	(void)printf("One server carries %s requests/s as far as is known: "
	    "that needs %s server(s).\n", figure(g, "capacity"),
	    figure(g, "need"));
}

static void
explain_clamps(struct json_object *g)
{
	struct json_object *a = field(g, "clamps"), *c;
	size_t i, n = field_length(g, "clamps");

	for (i = 0; i < n; i++) {
		c = json_object_array_get_idx(a, i);
		(void)printf("  %s: %lld to %lld, by %s.\n",
		    safe(field_text(c, "clamp")),
		    (long long)field_int(c, "before"),
		    (long long)field_int(c, "after"),
		    clamp_means(field_text(c, "clamp")));
	}
	(void)printf("So %s should serve or be on their way: %s serve, %s are "
	    "on their way, %s are being drained.\n", figure(g, "desired"),
	    figure(g, "serving"), figure(g, "pending"),
	    figure(g, "draining"));
	if (field_int(g, "launch") > 0)
		(void)printf("It launches %s now.\n", figure(g, "launch"));
	if (field_int(g, "terminate") > 0)
		(void)printf("It takes %s away now.\n",
		    figure(g, "terminate"));
}

static void
explain_holds(struct json_object *g)
{
	struct json_object *a = field(g, "holds"), *h;
	size_t i, n = field_length(g, "holds");
	const char *what;
	double v;

	for (i = 0; i < n; i++) {
		h = json_object_array_get_idx(a, i);
		what = field_text(h, "what");
		(void)printf("Hold by %s: %s, ", safe(field_text(h, "by")),
		    strcmp(what, "in") == 0 ? "nothing is taken away" :
		    strcmp(what, "out") == 0 ? "nothing is launched" :
		    "nothing is changed");
		if (field_number(h, "for", &v))
			(void)printf("for %s", span(h, "for"));
		else
			(void)printf("until its cause is gone");
		(void)printf(" (%s).\n", safe(field_text(h, "reason")));
	}
}

static void
explain_verdict(struct json_object *g)
{
	struct json_object *a = field(g, "alarms");
	size_t i, n = field_length(g, "alarms");
	double v;

	(void)printf("Verdict: %s", safe(field_text(g, "verdict")));
	if (field_text(g, "evidence")[0] != '\0')
		(void)printf(", since %s", safe(field_text(g, "evidence")));
	(void)printf(".\n");
	for (i = 0; i < n; i++)
		(void)printf("Alarm: %s.\n", safe(json_object_get_string(
		    json_object_array_get_idx(a, i))));
	if (field_number(g, "survivable", &v) && v > 0)
		(void)printf("%s times the present load would be carried "
		    "within two minutes.\n", figure(g, "survivable"));
}

static void
explain_print(struct json_object *g)
{
	(void)printf("%s, decided %s ago, mode %s.\n",
	    safe(field_text(g, "group")), span(g, "age"),
	    safe(field_text(g, "mode")));
	(void)printf("%s\n\n", safe(field_text(g, "reason")));
	explain_load(g);
	explain_clamps(g);
	explain_holds(g);
	explain_verdict(g);
}

int
explain_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q, *g;
	struct args a;
	int rc = args_read(c, argc, argv, "", 1, 1, &a);

	if (rc == EXIT_DONE) {
		q = client_request("status");
		(void)json_object_object_add(q, "group",
		    json_object_new_string(a.at[0]));
		rc = client_call(&a, q, &o);
	}
	if (rc == EXIT_DONE && o != NULL) {
		g = json_object_array_get_idx(field(o, "groups"), 0);
		if (field(g, "mode") == NULL)
			(void)printf("%s has not decided anything yet.\n",
			    safe(a.at[0]));
		else
			explain_print(g);
	}
	json_object_put(o);
	args_fini(&a);
	return (rc);
}
