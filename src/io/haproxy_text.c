/* SPDX-License-Identifier: MIT */
/*
 * Readers of HAProxy's answers.  Columns are found by the header's names,
 * since their order has changed before and will again.  A table that is odd
 * in one row is not trusted in the others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/command.h"
#include "io/haproxy_text.h"

bool
cursor_line(struct cursor *c, struct cell *ret)
{
	const char *nl;

	if (c->p == c->end)
		return (false);
	nl = memchr(c->p, '\n', (size_t)(c->end - c->p));
	if (nl == NULL)
		return (false);
	ret->p = c->p;
	ret->n = (size_t)(nl - c->p);
	c->p = nl + 1;
	return (true);
}

bool
cell_is(const struct cell *c, const char *s)
{
	return (c->p != NULL && strlen(s) == c->n &&
	    memcmp(c->p, s, c->n) == 0);
}

bool
cell_u64(const struct cell *c, uint64_t *ret)
{
	uint64_t v = 0, d;
	size_t i;

	if (c->p == NULL || c->n == 0)
		return (false);
	for (i = 0; i < c->n; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return (false);
		d = (uint64_t)(c->p[i] - '0');
		if (v > (UINT64_MAX - d) / 10)
			return (false);
		v = v * 10 + d;
	}
	*ret = v;
	return (true);
}

bool
cell_name(const struct cell *c, char *ret, size_t size)
{
	char s[HAPROXY_NAME_SIZE];

	if (c->p == NULL || c->n >= sizeof(s) || c->n >= size)
		return (false);
	memcpy(s, c->p, c->n);
	s[c->n] = '\0';
	if (strlen(s) != c->n || !haproxy_name_ok(s))
		return (false);
	memcpy(ret, s, c->n + 1);
	return (true);
}

bool
cell_address(const struct cell *c, uint8_t ret[16])
{
	char s[INET6_ADDRSTRLEN];
	uint8_t v4[4];

	if (c->p == NULL || c->n == 0 || c->n >= sizeof(s))
		return (false);
	memcpy(s, c->p, c->n);
	s[c->n] = '\0';
	if (inet_pton(AF_INET, s, v4) == 1) {
		memset(ret, 0, 10);
		memset(ret + 10, 0xff, 2);
		memcpy(ret + 12, v4, 4);
		return (true);
	}
	return (inet_pton(AF_INET6, s, ret) == 1);
}

static void
info_version(const struct cell *v, struct haproxy_info *ret)
{
	size_t i, n = v->n < sizeof(ret->version) ? v->n :
	    sizeof(ret->version) - 1;

	for (i = 0; i < n; i++)
		ret->version[i] = v->p[i] > ' ' && v->p[i] < 127 ? v->p[i] :
		    '?';
	ret->version[n] = '\0';
}

static const struct {
	const char *name;
	size_t offset;
} info_rows[] = {
	{ "Pid", offsetof(struct haproxy_info, pid) },
	{ "Start_time_sec", offsetof(struct haproxy_info, start_s) },
	{ "Uptime_sec", offsetof(struct haproxy_info, uptime_s) },
	{ "CurrConns", offsetof(struct haproxy_info, conns) },
	{ "Maxconn", offsetof(struct haproxy_info, max_conns) },
	{ "SessRate", offsetof(struct haproxy_info, sess_rate) },
	{ "SessRateLimit", offsetof(struct haproxy_info, sess_rate_limit) },
	{ "ConnRate", offsetof(struct haproxy_info, conn_rate) },
	{ "ConnRateLimit", offsetof(struct haproxy_info, conn_rate_limit) },
};
enum {
	INFO_ROWS = sizeof(info_rows) / sizeof(info_rows[0]),
	INFO_NEEDS = 1 | 2 | 4 /* the first three rows */
};

static void
info_line(const struct cell *line, struct haproxy_info *got, unsigned *seen)
{
	const char *colon = memchr(line->p, ':', line->n);
	struct cell name, v;
	size_t i;

	if (colon == NULL || (size_t)(colon - line->p) + 2 > line->n)
		return;
	name = (struct cell){ line->p, (size_t)(colon - line->p) };
	v = (struct cell){ colon + 2, line->n - name.n - 2 };
	if (cell_is(&name, "Version"))
		info_version(&v, got);
	for (i = 0; i < INFO_ROWS; i++)
		if (cell_is(&name, info_rows[i].name) &&
		    cell_u64(&v, (uint64_t *)(void *)((char *)got +
			info_rows[i].offset)))
			*seen |= 1u << i;
}

