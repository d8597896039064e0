/* SPDX-License-Identifier: MIT */
/*
 * A line of `drive` out of JSON: every field is looked at before any of it
 * counts.  What is missing or null is unknown; what is there and wrong
 * refuses the line.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim/drive_line.h"

enum { LINE_DEPTH = 8, ID_SLOTS = 32768 };
#define LINE_T_MAX 4e9 /* s; the year 2096, as nanoseconds in 64 bits */

struct line_reader {
	struct json_tokener *tokener;
	int32_t slot[ID_SLOTS]; /* of the listing's ids, index + 1 */
};

int
line_reader_new(struct line_reader **ret, struct err *e)
{
	struct line_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	r->tokener = json_tokener_new_ex(LINE_DEPTH);
	if (r->tokener == NULL) {
		free(r);
		return (err_set(e, ENOMEM, "out of memory"));
	}
	json_tokener_set_flags(r->tokener,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*ret = r;
	return (0);
}

void
line_reader_free(struct line_reader *r)
{
	if (r == NULL)
		return;
	json_tokener_free(r->tokener);
	free(r);
}

static struct json_object *
get(struct json_object *o, const char *name)
{
	struct json_object *v;

	return (json_object_object_get_ex(o, name, &v) ? v : NULL);
}

/* 0 and *ret when there, 1 when missing or null, -1 with a sentence. */
static int
get_number(struct json_object *o, const char *name, double *ret, struct err *e)
{
	struct json_object *v = get(o, name);
	double d;

	if (v == NULL)
		return (1);
	if (!json_object_is_type(v, json_type_double) &&
	    !json_object_is_type(v, json_type_int))
		return (err_set(e, EINVAL, "%s: expected a number", name));
	d = json_object_get_double(v);
	if (!isfinite(d))
		return (err_set(e, EINVAL, "%s: expected a finite number",
		    name));
	*ret = d;
	return (0);
}

static int
get_value(struct json_object *o, const char *name, struct value *ret,
    struct err *e)
{
	double d;
	int rc = get_number(o, name, &d, e);

	*ret = value_none();
	if (rc != 0)
		return (rc == 1 ? 0 : err_prefix(e, "metrics"));
	/* What rounding leaves of a difference is zero. */
	*ret = value_of(d < 0.0 && d > -1e-6 ? 0.0 : d);
	if (!ret->known)
		return (err_set(e, EINVAL,
		    "metrics: %s: expected 0 to %.0g, got %.6g", name,
		    VALUE_MAX, d));
	return (0);
}

static int
get_bool(struct json_object *o, const char *name, int def, struct err *e)
{
	struct json_object *v = get(o, name);

	if (v == NULL)
		return (def);
	if (!json_object_is_type(v, json_type_boolean))
		return (err_set(e, EINVAL, "%s: expected a boolean", name));
	return (json_object_get_boolean(v) ? 1 : 0);
}

static int
read_metrics(struct json_object *o, struct sample *s, struct err *e)
{
	struct json_object *v;
	struct value age;
	int alive, censored;

	memset(s, 0, sizeof(*s));
	if (o == NULL)
		return (0);
	if (!json_object_is_type(o, json_type_object))
		return (err_set(e, EINVAL, "metrics: expected an object"));
	if (get_value(o, "requests", &s->requests_rps, e) != 0 ||
	    get_value(o, "errors", &s->errors_rps, e) != 0 ||
	    get_value(o, "queue", &s->queue, e) != 0 ||
	    get_value(o, "inflight", &s->inflight, e) != 0 ||
	    get_value(o, "latency", &s->latency_s, e) != 0 ||
	    get_value(o, "age", &age, e) != 0)
		return (-1);
	if (age.v > 1e9)
		return (err_set(e, EINVAL, "metrics: age: over 1e9 s"));
	s->age = ns_from_s(age.known ? age.v : 0.0);
	alive = get_bool(o, "alive", 2, e);
	censored = get_bool(o, "censored", 0, e);
	if (alive < 0 || censored < 0)
		return (err_prefix(e, "metrics"));
	s->proof = alive == 1 ? PROOF_ALIVE :
	    alive == 0 ? PROOF_NONE : PROOF_UNSAID;
	s->censored = censored == 1;
	v = get(o, "epoch");
	if (v != NULL && !json_object_is_type(v, json_type_int))
		return (err_set(e, EINVAL, "metrics: epoch: expected an integer"));
	s->has_epoch = v != NULL;
	s->epoch = v != NULL ? (uint64_t)json_object_get_int64(v) : 0;
	s->valid = true;
	return (0);
}

static int
read_phase(struct json_object *o, enum phase *ret, struct err *e)
{
	static const struct {
		const char *name;
		enum phase phase;
	} names[] = { { "pending", PHASE_ACCEPTED }, { "ready", PHASE_SERVING },
		{ "draining", PHASE_DRAINING }, { "failed", PHASE_FAILED } };
	struct json_object *v = get(o, "phase");
	size_t i;

	if (!json_object_is_type(v, json_type_string))
		return (err_set(e, EINVAL, "phase: expected a string"));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(json_object_get_string(v), names[i].name) == 0) {
			*ret = names[i].phase;
			return (0);
		}
	return (err_set(e, EINVAL, "phase: expected pending, ready, draining "
	    "or failed, got '%.32s'", json_object_get_string(v)));
}

