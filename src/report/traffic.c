/* SPDX-License-Identifier: MIT */
/* Recorded traffic; see traffic.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/calendar.h"
#include "config/text.h"
#include "io/file.h"
#include "report/traffic.h"

enum { FIELD_SIZE = 64 };
/* Between rows further apart than so many of their usual steps is a gap. */
#define GAP_STEPS 3

struct reader {
	const char *at, *end;
	size_t line;
	size_t room;
};

/* The text up to a comma or the end of the line, without blanks around. */
static int
reader_field(struct reader *r, char end, char *buf, struct err *e)
{
	const char *from = r->at;
	size_t n;

	while (r->at < r->end && *r->at != ',' && *r->at != '\n')
		r->at++;
	while (from < r->at && (*from == ' ' || *from == '"'))
		from++;
	n = (size_t)(r->at - from);
	while (n > 0 && strchr(" \"\r", from[n - 1]) != NULL)
		n--;
	if (n >= FIELD_SIZE || memchr(from, '\0', n) != NULL)
		return (err_set(e, EINVAL, "a field that is no moment and no "
		    "number"));
	memcpy(buf, from, n);
	buf[n] = '\0';
	if (r->at < r->end && *r->at == end)
		return (0);
	if (end == ',')
		return (err_set(e, EINVAL, "found %s alone, expected a moment, "
		    "a comma and requests/s", text_quote(buf).text));
	if (r->at < r->end)
		return (err_set(e, EINVAL, "a third column, expected two"));
	return (0);
}

static int
reader_number(const char *s, double least, double most, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return (s[0] != '\0' && *end == '\0' && *ret >= least &&
	    *ret <= most ? 0 : -1);
}

static int
reader_moment(const char *s, int64_t *ret, struct err *e)
{
	double v;

	if (reader_number(s, 0, 1e11, &v) == 0) {
		*ret = (int64_t)floor(v);
		return (0);
	}
	return (calendar_moment(s, ret, e));
}

static int
reader_add(struct reader *r, struct traffic *t, const struct traffic_row *row,
    struct err *e)
{
	struct traffic_row *rows = t->rows;

	if (t->n > 0 && row->wall_s <= t->rows[t->n - 1].wall_s)
		return (err_set(e, EINVAL, "its moment is not after that of "
		    "the row before"));
	if (t->n == r->room) {
		r->room = r->room > 0 ? 2 * r->room : 1024;
		rows = realloc(t->rows, r->room * sizeof(*rows));
		if (rows == NULL)
			return (err_set(e, ENOMEM, "out of memory"));
		t->rows = rows;
	}
	t->rows[t->n++] = *row;
	return (0);
}

static int
reader_row(struct reader *r, struct traffic *t, struct err *e)
{
	char at[FIELD_SIZE], rate[FIELD_SIZE];
	struct traffic_row row = { 0 };
	struct err why = { 0 };

	if (reader_field(r, ',', at, e) != 0)
		return (-1);
	r->at++;
	if (reader_field(r, '\n', rate, e) != 0)
		return (-1);
	if (reader_moment(at, &row.wall_s, &why) != 0) {
		if (r->line == 1)
			return (0); /* names of the columns */
		return (err_set(e, EINVAL, "%s", why.text));
	}
	if (reader_number(rate, 0.0, 1e9, &row.rps) != 0)
		return (err_set(e, EINVAL, "found %s, expected requests/s from "
		    "0 to 1e9", text_quote(rate).text));
	return (reader_add(r, t, &row, e));
}

static int
span_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/* The usual step is the middle one of all. */
static int
traffic_spans(struct traffic *t, struct err *e)
{
	double *steps, usual;
	size_t i, n = t->n - 1;

	steps = calloc(n, sizeof(*steps));
	if (steps == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	for (i = 0; i < n; i++)
		steps[i] = t->rows[i].span_s = (double)(t->rows[i + 1].wall_s -
		    t->rows[i].wall_s);
	qsort(steps, n, sizeof(*steps), span_compare);
	usual = steps[n / 2];
	free(steps);
	for (i = 0; i < n; i++)
		if (t->rows[i].span_s > GAP_STEPS * usual)
			t->rows[i].span_s = usual;
	t->rows[n].span_s = usual;
	return (0);
}

int
traffic_parse(const char *text, size_t n, struct traffic *ret, struct err *e)
{
	struct reader r = { .at = text, .end = text + n };

	memset(ret, 0, sizeof(*ret));
	for (r.line = 1; r.at < r.end; r.line++, r.at++) {
		if (*r.at == '\n' || *r.at == '#' || *r.at == '\r') {
			while (r.at < r.end && *r.at != '\n')
				r.at++;
			continue;
		}
		if (reader_row(&r, ret, e) != 0) {
			traffic_free(ret);
			return (err_prefix(e, "line %zu", r.line));
		}
	}
	if (ret->n < 2) {
		(void)err_set(e, EINVAL, "found %s, expected two at least",
		    ret->n == 0 ? "no row" : "one row");
		traffic_free(ret);
		return (-1);
	}
	if (traffic_spans(ret, e) != 0) {
		traffic_free(ret);
		return (-1);
	}
	return (0);
}

int
traffic_read(const char *path, struct traffic *ret, struct err *e)
{
	char *text = NULL;
	size_t n;
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (file_read(path, TRAFFIC_FILE_MAX, &text, &n, e) != 0)
		return (-1);
	rc = traffic_parse(text, n, ret, e);
	free(text);
	return (rc == 0 ? 0 : err_prefix(e, "%s", path));
}

void
traffic_free(struct traffic *t)
{
	free(t->rows);
	memset(t, 0, sizeof(*t));
}