int
haproxy_info_read(struct cursor *c, struct haproxy_info *ret, struct err *e)
{
	struct haproxy_info got = { 0 };
	struct cell line;
	unsigned seen = 0;

	for (;;) {
		if (!cursor_line(c, &line))
			return (err_set(e, EBADMSG,
			    "show info: the answer broke off"));
		if (line.n == 0)
			break;
		info_line(&line, &got, &seen);
	}
	if ((seen & INFO_NEEDS) != INFO_NEEDS)
		return (err_set(e, EBADMSG, "show info: no Pid, "
		    "Start_time_sec and Uptime_sec"));
	*ret = got;
	return (0);
}

uint64_t
haproxy_epoch(const struct haproxy_info *i)
{
	return (i->start_s << 24 ^ i->pid);
}

/* Takes one cell; false where quotes do not end.  *ret_last: it ends a line. */
static bool
next_cell(struct cursor *c, char sep, struct cell *ret, bool *ret_last)
{
	const char *p = c->p;

	if (sep == ',' && p < c->end && *p == '"') {
		ret->p = ++p;
		for (;; p++) {
			if (p == c->end)
				return (false);
			if (*p != '"')
				continue;
			if (p + 1 < c->end && p[1] == '"')
				p++;
			else
				break;
		}
		ret->n = (size_t)(p - ret->p);
		p++;
	} else {
		ret->p = p;
		while (p < c->end && *p != sep && *p != '\n')
			p++;
		ret->n = (size_t)(p - ret->p);
	}
	if (p == c->end || (*p != sep && *p != '\n'))
		return (false);
	*ret_last = *p == '\n';
	c->p = p + 1;
	return (true);
}

static int
no_table(struct cursor *c, struct err *e)
{
	char s[80];
	size_t i, n = (size_t)(c->end - c->p);

	if (n >= sizeof(s))
		n = sizeof(s) - 1;
	for (i = 0; i < n && c->p[i] != '\n'; i++)
		s[i] = c->p[i] >= ' ' && c->p[i] < 127 ? c->p[i] : '?';
	s[i] = '\0';
	return (err_set(e, EBADMSG, "HAProxy says '%s' in place of a table",
	    s));
}

int
table_open(struct table *t, struct cursor *c, char sep,
    const char *const *names, int n, struct err *e)
{
	struct cell cell;
	bool last = false;
	int i;

	MUST(n > 0 && n <= TABLE_WANT_MAX);
	*t = (struct table){ .in = c, .sep = sep, .n_want = n };
	for (i = 0; i < n; i++)
		t->want_at[i] = -1;
	if (c->end - c->p < 2 || memcmp(c->p, "# ", 2) != 0)
		return (no_table(c, e));
	c->p += 2;
	while (!last) {
		if (t->columns == TABLE_COLUMNS_MAX ||
		    !next_cell(c, sep, &cell, &last))
			return (err_set(e, EBADMSG, "the table's header is "
			    "odd or broke off"));
		for (i = 0; i < n; i++)
			if (t->want_at[i] < 0 && cell_is(&cell, names[i]))
				t->want_at[i] = (int16_t)t->columns;
		t->columns++;
	}
	return (0);
}

int
table_row(struct table *t, struct cell *ret, struct err *e)
{
	struct cell cell;
	bool last = false;
	int i, column;

	for (i = 0; i < t->n_want; i++)
		ret[i] = (struct cell){ NULL, 0 };
	if (t->in->p < t->in->end && *t->in->p == '\n') {
		t->in->p++;
		return (0);
	}
	for (column = 0; !last; column++) {
		if (!next_cell(t->in, t->sep, &cell, &last))
			return (err_set(e, EBADMSG, "a row of the table broke "
			    "off"));
		for (i = 0; i < t->n_want; i++)
			if (t->want_at[i] == column)
				ret[i] = cell;
	}
	if (column != t->columns)
		return (err_set(e, EBADMSG, "a row of the table has %d cells "
		    "where its header has %d", column, t->columns));
	return (1);
}
