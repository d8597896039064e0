/* SPDX-License-Identifier: MIT */
/* The lines of a batch; see lines.h. */
#include <string.h>

#include "core/servers.h"
#include "record/lines.h"
#include "record/pack.h"

struct server_key
key_of(const struct server *s)
{
	struct server_key k = { 0 };

	if (token_is_set(&s->token)) {
		k.n = TOKEN_SIZE;
		memcpy(k.byte, s->token.byte, TOKEN_SIZE);
		return (k);
	}
	/* the byte in front keeps a 16-byte id apart from a token */
	k.n = 1 + strnlen(s->id.text, KEY_MAX - 1);
	memcpy(k.byte + 1, s->id.text, k.n - 1);
	if (k.n == TOKEN_SIZE)
		k.n++;
	return (k);
}

void
lines_begin(struct bytes *b, const struct now *now)
{
	bytes_signed(b, now->mono);
	bytes_signed(b, now->wall_s);
}

/* A body is written behind its length, which is known only afterwards. */
static void
lines_body(struct bytes *b, struct bytes *body)
{
	bytes_blob(b, body->at, body->n);
	b->failed = b->failed || body->failed;
	bytes_free(body);
}

static void
lines_named(struct bytes *b, enum line kind, const char *group,
    const struct server *s)
{
	struct server_key k = key_of(s);

	bytes_u8(b, (uint8_t)kind);
	bytes_text(b, group);
	bytes_blob(b, k.byte, k.n);
	bytes_text(b, s->id.text);
}

void
lines_server(struct bytes *b, const char *group, const struct server *s,
    bool moved, uint64_t params)
{
	struct bytes body = { NULL, 0, 0, false };

	lines_named(b, LINE_SERVER, group, s);
	bytes_u8(b, s->phase);
	bytes_u8(b, moved);
	bytes_u64(b, params);
	pack_server(&body, s);
	lines_body(b, &body);
}

void
lines_forget(struct bytes *b, const char *group, const struct server *s)
{
	lines_named(b, LINE_FORGET, group, s);
}

void
lines_word(struct bytes *b, enum line kind, const char *group,
    const struct word *w)
{
	struct bytes body = { NULL, 0, 0, false };

	bytes_u8(b, (uint8_t)kind);
	bytes_text(b, group);
	bytes_u8(b, (uint8_t)w->kind);
	pack_word(&body, w);
	lines_body(b, &body);
}

void
lines_lift(struct bytes *b, const char *group, enum word_kind kind)
{
	bytes_u8(b, LINE_LIFT);
	bytes_text(b, group);
	bytes_u8(b, (uint8_t)kind);
}

void
lines_learned(struct bytes *b, const char *group, const char *build,
    const void *body, size_t n)
{
	bytes_u8(b, LINE_LEARNED);
	bytes_text(b, group);
	bytes_text(b, build);
	bytes_blob(b, body, n);
}

void
lines_desired(struct bytes *b, const char *group, int servers)
{
	bytes_u8(b, LINE_DESIRED);
	bytes_text(b, group);
	bytes_signed(b, servers);
}

void
lines_params(struct bytes *b, uint64_t hash, const void *text, size_t n)
{
	bytes_u8(b, LINE_PARAMS);
	bytes_u64(b, hash);
	bytes_blob(b, text, n);
}

void
lines_boot(struct bytes *b, const char *group, const struct token *t,
    const struct boot_row *row)
{
	struct bytes body = { NULL, 0, 0, false };

	bytes_u8(b, LINE_BOOT);
	bytes_text(b, group);
	bytes_blob(b, t->byte, TOKEN_SIZE);
	bytes_u8(&body, row->state);
	bytes_put(&body, row->hash, sizeof(row->hash));
	bytes_put(&body, row->nonce, sizeof(row->nonce));
	lines_body(b, &body);
}

bool
lines_boot_read(const void *body, size_t n, struct boot_row *ret)
{
	struct reader in = { body, n, false };
	struct boot_row row;

	row.state = reader_u8(&in);
	reader_raw(&in, row.hash, sizeof(row.hash));
	reader_raw(&in, row.nonce, sizeof(row.nonce));
	if (in.bad || in.n != 0 || row.state == BOOT_NONE ||
	    row.state >= BOOT_STATE_COUNT)
		return (false);
	*ret = row;
	return (true);
}

void
lines_run(struct bytes *b, const struct run *r)
{
	bytes_u8(b, LINE_RUN);
	bytes_signed(b, r->id);
	bytes_signed(b, r->begun_wall_s);
	bytes_signed(b, r->last_wall_s);
	bytes_signed(b, r->begun);
	bytes_signed(b, r->last);
	bytes_u8(b, (uint8_t)(r->clean | r->forgiven << 1));
	bytes_text(b, r->boot);
	bytes_text(b, r->build);
}

void
lines_run_read(struct reader *in, struct run *r)
{
	uint8_t flags;

	memset(r, 0, sizeof(*r));
	r->id = reader_signed(in);
	r->begun_wall_s = reader_signed(in);
	r->last_wall_s = reader_signed(in);
	r->begun = reader_signed(in);
	r->last = reader_signed(in);
	flags = reader_u8(in);
	r->clean = flags & 1;
	r->forgiven = flags >> 1 & 1;
	reader_text(in, r->boot, sizeof(r->boot));
	reader_text(in, r->build, sizeof(r->build));
}
