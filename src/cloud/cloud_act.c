/* SPDX-License-Identifier: MIT */
/*
 * How a cloud's servers are started and ended.  A name that is taken is
 * looked up: it may be ours, from a try whose answer was lost.  A location
 * that has none left is passed over.  A server is deleted only if it still
 * carries our mark (I-10).
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "cloud/cloud_job.h"
#include "cloud/parts.h"
#include "io/file.h"
#include "io/json.h"

/*
 * An operation ends a little before the host's deadline for it, 30 s, so
 * that it ends with a reason.
 */
#define ACT_WITHIN (27 * NS_S)
/* How long a location that refused is passed over. */
#define SHUT_FOR NS_MIN

static void	item_create(struct cloud_item *);

static void
item_path(const struct cloud_item *it, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s/%s", it->job->cloud->ops->servers,
	    it->id.text);
}

static void
item_blame(struct cloud_item *it, const struct call_end *end)
{
	cloud_job_blame(it->job, end->outcome, end->text);
	cloud_job_ends(it->job);
}

static void
on_taken(void *arg, const struct call_end *end)
{
	struct cloud_item *it = arg;

	/* A name of ours that nobody lists yet: later (I-14). */
	if (!cloud_read_name(it, end))
		cloud_job_blame(it->job, OUTCOME_UNKNOWN, "the server's name "
		    "is taken, but the server is not listed");
	cloud_job_ends(it->job);
}

static int
way_places(const struct cloud_way *w)
{
	return (w->set.locations.n > 0 ? w->set.locations.n : 1);
}

/* The next location is asked, if there is one that was not. */
static bool
item_elsewhere(struct cloud_item *it)
{
	struct cloud_way *w = it->way;
	int n = way_places(w);

	w->shut[(it->start + it->tried) % n] = loop_now(
	    it->job->cloud->host->loop).mono + SHUT_FOR;
	if (++it->tried >= n * w->set.size.n)
		return (false);
	item_create(it);
	return (true);
}

static void
on_created(void *arg, const struct call_end *end)
{
	struct cloud_item *it = arg;
	struct cloud_job *j = it->job;
	struct json_object *root;
	struct told t;

	if (end->taken) {
		cloud_ask_name(it, on_taken);
		return;
	}
	if (end->outcome == OUTCOME_CAPACITY && end->status != 0 &&
	    item_elsewhere(it))
		return;
	if (end->outcome != OUTCOME_DONE) {
		if (end->outcome == OUTCOME_QUOTA)
			j->cloud->taught = j->cloud->n_ours;
		item_blame(it, end);
		return;
	}
	root = cloud_answer(j, end);
	if (root != NULL &&
	    cloud_read(j, part_at(root, j->cloud->ops->one), &t)) {
		if (memcmp(&t.token, &it->token, sizeof(t.token)) == 0) {
			cloud_job_tell(j, &t);
			cloud_launched(j->cloud);
		} else
			cloud_job_blame(j, OUTCOME_UNKNOWN, "the provider "
			    "made a server without the labels asked for");
	}
	json_wipe(root); /* may hold a password */
	cloud_job_ends(j);
}

/*
 * The first location is the next one in turn that has not just refused;
 * then the others, and then all of them with the next size.
 */
static void
item_place(struct cloud_item *it, struct cloud_launch *l)
{
	struct cloud_way *w = it->way;
	int n = way_places(w), k;
	ns_t now = loop_now(it->job->cloud->host->loop).mono;

	if (it->tried == 0) {
		for (k = 1; k < n && w->shut[w->turn % n] > now; k++)
			w->turn++;
		it->start = w->turn++ % n;
		w->turn %= n;
	}
	l->size = w->set.size.text[it->tried / n];
	if (w->set.locations.n > 0)
		l->location =
		    w->set.locations.text[(it->start + it->tried) % n];
}

/*
 * What a new server is told: the policy's own file, else the boot file that
 * the host keeps for it, the same at each try (I-12).  NULL: nothing.  The
 * caller wipes and frees it: it may hold a boot token.
 */
static int
user_data(const struct cloud_item *it, const struct cloud_mark *m,
    char **ret, struct err *e)
{
	const char *folder = it->job->cloud->host->boot;
	char path[512];
	size_t n;

	*ret = NULL;
	if (it->way->user_data != NULL) {
		*ret = strdup(it->way->user_data);
		return (*ret != NULL ? 0 : err_set(e, ENOMEM,
		    "out of memory"));
	}
	if (folder == NULL)
		return (0);
	(void)snprintf(path, sizeof(path), "%s/local-%s", folder, m->token);
	return (file_read(path, CLOUD_USER_DATA_MAX, ret, &n, e) == 0 ? 0 :
	    err_prefix(e, "the server's boot file"));
}

/* Nothing was asked for: the core takes the next way. */
static void
item_refuse(struct cloud_item *it, const char *why)
{
	cloud_job_blame(it->job, OUTCOME_PERMANENT, why);
	cloud_job_ends(it->job);
}

