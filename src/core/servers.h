/* SPDX-License-Identifier: MIT */
/*
 * The table of a group's servers: who exists, in which phase.  The ledger
 * (intents and answers) or a listing of `drive` fills it, the decision reads
 * it.  Memory is the caller's; order is by age of the entry, oldest first.
 */
#ifndef CORE_SERVERS_H
#define CORE_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/server.h"

struct servers {
	struct server *at;  /* at[0..n), dense */
	uint16_t *by_id;    /* open addressing, index + 1, 0 empty */
	uint16_t *by_token;
	int slots;	    /* of each hash table, a power of two */
	int cap, n;
	int count[PHASE_COUNT];	 /* servers in each phase */
};

/* Bytes that `cap` servers take, hash tables included. */
size_t	servers_size(int cap);
/* memory: servers_size(cap) bytes, aligned for a double; kept. */
void	servers_init(struct servers *, int cap, void *memory);

/*
 * All servers to another memory of servers_size(cap) bytes, cap >= n; the
 * old one is untouched.  Pointers are void afterwards.
 */
void	servers_move(struct servers *, int cap, void *memory);

/* NULL where there is none.  Pointers stay good until the next remove. */
struct server	*servers_find(const struct servers *, const struct server_id *);
struct server	*servers_find_token(const struct servers *,
		    const struct token *);
/*
 * A copy of *s joins; NULL when the table is full.  A known id or token must
 * not be there yet.
 */
struct server	*servers_add(struct servers *, const struct server *s);
/* The provider told the name of one that had none. */
void	servers_name(struct servers *, struct server *, const struct server_id *);
void	servers_phase(struct servers *, struct server *, enum phase, ns_t now);
/* Those behind it move up: pointers are void afterwards. */
void	servers_remove(struct servers *, struct server *);
/* The n oldest that are GONE, in one walk. */
void	servers_purge(struct servers *, int n);

bool	token_is_set(const struct token *);

static inline int
servers_serving(const struct servers *s)
{
	return (s->count[PHASE_SERVING]);
}

/* Decided to healthy: on their way. */
static inline int
servers_pending(const struct servers *s)
{
	int i, n = 0;

	for (i = PHASE_DECIDED; i <= PHASE_HEALTHY; i++)
		n += s->count[i];
	return (n);
}

#endif
