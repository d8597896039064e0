/* SPDX-License-Identifier: MIT */
/*
 * Ledger against world: what the provider lists, what the balancer serves.
 *
 * A listing that failed is discarded whole; an empty one means nothing
 * (I-10, I-14).  What carries our tag and is not in the journal is an
 * orphan: at start it is adopted before anything is launched, later only
 * after a grace; until then it counts as nothing and is not touched (I-15).
 * What the balancer serves and nobody of ours knows is foreign: it counts as
 * capacity and is never touched.
 */
#include <string.h>

#include "base/must.h"
#include "core/ledger_priv.h"

static void
list_unmark(struct servers *t)
{
	int i;

	for (i = 0; i < t->n; i++)
		t->at[i].flags &= (uint16_t)~SERVER_MARK;
}

/* By address, the youngest: an address may have belonged to one before. */
static struct server *
list_by_address(const struct ledger *l, const struct told *told)
{
	struct server *s;
	int i;

	if (told->port == 0)
		return (NULL);
	for (i = l->servers->n - 1; i >= 0; i--) {
		s = &l->servers->at[i];
		if (s->port == told->port && s->phase < PHASE_GONE &&
		    ledger_has_address(s) && memcmp(s->address,
		    told->address, sizeof(s->address)) == 0)
			return (s);
	}
	return (NULL);
}

static bool
list_is_text(const struct server_id *id)
{
	return (id->text[0] != '\0' && memchr(id->text, '\0', ID_SIZE) != NULL);
}

void
ledger_adopt(struct ledger *l, struct server *s)
{
	s->flags |= SERVER_OURS | SERVER_RESTORED;
	s->flags &= (uint16_t)~SERVER_ORPHAN;
	l->differ_until = l->now + DIFFER_SHOWN;
	s->since = l->now;
	s->retry = l->now;
	s->deadline = NS_NEVER;
	if (s->phase == PHASE_FAILED)
		ledger_move(l, s, PHASE_ACCEPTED);
	ledger_dirty(l, s);
	ledger_due(l, l->now);
}

static void
list_orphan(struct ledger *l, int way, const struct told *told)
{
	const char *name = group_policy(l->group)->name;
	struct server s, *v;

	if (!token_is_set(&told->token) || !list_is_text(&told->id) ||
	    told->phase >= PHASE_FAILED || told->phase == PHASE_REMOVING)
		return;
	if (told->group[0] == '\0' ? !l->alone :
	    strncmp(told->group, name, NAME_SIZE) != 0)
		return;
	memset(&s, 0, sizeof(s));
	s.phase = PHASE_FAILED; /* counts as nothing */
	v = servers_find(l->servers, &told->id);
	if (v == NULL)
		v = list_by_address(l, told);
	if (v != NULL && !(v->flags & SERVER_OURS)) {
		s.phase = PHASE_SERVING; /* the balancer told of it first */
		s.serving_since = v->serving_since;
		servers_remove(l->servers, v);
	}
	s.id = told->id;
	s.token = told->token;
	memcpy(s.address, told->address, sizeof(s.address));
	s.port = told->port;
	s.way = (uint8_t)way;
	s.flags = SERVER_ORPHAN | SERVER_MARK;
	s.since = s.phase_since = l->now;
	s.retry = NS_NEVER;
	s.deadline = l->now + ORPHAN_GRACE;
	v = servers_add(l->servers, &s);
	if (v == NULL) {
		l->differ_until = l->now + DIFFER_SHOWN;
		return;
	}
	/* After a restart or doubtful state the provider knows better. */
	if (!l->way[way].listed || l->now < l->safe_until)
		ledger_adopt(l, v);
	ledger_due(l, v->deadline);
}

static void
list_told(struct ledger *l, int way, const struct told *told)
{
	struct servers *t = l->servers;
	struct server *s = servers_find_token(t, &told->token);

	if (s == NULL && list_is_text(&told->id))
		s = servers_find(t, &told->id);
	/* The balancer may have told of it first, without its tag. */
	if (s == NULL || (!(s->flags & SERVER_OURS) &&
	    !token_is_set(&s->token))) {
		list_orphan(l, way, told);
		return;
	}
	s->flags |= SERVER_MARK;
	if (s->phase != PHASE_GONE)
		ledger_exists(l, s, told);
}

/* One of ours that a complete listing does not have. */
static void
list_absent(struct ledger *l, struct server *s, bool counts)
{
	if (s->phase == PHASE_DECIDED) {
		if (s->flags & SERVER_UNKNOWN && s->op == 0)
			ledger_missed(l, s);
		return;
	}
	if (s->phase >= PHASE_REMOVING || !counts)
		return;
	if (s->misses < MISSES_GONE)
		s->misses++;
	if (s->misses < MISSES_GONE)
		return;
	l->differ_until = l->now + DIFFER_SHOWN;
	/* It serves: the balancer's word is stronger than a listing's. */
	if (s->phase >= PHASE_SERVING &&
	    !(s->flags & (SERVER_SICK | SERVER_OUT)))
		return;
	ledger_fail(l, s);
}

