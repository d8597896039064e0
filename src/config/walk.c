/* SPDX-License-Identifier: MIT */
/* Settings against tables of keys; see walk.h. */
#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "config/conf.h"
#include "config/text.h"
#include "config/value.h"
#include "config/walk.h"
#include "plimsoll/key.h"

struct walking {
	const struct walk *w;
	bool told; /* a value was found wrong before */
	bool seen[WALK_TABLES][KEY_ROWS_MAX];
};

/* The path of a key below the walk's, into buf. */
static const char *
walk_path(const struct walk *w, const char *key, char *buf)
{
	(void)snprintf(buf, WALK_PATH, "%s%s", w->path,
	    text_plain(key).text);
	return (buf);
}

/* A row of this name, or NULL. */
static const struct key *
walk_row(struct walking *v, const char *name, int *ret_table)
{
	const struct key_table *t;
	size_t i;
	int k;

	for (k = 0; k < WALK_TABLES; k++) {
		t = v->w->at[k].table;
		for (i = 0; t != NULL && i < t->n; i++) {
			if (strcmp(t->rows[i].name, name) != 0)
				continue;
			v->seen[k][i] = true;
			*ret_table = k;
			return (&t->rows[i]);
		}
	}
	return (NULL);
}

/* Some row's name begins with "name.". */
static bool
walk_is_prefix(const struct walk *w, const char *name)
{
	size_t i, n = strlen(name);
	const struct key_table *t;
	int k;

	for (k = 0; k < WALK_TABLES; k++) {
		t = w->at[k].table;
		for (i = 0; t != NULL && i < t->n; i++)
			if (strncmp(t->rows[i].name, name, n) == 0 &&
			    t->rows[i].name[n] == '.')
				return (true);
	}
	return (false);
}

static bool
walk_is_part(const struct walk *w, const char *name)
{
	int i;

	for (i = 0; w->parts != NULL && w->parts[i] != NULL; i++)
		if (strcmp(w->parts[i], name) == 0)
			return (true);
	return (false);
}

struct nearest {
	const char *name;
	int distance;
};

static void
walk_near(struct nearest *best, const char *name, const char *known)
{
	const char *a = strrchr(name, '.'), *b = strrchr(known, '.');
	int d = text_distance(name, known), last;

	/* "rate" outside of its group is near "server.rate" */
	last = text_distance(a != NULL ? a + 1 : name,
	    b != NULL ? b + 1 : known) + 1;
	if (last < d)
		d = last;
	if (d >= best->distance)
		return;
	best->distance = d;
	best->name = known;
}

static void
walk_unknown(const struct walk *w, const config_setting_t *s, const char *name)
{
	struct nearest best = { NULL, 1 + (int)(strlen(name) + 1) / 2 };
	const struct key_table *t;
	char path[WALK_PATH];
	size_t i;
	int k;

	for (k = 0; k < WALK_TABLES; k++) {
		t = w->at[k].table;
		for (i = 0; t != NULL && i < t->n; i++)
			walk_near(&best, name, t->rows[i].name);
	}
	for (k = 0; w->parts != NULL && w->parts[k] != NULL; k++)
		walk_near(&best, name, w->parts[k]);
	(void)walk_path(w, name, path);
	if (best.name != NULL)
		conf_error(w->conf, s, path, "unknown key, the nearest known "
		    "one is \"%s\"", best.name);
	else
		conf_error(w->conf, s, path, "unknown key");
}

static void	walk_members(struct walking *, config_setting_t *,
		    const char *prefix);

static void
walk_member(struct walking *v, config_setting_t *s, const char *name)
{
	const struct walk *w = v->w;
	const struct key *row;
	char path[WALK_PATH], why[480];
	int table;

	row = walk_row(v, name, &table);
	if (row != NULL) {
		if (conf_is_told(s))
			v->told = true;
		else if (value_read(s, row, w->at[table].settings, why,
		    sizeof(why)) != 0)
			conf_error(w->conf, s, walk_path(w, name, path), "%s",
			    why);
	} else if (walk_is_prefix(w, name)) {
		if (config_setting_is_group(s))
			walk_members(v, s, name);
		else
			conf_error(w->conf, s, walk_path(w, name, path),
			    "expected a group { } of settings");
	} else if (!walk_is_part(w, name) &&
	    !(w->any_group && config_setting_is_group(s))) {
		walk_unknown(w, s, name);
	}
}

static void
walk_members(struct walking *v, config_setting_t *group, const char *prefix)
{
	config_setting_t *s;
	char name[WALK_PATH];
	int i;

	for (i = 0; i < config_setting_length(group); i++) {
		s = config_setting_get_elem(group, (unsigned)i);
		(void)snprintf(name, sizeof(name), "%s%s%s", prefix,
		    *prefix != '\0' ? "." : "", config_setting_name(s));
		walk_member(v, s, name);
	}
}

/* "groups \"web\": " and "providers.main." without what follows the group. */
static const char *
walk_self(const struct walk *w, char *buf)
{
	size_t n;

	(void)snprintf(buf, WALK_PATH, "%s", w->path);
	n = strlen(buf);
	while (n > 0 && strchr(" :.", buf[n - 1]) != NULL)
		buf[--n] = '\0';
	return (buf);
}

static void
walk_checks(const struct walk *w, config_setting_t *place)
{
	const struct key_table *t;
	char path[WALK_PATH];
	struct err e;
	int k;

	for (k = 0; k < WALK_TABLES; k++) {
		t = w->at[k].table;
		if (t == NULL || t->check == NULL)
			continue;
		err_clear(&e);
		if (t->check(w->at[k].settings, &e) != 0)
			conf_error(w->conf, place, walk_self(w, path), "%s",
			    e.text);
	}
}

static void
walk_missing(const struct walking *v, config_setting_t *place)
{
	const struct walk *w = v->w;
	char path[WALK_PATH], expected[240];
	const struct key_table *t;
	size_t i;
	int k;

	for (k = 0; k < WALK_TABLES; k++) {
		t = w->at[k].table;
		for (i = 0; t != NULL && i < t->n; i++) {
			if (v->seen[k][i] || t->rows[i].def != NULL)
				continue;
			value_expected(&t->rows[i], expected,
			    sizeof(expected));
			conf_error(w->conf, place,
			    walk_path(w, t->rows[i].name, path),
			    "missing, expected %s", expected);
		}
	}
}

void
walk_group(const struct walk *w, config_setting_t *group,
    config_setting_t *place)
{
	struct walking v = { .w = w };
	int before = conf_n_errors(w->conf), k;
	const struct key_table *t;
	char path[WALK_PATH];
	size_t i;

	/* defaults first, so that a wrong value leaves a sane field */
	for (k = 0; k < WALK_TABLES; k++) {
		t = w->at[k].table;
		MUST(t == NULL || t->n <= KEY_ROWS_MAX);
		for (i = 0; t != NULL && i < t->n; i++)
			(void)value_default(&t->rows[i], w->at[k].settings);
	}
	if (group != NULL && !config_setting_is_group(group)) {
		conf_error(w->conf, group, walk_self(w, path), "expected a "
		    "group { } of settings");
		return;
	}
	if (group != NULL)
		walk_members(&v, group, "");
	walk_missing(&v, place);
	if (conf_n_errors(w->conf) == before && !v.told)
		walk_checks(w, place);
}
