/* SPDX-License-Identifier: MIT */
/*
 * A provider that is a cloud: its settings, its ways, and what it has of us
 * (page by page; pages that do not fit together are no list).
 */
#include "config.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cloud/cloud_job.h"
#include "cloud/keyfile.h"
#include "cloud/parts.h"
#include "io/file.h"
#include "io/json.h"

/* A little before the host's deadlines, 20 s and 10 s. */
#define LIST_WITHIN (18 * NS_S)
#define LOOKUP_WITHIN (9 * NS_S)
#define TRY_TIMEOUT (12 * NS_S)

enum { PAGES_MAX = 400 };

static void	list_ask(struct cloud_job *);

/* False: the pages read so far are no list (I-14). */
static bool
page_fits(struct cloud_job *j, int64_t next, int64_t total, size_t n)
{
	if (j->page > 1 && total != j->total)
		return (false); /* it changed while we read */
	j->total = total;
	j->n_seen += n;
	if (next != 0)
		return (next == j->page + 1 && next <= PAGES_MAX && n > 0);
	return (total < 0 || (size_t)total == j->n_seen);
}

/* The number of the page to read next; 0: over, well or not. */
static int64_t
page_read(struct cloud_job *j, struct json_object *root)
{
	const struct cloud_ops *ops = j->cloud->ops;
	struct json_object *many = part_at(root, ops->many);
	int64_t next = 0, total = -1;
	struct told t;
	size_t i;

	if (!json_object_is_type(many, json_type_array) ||
	    !ops->page(root, &next, &total)) {
		cloud_job_blame(j, OUTCOME_UNKNOWN, "the provider's answer is "
		    "no list of servers");
		return (0);
	}
	for (i = 0; i < part_count(many); i++) {
		if (!cloud_read(j, part_nth(many, i), &t))
			return (0);
		if (cloud_is_ours(&t))
			cloud_job_tell(j, &t);
	}
	if (page_fits(j, next, total, part_count(many)))
		return (j->outcome == OUTCOME_DONE ? next : 0);
	cloud_job_blame(j, OUTCOME_UNKNOWN, "the pages of the provider's list "
	    "do not fit together");
	return (0);
}

static void
on_page(void *arg, const struct call_end *end)
{
	struct cloud_job *j = arg;
	const struct host *h = j->cloud->host;
	struct json_object *root = NULL;
	int64_t next = 0;

	if (end->outcome != OUTCOME_DONE)
		cloud_job_blame(j, end->outcome, end->text);
	else if ((root = cloud_answer(j, end)) != NULL)
		next = page_read(j, root);
	json_wipe(root);
	if (next != 0) {
		j->page = (int)next;
		list_ask(j);
		return;
	}
	if (j->outcome != OUTCOME_DONE)
		j->n_told = 0; /* an incomplete one is none */
	cloud_listed(j);
	if (h->trouble != NULL)
		h->trouble(h->ctx, j->text);
	cloud_job_ends(j);
}

static void
list_ask(struct cloud_job *j)
{
	const struct cloud_ops *ops = j->cloud->ops;
	char query[CLOUD_QUERY_SIZE], path[CALLS_PATH_SIZE];
	struct call q = { .method = "GET", .path = path, .by = j->by,
		.harmless = true };

	ops->list(j->cloud->set.owner, j->page, query, sizeof(query));
	(void)snprintf(path, sizeof(path), "%s?%s", ops->servers, query);
	calls_ask(j->cloud->calls, &q, on_page, j);
}

void
cloud_list(void *self, op_t op)
{
	struct cloud_job *j = cloud_job_new(self, op, 1, LIST_WITHIN);

	if (j == NULL)
		return;
	j->page = 1;
	list_ask(j);
}

static void
on_found(void *arg, const struct call_end *end)
{
	struct cloud_item *it = arg;

	(void)cloud_read_name(it, end);
	cloud_job_ends(it->job);
}

void
cloud_lookup(void *self, op_t op, const struct token *token)
{
	struct cloud_job *j = cloud_job_new(self, op, 1, LOOKUP_WITHIN);

	if (j == NULL)
		return;
	j->items[0].token = *token;
	cloud_ask_name(&j->items[0], on_found);
}

struct cloud_way *
cloud_way_find(struct cloud *c, const char *group, uint8_t way)
{
	struct cloud_way *w;

	SLIST_FOREACH(w, &c->ways, link)
		if (w->way == way && strcmp(w->group, group) == 0)
			break;
	return (w);
}

