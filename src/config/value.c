/* SPDX-License-Identifier: MIT */
/*
 * Settings to fields and back; see value.h.  The default of a row is text in
 * the same form as the file's, so that manual, message and value are one.
 */
#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/must.h"
#include "config/text.h"
#include "config/value.h"
#include "plimsoll/key.h"
#include "plimsoll/units.h"

enum { WORDS_SIZE = 240 };

static void *
value_field(const struct key *k, void *settings)
{
	return ((char *)settings + k->offset);
}

static bool
value_has_range(const struct key *k)
{
	return (k->min < k->max);
}

static bool
value_in_range(const struct key *k, double v)
{
	return (isfinite(v) &&
	    (!value_has_range(k) || (v >= k->min && v <= k->max)));
}

static bool
value_is_text(const struct key *k)
{
	return (k->type == KEY_STRING || k->type == KEY_NAME ||
	    k->type == KEY_PATH);
}

/* The i-th of "a|b|c"; false past the last. */
static bool
value_choice(const struct key *k, int i, const char **p, size_t *n)
{
	*p = k->choices;
	for (; i > 0; i--) {
		*p = strchr(*p, '|');
		if (*p == NULL)
			return (false);
		(*p)++;
	}
	*n = strcspn(*p, "|");
	return (true);
}

static void
value_range(const struct key *k, char *buf, size_t size)
{
	char lo[32], hi[32];

	buf[0] = '\0';
	if (!value_has_range(k))
		return;
	if (k->type == KEY_DURATION) {
		text_duration(ns_from_s(k->min), lo, sizeof(lo));
		text_duration(ns_from_s(k->max), hi, sizeof(hi));
	} else if (k->type == KEY_SIZE) {
		text_size((uint64_t)k->min, lo, sizeof(lo));
		text_size((uint64_t)k->max, hi, sizeof(hi));
	} else {
		(void)snprintf(lo, sizeof(lo), "%.10g", k->min);
		(void)snprintf(hi, sizeof(hi), "%.10g", k->max);
	}
	(void)snprintf(buf, size, " from %s to %s", lo, hi);
}

static void
value_expected_choice(const struct key *k, char *buf, size_t size)
{
	const char *p;
	size_t n, at;
	int i;

	(void)snprintf(buf, size, "one of");
	for (i = 0; value_choice(k, i, &p, &n); i++) {
		at = strlen(buf);
		(void)snprintf(buf + at, size - at, "%s \"%.*s\"",
		    i > 0 ? "," : "", (int)n, p);
	}
}

void
value_expected(const struct key *k, char *buf, size_t size)
{
	static const char *const words[] = {
		[KEY_INT] = "a whole number",
		[KEY_NUMBER] = "a number",
		[KEY_BOOL] = "true or false",
		[KEY_STRING] = "a string",
		[KEY_NAME] = "a name of letters, digits, '-' and '_'",
		[KEY_PATH] = "an absolute path",
		[KEY_DURATION] = "a duration such as \"500ms\", \"30s\", "
		    "\"5m\", \"24h\" or \"7d\"",
		[KEY_STRINGS] = "a list of strings such as [\"a\", \"b\"]",
		[KEY_SIZE] = "a size such as \"64MB\" or \"1GB\"",
	};
	bool unit = k->unit != NULL && k->unit[0] != '\0';
	char range[96];

	if (k->type == KEY_CHOICE) {
		value_expected_choice(k, buf, size);
		return;
	}
	value_range(k, range, sizeof(range));
	if (value_is_text(k) || k->type == KEY_STRINGS)
		range[0] = '\0';
	(void)snprintf(buf, size, "%s%s%s%s%s", words[k->type], range,
	    unit ? " (" : "", unit ? k->unit : "", unit ? ")" : "");
}

/* What stands in the file, as a person would name it. */
static void
value_found(const config_setting_t *s, char *buf, size_t size)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
		(void)snprintf(buf, size, "%d", config_setting_get_int(s));
		break;
	case CONFIG_TYPE_INT64:
		(void)snprintf(buf, size, "%lld",
		    config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		(void)snprintf(buf, size, "%.10g",
		    config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		(void)snprintf(buf, size, "%s",
		    config_setting_get_bool(s) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		(void)snprintf(buf, size, "the string %s",
		    text_quote(config_setting_get_string(s)).text);
		break;
	case CONFIG_TYPE_GROUP:
		(void)snprintf(buf, size, "a group { }");
		break;
	default:
		(void)snprintf(buf, size, "a list of %d",
		    config_setting_length(s));
	}
}

/* A finite number of either kind; false when it is none. */
static bool
value_number(const config_setting_t *s, bool whole, double *ret)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
		*ret = config_setting_get_int(s);
		return (true);
	case CONFIG_TYPE_INT64:
		*ret = (double)config_setting_get_int64(s);
		return (true);
	case CONFIG_TYPE_FLOAT:
		*ret = config_setting_get_float(s);
		return (!whole && isfinite(*ret));
	default:
		return (false);
	}
}

