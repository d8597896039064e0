/* SPDX-License-Identifier: MIT */
/*
 * What launches on a cloud will need, known beforehand: a key that is
 * accepted, the image, room below the account's limit.  Nothing waits here:
 * the last look is told with its age, and the next one begun.
 */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>

#include "cloud/cloud_job.h"
#include "cloud/parts.h"
#include "io/json.h"
#include "io/look.h"

/* Chosen: an image does not vanish by the minute, and each look is a call. */
#define LOOK_EVERY NS_MIN
#define LOOK_WITHIN (20 * NS_S)

static void	look_saw(struct cloud_look *, ns_t now, enum ready_state,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));

static void
look_saw(struct cloud_look *k, ns_t now, enum ready_state state,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(k->text, sizeof(k->text), fmt, ap);
	va_end(ap);
	k->state = state;
	k->at = now;
	k->busy = false;
}

static ns_t
cloud_now(const struct cloud *c)
{
	return (loop_now(c->host->loop).mono);
}

/* The next one, if it is time for it. */
static void
look_begin(struct cloud *c, struct cloud_look *k, const char *path,
    calls_done *done, void *arg)
{
	ns_t now = cloud_now(c);
	struct call q = { .method = "GET", .path = path, .harmless = true,
		.by = now + LOOK_WITHIN };

	if (k->busy || (k->asked != 0 && now - k->asked < LOOK_EVERY))
		return;
	k->busy = true;
	k->asked = now;
	calls_ask(c->calls, &q, done, arg);
}

void
cloud_listed(const struct cloud_job *j)
{
	struct cloud *c = j->cloud;

	if (j->outcome == OUTCOME_DONE) {
		c->n_ours = (int)j->n_told;
		look_saw(&c->list, cloud_now(c), READY_YES, "accepted, %d "
		    "servers of ours are there", c->n_ours);
	} else
		look_saw(&c->list, cloud_now(c), READY_NO, "%.200s", j->text);
}

void
cloud_launched(struct cloud *c)
{
	c->n_ours++;
	if (c->n_ours > c->taught)
		c->taught = -1; /* it was raised meanwhile */
}

static void
on_image(void *arg, const struct call_end *end)
{
	struct cloud_way *w = arg;
	struct cloud *c = w->cloud;
	struct json_object *o;

	if (end->outcome == OUTCOME_DONE) {
		o = json_parse(end->body, end->n, JSON_DEPTH, NULL);
		if (o == NULL)
			look_saw(&w->image, cloud_now(c), READY_UNKNOWN,
			    "the provider's answer is no JSON");
		else if (c->ops->image_is_there(o))
			look_saw(&w->image, cloud_now(c), READY_YES,
			    "'%s' is there", w->set.image);
		else
			look_saw(&w->image, cloud_now(c), READY_NO,
			    "there is no image '%s'", w->set.image);
		json_wipe(o);
	} else if (end->status == 404)
		look_saw(&w->image, cloud_now(c), READY_NO, "there is no "
		    "image '%s'", w->set.image);
	else
		look_saw(&w->image, cloud_now(c), READY_UNKNOWN, "%.200s",
		    end->text);
}

static void
on_account(void *arg, const struct call_end *end)
{
	struct cloud *c = arg;
	struct json_object *o = NULL;
	int64_t limit;

	if (end->outcome == OUTCOME_DONE)
		o = json_parse(end->body, end->n, JSON_DEPTH, NULL);
	if (part_int(o, c->ops->limit, &limit) && limit >= 0)
		c->told = limit;
	json_wipe(o);
	look_saw(&c->account, cloud_now(c), READY_UNKNOWN, "%s", "");
}

static void
row_look(const struct cloud *c, struct ready_list *l, const char *what,
    const struct cloud_look *k)
{
	struct ready_row *r = look_row(l, "%s", what);

	r->state = k->state;
	(void)snprintf(r->text, sizeof(r->text), "%s", k->at == 0 ?
	    "not looked at yet" : k->text);
	r->age = k->at == 0 ? 0 : cloud_now(c) - k->at;
}

/* What the policy says goes first, then the API, then what we were refused. */
static void
row_limit(const struct cloud *c, struct ready_list *l, int max)
{
	struct ready_row *r = look_row(l, "limit of servers");
	int64_t limit = c->set.limit > 0 ? c->set.limit :
	    c->told >= 0 ? c->told : c->taught;
	const char *who = c->set.limit > 0 ? "the policy" :
	    c->told >= 0 ? "the provider" : "a refusal";
	char more[64];

	if (limit < 0) {
		(void)snprintf(r->text, sizeof(r->text), "the provider's API "
		    "tells none: write it into the policy as `limit`");
		return;
	}
	r->state = limit >= max ? READY_YES : READY_NO;
	(void)snprintf(more, sizeof(more), ": ask the provider for %lld more",
	    (long long)(max - limit));
	(void)snprintf(r->text, sizeof(r->text), "%lld by %s, %d are ours "
	    "now, up to %d may be needed%s", (long long)limit, who, c->n_ours,
	    max, limit < max ? more : "");
}

void
cloud_ready(void *self, const char *group, uint8_t way, int max,
    struct ready_list *l)
{
	struct cloud *c = self;
	struct cloud_way *w = cloud_way_find(c, group, way);
	char path[CALLS_PATH_SIZE];

	if (w == NULL)
		return;
	c->ops->image(w->set.image, path, sizeof(path));
	look_begin(c, &w->image, path, on_image, w);
	if (c->ops->account != NULL)
		look_begin(c, &c->account, c->ops->account, on_account,
		    c);
	row_look(c, l, "key", &c->list);
	row_look(c, l, "image", &w->image);
	row_limit(c, l, max);
}