int
cloud_init(struct cloud *c, const struct host *host,
    const struct cloud_settings *s, const struct cloud_ops *ops,
    struct err *e)
{
	struct calls_settings calls = { .address = c->set.address,
		.ca_file = c->set.ca_file, .timeout = TRY_TIMEOUT,
		.per_s = s->calls_per_hour / 3600.0, .burst = s->calls_burst,
		.judge = ops->judge };

	c->host = host;
	c->ops = ops;
	c->set = *s;
	c->told = c->taught = -1;
	SLIST_INIT(&c->ways);
	TAILQ_INIT(&c->open);
	TAILQ_INIT(&c->done);
	/* Two daemons that are throttled together do not come back together. */
	calls.seed = (uint64_t)loop_now(host->loop).mono;
	c->calls = calls_new(host->loop, &calls, e);
	if (c->calls == NULL)
		return (-1);
	if (calls_key(c->calls, s->token_file, e) != 0)
		return (err_prefix(e, "token_file"));
	return (0);
}

/* The text of the way's own file; NULL: it has none. */
static int
user_data_read(const struct cloud_way_settings *s, char **ret, struct err *e)
{
	size_t n = 0;

	*ret = NULL;
	if (s->user_data[0] == '\0')
		return (0);
	if (file_read(s->user_data, CLOUD_USER_DATA_MAX, ret, &n, e) != 0)
		return (err_prefix(e, "user_data"));
	if (strlen(*ret) == n)
		return (0);
	free(*ret);
	*ret = NULL;
	return (err_set(e, EINVAL, "user_data: '%s' is no text",
	    s->user_data));
}

int
cloud_try_way(void *self, const void *way_settings, struct err *e)
{
	struct cloud *c = self;
	char *key = keyfile_header(c->set.token_file, "", e), *text;

	if (key == NULL)
		return (err_prefix(e, "token_file"));
	keyfile_free(key);
	if (user_data_read(way_settings, &text, e) != 0)
		return (-1);
	free(text);
	return (0);
}

/* Without its text the way is there, but launches nothing. */
static int
way_set(struct cloud_way *w, const struct cloud_way_settings *s,
    struct err *e)
{
	struct err why = { 0 };

	free(w->user_data);
	w->set = *s;
	w->image = (struct cloud_look){ .busy = w->image.busy };
	memset(w->shut, 0, sizeof(w->shut));
	w->why[0] = '\0';
	if (user_data_read(s, &w->user_data, &why) == 0)
		return (0);
	(void)snprintf(w->why, sizeof(w->why), "%.*s", REASON_SIZE - 1,
	    why.text);
	return (err_set(e, why.code, "%s", why.text));
}

static struct cloud_way *
way_new(struct cloud *c, const char *group, uint8_t way)
{
	struct cloud_way *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return (NULL);
	SLIST_INSERT_HEAD(&c->ways, w, link);
	(void)snprintf(w->group, sizeof(w->group), "%s", group);
	w->way = way;
	w->cloud = c;
	return (w);
}

/*
 * Said again, as after a reload, it counts for launches from then on.  A key
 * that cannot be read leaves the one before in use.
 */
int
cloud_add_way(void *self, const char *group, uint8_t way,
    const void *way_settings, struct err *e)
{
	struct cloud *c = self;
	struct cloud_way *w = cloud_way_find(c, group, way);

	if (w == NULL && (w = way_new(c, group, way)) == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	if (way_set(w, way_settings, e) != 0)
		return (-1);
	if (calls_key(c->calls, c->set.token_file, e) != 0)
		return (err_prefix(e, "token_file"));
	return (0);
}

static void
ways_free(struct cloud *c)
{
	struct cloud_way *w;

	while ((w = SLIST_FIRST(&c->ways)) != NULL) {
		SLIST_REMOVE_HEAD(&c->ways, link);
		free(w->user_data);
		free(w);
	}
}

void
cloud_fini(void *self)
{
	struct cloud *c = self;
	struct cloud_job *j;

	if (c == NULL || c->host == NULL)
		return;
	calls_free(c->calls);
	loop_timer_stop(&c->post);
	while ((j = TAILQ_FIRST(&c->open)) != NULL) {
		TAILQ_REMOVE(&c->open, j, link);
		cloud_job_free(j);
	}
	while ((j = TAILQ_FIRST(&c->done)) != NULL) {
		TAILQ_REMOVE(&c->done, j, link);
		cloud_job_free(j);
	}
	ways_free(c);
	memset(c, 0, sizeof(*c));
}
