/* SPDX-License-Identifier: MIT */
/* Fields of an answer, and making them fit for a terminal; see client.h. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli/client.h"

enum { RING = 8, SHOWN = 512 };

struct json_object *
field(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return (v);
}

const char *
field_text(struct json_object *o, const char *key)
{
	struct json_object *v = field(o, key);

	return (json_object_is_type(v, json_type_string) ?
	    json_object_get_string(v) : "");
}

int64_t
field_int(struct json_object *o, const char *key)
{
	return (json_object_get_int64(field(o, key)));
}

bool
field_bool(struct json_object *o, const char *key)
{
	return (json_object_get_boolean(field(o, key)));
}

size_t
field_length(struct json_object *o, const char *key)
{
	struct json_object *a = field(o, key);

	return (json_object_is_type(a, json_type_array) ?
	    json_object_array_length(a) : 0);
}

bool
field_number(struct json_object *o, const char *key, double *ret)
{
	struct json_object *v = field(o, key);

	if (!json_object_is_type(v, json_type_double) &&
	    !json_object_is_type(v, json_type_int))
		return (false);
	*ret = json_object_get_double(v);
	return (true);
}

static char *
ring(void)
{
	static char buf[RING][SHOWN];
	static int next;

	next = (next + 1) % RING;
	return (buf[next]);
}

/* Bytes of the UTF-8 character at s that may be shown; 0: none may. */
static size_t
shown_bytes(const unsigned char *s)
{
	size_t i, n;

	if (s[0] < 0x80)
		return (s[0] >= 0x20 && s[0] != 0x7f);
	n = s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : s[0] >= 0xe0 ? 3 :
	    s[0] >= 0xc2 ? 2 : 0;
	if (s[0] > 0xf4)
		return (0);
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return (0);
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return (0); /* C1 controls */
	if (s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0x8e) ||
	    (s[1] == 0x81 && s[2] >= 0xa0)) && (s[1] == 0x81 ? s[2] <= 0xaf :
	    s[2] <= 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae)))
		return (0); /* lines' ends, and what turns text around */
	return (n);
}

const char *
safe(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char *buf = ring();
	size_t n = 0, k;

	while (*s != '\0' && n < SHOWN - 5) {
		k = shown_bytes(s);
		if (k == 0)
			buf[n++] = '?', s++;
		while (k > 0)
			buf[n++] = (char)*s++, k--;
	}
	buf[n] = '\0';
	return (buf);
}

const char *
figure(struct json_object *o, const char *key)
{
	char *buf = ring();
	double v;

	if (!field_number(o, key, &v))
		return ("-");
	(void)snprintf(buf, SHOWN, v < 10 && v != (int)v ? "%.1f" : "%.0f", v);
	return (buf);
}

const char *
span(struct json_object *o, const char *key)
{
	double v;

	if (!field_number(o, key, &v) || v > 3e9 || v < -3e9)
		return ("-");
	return (duration_text(v > 10 || v < -10 ? (ns_t)v * NS_S :
	    ns_from_s(v) / NS_MS * NS_MS, ring()));
}