static void
list_absentees(struct ledger *l, int way)
{
	struct ledger_way *w = &l->way[way];
	struct servers *t = l->servers;
	bool counts = w->list_asked - w->counted >= MISS_SPACING;
	struct server *s;
	int i;

	if (counts)
		w->counted = w->list_asked;
	for (i = t->n - 1; i >= 0; i--) {
		s = &t->at[i];
		if (s->flags & SERVER_MARK || s->way != way ||
		    s->phase_since >= w->list_asked)
			continue;
		if (s->flags & SERVER_OURS)
			list_absent(l, s, counts);
		else if (!(s->flags & SERVER_ORPHAN))
			continue;
		else if (s->phase == PHASE_FAILED)
			servers_remove(t, s); /* it went away by itself */
		else
			s->flags &= (uint16_t)~SERVER_ORPHAN; /* foreign */
	}
}

void
ledger_listed(struct ledger *l, int way, enum outcome why,
    const struct told *told, size_t n)
{
	struct ledger_way *w = &l->way[way];
	size_t k;

	w->list_op = 0;
	if (why != OUTCOME_DONE) {
		w->list_due = l->now + ledger_jitter(l, RETRY_FIRST,
		    LIST_EVERY, w->list_tries);
		w->list_tries += w->list_tries < UINT8_MAX;
		return;
	}
	w->list_tries = 0;
	w->list_due = l->now + LIST_EVERY;
	list_unmark(l->servers);
	for (k = 0; k < n; k++)
		list_told(l, way, &told[k]);
	w->listed = true;
	if (n > 0) /* an empty one means nothing; lookups remain */
		list_absentees(l, way);
}

static void
saw_foreign(struct ledger *l, const struct told *told)
{
	struct server s;

	if (!list_is_text(&told->id))
		return;
	memset(&s, 0, sizeof(s));
	s.id = told->id;
	memcpy(s.address, told->address, sizeof(s.address));
	s.port = told->port;
	s.phase = PHASE_SERVING;
	s.flags = SERVER_MARK;
	s.since = s.phase_since = s.serving_since = l->now;
	s.retry = s.deadline = NS_NEVER;
	(void)servers_add(l->servers, &s);
}

/* One of ours that the balancer has. */
static void
saw_ours(struct ledger *l, struct server *s, const struct told *told)
{
	bool in = told->phase != PHASE_DRAINING;

	if (told->phase == PHASE_FAILED)
		l->seen_health = true;
	if (s->phase == PHASE_SERVING)
		s->flags &= (uint16_t)~SERVER_OUT;
	/* Level beside edge: a change may have come before we knew it. */
	if (l->seen_health && in)
		ledger_health(l, &s->id, told->phase != PHASE_FAILED);
	/*
	 * Somebody drained it, or the balancer's driver is new and does not
	 * know it as ours (driver.h): add it again.
	 */
	if (s->phase == PHASE_SERVING && s->op == 0 &&
	    (!in || told->id.text[0] == '@')) {
		s->retry = l->now;
	} else if (s->phase == PHASE_HEALTHY && in && s->serving_since == 0 &&
	    s->op == 0) {
		ledger_move(l, s, PHASE_SERVING);
	} else if (s->phase < PHASE_HEALTHY && s->flags & SERVER_RESTORED &&
	    in && s->phase > PHASE_DECIDED) {
		ledger_move(l, s, PHASE_SERVING); /* a record was lost */
	} else if (s->phase == PHASE_REMOVING || s->phase == PHASE_FAILED) {
		s->flags &= (uint16_t)~SERVER_OUT;
	}
	ledger_due(l, l->now);
}

static void
saw_one(struct ledger *l, const struct told *told)
{
	struct server *s = servers_find(l->servers, &told->id);

	if (s == NULL)
		s = list_by_address(l, told);
	if (s == NULL) {
		saw_foreign(l, told);
		return;
	}
	s->flags |= SERVER_MARK;
	if (s->flags & SERVER_OURS) {
		saw_ours(l, s, told);
		return;
	}
	s->misses = 0;
	if (s->flags & SERVER_ORPHAN && s->phase == PHASE_FAILED)
		servers_phase(l->servers, s, PHASE_SERVING, l->now);
}

void
ledger_saw(struct ledger *l, enum outcome why, const struct told *told,
    size_t n)
{
	struct servers *t = l->servers;
	struct server *s;
	size_t k;
	int i;

	l->seen_op = 0;
	l->seen_due = l->now + SEEN_EVERY;
	if (why != OUTCOME_DONE) {
		l->seen_due = l->now + ledger_jitter(l, RETRY_FIRST,
		    SEEN_EVERY, l->seen_tries);
		l->seen_tries += l->seen_tries < UINT8_MAX;
		return;
	}
	l->seen_tries = 0;
	list_unmark(t);
	for (k = 0; k < n; k++)
		saw_one(l, &told[k]);
	l->seen = true;
	for (i = t->n - 1; i >= 0; i--) {
		s = &t->at[i];
		if (s->flags & SERVER_MARK || s->phase != PHASE_SERVING ||
		    s->phase_since >= l->seen_asked)
			continue;
		if (s->flags & SERVER_OURS) {
			s->flags |= SERVER_OUT;
			if (s->op == 0)
				s->retry = l->now; /* it forgot: I-21 */
		} else if (++s->misses >= FOREIGN_MISSES)
			servers_remove(t, s);
	}
}
