/* SPDX-License-Identifier: MIT */
/*
 * What is: the groups with their last decision whole (so that `explain` is
 * the same call), and the servers of a group.
 */
#include "config.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "api/calls.h"
#include "api/calls_phases.h"
#include "base/err.h"
#include "base/hex.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "report/launch.h"

static void
put(struct json_object *o, const char *key, struct json_object *v)
{
	(void)json_object_object_add(o, key, v);
}

static void
put_int(struct json_object *o, const char *key, int64_t v)
{
	put(o, key, json_object_new_int64(v));
}

static void
put_text(struct json_object *o, const char *key, const char *v)
{
	put(o, key, json_object_new_string(v));
}

static void
put_value(struct json_object *o, const char *key, struct value v)
{
	put(o, key, call_number(v.known, v.v));
}

/* Seconds from now; null for a moment that never comes. */
static void
put_until(struct json_object *o, const char *key, ns_t at, ns_t now)
{
	put(o, key, call_number(at != NS_NEVER, ns_to_s(at - now)));
}

static struct json_object *
holds_json(const struct decision *d, ns_t now)
{
	struct json_object *a = json_object_new_array(), *o;
	int i;

	for (i = 0; i < d->n_holds; i++) {
		o = json_object_new_object();
		put_text(o, "what", hold_what_name(d->holds[i].what));
		put_text(o, "by", hold_by_name(d->holds[i].by));
		put_until(o, "for", d->holds[i].until, now);
		put_text(o, "reason", d->holds[i].reason);
		(void)json_object_array_add(a, o);
	}
	return (a);
}

static struct json_object *
clamps_json(const struct decision *d)
{
	struct json_object *a = json_object_new_array(), *o;
	int i;

	for (i = 0; i < d->n_clamps; i++) {
		o = json_object_new_object();
		put_text(o, "clamp", clamp_name(d->clamps[i].kind));
		put_int(o, "before", d->clamps[i].before);
		put_int(o, "after", d->clamps[i].after);
		(void)json_object_array_add(a, o);
	}
	return (a);
}

static struct json_object *
alarms_json(const struct decision *d)
{
	struct json_object *a = json_object_new_array();
	int i;

	for (i = 0; i < ALARM_COUNT; i++)
		if (d->alarms >> i & 1)
			(void)json_object_array_add(a,
			    json_object_new_string(alarm_name((enum alarm)i)));
	return (a);
}

static void
put_decision(struct json_object *o, const struct decision *d, ns_t now)
{
	put_text(o, "mode", mode_name(d->mode));
	put_text(o, "verdict", verdict_name(d->verdict));
	put_text(o, "winner", winner_name(d->winner));
	put_value(o, "load", d->load_rps);
	put_value(o, "forecast", d->forecast_rps);
	put(o, "capacity", call_number(true, d->capacity_rps));
	put_int(o, "need", d->need);
	put_int(o, "desired", d->desired);
	put_int(o, "launch", d->launch);
	put_int(o, "terminate", d->n_terminate);
	put(o, "lead", call_number(true, ns_to_s(d->lead)));
	put(o, "survivable", call_number(true, d->survivable));
	put(o, "holds", holds_json(d, now));
	put(o, "alarms", alarms_json(d));
	put(o, "clamps", clamps_json(d));
	put_text(o, "evidence", d->evidence);
	put_text(o, "reason", d->reason);
	put(o, "age", call_number(true, ns_to_s(now - d->at)));
}

static struct json_object *
drill_json(const struct drill *d, const struct group_policy *p,
    int64_t wall_s)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "result", drill_result_name(d->result));
	put_text(o, "phase", phase_name(d->reached));
	put_text(o, "way", d->way < p->n_ways ? p->ways[d->way] : "");
	put(o, "age", call_number(true, (double)(wall_s - d->at_wall_s)));
	if (d->result != DRILL_RUNNING)
		put(o, "took", call_number(true, ns_to_s(d->took)));
	return (o);
}

static struct json_object *
words_json(const struct group_facts *f, int64_t wall_s)
{
	struct json_object *a = json_object_new_array(), *o;
	const struct word *w;
	char text[128];
	int i;

	for (i = 0; i < FACTS_WORDS; i++) {
		w = facts_standing(f, i, wall_s);
		if (w == NULL)
			continue;
		facts_word_text(w, wall_s, text, sizeof(text));
		o = json_object_new_object();
		put_text(o, "text", text);
		put_int(o, "servers", w->servers);
		put_int(o, "until", w->until_wall_s);
		put_text(o, "who", w->who);
		put_text(o, "reason", w->reason);
		(void)json_object_array_add(a, o);
	}
	return (a);
}

