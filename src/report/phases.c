/* SPDX-License-Identifier: MIT */
/* Times of boots; see phases.h. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "plimsoll/limits.h"
#include "report/phases.h"

enum { VERSION = 1, DEPTH = 8 };

struct way_times {
	char group[NAME_SIZE], way[NAME_SIZE];
	int n, next;
	struct phase_row row[PHASES_KEPT];
};

struct phases {
	int n;
	struct way_times *way[PHASES_WAYS];
};

struct phases *
phases_new(void)
{
	return (calloc(1, sizeof(struct phases)));
}

static void
phases_clear(struct phases *p)
{
	while (p->n > 0)
		free(p->way[--p->n]);
}

void
phases_free(struct phases *p)
{
	if (p == NULL)
		return;
	phases_clear(p);
	free(p);
}

static struct way_times *
phases_find(const struct phases *p, const char *group, const char *way)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->way[i]->group, group) == 0 &&
		    strcmp(p->way[i]->way, way) == 0)
			return (p->way[i]);
	return (NULL);
}

int
phases_feed(struct phases *p, const char *group, const char *way,
    const struct phase_row *row)
{
	struct way_times *w = phases_find(p, group, way);

	if (w == NULL) {
		w = p->n == PHASES_WAYS ? NULL : calloc(1, sizeof(*w));
		if (w == NULL)
			return (-1);
		(void)snprintf(w->group, sizeof(w->group), "%s", group);
		(void)snprintf(w->way, sizeof(w->way), "%s", way);
		p->way[p->n++] = w;
	}
	w->row[w->next] = *row;
	w->next = (w->next + 1) % PHASES_KEPT;
	if (w->n < PHASES_KEPT)
		w->n++;
	return (0);
}

static int
by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x < y ? -1 : x > y);
}

/* The nearest rank. */
static double
quantile_s(const int *sorted, int n, int percent)
{
	int rank = (n * percent + 99) / 100;

	return (sorted[rank > 0 ? rank - 1 : 0] / 10.0);
}

/* The last one before it that is known; 0: the decision itself. */
static int
row_before(const struct phase_row *r, int at)
{
	while (--at >= 0)
		if (r->ds[at] != 0)
			return (r->ds[at]);
	return (0);
}

static int64_t
newest_wall_s(const struct way_times *w)
{
	return (w->row[(w->next + PHASES_KEPT - 1) % PHASES_KEPT].wall_s);
}

bool
phases_times(const struct phases *p, const char *group, const char *way,
    enum phase phase, struct phase_times *ret)
{
	const struct way_times *w = phases_find(p, group, way);
	int by[PHASES_KEPT], took[PHASES_KEPT], i, n = 0;
	int at = (int)phase - PHASE_ACCEPTED;
	const struct phase_row *r;

	MUST(at >= 0);
	MUST(at < SERVER_REACHED);
	for (i = 0; w != NULL && i < w->n; i++) {
		r = &w->row[i];
		if (r->ds[at] == 0 ||
		    r->wall_s < newest_wall_s(w) - PHASES_KEEP_S)
			continue;
		by[n] = r->ds[at];
		took[n] = r->ds[at] - row_before(r, at);
		n++;
	}
	if (n == 0)
		return (false);
	qsort(by, (size_t)n, sizeof(by[0]), by_value);
	qsort(took, (size_t)n, sizeof(took[0]), by_value);
	*ret = (struct phase_times){ n, quantile_s(by, n, 50),
		quantile_s(by, n, 95), quantile_s(took, n, 50),
		quantile_s(took, n, 95) };
	return (true);
}

/* --- text ------------------------------------------------------------------ */

static struct json_object *
row_json(const struct phase_row *r)
{
	struct json_object *a = json_object_new_array();
	int k;

	(void)json_object_array_add(a, json_object_new_int64(r->wall_s));
	for (k = 0; k < SERVER_REACHED; k++)
		(void)json_object_array_add(a, json_object_new_int(r->ds[k]));
	return (a);
}

