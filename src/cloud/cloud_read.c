/* SPDX-License-Identifier: MIT */
/*
 * What the provider answers about servers, believed only where it fits; and
 * how one server is asked for by its name.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hex.h"
#include "base/must.h"
#include "cloud/cloud_job.h"
#include "cloud/parts.h"
#include "io/json.h"

/* A 408 is the provider's own timeout: it may have happened. */
bool
cloud_judge_status(int status, struct verdict *v)
{
	if (status >= 200 && status < 300) {
		v->outcome = OUTCOME_DONE;
		return (true);
	}
	v->outcome = status == 429 ? OUTCOME_THROTTLED :
	    status >= 400 && status < 500 && status != 408 ?
	    OUTCOME_PERMANENT : OUTCOME_UNKNOWN;
	v->again = v->outcome != OUTCOME_PERMANENT;
	return (false);
}

void
cloud_judge_text(int status, const char *code, const char *why,
    struct verdict *v)
{
	(void)snprintf(v->text, sizeof(v->text), "status %d, %.60s: %.200s",
	    status, code != NULL ? code : "no code", why != NULL ? why : "");
}

/* NULL, and the job is blamed: no JSON is never a refusal. */
struct json_object *
cloud_answer(struct cloud_job *j, const struct call_end *end)
{
	struct json_object *o;
	struct err e = { 0 };

	o = json_parse(end->body, end->n, JSON_DEPTH, &e);
	if (o == NULL) {
		(void)err_prefix(&e, "the provider's answer");
		cloud_job_blame(j, OUTCOME_UNKNOWN, e.text);
	}
	return (o);
}

static void
mark_read(const struct cloud *c, const struct cloud_mark *m, struct told *t)
{
	int port;
	char more;

	if (strcmp(m->owner, c->set.owner) != 0)
		return;
	if (strlen(m->token) == 2 * TOKEN_SIZE &&
	    !hex_get(m->token, t->token.byte, TOKEN_SIZE))
		memset(&t->token, 0, sizeof(t->token));
	(void)snprintf(t->group, sizeof(t->group), "%s", m->group);
	if (sscanf(m->port, "%5d%c", &port, &more) == 1 && port > 0 &&
	    port <= UINT16_MAX)
		t->port = (uint16_t)port;
}

/* A server of an answer; its token is zero unless it is ours. */
bool
cloud_read(struct cloud_job *j, struct json_object *o, struct told *ret)
{
	struct cloud_mark mark = { .owner = "" };

	memset(ret, 0, sizeof(*ret));
	ret->sessions = -1;
	if (o != NULL && j->cloud->ops->read(o, ret, &mark) &&
	    ret->id.text[0] != '\0') {
		mark_read(j->cloud, &mark, ret);
		return (true);
	}
	cloud_job_blame(j, OUTCOME_UNKNOWN, "the provider's answer tells of a "
	    "server in words that we do not understand");
	return (false);
}

bool
cloud_is_ours(const struct told *t)
{
	static const struct token none;

	return (memcmp(&t->token, &none, sizeof(none)) != 0);
}

void
cloud_ask(struct cloud_item *it, const char *method, const char *path,
    calls_done *done)
{
	struct call q = { .method = method, .path = path, .by = it->job->by,
		.write = strcmp(method, "GET") != 0, .harmless = true };

	calls_ask(it->job->cloud->calls, &q, done, it);
}

void
cloud_mark_fill(const struct cloud_item *it, struct cloud_mark *m)
{
	const struct cloud_way *w = it->way;

	(void)snprintf(m->owner, sizeof(m->owner), "%s",
	    it->job->cloud->set.owner);
	hex_put(m->token, it->token.byte, TOKEN_SIZE);
	if (w == NULL)
		return; /* a lookup: the token names it */
	(void)snprintf(m->group, sizeof(m->group), "%s", w->group);
	(void)snprintf(m->port, sizeof(m->port), "%d", w->set.port);
	(void)snprintf(m->use, sizeof(m->use), "%s",
	    w->set.use == CLOUD_PRIVATE ? "private" : "public");
}

void
cloud_name(const struct cloud_mark *m, char *buf, size_t size)
{
	(void)snprintf(buf, size, "plimsoll-%s", m->token);
}

/* The server of the item's token, by its name. */
void
cloud_ask_name(struct cloud_item *it, calls_done *done)
{
	const struct cloud_ops *ops = it->job->cloud->ops;
	char name[64], query[CLOUD_QUERY_SIZE], path[CALLS_PATH_SIZE];
	struct cloud_mark mark = { .owner = "" };

	cloud_mark_fill(it, &mark);
	cloud_name(&mark, name, sizeof(name));
	ops->lookup(name, query, sizeof(query));
	(void)snprintf(path, sizeof(path), "%s?%s", ops->servers, query);
	cloud_ask(it, "GET", path, done);
}

/* Tells of the item's server, if the page has it. */
bool
cloud_read_name(struct cloud_item *it, const struct call_end *end)
{
	struct cloud_job *j = it->job;
	struct json_object *root, *many;
	struct told t;
	bool found = false;
	size_t i;

	if (end->outcome != OUTCOME_DONE) {
		cloud_job_blame(j, OUTCOME_UNKNOWN, end->text);
		return (false);
	}
	root = cloud_answer(j, end);
	many = root == NULL ? NULL : part_at(root, j->cloud->ops->many);
	if (root != NULL && !json_object_is_type(many, json_type_array))
		cloud_job_blame(j, OUTCOME_UNKNOWN, "the provider's answer is "
		    "no list of servers");
	for (i = 0; i < part_count(many) && !found; i++) {
		if (!cloud_read(j, part_nth(many, i), &t))
			break;
		found = memcmp(&t.token, &it->token, sizeof(t.token)) == 0;
		if (found)
			cloud_job_tell(j, &t);
	}
	json_wipe(root);
	return (found);
}
