/* SPDX-License-Identifier: MIT */
/* servers and history: lists, one line each. */
#include "config.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/command.h"

static void
flags_text(struct json_object *s, char *buf, size_t size)
{
	struct json_object *a = field(s, "flags");
	size_t i, n = 0, len = field_length(s, "flags");

	(void)snprintf(buf, size, "-");
	for (i = 0; i < len && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
		    i > 0 ? "," : "", safe(json_object_get_string(
		    json_object_array_get_idx(a, i))));
}

int
servers_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q, *s, *list;
	char flags[128];
	struct args a;
	size_t i;
	int rc = args_read(c, argc, argv, "", 1, 1, &a);

	if (rc == EXIT_DONE) {
		q = client_request("servers");
		(void)json_object_object_add(q, "group",
		    json_object_new_string(a.at[0]));
		rc = client_call(&a, q, &o);
	}
	if (rc == EXIT_DONE && o != NULL) {
		list = field(o, "servers");
		(void)printf("%-34s %-9s %-22s %-10s %-10s %-10s %s\n", "ID",
		    "PHASE", "ADDRESS", "WAY", "AGE", "IN PHASE", "FLAGS");
		for (i = 0; i < field_length(o, "servers"); i++) {
			s = json_object_array_get_idx(list, i);
			flags_text(s, flags, sizeof(flags));
			(void)printf("%-34s %-9s %-22s %-10s %-10s %-10s %s\n",
			    field_text(s, "id")[0] == '\0' ? "-" :
			    safe(field_text(s, "id")),
			    safe(field_text(s, "phase")),
			    field(s, "address") == NULL ? "-" :
			    safe(field_text(s, "address")),
			    safe(field_text(s, "way")), span(s, "age"),
			    span(s, "phase_age"), flags);
		}
	}
	json_object_put(o);
	args_fini(&a);
	return (rc);
}

static void
print_decision(struct json_object *d)
{
	(void)printf("%lld desired, %lld serve, %lld on their way: %s",
	    (long long)field_int(d, "desired"),
	    (long long)field_int(d, "serving"),
	    (long long)field_int(d, "pending"), safe(field_text(d, "reason")));
}

static void
print_word(struct json_object *h)
{
	(void)printf("%s", safe(field_text(h, "word")));
	if (field(h, "servers") != NULL)
		(void)printf(" %lld", (long long)field_int(h, "servers"));
	if (field(h, "server") != NULL)
		(void)printf(" %s", safe(field_text(h, "server")));
	(void)printf(", by %s", safe(field_text(h, "who")));
	if (field_text(h, "reason")[0] != '\0')
		(void)printf(" (%s)", safe(field_text(h, "reason")));
}

static void
print_entry(struct json_object *h)
{
	const char *kind = field_text(h, "kind");
	time_t t = (time_t)field_int(h, "at");
	struct tm tm;
	char b[40];

	(void)localtime_r(&t, &tm);
	(void)strftime(b, sizeof(b), "%Y-%m-%d %H:%M:%S", &tm);
	(void)printf("%s  %-12s %-9s", b, safe(field_text(h, "group")),
	    safe(kind));
	if (strcmp(kind, "decision") == 0)
		print_decision(field(h, "decision"));
	else if (strcmp(kind, "word") == 0)
		print_word(h);
	else if (strcmp(kind, "phase") == 0)
		(void)printf("%s %s", field_text(h, "server")[0] != '\0' ?
		    safe(field_text(h, "server")) :
		    safe(field_text(h, "token")),
		    safe(field_text(h, "phase")));
	else if (strcmp(kind, "alarm") == 0)
		(void)printf("%s %s", safe(field_text(h, "alarm")),
		    field_bool(h, "raised") ? "raised" : "is over");
	else
		(void)printf("%s", safe(field_text(h, "build")));
	(void)printf("\n");
}

/* Newest last, as one reads a log. */
int
history_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o = NULL, *q, *list;
	struct args a;
	double since;
	size_t i;
	int rc = args_read(c, argc, argv, " limit since ", 0, 1, &a);

	if (rc == EXIT_DONE) {
		q = client_request("history");
		if (a.n > 0)
			(void)json_object_object_add(q, "group",
			    json_object_new_string(a.at[0]));
		if (field(a.options, "limit") != NULL)
			(void)json_object_object_add(q, "limit",
			    json_object_get(field(a.options, "limit")));
		if (field_number(a.options, "since", &since))
			(void)json_object_object_add(q, "since",
			    json_object_new_int64((int64_t)since));
		rc = client_call(&a, q, &o);
	}
	if (rc == EXIT_DONE && o != NULL) {
		list = field(o, "events");
		for (i = field_length(o, "events"); i > 0; i--)
			print_entry(json_object_array_get_idx(list, i - 1));
	}
	json_object_put(o);
	args_fini(&a);
	return (rc);
}
