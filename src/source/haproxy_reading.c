/* SPDX-License-Identifier: MIT */
/* Parsing of one poll's answers; see the header for the choice of columns. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "source/haproxy_reading.h"

enum {
	C_PXNAME, C_SVNAME, C_QCUR, C_SCUR, C_SLIM, C_STOT, C_ECON, C_ERESP,
	C_WRETR, C_WREDIS, C_ACT, C_BCK, C_RATE, C_RATE_LIM, C_5XX, C_SRV_ABRT,
	C_QTIME, C_CTIME, C_RTIME, C_MODE, C_N
};
static const char *const names[C_N] = {
	[C_PXNAME] = "pxname", [C_SVNAME] = "svname", [C_QCUR] = "qcur",
	[C_SCUR] = "scur", [C_SLIM] = "slim", [C_STOT] = "stot",
	[C_ECON] = "econ", [C_ERESP] = "eresp", [C_WRETR] = "wretr",
	[C_WREDIS] = "wredis", [C_ACT] = "act", [C_BCK] = "bck",
	[C_RATE] = "rate", [C_RATE_LIM] = "rate_lim", [C_5XX] = "hrsp_5xx",
	[C_SRV_ABRT] = "srv_abrt", [C_QTIME] = "qtime", [C_CTIME] = "ctime",
	[C_RTIME] = "rtime", [C_MODE] = "mode",
};

/* Within a thirty-second of it: what ended since is filled at once. */
static bool
at_limit(uint64_t is, uint64_t limit)
{
	return (limit > 0 && is + limit / 32 >= limit);
}

/* 0 for an empty cell: only for columns that may be empty. */
static uint64_t
number(const struct cell *c)
{
	uint64_t v;

	return (cell_u64(c, &v) ? v : 0);
}

static bool
frontend_full(const struct cell *c)
{
	return (at_limit(number(&c[C_SCUR]), number(&c[C_SLIM])) ||
	    (number(&c[C_RATE_LIM]) > 0 &&
		number(&c[C_RATE]) >= number(&c[C_RATE_LIM])));
}

static bool
process_full(const struct haproxy_info *i)
{
	return (at_limit(i->conns, i->max_conns) ||
	    (i->sess_rate_limit > 0 && i->sess_rate >= i->sess_rate_limit) ||
	    (i->conn_rate_limit > 0 && i->conn_rate >= i->conn_rate_limit));
}

static int
backend_row(const struct cell *c, struct reading *r, struct err *e)
{
	bool http = cell_is(&c[C_MODE], "http") && c[C_5XX].n > 0;
	static const int needs[] = { C_QCUR, C_SCUR, C_STOT, C_ECON, C_ERESP,
		C_ACT, C_BCK };
	uint64_t v, act;
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!cell_u64(&c[needs[i]], &v))
			return (err_set(e, EBADMSG, "show stat: no number in "
			    "column %s of the backend", names[needs[i]]));
	r->count[COUNT_REQUESTS] = number(&c[C_STOT]);
	r->count[COUNT_UNREACHED] = number(&c[C_ECON]);
	r->count[COUNT_ERRORS] = http ?
	    number(&c[C_5XX]) + number(&c[C_SRV_ABRT]) :
	    number(&c[C_ECON]) + number(&c[C_ERESP]);
	r->retries = number(&c[C_WRETR]) + number(&c[C_WREDIS]);
	r->queue = (double)number(&c[C_QCUR]);
	r->inflight = (double)number(&c[C_SCUR]);
	act = number(&c[C_ACT]);
	r->up = (double)(act > 0 ? act : number(&c[C_BCK]));
	r->mean_s = c[C_RTIME].n == 0 ? value_none() :
	    value_of((double)(number(&c[C_QTIME]) + number(&c[C_CTIME]) +
		number(&c[C_RTIME])) / 1000.0);
	return (0);
}

/* Frontends, then the backend: two tables, one parser. */
static int
stat_table(struct cursor *in, const char *backend, struct reading *r,
    bool *found, struct err *e)
{
	struct cell c[C_N];
	struct table t;
	int said;

	if (table_open(&t, in, ',', names, C_N, e) != 0)
		return (-1);
	while ((said = table_row(&t, c, e)) == 1) {
		if (cell_is(&c[C_SVNAME], "FRONTEND"))
			r->full = r->full || frontend_full(c);
		if (!cell_is(&c[C_SVNAME], "BACKEND") ||
		    !cell_is(&c[C_PXNAME], backend))
			continue;
		if (backend_row(c, r, e) != 0)
			return (-1);
		*found = true;
	}
	return (said);
}

/* What follows `user`, an empty answer of its own. */
static void
skip_empty(struct cursor *in)
{
	while (in->p < in->end && *in->p == '\n')
		in->p++;
}

int
reading_parse(const char *text, size_t n, const char *backend,
    struct reading *ret, struct err *e)
{
	struct cursor in = { text, text + n };
	struct reading r = { 0 };
	bool found = false;

	skip_empty(&in);
	if (haproxy_info_read(&in, &r.info, e) != 0)
		return (-1);
	r.full = process_full(&r.info);
	if (stat_table(&in, backend, &r, &found, e) != 0 ||
	    stat_table(&in, backend, &r, &found, e) != 0)
		return (-1);
	if (!found)
		return (err_set(e, ENOENT, "HAProxy has no backend '%s'",
		    backend));
	*ret = r;
	return (0);
}

int
servers_parse(const char *text, size_t n, const char *backend,
    struct servers_reading *ret, struct err *e)
{
	struct cursor in = { text, text + n };
	struct servers_reading r = { 0 };
	struct cell c[C_N];
	struct table t;
	int said;

	skip_empty(&in);
	if (table_open(&t, &in, ',', names, C_N, e) != 0)
		return (-1);
	while ((said = table_row(&t, c, e)) == 1) {
		if (!cell_is(&c[C_PXNAME], backend))
			continue;
		r.unanswered += number(&c[C_ECON]);
		r.queue += (double)number(&c[C_QCUR]);
	}
	if (said == 0)
		*ret = r;
	return (said);
}
