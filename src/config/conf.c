/* SPDX-License-Identifier: MIT */
/*
 * Text to tree; see conf.h.  Numbers that libconfig wraps are found in the
 * text (scan.h) and matched to their settings by name and line, since the
 * parsed value alone cannot show the wrap.  Auto-convert stays off.
 */
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/errors.h"
#include "config/scan.h"
#include "config/source.h"
#include "config/text.h"

enum { WHERE_SIZE = 200, PATH_SIZE = 200 };

struct conf {
	config_t tree;
	struct source *source;
	struct errors *errors;
};

static char told; /* its address marks a setting */

static void
conf_where(const struct conf *c, int line, char *buf)
{
	source_where(c->source, line, buf, WHERE_SIZE);
}

void
conf_error(struct conf *c, const config_setting_t *s, const char *path,
    const char *fmt, ...)
{
	char where[WHERE_SIZE], text[ERROR_LINE_SIZE];
	int line = s != NULL ? (int)config_setting_source_line(s) : 0;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_where(c, line, where);
	errors_add(c->errors, line, "%s: %s%s%s", where, path,
	    *path != '\0' ? ": " : "", text);
}

int
conf_n_errors(const struct conf *c)
{
	return (c->errors->n + c->errors->dropped);
}

int
conf_is_told(const config_setting_t *s)
{
	return (config_setting_get_hook(s) == &told);
}

/* `groups "web": server.rate` or "depends[0].name", into buf. */
static void
conf_path(config_setting_t *s, char *buf, size_t size)
{
	config_setting_t *up = config_setting_parent(s);
	config_setting_t *called;
	size_t n;

	if (up == NULL) {
		buf[0] = '\0';
		return;
	}
	conf_path(up, buf, size);
	n = strlen(buf);
	called = config_setting_is_group(s) ?
	    config_setting_get_member(s, "name") : NULL;
	if (config_setting_name(s) != NULL)
		(void)snprintf(buf + n, size - n, "%s%s", n == 0 ? "" :
		    buf[n - 1] == '"' ? ": " : ".",
		    text_plain(config_setting_name(s)).text);
	else if (called != NULL && config_setting_get_string(called) != NULL)
		(void)snprintf(buf + n, size - n, " %.70s", text_quote(
		    config_setting_get_string(called)).text);
	else
		(void)snprintf(buf + n, size - n, "[%d]",
		    config_setting_index(s));
}

/* The setting of this name and line, after *nth others of both. */
static config_setting_t *
conf_find(config_setting_t *s, const struct scan_problem *p, int *nth)
{
	config_setting_t *found = NULL;
	const char *own = config_setting_name(s);
	int i;

	if (own != NULL && (int)config_setting_source_line(s) ==
	    p->name_line &&
	    strncmp(text_plain(own).text, p->name, SCAN_NAME - 1) == 0 &&
	    (*nth)-- == 0)
		return (s);
	for (i = 0; config_setting_is_aggregate(s) && found == NULL &&
	     i < config_setting_length(s); i++)
		found = conf_find(config_setting_get_elem(s, (unsigned)i), p,
		    nth);
	return (found);
}

static void
conf_problem(struct conf *c, const struct scan_problem *p)
{
	char where[WHERE_SIZE], opened[WHERE_SIZE + 16] = "";
	char path[PATH_SIZE] = "";
	config_setting_t *s = NULL;
	int nth = p->name_nth;

	if (!p->syntax && p->name[0] != '\0')
		s = conf_find(config_root_setting(&c->tree), p, &nth);
	if (s != NULL) {
		config_setting_set_hook(s, &told);
		conf_path(s, path, sizeof(path));
	} else if (p->name[0] != '\0') {
		(void)snprintf(path, sizeof(path), "%s", p->name);
	}
	if (p->opened != 0) {
		conf_where(c, p->opened, where);
		(void)snprintf(opened, sizeof(opened), " (opened at %s)",
		    where);
	}
	conf_where(c, p->line, where);
	errors_add(c->errors, p->line, "%s: %s%s%s%s", where, path,
	    path[0] != '\0' ? ": " : "", p->text, opened);
}

/* libconfig's own words, where they say more than "syntax error". */
static void
conf_syntax(struct conf *c)
{
	char where[WHERE_SIZE], first[WHERE_SIZE], name[SCAN_NAME];
	int line = config_error_line(&c->tree), twice;
	const char *why = config_error_text(&c->tree);

	conf_where(c, line, where);
	twice = scan_twice(source_chars(c->source), line, name, sizeof(name));
	if (why != NULL && strstr(why, "duplicate") != NULL && twice != 0) {
		conf_where(c, twice, first);
		errors_add(c->errors, line, "%s: %s is set a second time, the "
		    "first is at %s", where, name, first);
	} else if (why != NULL && strstr(why, "mismatched") != NULL) {
		errors_add(c->errors, line, "%s: the values in [ ] are of "
		    "different types, expected one type: 1.0 beside 2.0, "
		    "\"a\" beside \"b\"", where);
	} else {
		errors_add(c->errors, line, "%s: %s at this line or just "
		    "before it, expected NAME = VALUE;", where,
		    why != NULL ? why : "syntax error");
	}
}

static struct conf *
conf_parse(struct source *source, struct errors *es)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct scan *scan = calloc(1, sizeof(*scan));
	int i, ok = 0;

	if (c == NULL || scan == NULL) {
		errors_add(es, 0, "out of memory");
		source_free(source);
		free(c);
		free(scan);
		return (NULL);
	}
	c->source = source;
	c->errors = es;
	config_init(&c->tree);
	config_set_auto_convert(&c->tree, CONFIG_FALSE);
	scan_text(source_chars(source), scan);
	/* a text that is refused anyway: libconfig leaks some of these */
	if (!scan->refused) {
		ok = config_read_string(&c->tree, source_chars(source));
		if (!ok)
			conf_syntax(c);
	}
	for (i = 0; i < scan->n; i++)
		conf_problem(c, &scan->at[i]);
	free(scan);
	if (ok)
		return (c);
	conf_free(c);
	return (NULL);
}

struct conf *
conf_file(const char *path, struct errors *es)
{
	struct source *s = source_file(path, es);

	return (s != NULL ? conf_parse(s, es) : NULL);
}

struct conf *
conf_text(const char *name, const char *text, size_t n, struct errors *es)
{
	struct source *s = source_text(name, text, n, es);

	return (s != NULL ? conf_parse(s, es) : NULL);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	config_destroy(&c->tree);
	source_free(c->source);
	free(c);
}

config_setting_t *
conf_root(struct conf *c)
{
	return (config_root_setting(&c->tree));
}

const char *
conf_chars(const struct conf *c)
{
	return (source_chars(c->source));
}