/* Text of the file or of a default into the field; NULL, or what is wrong. */
static const char *
value_set_text(const struct key *k, const char *text, void *field)
{
	size_t n = strlen(text);

	if (!text_is_clean(text))
		return ("text without control characters, in UTF-8");
	if (n >= k->size || (k->max > 0 && (double)n > k->max))
		return ("a shorter one");
	if ((double)n < k->min)
		return (n == 0 ? "one that is not empty" : "a longer one");
	if ((k->type == KEY_NAME && !text_is_name(text)) ||
	    (k->type == KEY_PATH && text[0] != '/'))
		return ("");
	memset(field, 0, k->size);
	memcpy(field, text, n);
	return (NULL);
}

static bool
value_set_choice(const struct key *k, const char *text, int *field)
{
	const char *p;
	size_t n;
	int i;

	for (i = 0; value_choice(k, i, &p, &n); i++)
		if (strlen(text) == n && memcmp(text, p, n) == 0) {
			*field = i;
			return (true);
		}
	return (false);
}

static bool
value_set_number(const struct key *k, double v, void *field)
{
	if (!value_in_range(k, v))
		return (false);
	if (k->type == KEY_NUMBER)
		*(double *)field = v;
	else if (v < INT_MIN || v > INT_MAX)
		return (false);
	else
		*(int *)field = (int)v;
	return (true);
}

/* Durations, sizes and choices; false when it is none. */
static bool
value_set_unit(const struct key *k, const char *text, void *field)
{
	uint64_t bytes;
	ns_t t;

	switch (k->type) {
	case KEY_DURATION:
		if (duration_parse(text, &t, NULL) != 0 ||
		    !value_in_range(k, ns_to_s(t)))
			return (false);
		*(ns_t *)field = t;
		return (true);
	case KEY_SIZE:
		if (!text_to_size(text, &bytes) ||
		    !value_in_range(k, (double)bytes))
			return (false);
		*(uint64_t *)field = bytes;
		return (true);
	default:
		return (value_set_choice(k, text, field));
	}
}

/* NULL, or what was expected; *ret_i is the element that is wrong. */
static const char *
value_set_strings(const config_setting_t *s, struct key_strings *field,
    int *ret_i)
{
	int n = config_setting_length(s), i;
	const char *text;

	if (n > KEY_STRINGS_MAX)
		return ("at most 64 strings");
	for (i = 0; i < n; i++) {
		*ret_i = i;
		text = config_setting_get_string_elem(s, i);
		if (text == NULL)
			return ("strings only");
		if (strlen(text) >= KEY_STRING_SIZE)
			return ("strings of at most 255 bytes");
		if (!text_is_clean(text))
			return ("text without control characters, in UTF-8");
	}
	for (i = 0; i < n; i++)
		(void)snprintf(field->text[i], KEY_STRING_SIZE, "%s",
		    config_setting_get_string_elem(s, i));
	field->n = n;
	return (NULL);
}

/* A text alone is a list of one. */
static const char *
value_set_one_string(const char *text, struct key_strings *field)
{
	if (strlen(text) >= KEY_STRING_SIZE)
		return ("text of at most 255 bytes");
	if (!text_is_clean(text))
		return ("text without control characters, in UTF-8");
	(void)snprintf(field->text[0], KEY_STRING_SIZE, "%s", text);
	field->n = 1;
	return (NULL);
}

/* "" means: what the row says. */
static const char *
value_store(const config_setting_t *s, const struct key *k, void *field,
    int *ret_i)
{
	const char *text = config_setting_get_string(s);
	double v;

	switch (k->type) {
	case KEY_INT:
	case KEY_NUMBER:
		return (value_number(s, k->type == KEY_INT, &v) &&
		    value_set_number(k, v, field) ? NULL : "");
	case KEY_BOOL:
		if (config_setting_type(s) != CONFIG_TYPE_BOOL)
			return ("");
		*(bool *)field = config_setting_get_bool(s) != 0;
		return (NULL);
	case KEY_STRINGS:
		if (text != NULL)
			return (value_set_one_string(text, field));
		return (config_setting_is_array(s) || config_setting_is_list(s)
		    ? value_set_strings(s, field, ret_i) : "");
	default:
		if (text == NULL)
			return ("");
		if (value_is_text(k))
			return (value_set_text(k, text, field));
		return (value_set_unit(k, text, field) ? NULL : "");
	}
}

