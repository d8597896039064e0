/* SPDX-License-Identifier: MIT */
/* status and watch: how things are, at a glance. */
#include "config.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "io/nap.h"

/* "in (operator), all (data)" of a list of objects; "-" for none. */
static void
holds_text(struct json_object *g, char *buf, size_t size)
{
	struct json_object *a = field(g, "holds"), *h;
	size_t i, n = 0, len = field_length(g, "holds");

	(void)snprintf(buf, size, "-");
	for (i = 0; i < len && n < size; i++) {
		h = json_object_array_get_idx(a, i);
		n += (size_t)snprintf(buf + n, size - n, "%s%s (%s)",
		    i > 0 ? ", " : "", safe(field_text(h, "what")),
		    safe(field_text(h, "by")));
	}
}

static void
print_words(struct json_object *g)
{
	struct json_object *w;
	size_t i;

	for (i = 0; i < field_length(g, "words"); i++) {
		w = json_object_array_get_idx(field(g, "words"), i);
		(void)printf("  word: %s, by %s%s%s%s\n",
		    safe(field_text(w, "text")), safe(field_text(w, "who")),
		    field_text(w, "reason")[0] != '\0' ? " (" : "",
		    safe(field_text(w, "reason")),
		    field_text(w, "reason")[0] != '\0' ? ")" : "");
	}
}

static void
print_boots(struct json_object *g)
{
	struct json_object *b;
	size_t i;

	for (i = 0; i < field_length(g, "boots"); i++) {
		b = json_object_array_get_idx(field(g, "boots"), i);
		(void)printf("  a launch by %s serves after %s (p95 %s of "
		    "the last %lld)\n", safe(field_text(b, "way")),
		    span(b, "serving_p50"), span(b, "serving_p95"),
		    (long long)field_int(b, "launches"));
	}
}

static void
print_drill(struct json_object *g)
{
	struct json_object *d = field(g, "drill");
	const char *result = field_text(d, "result");

	if (d == NULL)
		return;
	if (strcmp(result, "running") == 0)
		(void)printf("  drill: under way by %s, %s\n",
		    safe(field_text(d, "way")), safe(field_text(d, "phase")));
	else if (strcmp(result, "passed") == 0)
		(void)printf("  drill: passed by %s in %s, %s ago\n",
		    safe(field_text(d, "way")), span(d, "took"),
		    span(d, "age"));
	else
		(void)printf("  drill: FAILED by %s after phase %s, %s ago\n",
		    safe(field_text(d, "way")), safe(field_text(d, "phase")),
		    span(d, "age"));
}

static void
print_below(struct json_object *g)
{
	struct json_object *a = field(g, "alarms");
	const char *verdict = field_text(g, "verdict");
	size_t i, len = field_length(g, "alarms");

	if (field_text(g, "reason")[0] != '\0')
		(void)printf("  %s\n", safe(field_text(g, "reason")));
	if (verdict[0] != '\0' && strcmp(verdict, "ok") != 0)
		(void)printf("  %s: %s\n", safe(verdict),
		    safe(field_text(g, "evidence")));
	for (i = 0; i < len; i++)
		(void)printf("%s%s%s", i == 0 ? "  alarms: " : ", ",
		    safe(json_object_get_string(
		    json_object_array_get_idx(a, i))),
		    i + 1 == len ? "\n" : "");
	if (field_int(g, "launch_not_ready") > 0)
		(void)printf("  NOT READY to launch, %lld missing: see "
		    "`plimsoll ready`\n",
		    (long long)field_int(g, "launch_not_ready"));
	print_words(g);
	print_boots(g);
	print_drill(g);
	if (field(g, "advice") != NULL && field_int(g, "advice") != 0)
		(void)printf("  advice: %lld server(s) %s than there are\n",
		    (long long)(field_int(g, "advice") > 0 ?
		    field_int(g, "advice") : -field_int(g, "advice")),
		    field_int(g, "advice") > 0 ? "more" : "fewer");
}

static void
print_head(struct json_object *o)
{
	if (field_bool(o, "dry_run"))
		(void)printf("DRY RUN: nothing outside is touched; servers "
		    "below are what would be.\n");
	if (field_bool(o, "no_removals"))
		(void)printf("NO REMOVALS: see the log and `plimsoll resume`."
		    "\n");
	if (strcmp(field_text(o, "journal"), "good") != 0)
		(void)printf("JOURNAL NOT DURABLE: launches go on, removals "
		    "wait.\n");
}

