/* SPDX-License-Identifier: MIT */
/* A decision for the journal; see decided.h. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "plimsoll/decision.h"
#include "record/bytes.h"
#include "record/decided.h"

/* A new field belongs into the hash, and into the text. */
_Static_assert(sizeof(struct decision) == 18280, "decided.c: a field came");

struct sum {
	uint64_t v;
};

static void
sum_int(struct sum *s, int64_t v)
{
	s->v = sum_add(s->v, &v, sizeof(v));
}

static void
sum_double(struct sum *s, double v)
{
	s->v = sum_add(s->v, &v, sizeof(v));
}

static void
sum_text(struct sum *s, const char *t)
{
	s->v = sum_add(s->v, t, strlen(t) + 1);
}

static void
sum_value(struct sum *s, const struct value *v)
{
	sum_int(s, v->known);
	if (v->known)
		sum_double(s, v->v);
}

/* What both hashes share. */
static void
sum_gist(struct sum *s, const struct decision *d)
{
	int i;

	sum_int(s, d->desired);
	sum_int(s, d->serving);
	sum_int(s, d->pending);
	sum_int(s, d->launch);
	sum_int(s, d->n_terminate);
	for (i = 0; i < d->n_terminate; i++)
		sum_text(s, d->terminate[i].text);
	sum_int(s, d->mode);
	sum_int(s, d->verdict);
	sum_int(s, d->alarms);
	sum_int(s, d->n_clamps);
	for (i = 0; i < d->n_clamps; i++)
		sum_int(s, d->clamps[i].kind);
	sum_int(s, d->n_holds);
	for (i = 0; i < d->n_holds; i++) {
		sum_int(s, d->holds[i].what);
		sum_int(s, d->holds[i].by);
	}
}

uint64_t
decided_gist(const struct decision *d)
{
	struct sum s = { SUM_BEGIN };

	sum_gist(&s, d);
	return (sum_end(s.v));
}

uint64_t
decided_hash(const struct decision *d)
{
	struct sum s = { SUM_BEGIN };
	int i;

	sum_gist(&s, d);
	sum_int(&s, d->at);
	sum_int(&s, d->need);
	sum_int(&s, d->winner);
	sum_value(&s, &d->load_rps);
	sum_value(&s, &d->forecast_rps);
	sum_double(&s, d->capacity_rps);
	sum_int(&s, d->lead);
	sum_double(&s, d->survivable);
	for (i = 0; i < d->n_clamps; i++) {
		sum_int(&s, d->clamps[i].before);
		sum_int(&s, d->clamps[i].after);
	}
	for (i = 0; i < d->n_holds; i++) {
		sum_int(&s, d->holds[i].until);
		sum_text(&s, d->holds[i].reason);
	}
	sum_text(&s, d->evidence);
	sum_text(&s, d->reason);
	return (sum_end(s.v));
}

static void
add_int(struct json_object *o, const char *key, int64_t v)
{
	(void)json_object_object_add(o, key, json_object_new_int64(v));
}

static void
add_text(struct json_object *o, const char *key, const char *v)
{
	(void)json_object_object_add(o, key, json_object_new_string(v));
}

/* Not known is null, never zero. */
static void
add_value(struct json_object *o, const char *key, struct value v)
{
	(void)json_object_object_add(o, key,
	    v.known ? json_object_new_double(v.v) : NULL);
}

static struct json_object *
decided_clamps(const struct decision *d)
{
	struct json_object *a = json_object_new_array(), *o;
	int i;

	for (i = 0; i < d->n_clamps; i++) {
		o = json_object_new_object();
		add_text(o, "kind", clamp_name(d->clamps[i].kind));
		add_int(o, "before", d->clamps[i].before);
		add_int(o, "after", d->clamps[i].after);
		(void)json_object_array_add(a, o);
	}
	return (a);
}

static struct json_object *
decided_holds(const struct decision *d)
{
	struct json_object *a = json_object_new_array(), *o;
	int i;

	for (i = 0; i < d->n_holds; i++) {
		o = json_object_new_object();
		add_text(o, "what", hold_what_name(d->holds[i].what));
		add_text(o, "by", hold_by_name(d->holds[i].by));
		add_text(o, "reason", d->holds[i].reason);
		(void)json_object_array_add(a, o);
	}
	return (a);
}

static struct json_object *
decided_lists(const struct decision *d, const char **ret_key, int which)
{
	static const char *const key[] = { "alarms", "terminate" };
	struct json_object *a = json_object_new_array();
	int i, n = which == 0 ? ALARM_COUNT : d->n_terminate;

	*ret_key = key[which];
	for (i = 0; i < n && json_object_array_length(a) < 64; i++) {
		if (which == 0 && !(d->alarms & 1u << i))
			continue;
		(void)json_object_array_add(a, json_object_new_string(
		    which == 0 ? alarm_name((enum alarm)i) :
		    d->terminate[i].text));
	}
	return (a);
}

char *
decided_text(const struct decision *d, const char *group)
{
	struct json_object *o = json_object_new_object();
	const char *key, *text;
	char *copy;
	int i;

	if (o == NULL)
		return (NULL);
	add_text(o, "group", group);
	add_int(o, "desired", d->desired);
	add_int(o, "need", d->need);
	add_int(o, "serving", d->serving);
	add_int(o, "pending", d->pending);
	add_int(o, "launch", d->launch);
	add_text(o, "mode", mode_name(d->mode));
	add_text(o, "verdict", verdict_name(d->verdict));
	add_text(o, "winner", winner_name(d->winner));
	add_value(o, "load_rps", d->load_rps);
	add_value(o, "forecast_rps", d->forecast_rps);
	add_value(o, "capacity_rps", value_of(d->capacity_rps));
	add_value(o, "lead_s", value_of(ns_to_s(d->lead)));
	add_value(o, "survivable", value_of(d->survivable));
	(void)json_object_object_add(o, "clamps", decided_clamps(d));
	(void)json_object_object_add(o, "holds", decided_holds(d));
	for (i = 0; i < 2; i++) {
		struct json_object *list = decided_lists(d, &key, i);

		(void)json_object_object_add(o, key, list);
	}
	add_text(o, "evidence", d->evidence);
	add_text(o, "reason", d->reason);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	copy = text != NULL ? strdup(text) : NULL;
	(void)json_object_put(o);
	return (copy);
}