int
value_read(const config_setting_t *s, const struct key *k, void *settings,
    char *why, size_t size)
{
	char found[WORDS_SIZE], expected[WORDS_SIZE];
	const char *text;
	int elem = -1;

	text = value_store(s, k, value_field(k, settings), &elem);
	if (text == NULL)
		return (0);
	if (elem >= 0 && elem < config_setting_length(s))
		s = config_setting_get_elem(s, (unsigned)elem);
	value_found(s, found, sizeof(found));
	value_expected(k, expected, sizeof(expected));
	if (*text == '\0')
		(void)snprintf(why, size, "found %s, expected %s", found,
		    expected);
	else if (value_is_text(k) && strncmp(text, "text", 4) != 0)
		(void)snprintf(why, size, "found %s, expected %s (%.0f to %zu "
		    "bytes)", found, text, k->min, k->max > 0 ?
		    (size_t)k->max : k->size - 1);
	else
		(void)snprintf(why, size, "found %s, expected %s", found, text);
	return (-1);
}

static void
value_default_strings(const char *def, struct key_strings *field)
{
	size_t n;

	for (; *def != '\0'; def += n + (def[n] == ',')) {
		n = strcspn(def, ",");
		MUST(n < KEY_STRING_SIZE);
		MUST(field->n < KEY_STRINGS_MAX);
		memcpy(field->text[field->n++], def, n);
	}
}

bool
value_default(const struct key *k, void *settings)
{
	void *field = value_field(k, settings);
	struct key any = *k;
	char *end;

	if (k->def == NULL)
		return (false);
	if (k->type == KEY_STRINGS) /* 16 kB that stay untouched */
		((struct key_strings *)field)->n = 0;
	else
		memset(field, 0, k->size);
	any.min = any.max = 0; /* a default may stand outside: "not given" */
	if (*k->def == '\0')
		return (true);
	switch (k->type) {
	case KEY_INT:
	case KEY_NUMBER:
		MUST(value_set_number(&any, strtod(k->def, &end), field));
		MUST(*end == '\0');
		break;
	case KEY_BOOL:
		*(bool *)field = strcmp(k->def, "true") == 0;
		MUST(*(bool *)field || strcmp(k->def, "false") == 0);
		break;
	case KEY_STRINGS:
		value_default_strings(k->def, field);
		break;
	case KEY_STRING:
	case KEY_NAME:
	case KEY_PATH:
		MUST(value_set_text(&any, k->def, field) == NULL);
		break;
	default:
		MUST(value_set_unit(&any, k->def, field));
	}
	return (true);
}

static void
value_print_strings(const struct key_strings *v, char *buf, size_t size)
{
	size_t n;
	int i;

	(void)snprintf(buf, size, "[");
	for (i = 0; i < v->n; i++) {
		n = strlen(buf);
		(void)snprintf(buf + n, size - n, "%s%s", i > 0 ? ", " : "",
		    text_quote(v->text[i]).text);
	}
	n = strlen(buf);
	(void)snprintf(buf + n, size - n, "]");
}

void
value_print(const struct key *k, const void *settings, char *buf, size_t size)
{
	const void *field = (const char *)settings + k->offset;
	char text[64];
	const char *p;
	size_t n;

	buf[0] = '\0';
	switch (k->type) {
	case KEY_INT:
		(void)snprintf(buf, size, "%d", *(const int *)field);
		break;
	case KEY_NUMBER:
		(void)snprintf(buf, size, "%.10g", *(const double *)field);
		break;
	case KEY_BOOL:
		(void)snprintf(buf, size, "%s",
		    *(const bool *)field ? "true" : "false");
		break;
	case KEY_DURATION:
		text_duration(*(const ns_t *)field, text, sizeof(text));
		(void)snprintf(buf, size, "\"%s\"", text);
		break;
	case KEY_SIZE:
		text_size(*(const uint64_t *)field, text, sizeof(text));
		(void)snprintf(buf, size, "\"%s\"", text);
		break;
	case KEY_STRINGS:
		value_print_strings(field, buf, size);
		break;
	case KEY_CHOICE:
		if (value_choice(k, *(const int *)field, &p, &n))
			(void)snprintf(buf, size, "\"%.*s\"", (int)n, p);
		break;
	default:
		(void)snprintf(buf, size, "%s", text_quote(field).text);
	}
}

bool
value_same(const struct key *k, const void *a, const void *b)
{
	const void *fa = (const char *)a + k->offset;
	const void *fb = (const char *)b + k->offset;
	const struct key_strings *sa = fa, *sb = fb;
	int i;

	if (k->type != KEY_STRINGS)
		return (memcmp(fa, fb, k->size) == 0);
	for (i = 0; i < sa->n && i < sb->n; i++)
		if (strcmp(sa->text[i], sb->text[i]) != 0)
			return (false);
	return (sa->n == sb->n);
}
