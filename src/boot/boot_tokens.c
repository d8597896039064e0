/* SPDX-License-Identifier: MIT */
/*
 * Boot tokens; see boot_tokens.h.  A row is found by the intent's token, which
 * is no secret, so that the search may take what time it likes; secret and
 * nonce are compared by their hashes in constant time.  What a stranger shows
 * is hashed also where there is no such intent, so that time does not tell
 * which intents there are.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "boot/boot_tokens.h"
#include "base/hex.h"
#include "base/must.h"

enum {
	NONCE_LEAST = 16, /* bytes: not to be guessed */
	NONCE_MOST = 128,
	FIRST_SLOTS = 64
};

struct entry {
	struct token token;
	struct boot_row row; /* BOOT_NONE: a free slot */
};

struct boot_tokens {
	struct entry *slot; /* open addressing, at most half full */
	size_t slots, n;
};

const char *
boot_verdict_name(enum boot_verdict v)
{
	static const char *const names[BOOT_VERDICT_COUNT] = { "ok",
		"ok, the first time", "foreign", "other nonce", "replayed",
		"late", "not redeemed" };

	MUST(v < BOOT_VERDICT_COUNT);
	return (names[v]);
}

struct boot_tokens *
boot_tokens_new(void)
{
	struct boot_tokens *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return (NULL);
	t->slots = FIRST_SLOTS;
	t->slot = calloc(t->slots, sizeof(*t->slot));
	if (t->slot == NULL) {
		free(t);
		return (NULL);
	}
	return (t);
}

void
boot_tokens_free(struct boot_tokens *t)
{
	if (t == NULL)
		return;
	free(t->slot);
	free(t);
}

size_t
boot_tokens_count(const struct boot_tokens *t)
{
	return (t->n);
}

/* Intents' tokens are random: their first bytes are as good as a hash. */
static size_t
tokens_home(const struct boot_tokens *t, const struct token *k)
{
	uint64_t h;

	memcpy(&h, k->byte, sizeof(h));
	return ((size_t)h & (t->slots - 1));
}

/* Its slot, or the free one where it would go. */
static struct entry *
tokens_slot(const struct boot_tokens *t, const struct token *k)
{
	size_t i = tokens_home(t, k);

	while (t->slot[i].row.state != BOOT_NONE &&
	    memcmp(&t->slot[i].token, k, sizeof(*k)) != 0)
		i = (i + 1) & (t->slots - 1);
	return (&t->slot[i]);
}

static struct entry *
tokens_find(const struct boot_tokens *t, const struct token *k)
{
	struct entry *e = tokens_slot(t, k);

	return (e->row.state != BOOT_NONE ? e : NULL);
}

static int
tokens_grow(struct boot_tokens *t)
{
	struct boot_tokens more = { NULL, t->slots * 2, t->n };
	size_t i;

	if (t->n + 1 <= t->slots / 2)
		return (0);
	more.slot = calloc(more.slots, sizeof(*more.slot));
	if (more.slot == NULL)
		return (-1);
	for (i = 0; i < t->slots; i++)
		if (t->slot[i].row.state != BOOT_NONE)
			*tokens_slot(&more, &t->slot[i].token) = t->slot[i];
	free(t->slot);
	*t = more;
	return (0);
}

int
boot_tokens_restore(struct boot_tokens *t, const struct token *k,
    const struct boot_row *row)
{
	struct entry *e;

	MUST(row->state != BOOT_NONE);
	MUST(row->state < BOOT_STATE_COUNT);
	if (tokens_find(t, k) != NULL || tokens_grow(t) != 0)
		return (-1);
	e = tokens_slot(t, k);
	e->token = *k;
	e->row = *row;
	t->n++;
	return (0);
}

int
boot_tokens_issue(struct boot_tokens *t, const struct token *k,
    const uint8_t *random, char text[BOOT_TEXT_SIZE], struct boot_row *ret)
{
	struct boot_row row = { .state = BOOT_ISSUED };

	(void)SHA256(random, BOOT_SECRET_SIZE, row.hash);
	if (boot_tokens_restore(t, k, &row) != 0)
		return (-1);
	hex_put(text, k->byte, TOKEN_SIZE);
	text[2 * TOKEN_SIZE] = '.';
	hex_put(text + 2 * TOKEN_SIZE + 1, random, BOOT_SECRET_SIZE);
	*ret = row;
	return (0);
}

