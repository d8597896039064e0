/* SPDX-License-Identifier: MIT */
/*
 * A server and a word in few bytes; see pack.h.  Moments are written as they
 * are; whoever reads them after a reboot moves them (restore.c).
 */
#include <string.h>

#include "record/pack.h"

/* A new field must be written here, and PACK_VERSION raised. */
_Static_assert(sizeof(struct server) == 176, "pack_row.c: a field came");
_Static_assert(sizeof(struct word) == 248, "pack_row.c: a field came");

void
pack_server(struct bytes *b, const struct server *s)
{
	int i;

	bytes_text(b, s->id.text);
	bytes_put(b, s->token.byte, TOKEN_SIZE);
	bytes_u8(b, s->phase);
	bytes_u8(b, s->way);
	bytes_varint(b, s->flags);
	bytes_varint(b, s->port);
	bytes_put(b, s->address, sizeof(s->address));
	bytes_u8(b, s->tries);
	bytes_u8(b, s->misses);
	for (i = 0; i < SERVER_REACHED; i++)
		bytes_varint(b, s->reached_ds[i]);
	bytes_signed(b, s->since);
	bytes_signed(b, s->phase_since);
	bytes_signed(b, s->serving_since);
	bytes_signed(b, s->deadline);
	bytes_signed(b, s->retry);
	bytes_signed(b, s->protect_until);
	bytes_u64(b, s->op);
}

void
pack_server_read(struct reader *r, struct server *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	reader_text(r, s->id.text, sizeof(s->id.text));
	reader_raw(r, s->token.byte, TOKEN_SIZE);
	s->phase = reader_u8(r);
	s->way = reader_u8(r);
	s->flags = (uint16_t)reader_upto(r, UINT16_MAX);
	s->port = (uint16_t)reader_upto(r, UINT16_MAX);
	reader_raw(r, s->address, sizeof(s->address));
	s->tries = reader_u8(r);
	s->misses = reader_u8(r);
	for (i = 0; i < SERVER_REACHED; i++)
		s->reached_ds[i] = (uint16_t)reader_upto(r, UINT16_MAX);
	s->since = reader_signed(r);
	s->phase_since = reader_signed(r);
	s->serving_since = reader_signed(r);
	s->deadline = reader_signed(r);
	s->retry = reader_signed(r);
	s->protect_until = reader_signed(r);
	s->op = reader_u64(r);
	if (s->phase >= PHASE_COUNT || s->way >= MAX_WAYS)
		r->bad = true;
}

void
pack_word(struct bytes *b, const struct word *w)
{
	bytes_u8(b, (uint8_t)w->kind);
	bytes_signed(b, w->servers);
	bytes_signed(b, w->until_wall_s);
	bytes_u8(b, (uint8_t)(w->force | w->over_max << 1));
	bytes_u8(b, (uint8_t)w->what);
	bytes_text(b, w->id.text);
	bytes_text(b, w->who);
	bytes_text(b, w->reason);
}

void
pack_word_read(struct reader *r, struct word *w)
{
	uint8_t flags;

	memset(w, 0, sizeof(*w));
	w->kind = reader_u8(r);
	w->servers = (int)reader_signed(r);
	w->until_wall_s = reader_signed(r);
	flags = reader_u8(r);
	w->force = flags & 1;
	w->over_max = flags >> 1 & 1;
	w->what = reader_u8(r);
	reader_text(r, w->id.text, sizeof(w->id.text));
	reader_text(r, w->who, sizeof(w->who));
	reader_text(r, w->reason, sizeof(w->reason));
	if (w->kind >= WORD_KIND_COUNT)
		r->bad = true;
}
