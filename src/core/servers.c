/* SPDX-License-Identifier: MIT */
/*
 * The server table: a dense array in order of age, so that every walk is a
 * loop, with two hash indexes beside it.  A removal moves the younger ones up
 * and rebuilds the indexes: it costs a walk, and removals are rare.
 */
#include <string.h>

#include "base/must.h"
#include "core/servers.h"

enum { SLOT_EMPTY = 0 };

static int
servers_slots(int cap)
{
	int n = 16;

	while (n < cap * 2)
		n *= 2;
	return (n);
}

size_t
servers_size(int cap)
{
	MUST(cap > 0 && cap < UINT16_MAX);
	return ((size_t)cap * sizeof(struct server) +
	    2 * (size_t)servers_slots(cap) * sizeof(uint16_t));
}

void
servers_init(struct servers *s, int cap, void *memory)
{
	MUST(s != NULL);
	MUST(memory != NULL);
	memset(s, 0, sizeof(*s));
	memset(memory, 0, servers_size(cap));
	s->at = memory;
	s->cap = cap;
	s->slots = servers_slots(cap);
	s->by_id = (uint16_t *)(void *)(s->at + cap);
	s->by_token = s->by_id + s->slots;
}

/* FNV-1a. */
static uint32_t
servers_hash(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t h = 2166136261u;

	while (n-- > 0)
		h = (h ^ *p++) * 16777619u;
	return (h ^ h >> 15);
}

static uint32_t
servers_hash_id(const struct server_id *id)
{
	return (servers_hash(id->text, strnlen(id->text, ID_SIZE)));
}

bool
token_is_set(const struct token *t)
{
	static const struct token none;

	return (memcmp(t, &none, sizeof(none)) != 0);
}

static void
servers_index_id(struct servers *s, int i)
{
	uint32_t mask = (uint32_t)s->slots - 1, h;

	if (s->at[i].id.text[0] == '\0')
		return;
	h = servers_hash_id(&s->at[i].id) & mask;
	while (s->by_id[h] != SLOT_EMPTY)
		h = (h + 1) & mask;
	s->by_id[h] = (uint16_t)(i + 1);
}

static void
servers_index(struct servers *s, int i)
{
	const struct server *v = &s->at[i];
	uint32_t mask = (uint32_t)s->slots - 1, h;

	servers_index_id(s, i);
	if (token_is_set(&v->token)) {
		h = servers_hash(&v->token, sizeof(v->token)) & mask;
		while (s->by_token[h] != SLOT_EMPTY)
			h = (h + 1) & mask;
		s->by_token[h] = (uint16_t)(i + 1);
	}
}

static void
servers_reindex(struct servers *s)
{
	int i;

	memset(s->by_id, 0, 2 * (size_t)s->slots * sizeof(uint16_t));
	for (i = 0; i < s->n; i++)
		servers_index(s, i);
}

void
servers_move(struct servers *s, int cap, void *memory)
{
	const struct servers old = *s;

	MUST(cap >= s->n);
	MUST(memory != s->at);
	servers_init(s, cap, memory);
	memcpy(s->at, old.at, (size_t)old.n * sizeof(*s->at));
	memcpy(s->count, old.count, sizeof(s->count));
	s->n = old.n;
	servers_reindex(s);
}

struct server *
servers_find(const struct servers *s, const struct server_id *id)
{
	uint32_t mask = (uint32_t)s->slots - 1, h;
	struct server *v;

	if (id->text[0] == '\0')
		return (NULL);
	for (h = servers_hash_id(id) & mask; s->by_id[h] != SLOT_EMPTY;
	    h = (h + 1) & mask) {
		v = &s->at[s->by_id[h] - 1];
		if (strncmp(v->id.text, id->text, ID_SIZE) == 0)
			return (v);
	}
	return (NULL);
}

struct server *
servers_find_token(const struct servers *s, const struct token *t)
{
	uint32_t mask = (uint32_t)s->slots - 1, h;
	struct server *v;

	if (!token_is_set(t))
		return (NULL);
	for (h = servers_hash(t, sizeof(*t)) & mask;
	    s->by_token[h] != SLOT_EMPTY; h = (h + 1) & mask) {
		v = &s->at[s->by_token[h] - 1];
		if (memcmp(&v->token, t, sizeof(*t)) == 0)
			return (v);
	}
	return (NULL);
}

struct server *
servers_add(struct servers *s, const struct server *v)
{
	MUST(v->phase > PHASE_NONE && v->phase < PHASE_COUNT);
	if (s->n == s->cap)
		return (NULL);
	MUST(servers_find(s, &v->id) == NULL);
	MUST(servers_find_token(s, &v->token) == NULL);
	s->at[s->n] = *v;
	s->count[v->phase]++;
	servers_index(s, s->n);
	return (&s->at[s->n++]);
}

void
servers_purge(struct servers *s, int n)
{
	int i, k = 0;

	MUST(n >= 0 && n <= s->count[PHASE_GONE]);
	if (n == 0)
		return;
	s->count[PHASE_GONE] -= n;
	for (i = 0; i < s->n; i++) {
		if (s->at[i].phase == PHASE_GONE && n > 0)
			n--;
		else
			s->at[k++] = s->at[i];
	}
	s->n = k;
	servers_reindex(s);
}

void
servers_name(struct servers *s, struct server *v, const struct server_id *id)
{
	MUST(v >= s->at && v < s->at + s->n);
	MUST(id->text[0] != '\0');
	MUST(servers_find(s, id) == NULL);
	if (v->id.text[0] == '\0') {
		v->id = *id;
		servers_index_id(s, (int)(v - s->at));
		return;
	}
	v->id = *id;
	servers_reindex(s);
}

void
servers_phase(struct servers *s, struct server *v, enum phase p, ns_t now)
{
	MUST(v >= s->at && v < s->at + s->n);
	MUST(p > PHASE_NONE && p < PHASE_COUNT);
	if (v->phase == p)
		return;
	s->count[v->phase]--;
	s->count[p]++;
	v->phase = (uint8_t)p;
	v->phase_since = now;
	if (p == PHASE_SERVING && v->serving_since == 0)
		v->serving_since = now;
}

void
servers_remove(struct servers *s, struct server *v)
{
	size_t i = (size_t)(v - s->at);

	MUST(v >= s->at && v < s->at + s->n);
	s->count[v->phase]--;
	memmove(v, v + 1, ((size_t)s->n - i - 1) * sizeof(*v));
	s->n--;
	servers_reindex(s);
}