/* The row of this text, or NULL: none, or not its secret. */
static struct entry *
tokens_prove(const struct boot_tokens *t, const char *text, size_t n,
    struct token *ret)
{
	uint8_t secret[BOOT_SECRET_SIZE], hash[BOOT_HASH_SIZE];
	static const uint8_t nobody[BOOT_HASH_SIZE];
	const uint8_t *want = nobody;
	struct entry *e;
	struct token k;
	bool same;

	if (n != BOOT_TEXT_SIZE - 1 || text[2 * TOKEN_SIZE] != '.' ||
	    !hex_get(text, k.byte, TOKEN_SIZE) ||
	    !hex_get(text + 2 * TOKEN_SIZE + 1, secret, BOOT_SECRET_SIZE))
		return (NULL);
	e = tokens_find(t, &k);
	if (e != NULL)
		want = e->row.hash;
	(void)SHA256(secret, sizeof(secret), hash);
	same = CRYPTO_memcmp(hash, want, sizeof(hash)) == 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	if (e == NULL || !same)
		return (NULL);
	*ret = k;
	return (e);
}

static bool
nonce_hash(const char *nonce, size_t n, uint8_t hash[BOOT_HASH_SIZE])
{
	if (n < NONCE_LEAST || n > NONCE_MOST)
		return (false);
	(void)SHA256((const uint8_t *)nonce, n, hash);
	return (true);
}

static enum boot_verdict
tokens_judge(const struct entry *e, const uint8_t nonce[BOOT_HASH_SIZE])
{
	if (e->row.state == BOOT_ENDED)
		return (BOOT_LATE);
	if (e->row.state == BOOT_ISSUED)
		return (BOOT_UNBOUND);
	if (CRYPTO_memcmp(e->row.nonce, nonce, BOOT_HASH_SIZE) != 0)
		return (BOOT_OTHER_NONCE);
	return (BOOT_OK);
}

enum boot_verdict
boot_tokens_redeem(struct boot_tokens *t, const char *text, size_t n,
    const char *nonce, size_t n_nonce, struct token *ret)
{
	struct entry *e = tokens_prove(t, text, n, ret);
	uint8_t hash[BOOT_HASH_SIZE];
	enum boot_verdict v;

	if (e == NULL || !nonce_hash(nonce, n_nonce, hash))
		return (BOOT_FOREIGN);
	v = tokens_judge(e, hash);
	if (v == BOOT_OK && e->row.state == BOOT_SPENT)
		return (BOOT_REPLAYED);
	if (v != BOOT_UNBOUND)
		return (v);
	memcpy(e->row.nonce, hash, sizeof(hash));
	e->row.state = BOOT_BOUND;
	return (BOOT_OK_FIRST);
}

enum boot_verdict
boot_tokens_report(const struct boot_tokens *t, const char *text, size_t n,
    const char *nonce, size_t n_nonce, struct token *ret)
{
	const struct entry *e = tokens_prove(t, text, n, ret);
	uint8_t hash[BOOT_HASH_SIZE];

	if (e == NULL || !nonce_hash(nonce, n_nonce, hash))
		return (BOOT_FOREIGN);
	return (tokens_judge(e, hash));
}

static bool
tokens_become(struct boot_tokens *t, const struct token *k,
    enum boot_state state)
{
	struct entry *e = tokens_find(t, k);

	if (e == NULL || e->row.state >= state)
		return (false);
	e->row.state = (uint8_t)state;
	return (true);
}

bool
boot_tokens_spend(struct boot_tokens *t, const struct token *k)
{
	return (tokens_become(t, k, BOOT_SPENT));
}

bool
boot_tokens_end(struct boot_tokens *t, const struct token *k)
{
	return (tokens_become(t, k, BOOT_ENDED));
}

void
boot_tokens_drop(struct boot_tokens *t, const struct token *k)
{
	struct entry *e = tokens_find(t, k), was;
	size_t i;

	if (e == NULL)
		return;
	memset(e, 0, sizeof(*e));
	t->n--;
	/* those behind it in the same run may stand closer to their place */
	for (i = (size_t)(e - t->slot + 1) & (t->slots - 1);
	    t->slot[i].row.state != BOOT_NONE; i = (i + 1) & (t->slots - 1)) {
		was = t->slot[i];
		memset(&t->slot[i], 0, sizeof(t->slot[i]));
		*tokens_slot(t, &was.token) = was;
	}
}

const struct boot_row *
boot_tokens_row(const struct boot_tokens *t, const struct token *k)
{
	const struct entry *e = tokens_find(t, k);

	return (e != NULL ? &e->row : NULL);
}
