/* SPDX-License-Identifier: MIT */
/* Reading the policy again; see reload.h.  One at a time. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/errors.h"
#include "daemon/loader.h"
#include "daemon/reload.h"
#include "io/log.h"
#include "policy/compare.h"

struct reload {
	struct reload_parts with;
	struct loader *loader; /* under way */
	desk_done *done;
	void *arg;
	bool has_confirm;
	char confirm[PLAN_ID_SIZE];
	char who[NAME_SIZE];
};

struct reload *
reload_new(const struct reload_parts *with)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->with = *with;
	return (r);
}

/* Takes body, which may be NULL. */
static void
reload_answer(struct reload *r, bool ok, const char *text,
    struct json_object *body)
{
	struct desk_answer a = { ok, text, body };
	desk_done *done = r->done;
	struct log_line l;

	log_begin(&l, r->with.log, ok ? LEVEL_INFO : LEVEL_WARN, "reload");
	log_str(&l, "who", r->who);
	log_str(&l, "text", text);
	log_end(&l);
	r->done = NULL;
	if (done == NULL) {
		json_object_put(body);
		return;
	}
	if (a.body == NULL)
		a.body = json_object_new_object();
	if (ok)
		(void)json_object_object_add(a.body, "text",
		    json_object_new_string(text));
	done(r->arg, &a);
}

void
reload_free(struct reload *r)
{
	if (r == NULL)
		return;
	if (r->loader != NULL) {
		loader_stop(r->loader);
		reload_answer(r, false, "plimsolld stops", NULL);
	}
	free(r);
}

static struct json_object *
errors_json(const struct errors *e)
{
	struct json_object *o = json_object_new_object();
	struct json_object *a = json_object_new_array();
	int i;

	for (i = 0; i < e->n; i++)
		(void)json_object_array_add(a,
		    json_object_new_string(e->at[i].text));
	(void)json_object_object_add(o, "errors", a);
	return (o);
}

static struct json_object *
plan_json(const struct plan *p)
{
	static const char *const kinds[] = { [PLAN_CHANGE] = "",
		[PLAN_CONFIRM] = "to confirm: ", [PLAN_REFUSED] = "refused: " };
	struct json_object *o = json_object_new_object();
	struct json_object *a = json_object_new_array();
	char line[PLAN_LINE_SIZE + 16];
	int i;

	for (i = 0; i < p->n; i++) {
		(void)snprintf(line, sizeof(line), "%s%s",
		    kinds[p->line[i].kind], p->line[i].text);
		(void)json_object_array_add(a, json_object_new_string(line));
	}
	(void)json_object_object_add(o, "plan", a);
	(void)json_object_object_add(o, "id", json_object_new_string(p->id));
	return (o);
}

static void
log_plan(struct reload *r, const struct plan *p)
{
	int i;

	for (i = 0; i < p->n; i++)
		log_say(r->with.log, p->line[i].kind == PLAN_CHANGE ?
		    LEVEL_INFO : LEVEL_WARN, "plan", "line",
		    p->line[i].text);
}

static void
reload_errors(struct reload *r, const struct errors *errors)
{
	char text[ERROR_LINE_SIZE + 64];
	int i, more = errors->n - 1 + errors->dropped;

	for (i = 0; i < errors->n; i++)
		log_say(r->with.log, LEVEL_WARN, "the policy is not right",
		    "error", errors->at[i].text);
	if (more > 0)
		(void)snprintf(text, sizeof(text), "%s (and %d more)",
		    errors->at[0].text, more);
	else
		(void)snprintf(text, sizeof(text), "%s", errors->at[0].text);
	reload_answer(r, false, text, errors_json(errors));
}

/* True: the plan may be done. */
static bool
reload_may(struct reload *r, const struct plan *p)
{
	char text[160];

	if (p->refused) {
		reload_answer(r, false, "the plan is refused, nothing has "
		    "changed", plan_json(p));
		return (false);
	}
	if (!p->confirm || (r->has_confirm && strcmp(r->confirm, p->id) == 0))
		return (true);
	(void)snprintf(text, sizeof(text), "%s: plimsoll reload --confirm %s",
	    r->has_confirm ? "this is another plan than the one you "
	    "confirmed" : "the plan changes much and waits for a word", p->id);
	reload_answer(r, false, text, plan_json(p));
	return (false);
}

static void
reload_loaded(void *ctx, struct policy *new, const struct errors *errors)
{
	struct reload *r = ctx;
	struct plan *p = calloc(1, sizeof(*p));
	struct err e = { 0 };

	r->loader = NULL;
	if (new == NULL) {
		reload_errors(r, errors);
	} else if (p == NULL) {
		reload_answer(r, false, "out of memory", NULL);
	} else {
		policy_compare(r->with.policy(r->with.ctx), new,
		    r->with.count, r->with.ctx, p);
		log_plan(r, p);
		if (p->same) {
			reload_answer(r, true, "nothing changes", plan_json(p));
		} else if (reload_may(r, p)) {
			if (r->with.apply(r->with.ctx, new, p, &e) == 0) {
				new = NULL;
				reload_answer(r, true, "the new policy is in "
				    "force", plan_json(p));
			} else {
				reload_answer(r, false, e.text, plan_json(p));
			}
		}
	}
	policy_free(new);
	free(p);
}

void
reload_ask(struct reload *r, const char *confirm, const char *who,
    desk_done *done, void *arg)
{
	static const struct desk_answer busy = { false,
		"a reload is under way: try again", NULL };
	struct err e = { 0 };

	if (r->loader != NULL) {
		if (done != NULL)
			done(arg, &busy);
		return;
	}
	r->done = done;
	r->arg = arg;
	r->has_confirm = confirm != NULL;
	(void)snprintf(r->confirm, sizeof(r->confirm), "%s",
	    confirm != NULL ? confirm : "");
	(void)snprintf(r->who, sizeof(r->who), "%s", who);
	r->loader = loader_start(r->with.loop, r->with.path, reload_loaded, r,
	    &e);
	if (r->loader == NULL)
		reload_answer(r, false, e.text, NULL);
}
