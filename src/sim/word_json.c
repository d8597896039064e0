/* SPDX-License-Identifier: MIT */
/* An operator's word out of JSON: one row a kind of word. */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "sim/drive_line.h"

#define WORD_FOR_MAX_S 31622400.0 /* a year and a day */

struct word_row {
	const char *name;
	enum word_kind kind;
	enum { ARG_COUNT, ARG_HOLD, ARG_TRUE, ARG_TEXT, ARG_ID } arg;
};

static const struct word_row rows[] = {
	{ "scale", WORD_AT_LEAST, ARG_COUNT },
	{ "hold", WORD_HOLD, ARG_HOLD },
	{ "resume", WORD_RESUME, ARG_TRUE },
	{ "note", WORD_NOTE, ARG_TEXT },
	{ "drain", WORD_DRAIN, ARG_ID },
	{ "replace", WORD_REPLACE, ARG_ID },
	{ "protect", WORD_PROTECT, ARG_ID },
	{ "adopt", WORD_ADOPT, ARG_ID },
	{ "drill", WORD_DRILL, ARG_TRUE },
};

int
word_text(struct json_object *o, char *buf, size_t size, struct err *e,
    const char *what)
{
	const char *s;
	size_t i, n;

	if (!json_object_is_type(o, json_type_string))
		return (err_set(e, EINVAL, "%s: expected a string", what));
	s = json_object_get_string(o);
	n = (size_t)json_object_get_string_len(o);
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return (err_set(e, EINVAL,
			    "%s: a control character at byte %zu", what, i));
	if (n >= size)
		for (n = size - 1; n > 0 && (s[n] & 0xc0) == 0x80; n--)
			continue;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return (0);
}

static int
word_flag(struct json_object *o, const char *name, bool *ret, struct err *e)
{
	struct json_object *v;

	*ret = false;
	if (!json_object_object_get_ex(o, name, &v) || v == NULL)
		return (0);
	if (!json_object_is_type(v, json_type_boolean))
		return (err_set(e, EINVAL, "command.%s: expected a boolean",
		    name));
	*ret = json_object_get_boolean(v);
	return (0);
}

static int
word_for(struct json_object *o, int64_t wall_s, struct word *w, struct err *e)
{
	struct json_object *v;
	double s;

	if (!json_object_object_get_ex(o, "for", &v) || v == NULL)
		return (0);
	if (!json_object_is_type(v, json_type_int) &&
	    !json_object_is_type(v, json_type_double))
		return (err_set(e, EINVAL, "command.for: expected seconds"));
	s = json_object_get_double(v);
	if (!(s >= 1.0 && s <= WORD_FOR_MAX_S))
		return (err_set(e, EINVAL,
		    "command.for: expected 1 to %.0f seconds", WORD_FOR_MAX_S));
	w->until_wall_s = wall_s + (int64_t)ceil(s);
	return (0);
}

static int
word_hold_what(struct json_object *v, struct word *w, struct err *e)
{
	const char *s = json_object_is_type(v, json_type_string) ?
	    json_object_get_string(v) : NULL;

	if (json_object_is_type(v, json_type_boolean) &&
	    json_object_get_boolean(v))
		w->what = HOLD_ALL;
	else if (s != NULL && strcmp(s, "all") == 0)
		w->what = HOLD_ALL;
	else if (s != NULL && strcmp(s, "in") == 0)
		w->what = HOLD_IN;
	else if (s != NULL && strcmp(s, "out") == 0)
		w->what = HOLD_OUT;
	else
		return (err_set(e, EINVAL,
		    "command.hold: expected true, \"in\", \"out\" or \"all\""));
	return (0);
}

static int
word_id(struct json_object *v, struct word *w, struct err *e, const char *what)
{
	if (!json_object_is_type(v, json_type_string) ||
	    json_object_get_string_len(v) >= ID_SIZE ||
	    json_object_get_string_len(v) == 0)
		return (err_set(e, EINVAL,
		    "command.%s: expected a server's id", what));
	return (word_text(v, w->id.text, sizeof(w->id.text), e, what));
}

static int
word_count(struct json_object *o, struct json_object *v, struct word *w,
    struct err *e)
{
	bool exact, most;
	int64_t n;

	if (!json_object_is_type(v, json_type_int))
		return (err_set(e, EINVAL,
		    "command.scale: expected a number of servers"));
	n = json_object_get_int64(v);
	if (n < 0 || n > MAX_SERVERS)
		return (err_set(e, EINVAL,
		    "command.scale: expected 0 to %d servers", MAX_SERVERS));
	w->servers = (int)n;
	if (word_flag(o, "exact", &exact, e) != 0 ||
	    word_flag(o, "at_most", &most, e) != 0 ||
	    word_flag(o, "force", &w->force, e) != 0 ||
	    word_flag(o, "over_max", &w->over_max, e) != 0)
		return (-1);
	if (exact && most)
		return (err_set(e, EINVAL,
		    "command: exact and at_most exclude each other"));
	w->kind = exact ? WORD_EXACT : most ? WORD_AT_MOST : WORD_AT_LEAST;
	return (0);
}

int
word_read(struct json_object *o, int64_t wall_s, struct word *ret,
    struct err *e)
{
	const struct word_row *row = NULL;
	struct json_object *v = NULL, *x;
	struct word w;
	int rc = 0;
	size_t i;

	memset(&w, 0, sizeof(w));
	if (!json_object_is_type(o, json_type_object))
		return (err_set(e, EINVAL, "command: expected an object"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!json_object_object_get_ex(o, rows[i].name, &x))
			continue;
		if (row != NULL)
			return (err_set(e, EINVAL,
			    "command: '%s' and '%s' in one word", row->name,
			    rows[i].name));
		row = &rows[i];
		v = x;
	}
	if (row == NULL)
		return (err_set(e, EINVAL, "command: expected scale, hold, "
		    "resume, note, drain, replace, protect, adopt or drill"));
	w.kind = row->kind;
	if (row->arg == ARG_COUNT)
		rc = word_count(o, v, &w, e);
	else if (row->arg == ARG_HOLD)
		rc = word_hold_what(v, &w, e);
	else if (row->arg == ARG_ID)
		rc = word_id(v, &w, e, row->name);
	else if (row->arg == ARG_TEXT)
		rc = word_text(v, w.reason, sizeof(w.reason), e, "command.note");
	else if (!json_object_is_type(v, json_type_boolean) ||
	    !json_object_get_boolean(v))
		rc = err_set(e, EINVAL, "command.%s: expected true",
		    row->name);
	if (rc != 0 || word_for(o, wall_s, &w, e) != 0)
		return (-1);
	if (json_object_object_get_ex(o, "reason", &x) && x != NULL &&
	    word_text(x, w.reason, sizeof(w.reason), e, "command.reason") != 0)
		return (-1);
	if (json_object_object_get_ex(o, "who", &x) && x != NULL &&
	    word_text(x, w.who, sizeof(w.who), e, "command.who") != 0)
		return (-1);
	*ret = w;
	return (0);
}
