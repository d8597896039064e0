/* SPDX-License-Identifier: MIT */
/* Calls to the fleet, one after the other; see calls.h. */
#include <string.h>

#include "plimsoll/limits.h"
#include "record/calls.h"
#include "record/pack.h"

void
calls_write(struct bytes *b, const struct fleet_call *c)
{
	bytes_u8(b, (uint8_t)c->kind);
	bytes_signed(b, c->now.mono);
	bytes_signed(b, c->now.wall_s);
	bytes_varint(b, (uint64_t)c->group);
	bytes_u64(b, c->seed);
	bytes_u64(b, c->policy);
	bytes_u64(b, c->core);
	bytes_signed(b, c->until);
	if (c->kind == CALL_RESTORE)
		pack_server(b, c->server);
	else if (c->kind == CALL_LEARNED)
		bytes_blob(b, c->learned, c->n);
}

bool
calls_read(struct reader *r, struct fleet_call *c, struct server *room)
{
	memset(c, 0, sizeof(*c));
	c->kind = reader_u8(r);
	c->now.mono = reader_signed(r);
	c->now.wall_s = reader_signed(r);
	c->group = (int)reader_upto(r, MAX_GROUPS - 1);
	c->seed = reader_u64(r);
	c->policy = reader_u64(r);
	c->core = reader_u64(r);
	c->until = reader_signed(r);
	if (c->kind >= CALL_KIND_COUNT)
		r->bad = true;
	if (c->kind == CALL_RESTORE) {
		pack_server_read(r, room);
		c->server = room;
	} else if (c->kind == CALL_LEARNED) {
		c->learned = reader_blob(r, &c->n);
	}
	return (!r->bad);
}
