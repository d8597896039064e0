/* SPDX-License-Identifier: MIT */
/* The budget of retries; see retries.h. */
#include <string.h>

#include "daemon/retries.h"

#define PAYS 0.1

void
retries_init(struct retries *r)
{
	memset(r, 0, sizeof(*r));
	r->saved = RETRIES_MOST;
}

static int
find(const struct retries *r, uint8_t kind, const struct token *t)
{
	int i;

	for (i = 0; i < RETRIES_OPEN; i++)
		if (r->at[i].used && r->at[i].kind == kind &&
		    memcmp(&r->at[i].token, t, sizeof(*t)) == 0)
			return (i);
	return (-1);
}

static bool
is_retry(const struct retries *r, const struct order *o,
    const struct server *s)
{
	int i, k;

	for (i = 0; i < o->n; i++) {
		k = find(r, (uint8_t)o->kind, &s[i].token);
		if (k >= 0 && r->at[k].failed)
			return (true);
	}
	return (false);
}

static void
remember(struct retries *r, const struct order *o, const struct server *s)
{
	int i, k;

	for (i = 0; i < o->n; i++) {
		k = find(r, (uint8_t)o->kind, &s[i].token);
		if (k < 0)
			k = (int)(r->next++ % RETRIES_OPEN);
		r->at[k].token = s[i].token;
		r->at[k].op = o->op;
		r->at[k].kind = (uint8_t)o->kind;
		r->at[k].used = true;
		r->at[k].failed = false;
	}
}

static void
pay(struct retries *r)
{
	r->saved += PAYS;
	if (r->saved > RETRIES_MOST)
		r->saved = RETRIES_MOST;
}

bool
retries_may(struct retries *r, ns_t now, const struct order *o,
    const struct server *s)
{
	if (o->kind != ORDER_TERMINATE && o->kind != ORDER_LOOKUP) {
		pay(r);
		return (true);
	}
	if (!is_retry(r, o, s)) {
		pay(r);
	} else if (now >= r->free_at) {
		r->free_at = now + RETRIES_FREE_S * NS_S;
	} else if (r->saved >= 1.0) {
		r->saved -= 1.0;
	} else {
		return (false);
	}
	remember(r, o, s);
	return (true);
}

void
retries_answer(struct retries *r, op_t op, enum outcome what)
{
	int i;

	for (i = 0; i < RETRIES_OPEN; i++) {
		if (!r->at[i].used || r->at[i].op != op)
			continue;
		r->at[i].failed = what != OUTCOME_DONE;
		r->at[i].used = r->at[i].failed;
	}
}