/* Not told where nobody looks. */
static void
put_ready(struct json_object *o, const struct facts *f, int i)
{
	if (f->launch == NULL || f->launch->ready == NULL ||
	    !f->launch->ready[i].known)
		return;
	put(o, "launch_ready",
	    json_object_new_boolean(f->launch->ready[i].ready));
	put_int(o, "launch_not_ready", f->launch->ready[i].n_not);
}

static struct json_object *
group_json(const struct facts *f, int i)
{
	struct json_object *o = json_object_new_object();
	struct group *g = fleet_group(f->fleet, i);
	const struct group_policy *p = group_policy(g);
	const struct decision *d = fleet_decision(f->fleet, i);
	const struct servers *s = group_servers(g);
	const struct group_facts *gf = &f->group[i];
	const struct drill *drill;

	put_text(o, "group", p->name);
	put_int(o, "serving", servers_serving(s));
	put_int(o, "pending", servers_pending(s));
	put_int(o, "draining", s->count[PHASE_DRAINING]);
	put_int(o, "failed", s->count[PHASE_FAILED]);
	put_int(o, "min", p->size.min);
	put_int(o, "max", p->size.max);
	if (gf->sampled_at != 0) {
		put(o, "sample_age", call_number(true,
		    ns_to_s(f->now.mono - gf->sampled_at)));
		put_value(o, "errors", gf->sample.errors_rps);
		put_value(o, "queue", gf->sample.queue);
		put_value(o, "up", gf->sample.up);
	}
	put_ready(o, f, i);
	put(o, "words", words_json(gf, f->now.wall_s));
	put(o, "boots", phases_brief(f->phases, p));
	drill = group_drill(g);
	if (drill->result != DRILL_NONE)
		put(o, "drill", drill_json(drill, p, f->now.wall_s));
	if (f->dry_run)
		put_int(o, "advice", gf->advice);
	if (d != NULL)
		put_decision(o, d, f->now.mono);
	return (o);
}

static struct json_object *
secret_json(const struct secret_facts *f)
{
	struct json_object *o = json_object_new_object();
	struct json_object *a = json_object_new_array();
	int i;

	put_text(o, "secret", f->name);
	put_text(o, "type", f->type);
	put(o, "complete", json_object_new_boolean(f->complete));
	put(o, "fresh", json_object_new_boolean(f->fresh));
	put(o, "age", call_number(f->age != NS_NEVER, ns_to_s(f->age)));
	put(o, "ends_in", call_number(f->ends_in != NS_NEVER,
	    ns_to_s(f->ends_in)));
	put(o, "access_ends_in", call_number(f->access_in != NS_NEVER,
	    ns_to_s(f->access_in)));
	put_int(o, "rotations", (int64_t)f->rotations);
	put_text(o, "version", f->version);
	put_text(o, "missing", f->missing);
	put_text(o, "why", f->why);
	for (i = 0; i < f->n_alarms; i++)
		(void)json_object_array_add(a,
		    json_object_new_string(f->alarms[i]));
	put(o, "alarms", a);
	return (o);
}

static void
put_secrets(struct json_object *o, const struct launch_facts *f)
{
	struct json_object *a = json_object_new_array();
	int i;

	for (i = 0; f != NULL && i < f->n_secrets; i++)
		(void)json_object_array_add(a, secret_json(&f->secret[i]));
	put(o, "secrets", a);
}

static void
put_boot(struct json_object *out, const struct launch_facts *f)
{
	struct json_object *o, *refused;
	const struct boot_facts *b;
	int i;

	if (f == NULL || !f->boot.on)
		return;
	b = &f->boot;
	o = json_object_new_object();
	refused = json_object_new_object();
	put_int(o, "tokens", b->tokens);
	put_int(o, "issued", (int64_t)b->issued);
	put_int(o, "bundles", (int64_t)b->bundles);
	put_int(o, "not_ready", (int64_t)b->not_ready);
	put_int(o, "failed", (int64_t)b->failed);
	for (i = 0; i < LAUNCH_VERDICTS; i++)
		if (b->refused[i] > 0)
			put_int(refused, b->verdict[i],
			    (int64_t)b->refused[i]);
	put(o, "refused", refused);
	put_int(o, "certificate_ends", b->certificate_ends);
	put(o, "alarm", json_object_new_boolean(b->alarm));
	put(o, "ends_soon", json_object_new_boolean(b->ends_soon));
	put(out, "boot", o);
}

