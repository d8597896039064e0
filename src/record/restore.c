/* SPDX-License-Identifier: MIT */
/*
 * The state of a store, row by row, each against its checksum.  One damaged
 * row makes the whole doubtful: who reads on would guess.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/pack.h"
#include "record/restore.h"

struct row {
	struct store *store;
	sqlite3_stmt *st;
	struct mirror *mirror;
	struct err *err;
};

static const void *
row_blob(const struct row *r, int column, size_t *ret_n)
{
	const void *p = sqlite3_column_blob(r->st, column);

	*ret_n = (size_t)sqlite3_column_bytes(r->st, column);
	return (p);
}

static void
row_text(const struct row *r, int column, char *buf, size_t size)
{
	const unsigned char *t = sqlite3_column_text(r->st, column);

	memset(buf, 0, size);
	(void)snprintf(buf, size, "%s", t != NULL ? (const char *)t : "");
}

static int
row_bad(const struct row *r, const char *what)
{
	return (err_set(r->err, EILSEQ,
	    "journal.%d.db is damaged: the checksum of %s does not match",
	    store_number(r->store), what));
}

static struct mirror_group *
row_group(const struct row *r, char name[NAME_SIZE])
{
	struct mirror_group *g;

	row_text(r, 0, name, NAME_SIZE);
	g = mirror_group(r->mirror, name);
	if (g == NULL)
		(void)err_set(r->err, ENOMEM, "journal: more than %d groups "
		    "or out of memory", MAX_GROUPS * 2);
	return (g);
}

static int
restore_params(const struct row *r)
{
	uint64_t hash = (uint64_t)sqlite3_column_int64(r->st, 0);
	size_t n;
	const void *text = row_blob(r, 1, &n);

	if (store_sum(&hash, sizeof(hash), text, n, NULL, 0) !=
	    sqlite3_column_int64(r->st, 2))
		return (row_bad(r, "launch parameters"));
	(void)mirror_params_put(r->mirror, n > 0 ? text : "", n);
	return (0);
}

static int
restore_server(const struct row *r)
{
	char name[NAME_SIZE];
	struct mirror_group *g = row_group(r, name);
	uint64_t params = (uint64_t)sqlite3_column_int64(r->st, 2);
	size_t n_key, n_body;
	const void *key = row_blob(r, 1, &n_key);
	const void *body = row_blob(r, 3, &n_body);
	struct reader in = { body, n_body, false };
	struct server s;

	if (g == NULL)
		return (-1);
	if ((store_sum(name, sizeof(name), key, n_key, body, n_body) ^
	    (int64_t)params) != sqlite3_column_int64(r->st, 4))
		return (row_bad(r, "a server"));
	pack_server_read(&in, &s);
	if (in.bad)
		return (row_bad(r, "a server"));
	if (mirror_put(g, &s, params) != 0)
		return (err_set(r->err, ENOMEM, "journal: out of memory"));
	return (0);
}

/* One without its server, which was forgotten, is of no use. */
static int
restore_boot(const struct row *r)
{
	char name[NAME_SIZE];
	struct mirror_group *g = row_group(r, name);
	size_t n_key, n_body;
	const void *key = row_blob(r, 1, &n_key);
	const void *body = row_blob(r, 2, &n_body);
	struct server s = { .phase = PHASE_NONE };
	struct boot_row row;
	struct kept *k;

	if (g == NULL)
		return (-1);
	if (n_key != TOKEN_SIZE || store_sum(name, sizeof(name), key, n_key,
	    body, n_body) != sqlite3_column_int64(r->st, 3) ||
	    !lines_boot_read(body, n_body, &row))
		return (row_bad(r, "a boot token"));
	memcpy(s.token.byte, key, TOKEN_SIZE);
	k = mirror_find(g, &s);
	if (k != NULL)
		k->boot = row;
	return (0);
}