/* Names and times; the daemon tells no value. */
static void
print_secret(struct json_object *s)
{
	(void)printf("secret %s (%s): ", safe(field_text(s, "secret")),
	    safe(field_text(s, "type")));
	if (field_bool(s, "complete"))
		(void)printf("complete");
	else if (field_text(s, "missing")[0] != '\0')
		(void)printf("LACKS %s", safe(field_text(s, "missing")));
	else
		(void)printf("NOT THERE");
	if (field(s, "age") != NULL)
		(void)printf(", fetched %s ago", span(s, "age"));
	if (field(s, "ends_in") != NULL)
		(void)printf(", ends in %s", span(s, "ends_in"));
	if (!field_bool(s, "fresh"))
		(void)printf("%s%s", field_text(s, "why")[0] != '\0' ?
		    "; NOT FRESH: " : "; not fetched yet",
		    safe(field_text(s, "why")));
	(void)printf("\n");
}

static void
print_secrets(struct json_object *o)
{
	size_t i;

	for (i = 0; i < field_length(o, "secrets"); i++)
		print_secret(json_object_array_get_idx(field(o, "secrets"),
		    i));
}

static void
print_boot(struct json_object *o)
{
	struct json_object *b = field(o, "boot"), *r;

	if (b == NULL)
		return;
	r = field(b, "refused");
	if (field_bool(b, "alarm"))
		(void)printf("BOOT TOKEN REFUSED: somebody showed one that was "
		    "used or another's: %s\n", safe(
		    json_object_to_json_string(r)));
	if (field_bool(b, "ends_soon"))
		(void)printf("THE BOOT ENDPOINT'S CERTIFICATE ENDS within a "
		    "week.\n");
}

static void
print_table(struct json_object *o)
{
	struct json_object *a = field(o, "groups"), *g;
	size_t i, len = field_length(o, "groups");
	char holds[256];

	print_head(o);
	(void)printf("%-16s %-7s %9s %10s %8s %8s %8s  %s\n", "GROUP", "MODE",
	    "LOAD/S", "FORECAST/S", "SERVING", "PENDING", "DESIRED", "HOLDS");
	for (i = 0; i < len; i++) {
		g = json_object_array_get_idx(a, i);
		holds_text(g, holds, sizeof(holds));
		(void)printf("%-16s %-7s %9s %10s %8s %8s %8s  %s\n",
		    safe(field_text(g, "group")), field(g, "mode") == NULL ?
		    "-" : safe(field_text(g, "mode")), figure(g, "load"),
		    figure(g, "forecast"), figure(g, "serving"),
		    figure(g, "pending"), figure(g, "desired"), holds);
		print_below(g);
	}
	print_secrets(o);
	print_boot(o);
}

static struct json_object *
status_request(const struct args *a)
{
	struct json_object *q = client_request("status");

	if (a->n > 0)
		(void)json_object_object_add(q, "group",
		    json_object_new_string(a->at[0]));
	return (q);
}

int
status_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o;
	struct args a;
	int rc = args_read(c, argc, argv, "", 0, 1, &a);

	if (rc == EXIT_DONE)
		rc = client_call(&a, status_request(&a), &o);
	if (rc == EXIT_DONE && o != NULL) {
		print_table(o);
		json_object_put(o);
	}
	args_fini(&a);
	return (rc);
}

static void
print_clock(struct json_object *o)
{
	time_t t = (time_t)field_int(o, "time");
	struct tm tm;
	char b[32];

	(void)localtime_r(&t, &tm);
	(void)strftime(b, sizeof(b), "%H:%M:%S", &tm);
	(void)printf("%s", b);
}

/* For a pipe: one line a group, so that it can be searched. */
static void
print_lines(struct json_object *o)
{
	struct json_object *a = field(o, "groups"), *g;
	size_t i, len = field_length(o, "groups");
	char holds[256];

	for (i = 0; i < len; i++) {
		g = json_object_array_get_idx(a, i);
		holds_text(g, holds, sizeof(holds));
		print_clock(o);
		(void)printf(" %s %s load %s forecast %s serving %s pending %s "
		    "desired %s holds %s\n", safe(field_text(g, "group")),
		    field(g, "mode") == NULL ? "-" :
		    safe(field_text(g, "mode")), figure(g, "load"),
		    figure(g, "forecast"), figure(g, "serving"),
		    figure(g, "pending"), figure(g, "desired"), holds);
	}
}

int
watch_run(const struct command *c, int argc, char **argv)
{
	struct json_object *o;
	struct args a;
	bool tty = isatty(STDOUT_FILENO);
	int rc = args_read(c, argc, argv, "", 0, 1, &a);

	while (rc == EXIT_DONE) {
		rc = client_call(&a, status_request(&a), &o);
		if (rc == EXIT_DONE && o != NULL && tty) {
			(void)printf("\033[H\033[J");
			print_clock(o);
			(void)printf("\n");
			print_table(o);
		} else if (rc == EXIT_DONE && o != NULL) {
			print_lines(o);
		}
		if (rc == EXIT_DONE)
			json_object_put(o);
		if (fflush(stdout) != 0)
			break; /* the reader of the pipe has left */
		if (rc == EXIT_DONE)
			nap(NS_S);
	}
	args_fini(&a);
	return (rc);
}