int
call_status(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	struct json_object *a;
	int i, only = -1;

	if (json_object_object_get_ex(r->in, "group", NULL) &&
	    (only = call_group(r, e)) < 0)
		return (-1);
	put_text(r->out, "version", PACKAGE_VERSION);
	put_int(r->out, "time", f->now.wall_s);
	put(r->out, "uptime", call_number(true,
	    ns_to_s(f->now.mono - f->started)));
	put(r->out, "dry_run", json_object_new_boolean(f->dry_run));
	put(r->out, "no_removals", json_object_new_boolean(f->no_removals));
	put_text(r->out, "journal", f->journal == JOURNAL_GOOD ? "good" :
	    "bad");
	a = json_object_new_array();
	for (i = 0; i < f->n_groups; i++)
		if (only < 0 || only == i)
			(void)json_object_array_add(a, group_json(f, i));
	put(r->out, "groups", a);
	put_secrets(r->out, f->launch);
	put_boot(r->out, f->launch);
	return (0);
}

static struct json_object *
flags_json(const struct server *s)
{
	static const struct {
		int flag;
		const char *name;
	} names[] = { { SERVER_UNKNOWN, "unknown" }, { SERVER_DRILL, "drill" },
		{ SERVER_PROTECTED, "protected" }, { SERVER_HEDGE, "hedge" },
		{ SERVER_STALLED, "stalled" }, { SERVER_REPLACE, "replace" },
		{ SERVER_SICK, "sick" }, { SERVER_ORPHAN, "orphan" } };
	struct json_object *a = json_object_new_array();
	size_t i;

	if (!(s->flags & SERVER_OURS))
		(void)json_object_array_add(a, json_object_new_string(
		    "foreign"));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (s->flags & names[i].flag)
			(void)json_object_array_add(a,
			    json_object_new_string(names[i].name));
	return (a);
}

static void
put_address(struct json_object *o, const struct server *s)
{
	static const uint8_t none[16], v4[12] = { [10] = 0xff, [11] = 0xff };
	char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 10];

	if (memcmp(s->address, none, sizeof(none)) == 0)
		return;
	if (memcmp(s->address, v4, sizeof(v4)) == 0) {
		(void)inet_ntop(AF_INET, s->address + 12, ip, sizeof(ip));
		(void)snprintf(text, sizeof(text), "%s:%u", ip, s->port);
	} else {
		(void)inet_ntop(AF_INET6, s->address, ip, sizeof(ip));
		(void)snprintf(text, sizeof(text), "[%s]:%u", ip, s->port);
	}
	put_text(o, "address", text);
}

static struct json_object *
server_json(const struct server *s, const struct group_policy *p, ns_t now)
{
	struct json_object *o = json_object_new_object();
	char token[2 * TOKEN_SIZE + 1];

	hex_put(token, s->token.byte, TOKEN_SIZE);
	put_text(o, "id", s->id.text);
	put_text(o, "token", token);
	put_text(o, "phase", phase_name((enum phase)s->phase));
	put_text(o, "way", s->way < p->n_ways ? p->ways[s->way] : "");
	put_address(o, s);
	put(o, "flags", flags_json(s));
	put(o, "age", call_number(true, ns_to_s(now - s->since)));
	put(o, "phase_age", call_number(true, ns_to_s(now - s->phase_since)));
	return (o);
}

int
call_servers(struct request *r, struct err *e)
{
	const struct facts *f = r->desk->facts(r->desk->ctx);
	int i, k = call_group(r, e);
	const struct servers *s;
	struct json_object *a;
	struct group *g;

	if (k < 0)
		return (-1);
	g = fleet_group(f->fleet, k);
	s = group_servers(g);
	a = json_object_new_array();
	for (i = 0; i < s->n; i++)
		(void)json_object_array_add(a, server_json(&s->at[i],
		    group_policy(g), f->now.mono));
	put(r->out, "servers", a);
	return (0);
}