static void
item_create(struct cloud_item *it)
{
	const struct cloud_ops *ops = it->job->cloud->ops;
	struct cloud_launch l = { .set = &it->way->set };
	struct call q = { .method = "POST", .path = ops->servers,
		.write = true, .harmless = ops->unique_names,
		.by = it->job->by };
	struct json_object *body;
	struct err e = { 0 };
	char name[64], *told, *text;
	size_t n;

	cloud_mark_fill(it, &l.mark);
	cloud_name(&l.mark, name, sizeof(name));
	if (user_data(it, &l.mark, &told, &e) != 0) {
		item_refuse(it, e.text);
		return;
	}
	l.name = name;
	l.user_data = told;
	item_place(it, &l);
	body = ops->create(&l);
	MUST(body != NULL);
	text = (char *)(uintptr_t)json_object_to_json_string_length(body,
	    JSON_C_TO_STRING_PLAIN, &n);
	MUST(text != NULL);
	q.body = text;
	calls_ask(it->job->cloud->calls, &q, on_created, it);
	explicit_bzero(text, n); /* the object's own, freed with it */
	json_wipe(body);
	if (told != NULL)
		explicit_bzero(told, strlen(told));
	free(told);
}

static void
item_launch(struct cloud_item *it)
{
	if (it->way == NULL)
		item_refuse(it, "there was no memory for this way");
	else if (it->way->why[0] != '\0')
		item_refuse(it, it->way->why);
	else
		item_create(it);
}

void
cloud_launch(void *self, op_t op, const struct launch *what, size_t n)
{
	struct cloud_job *j = cloud_job_new(self, op, n, ACT_WITHIN);
	size_t i;

	/* No memory: the host's deadline tells. */
	for (i = 0; j != NULL && i < n; i++) {
		j->items[i].token = what[i].token;
		j->items[i].way = cloud_way_find(self, what[i].group,
		    what[i].way);
		item_launch(&j->items[i]);
	}
	if (j != NULL && n == 0)
		cloud_job_ends(j);
}

static void
on_deleted(void *arg, const struct call_end *end)
{
	struct cloud_item *it = arg;
	struct json_object *root = NULL;

	if (end->outcome != OUTCOME_DONE && end->status != 404)
		cloud_job_blame(it->job, end->outcome, end->text);
	else if (end->outcome == OUTCOME_DONE && end->n > 0) {
		root = cloud_answer(it->job, end);
		if (root != NULL && part_at(root, "error") != NULL)
			cloud_job_blame(it->job, OUTCOME_UNKNOWN, "the "
			    "provider's answer holds an error");
	}
	json_wipe(root);
	cloud_job_ends(it->job);
}

/* Both the journal and the tag must say that it is ours (I-10). */
static void
on_victim(void *arg, const struct call_end *end)
{
	struct cloud_item *it = arg;
	struct cloud_job *j = it->job;
	char path[CALLS_PATH_SIZE];
	struct json_object *root;
	struct told t = { .phase = PHASE_NONE };
	bool known;

	if (end->status == 404) {
		cloud_job_ends(j); /* gone already */
		return;
	}
	if (end->outcome != OUTCOME_DONE) {
		item_blame(it, end);
		return;
	}
	root = cloud_answer(j, end);
	known = root != NULL &&
	    cloud_read(j, part_at(root, j->cloud->ops->one), &t);
	json_wipe(root);
	if (known && strcmp(t.id.text, it->id.text) != 0) {
		cloud_job_blame(j, OUTCOME_UNKNOWN, "the provider tells of "
		    "another server than was asked for");
		known = false;
	}
	if (!known || !cloud_is_ours(&t)) {
		/* Somebody took our label off it: it is theirs now. */
		cloud_job_ends(j);
		return;
	}
	item_path(it, path, sizeof(path));
	cloud_ask(it, "DELETE", path, on_deleted);
}

/* An id of the journal goes into a path: nothing else than a word. */
static bool
id_is_word(const char *id)
{
	return (id[0] != '\0' && strspn(id, "0123456789abcdefghijklmnopqrstuvw"
	    "xyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == strlen(id));
}

void
cloud_terminate(void *self, op_t op, const struct server_id *ids, size_t n)
{
	struct cloud_job *j = cloud_job_new(self, op, n, ACT_WITHIN);
	char path[CALLS_PATH_SIZE], text[REASON_SIZE];
	struct cloud_item *it;
	size_t i;

	for (i = 0; j != NULL && i < n; i++) {
		it = &j->items[i];
		it->id = ids[i];
		if (id_is_word(it->id.text)) {
			item_path(it, path, sizeof(path));
			cloud_ask(it, "GET", path, on_victim);
			continue;
		}
		(void)snprintf(text, sizeof(text), "'%s' is no server of a "
		    "cloud", it->id.text);
		cloud_job_blame(j, OUTCOME_PERMANENT, text);
		cloud_job_ends(j);
	}
	if (j != NULL && n == 0)
		cloud_job_ends(j);
}