static int
read_server(struct json_object *o, double t_s, struct line_server *s,
    struct err *e)
{
	struct json_object *id;
	int ours, rc;

	if (!json_object_is_type(o, json_type_object))
		return (err_set(e, EINVAL, "expected an object"));
	id = get(o, "id");
	if (!json_object_is_type(id, json_type_string))
		return (err_set(e, EINVAL, "id: expected a string"));
	if (json_object_get_string_len(id) < 1 ||
	    json_object_get_string_len(id) >= ID_SIZE)
		return (err_set(e, EINVAL, "id: expected 1 to %d bytes",
		    ID_SIZE - 1));
	memset(s, 0, sizeof(*s));
	if (word_text(id, s->id.text, sizeof(s->id.text), e, "id") != 0 ||
	    read_phase(o, &s->phase, e) != 0)
		return (-1);
	rc = get_number(o, "since", &s->since_s, e);
	if (rc < 0)
		return (-1);
	if (rc == 1)
		s->since_s = t_s;
	if (fabs(s->since_s) > LINE_T_MAX)
		return (err_set(e, EINVAL, "since: out of range"));
	if ((ours = get_bool(o, "ours", 1, e)) < 0)
		return (-1);
	s->ours = ours == 1;
	return (0);
}

/* Whether servers[i].id is among those before it; it is from now on. */
static bool
seen_before(struct line_reader *r, const struct drive_in *in, int i)
{
	const char *id = in->servers[i].id.text, *p;
	uint32_t h = 2166136261u;

	for (p = id; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	for (h = (h ^ h >> 15) % ID_SLOTS; r->slot[h] != 0;
	    h = (h + 1) % ID_SLOTS)
		if (strcmp(in->servers[r->slot[h] - 1].id.text, id) == 0)
			return (true);
	r->slot[h] = i + 1;
	return (false);
}

static int
read_servers(struct line_reader *r, struct json_object *o, struct drive_in *in,
    struct err *e)
{
	size_t i, n;

	if (o == NULL)
		return (0);
	if (!json_object_is_type(o, json_type_array))
		return (err_set(e, EINVAL, "instances: expected an array"));
	n = json_object_array_length(o);
	if (n > MAX_SERVERS)
		return (err_set(e, EINVAL, "instances: %zu, at most %d", n,
		    MAX_SERVERS));
	memset(r->slot, 0, sizeof(r->slot));
	for (i = 0; i < n; i++) {
		if (read_server(json_object_array_get_idx(o, i), in->t_s,
		    &in->servers[i], e) != 0)
			return (err_prefix(e, "instances[%zu]", i));
		if (seen_before(r, in, (int)i))
			return (err_set(e, EINVAL, "instances[%zu]: id '%s' "
			    "is there twice", i, in->servers[i].id.text));
	}
	in->has_servers = true;
	in->n_servers = (int)n;
	return (0);
}

static int
read_count(struct json_object *o, const char *name, int *ret, struct err *e)
{
	struct json_object *v = get(o, name);

	*ret = 0;
	if (v == NULL)
		return (0);
	if (!json_object_is_type(v, json_type_int) ||
	    json_object_get_int64(v) < 0 ||
	    json_object_get_int64(v) > MAX_SERVERS)
		return (err_set(e, EINVAL,
		    "answers: %s: expected 0 to %d servers", name,
		    MAX_SERVERS));
	*ret = json_object_get_int(v);
	return (0);
}

static int
read_answers(struct json_object *o, struct drive_in *in, struct err *e)
{
	static const char *const whys[] = { "", "capacity", "quota",
		"throttled", "permanent", "unknown" };
	struct json_object *v;
	int i;

	if (o == NULL)
		return (0);
	if (!json_object_is_type(o, json_type_object))
		return (err_set(e, EINVAL, "answers: expected an object"));
	if (read_count(o, "accepted", &in->accepted, e) != 0 ||
	    read_count(o, "refused", &in->refused, e) != 0)
		return (-1);
	in->why = in->refused > 0 ? OUTCOME_UNKNOWN : OUTCOME_DONE;
	v = get(o, "why");
	if (v != NULL && !json_object_is_type(v, json_type_string))
		return (err_set(e, EINVAL, "answers: why: expected a string"));
	for (i = 1; v != NULL && i < OUTCOME_COUNT; i++)
		if (strcmp(json_object_get_string(v), whys[i]) == 0)
			break;
	if (i == OUTCOME_COUNT)
		return (err_set(e, EINVAL, "answers: why: expected capacity, "
		    "quota, throttled, permanent or unknown, got '%.32s'",
		    json_object_get_string(v)));
	if (v != NULL && in->refused > 0)
		in->why = (enum outcome)i;
	in->has_answers = true;
	return (0);
}

static int
read_words(struct json_object *o, struct drive_in *in, struct err *e)
{
	int64_t wall_s = (int64_t)floor(in->t_s);
	struct json_object *v = get(o, "event");

	if (v != NULL) {
		if (word_text(v, in->note.reason, sizeof(in->note.reason), e,
		    "event") != 0)
			return (-1);
		in->note.kind = WORD_NOTE;
		in->has_note = true;
	}
	v = get(o, "command");
	if (v != NULL) {
		if (word_read(v, wall_s, &in->word, e) != 0)
			return (-1);
		in->has_word = true;
	}
	return (0);
}

static int
read_line(struct line_reader *r, struct json_object *o, struct drive_in *in,
    struct err *e)
{
	struct json_object *v;
	int rc;

	if (!json_object_is_type(o, json_type_object))
		return (err_set(e, EINVAL, "expected a JSON object"));
	rc = get_number(o, "t", &in->t_s, e);
	if (rc < 0)
		return (-1);
	if (rc == 1 || fabs(in->t_s) > LINE_T_MAX)
		return (err_set(e, EINVAL, "t: expected seconds, -%g to %g",
		    LINE_T_MAX, LINE_T_MAX));
	v = get(o, "group");
	if (v == NULL)
		return (err_set(e, EINVAL, "group: missing"));
	if (word_text(v, in->group, sizeof(in->group), e, "group") != 0 ||
	    read_metrics(get(o, "metrics"), &in->sample, e) != 0 ||
	    read_servers(r, get(o, "instances"), in, e) != 0 ||
	    read_answers(get(o, "answers"), in, e) != 0)
		return (-1);
	return (read_words(o, in, e));
}

int
line_read(struct line_reader *r, const char *text, size_t n,
    struct drive_in *ret, struct err *e)
{
	struct line_server *servers = ret->servers;
	struct json_object *o;
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->servers = servers;
	json_tokener_reset(r->tokener);
	o = json_tokener_parse_ex(r->tokener, text, (int)n);
	if (o == NULL || json_tokener_get_parse_end(r->tokener) != n) {
		rc = err_set(e, EINVAL, "not a JSON object: %s at byte %zu",
		    json_tokener_get_error(r->tokener) == json_tokener_success ?
		    "more or less than one value" :
		    json_tokener_get_error(r->tokener) ==
		    json_tokener_continue ? "it ends too soon" :
		    json_tokener_error_desc(json_tokener_get_error(r->tokener)),
		    json_tokener_get_parse_end(r->tokener));
		json_object_put(o);
		return (rc);
	}
	rc = read_line(r, o, ret, e);
	json_object_put(o);
	return (rc);
}