static int
restore_standing(const struct row *r)
{
	char name[NAME_SIZE];
	struct mirror_group *g = row_group(r, name);
	int64_t kind = sqlite3_column_int64(r->st, 1);
	size_t n;
	const void *body = row_blob(r, 2, &n);
	struct reader in = { body, n, false };
	struct word w;
	int at;

	if (g == NULL)
		return (-1);
	if (store_sum(name, sizeof(name), &kind, sizeof(kind), body, n) !=
	    sqlite3_column_int64(r->st, 3))
		return (row_bad(r, "an operator's word"));
	pack_word_read(&in, &w);
	at = mirror_stands(w.kind);
	if (in.bad || at < 0)
		return (row_bad(r, "an operator's word"));
	g->words[at] = w;
	g->has[at] = true;
	return (0);
}

static int
restore_desired(const struct row *r)
{
	char name[NAME_SIZE];
	struct mirror_group *g = row_group(r, name);
	int64_t servers = sqlite3_column_int64(r->st, 1);

	if (g == NULL)
		return (-1);
	if (store_sum(name, sizeof(name), &servers, sizeof(servers), NULL,
	    0) != sqlite3_column_int64(r->st, 2))
		return (row_bad(r, "a desired number"));
	g->desired = (int)servers;
	return (0);
}

static int
restore_learned(const struct row *r)
{
	char name[NAME_SIZE];
	struct mirror_group *g = row_group(r, name);
	size_t n;
	const void *body = row_blob(r, 2, &n);

	if (g == NULL)
		return (-1);
	row_text(r, 1, g->build, sizeof(g->build));
	if (store_sum(name, sizeof(name), g->build, sizeof(g->build), body,
	    n) != sqlite3_column_int64(r->st, 3))
		return (row_bad(r, "what was learned"));
	bytes_reset(&g->learned, SIZE_MAX);
	bytes_put(&g->learned, body, n);
	return (0);
}

static int
restore_run(const struct row *r)
{
	struct run run = {
		.id = sqlite3_column_int64(r->st, 0),
		.begun_wall_s = sqlite3_column_int64(r->st, 1),
		.last_wall_s = sqlite3_column_int64(r->st, 2),
		.begun = sqlite3_column_int64(r->st, 3),
		.last = sqlite3_column_int64(r->st, 4),
		.clean = sqlite3_column_int64(r->st, 5) != 0,
		.forgiven = sqlite3_column_int64(r->st, 6) != 0,
	};

	row_text(r, 7, run.boot, sizeof(run.boot));
	row_text(r, 8, run.build, sizeof(run.build));
	mirror_run_put(r->mirror, &run);
	return (0);
}

static const struct {
	const char *sql;
	int (*each)(const struct row *);
} restores[] = {
	{ "SELECT hash, text, sum FROM params", restore_params },
	{ "SELECT grp, key, params, body, sum FROM server WHERE gone IS NULL",
	    restore_server },
	{ "SELECT grp, key, body, sum FROM boot", restore_boot },
	{ "SELECT grp, kind, body, sum FROM standing", restore_standing },
	{ "SELECT grp, servers, sum FROM desired", restore_desired },
	{ "SELECT grp, build, body, sum FROM learned", restore_learned },
	{ "SELECT * FROM (SELECT * FROM run ORDER BY id DESC LIMIT 16)"
	    " ORDER BY id", restore_run },
};

int
restore_read(struct store *s, struct mirror *m, struct err *e)
{
	struct row r = { s, NULL, m, e };
	size_t i;
	int rc = SQLITE_DONE, each = 0;

	for (i = 0; i < sizeof(restores) / sizeof(restores[0]); i++) {
		if (sqlite3_prepare_v2(store_db(s), restores[i].sql, -1, &r.st,
		    NULL) != SQLITE_OK)
			return (store_fail(s, "read", e));
		while ((rc = sqlite3_step(r.st)) == SQLITE_ROW)
			if ((each = restores[i].each(&r)) != 0)
				break;
		if (each == 0 && rc != SQLITE_DONE)
			each = store_fail(s, "read", e);
		(void)sqlite3_finalize(r.st);
		if (each != 0)
			return (-1);
	}
	return (0);
}

/* 0 and NS_NEVER are no moments. */
static void
shift(ns_t *moment, ns_t by)
{
	if (*moment != 0 && *moment != NS_NEVER)
		*moment += by;
}

