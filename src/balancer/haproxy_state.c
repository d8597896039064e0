/* SPDX-License-Identifier: MIT */
/* Reading `show servers state`, by column names. */
#include <errno.h>
#include <string.h>

#include "balancer/haproxy_state.h"
#include "base/err.h"
#include "plimsoll/limits.h"

enum {
	C_BACKEND, C_NAME, C_ADDRESS, C_OP, C_ADMIN, C_WEIGHT, C_FULL, C_SINCE,
	C_PORT, C_N
};
static const char *const names[C_N] = {
	[C_BACKEND] = "be_name", [C_NAME] = "srv_name",
	[C_ADDRESS] = "srv_addr", [C_OP] = "srv_op_state",
	[C_ADMIN] = "srv_admin_state", [C_WEIGHT] = "srv_uweight",
	[C_FULL] = "srv_iweight", [C_SINCE] = "srv_time_since_last_change",
	[C_PORT] = "srv_port",
};

int
state_open(struct state_reader *r, struct cursor *in, const char *backend,
    struct err *e)
{
	struct cell line;

	r->backend = backend;
	if (in->p < in->end && *in->p == '1' &&
	    (!cursor_line(in, &line) || !cell_is(&line, "1")))
		return (err_set(e, EBADMSG, "show servers state: a version "
		    "that is not 1"));
	return (table_open(&r->table, in, ' ', names, C_N, e));
}

static int
odd(const struct cell *c, int column, struct err *e)
{
	return (err_set(e, EBADMSG, "show servers state: '%.*s' is no number "
	    "for %s", (int)(c->n < 20 ? c->n : 20), c->p != NULL ? c->p : "",
	    names[column]));
}

static int
read_row(const struct cell *c, struct server_row *ret, struct err *e)
{
	static const uint64_t most[C_N] = { [C_OP] = 255, [C_ADMIN] = 255,
		[C_WEIGHT] = 256, [C_FULL] = 256, [C_SINCE] = UINT64_MAX,
		[C_PORT] = 65535 };
	uint64_t v[C_N] = { 0 };
	int i;

	for (i = 0; i < C_N; i++)
		if (most[i] > 0 && (!cell_u64(&c[i], &v[i]) || v[i] > most[i]))
			return (odd(&c[i], i, e));
	if (!cell_address(&c[C_ADDRESS], ret->address))
		memset(ret->address, 0, sizeof(ret->address));
	ret->op_state = (uint8_t)v[C_OP];
	ret->admin = (uint8_t)v[C_ADMIN];
	ret->weight = (int)v[C_WEIGHT];
	ret->full_weight = (int)v[C_FULL];
	ret->since_s = v[C_SINCE];
	ret->port = (uint16_t)v[C_PORT];
	return (1);
}

int
state_next(struct state_reader *r, struct server_row *ret, struct err *e)
{
	struct cell c[C_N];
	int said;

	while ((said = table_row(&r->table, c, e)) == 1) {
		if (!cell_is(&c[C_BACKEND], r->backend) ||
		    !cell_name(&c[C_NAME], ret->name, sizeof(ret->name)))
			continue;
		return (read_row(c, ret, e));
	}
	return (said);
}

int
slot_number(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	int v = 0;

	if (strncmp(name, prefix, n) != 0)
		return (0);
	for (name += n; *name != '\0'; name++) {
		if (*name < '0' || *name > '9' || (v == 0 && *name == '0'))
			return (0);
		v = v * 10 + (*name - '0');
		if (v > MAX_SERVERS)
			return (0);
	}
	return (v);
}
