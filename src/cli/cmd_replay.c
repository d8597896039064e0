/* SPDX-License-Identifier: MIT */
/*
 * `plimsoll replay`: the core decides again what a journal recorded, and each
 * decision is compared by its hash (I-42).  It can begin where a daemon's
 * life begins in the file; steps without such a beginning (after a gap, a
 * reload, or in a generation begun in the middle of a life) are counted and
 * left out.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"
#include "config/errors.h"
#include "io/build.h"
#include "policy/load.h"
#include "record/calls.h"
#include "record/decided.h"
#include "record/generations.h"
#include "record/recall.h"
#include "record/store.h"
#include "sim/replay.h"

struct job {
	struct policy *policy;
	struct replay *replay;
	struct recall *recall;
	struct recalled at;
	ns_t calendar_at; /* its windows move on, as the daemon's do */
	int64_t steps, decisions, left_out;
	bool other_build, other_policy, differs;
	/* the first difference */
	int group;
	uint64_t then, now;
};

/* The folder's newest file, or the file that is named. */
static int
journal_of(const char *path, char *folder, size_t size, struct err *e)
{
	int all[GENERATIONS_MAX], n = 0, number;
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st) != 0)
		return (err_set(e, errno, "open '%s': %s", path,
		    strerror(errno)));
	if (S_ISDIR(st.st_mode)) {
		(void)snprintf(folder, size, "%s", path);
		if (generations_list(path, all, &n, e) != 0)
			return (-1);
		if (n == 0)
			return (err_set(e, ENOENT, "'%s' holds no "
			    "journal.N.db", path));
		return (all[n - 1]);
	}
	number = store_number_of(slash != NULL ? slash + 1 : path);
	if (number <= 0)
		return (err_set(e, EINVAL, "'%s' is not named journal.N.db",
		    path));
	(void)snprintf(folder, size, "%.*s", slash != NULL ?
	    (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
	return (number);
}

/* What the events' indexes mean must be what they mean in this policy. */
static int
check_groups(const struct job *j, struct err *e)
{
	const struct fleet_policy *p = &j->policy->fleet;
	int i;

	if (j->at.n_groups != p->n_groups)
		return (err_set(e, EINVAL, "the journal has %d group(s) at "
		    "step %" PRId64 ", the policy %d: replay needs the policy "
		    "of then", j->at.n_groups, j->at.step, p->n_groups));
	for (i = 0; i < p->n_groups; i++)
		if (strcmp(j->at.groups[i], p->groups[i].name) != 0)
			return (err_set(e, EINVAL, "group %d of the journal "
			    "is not the policy's '%s': replay needs the "
			    "policy of then", i + 1, p->groups[i].name));
	return (0);
}

/* What was done to the fleet before this step. */
static int
make_calls(struct job *j, struct err *e)
{
	static const struct fleet_call gap = { .kind = CALL_GAP };
	struct fleet_call c;
	struct server room;

	if (j->at.anew && replay_call(j->replay, &gap, e) != 0)
		return (-1);
	while (j->at.calls.n > 0) {
		if (!calls_read(&j->at.calls, &c, &room))
			return (err_set(e, EILSEQ, "what came before step %"
			    PRId64 " is damaged", j->at.step));
		if (c.kind == CALL_INIT) {
			if (check_groups(j, e) != 0)
				return (-1);
			j->calendar_at = INT64_MIN;
			j->other_policy = j->other_policy ||
			    c.policy != j->policy->text_hash;
			j->other_build = j->other_build ||
			    c.core != build_core;
		}
		if (replay_call(j->replay, &c, e) != 0)
			return (-1);
	}
	return (0);
}

static void
compare(struct job *j)
{
	const struct decision *d;
	uint64_t hash;
	int i;

	for (i = 0; i < j->at.in.n_hashes && !j->differs; i++) {
		d = replay_decision(j->replay, j->at.in.hashes[i].group);
		hash = d != NULL ? decided_hash(d) : 0;
		if (d != NULL && hash == j->at.in.hashes[i].hash) {
			j->decisions++;
			continue;
		}
		j->differs = true;
		j->group = j->at.in.hashes[i].group;
		j->then = j->at.in.hashes[i].hash;
		j->now = hash;
	}
}

static int
take_steps(struct job *j, struct err *e)
{
	const struct pack_step *in = &j->at.in;
	int rc;

	while (!j->differs && (rc = recall_next(j->recall, &j->at, e)) != 0) {
		if (rc < 0 || make_calls(j, e) != 0)
			return (-1);
		if (!replay_is_on(j->replay)) {
			j->left_out++;
			continue;
		}
		if (in->now.mono >= j->calendar_at) {
			policy_calendar(j->policy, in->now.wall_s);
			j->calendar_at = in->now.mono + NS_HOUR;
		}
		replay_step(j->replay, &in->now, in->events,
		    (size_t)in->n_events);
		j->steps++;
		compare(j);
	}
	if (j->steps == 0)
		return (err_set(e, ENOENT, "no step can be replayed: %" PRId64
		    " are in the file, none after the start of a daemon",
		    j->left_out));
	return (0);
}

static void
tell_difference(const struct job *j)
{
	const struct decision *d = replay_decision(j->replay, j->group);

	(void)printf("step %" PRId64 " (life %" PRId64 ", %" PRId64 " s), "
	    "group %s: the journal's decision is %016" PRIx64 ", the replay "
	    "gives %016" PRIx64 "\n", j->at.step, j->at.run,
	    j->at.in.now.wall_s, safe(j->policy->fleet.groups[j->group].name),
	    j->then, j->now);
	if (d != NULL)
		(void)printf("the replay wants %d: %s\n", d->desired,
		    safe(d->reason));
	(void)printf("%" PRId64 " decisions before it are the same\n",
	    j->decisions);
}

static void
tell(const struct job *j)
{
	if (j->other_build)
		(void)printf("another build recorded this: differences may "
		    "be the build's\n");
	if (j->other_policy)
		(void)printf("another policy was in force: differences may "
		    "be the policy's\n");
	if (j->differs)
		tell_difference(j);
	else
		(void)printf("%" PRId64 " steps, %" PRId64 " decisions, all "
		    "the same\n", j->steps, j->decisions);
	if (j->left_out > 0)
		(void)printf("%" PRId64 " steps are left out: how the fleet "
		    "was before them is not in the file\n", j->left_out);
}

static void
tell_json(const struct job *j)
{
	struct json_object *o = json_object_new_object(), *d = NULL;
	char hash[2][20];

#define INT(o, k, v) \
	(void)json_object_object_add(o, k, json_object_new_int64(v))
#define BOOL(k, v) \
	(void)json_object_object_add(o, k, json_object_new_boolean(v))
	INT(o, "steps", j->steps);
	INT(o, "decisions", j->decisions);
	INT(o, "left_out", j->left_out);
	BOOL("same", !j->differs);
	BOOL("same_build", !j->other_build);
	BOOL("same_policy", !j->other_policy);
	if (j->differs) {
		(void)snprintf(hash[0], 20, "%016" PRIx64, j->then);
		(void)snprintf(hash[1], 20, "%016" PRIx64, j->now);
		d = json_object_new_object();
		INT(d, "step", j->at.step);
		INT(d, "wall_s", j->at.in.now.wall_s);
		(void)json_object_object_add(d, "group",
		    json_object_new_string(
		    j->policy->fleet.groups[j->group].name));
		(void)json_object_object_add(d, "journal",
		    json_object_new_string(hash[0]));
		(void)json_object_object_add(d, "replay",
		    json_object_new_string(hash[1]));
	}
	(void)json_object_object_add(o, "difference", d);
	(void)puts(json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
#undef INT
#undef BOOL
}

static int
replay_journal(struct job *j, const char *path, bool json, struct err *e)
{
	char folder[4096];
	int number = journal_of(path, folder, sizeof(folder), e);

	if (number < 0 || recall_open(&j->recall, folder, number, e) != 0 ||
	    replay_new(&j->replay, &j->policy->fleet, e) != 0 ||
	    take_steps(j, e) != 0)
		return (EXIT_REFUSED);
	if (json)
		tell_json(j);
	else
		tell(j);
	return (j->differs ? EXIT_REFUSED : EXIT_DONE);
}

/* What the command line says; a usage error is told of here. */
struct asked {
	const char *path, *policy;
	bool json;
};

static int
replay_args(const struct command *c, int argc, char **argv, struct asked *a)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			a->json = true;
		else if (strcmp(argv[i], "--policy") == 0 && i + 1 < argc)
			a->policy = argv[++i];
		else if (argv[i][0] == '-')
			return (command_usage(c, "'%s' is not an option of "
			    "it, or lacks its value", safe(argv[i])));
		else if (a->path != NULL)
			return (command_usage(c, "one journal at a time"));
		else
			a->path = argv[i];
	}
	if (a->path == NULL)
		return (command_usage(c, "which journal?"));
	return (EXIT_DONE);
}

int
replay_run(const struct command *c, int argc, char **argv)
{
	struct asked a = { NULL, PLIMSOLL_SYSCONF "/plimsoll.cfg", false };
	struct errors *errors = NULL;
	struct job *j = NULL;
	struct err e = { 0 };
	int rc = EXIT_REFUSED;

	if (replay_args(c, argc, argv, &a) != EXIT_DONE)
		return (EXIT_USAGE);
	errors = calloc(1, sizeof(*errors));
	j = calloc(1, sizeof(*j));
	if (j == NULL || errors == NULL)
		(void)err_set(&e, ENOMEM, "out of memory");
	else if (policy_load(a.policy, POLICY_DRIVE, &j->policy, errors) == 0)
		rc = replay_journal(j, a.path, a.json, &e);
	else
		errors_print(errors, stderr);
	if (e.code != 0)
		(void)fprintf(stderr, "plimsoll replay: %s\n", e.text);
	if (j != NULL) {
		replay_free(j->replay);
		recall_close(j->recall, &j->at);
		policy_free(j->policy);
	}
	free(j);
	free(errors);
	return (rc);
}