void
restore_shift(struct mirror *m, const struct now *now, const struct run *was)
{
	ns_t by = (now->mono - now->wall_s * NS_S) -
	    (was->last - was->last_wall_s * NS_S);
	struct server *s;
	size_t k;
	int i;

	for (i = 0; i < m->n_groups; i++)
		for (k = 0; k < m->groups[i]->slots; k++) {
			if (m->groups[i]->slot[k] == NULL)
				continue;
			s = &m->groups[i]->slot[k]->server;
			shift(&s->since, by);
			shift(&s->phase_since, by);
			shift(&s->serving_since, by);
			shift(&s->deadline, by);
			shift(&s->retry, by);
			shift(&s->protect_until, by);
		}
}

int
restore_fast_crashes(const struct mirror *m, ns_t fast)
{
	const struct run *r;
	int i, n = 0;

	for (i = m->n_runs - 1; i >= 0; i--) {
		r = &m->runs[i];
		/* ten minutes without one: it is over */
		if (r->clean || r->last - r->begun >= 10 * NS_MIN)
			break;
		if (r->last - r->begun <= fast)
			n++;
		if (r->forgiven)
			break;
	}
	return (n);
}

static int
past_servers(const struct mirror *m, const struct mirror_group *g,
    struct past_group *p)
{
	const struct mirror_params *params;
	struct past_server *s;
	size_t k;

	p->servers = calloc(g->n + 1, sizeof(*p->servers));
	if (p->servers == NULL)
		return (-1);
	for (k = 0; k < g->slots; k++) {
		if (g->slot[k] == NULL)
			continue;
		s = &p->servers[p->n_servers++];
		s->server = g->slot[k]->server;
		s->server.op = 0;
		s->boot = g->slot[k]->boot;
		params = mirror_params_find(m, g->slot[k]->params);
		s->params = params != NULL ? params->text : NULL;
	}
	return (0);
}

/* The table's order is that of age; a hash table has forgotten it. */
static int
older_first(const void *a, const void *b)
{
	const struct server *x = &((const struct past_server *)a)->server;
	const struct server *y = &((const struct past_server *)b)->server;

	if (x->since != y->since)
		return (x->since < y->since ? -1 : 1);
	return (memcmp(&x->token, &y->token, sizeof(x->token)));
}

static int
past_group(const struct mirror *m, const struct mirror_group *g,
    const struct now *now, const char *build, struct past_group *p)
{
	int i;

	(void)snprintf(p->name, sizeof(p->name), "%s", g->name);
	p->desired = g->desired;
	for (i = 0; i < WORDS_STANDING; i++)
		if (g->has[i] && (g->words[i].until_wall_s == 0 ||
		    g->words[i].until_wall_s > now->wall_s))
			p->words[p->n_words++] = g->words[i];
	p->same_build = strcmp(g->build, build) == 0;
	if (g->learned.n > 0) {
		p->learned = malloc(g->learned.n);
		if (p->learned == NULL)
			return (-1);
		memcpy(p->learned, g->learned.at, g->learned.n);
		p->n_learned = g->learned.n;
	}
	if (past_servers(m, g, p) != 0)
		return (-1);
	qsort(p->servers, (size_t)p->n_servers, sizeof(p->servers[0]),
	    older_first);
	return (0);
}

int
restore_past(const struct mirror *m, const struct now *now, const char *build,
    struct past *p, struct err *e)
{
	int i;

	p->groups = calloc((size_t)m->n_groups + 1, sizeof(*p->groups));
	if (p->groups == NULL)
		return (err_set(e, ENOMEM, "journal: out of memory"));
	for (i = 0; i < m->n_groups; i++) {
		p->n_groups++;
		if (past_group(m, m->groups[i], now, build, &p->groups[i]) !=
		    0)
			return (err_set(e, ENOMEM, "journal: out of memory"));
	}
	return (0);
}

void
past_free(struct past *p)
{
	int i;

	for (i = 0; i < p->n_groups; i++) {
		free(p->groups[i].servers);
		free(p->groups[i].learned);
	}
	free(p->groups);
	p->groups = NULL;
	p->n_groups = 0;
}