/* Oldest first, so that a reader that feeds them has the same ring. */
static struct json_object *
way_json(const struct way_times *w)
{
	struct json_object *o = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	int i, first = w->n < PHASES_KEPT ? 0 : w->next;

	(void)json_object_object_add(o, "group",
	    json_object_new_string(w->group));
	(void)json_object_object_add(o, "way", json_object_new_string(w->way));
	for (i = 0; i < w->n; i++)
		(void)json_object_array_add(rows, row_json(&w->row[(first +
		    i) % PHASES_KEPT]));
	(void)json_object_object_add(o, "rows", rows);
	return (o);
}

char *
phases_text(const struct phases *p, size_t *ret_n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *ways = json_object_new_array();
	const char *text;
	char *copy;
	int i;

	(void)json_object_object_add(o, "version",
	    json_object_new_int(VERSION));
	for (i = 0; i < p->n; i++)
		(void)json_object_array_add(ways, way_json(p->way[i]));
	(void)json_object_object_add(o, "ways", ways);
	text = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN,
	    ret_n);
	copy = text == NULL ? NULL : strdup(text);
	json_object_put(o);
	return (copy);
}

static bool
name_read(struct json_object *o, const char *key, char name[NAME_SIZE])
{
	struct json_object *v;
	int n;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return (false);
	n = json_object_get_string_len(v);
	if (n >= NAME_SIZE || strlen(json_object_get_string(v)) != (size_t)n)
		return (false);
	memcpy(name, json_object_get_string(v), (size_t)n + 1);
	return (true);
}

static bool
row_read(struct json_object *a, struct phase_row *r)
{
	struct json_object *v;
	int64_t x;
	int k;

	if (!json_object_is_type(a, json_type_array) ||
	    json_object_array_length(a) != SERVER_REACHED + 1)
		return (false);
	for (k = 0; k <= SERVER_REACHED; k++) {
		v = json_object_array_get_idx(a, (size_t)k);
		x = json_object_get_int64(v);
		if (!json_object_is_type(v, json_type_int) || x < 0 ||
		    (k > 0 && x > UINT16_MAX))
			return (false);
		if (k == 0)
			r->wall_s = x;
		else
			r->ds[k - 1] = (uint16_t)x;
	}
	return (true);
}

static bool
way_read(struct phases *p, struct json_object *o)
{
	char group[NAME_SIZE], way[NAME_SIZE];
	struct json_object *rows;
	struct phase_row r;
	size_t i;

	if (!json_object_is_type(o, json_type_object) ||
	    !name_read(o, "group", group) || !name_read(o, "way", way) ||
	    !json_object_object_get_ex(o, "rows", &rows) ||
	    !json_object_is_type(rows, json_type_array))
		return (false);
	for (i = 0; i < json_object_array_length(rows); i++)
		if (!row_read(json_object_array_get_idx(rows, i), &r) ||
		    phases_feed(p, group, way, &r) != 0)
			return (false);
	return (true);
}

static bool
all_read(struct phases *p, struct json_object *o)
{
	struct json_object *v, *ways;
	size_t i;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "version", &v) ||
	    json_object_get_int(v) != VERSION ||
	    !json_object_object_get_ex(o, "ways", &ways) ||
	    !json_object_is_type(ways, json_type_array))
		return (false);
	for (i = 0; i < json_object_array_length(ways); i++)
		if (!way_read(p, json_object_array_get_idx(ways, i)))
			return (false);
	return (true);
}

int
phases_read(struct phases *p, const char *text, struct err *e)
{
	struct json_tokener *t = json_tokener_new_ex(DEPTH);
	struct json_object *o = t == NULL ? NULL :
	    json_tokener_parse_ex(t, text, (int)strlen(text));
	bool ok;

	phases_clear(p);
	ok = o != NULL && all_read(p, o);
	if (!ok)
		phases_clear(p);
	json_object_put(o);
	if (t != NULL)
		json_tokener_free(t);
	return (ok ? 0 : err_set(e, EINVAL, "times of boots: not as this "
	    "program writes them"));
}
