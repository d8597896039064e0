/* SPDX-License-Identifier: MIT */
/* What is alive; see mirror.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/mirror.h"

static size_t
mirror_slot(const struct mirror_group *g, const struct server *s)
{
	struct server_key k = key_of(s);

	return (sum_end(sum_add(SUM_BEGIN, k.byte, k.n)) & (g->slots - 1));
}

static bool
same_key(const struct server *a, const struct server *b)
{
	struct server_key x = key_of(a), y = key_of(b);

	return (x.n == y.n && memcmp(x.byte, y.byte, x.n) == 0);
}

struct mirror_group *
mirror_group(struct mirror *m, const char *name)
{
	struct mirror_group *g;
	int i;

	for (i = 0; i < m->n_groups; i++)
		if (strcmp(m->groups[i]->name, name) == 0)
			return (m->groups[i]);
	if (m->n_groups == MAX_GROUPS * 2)
		return (NULL);
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return (NULL);
	(void)snprintf(g->name, sizeof(g->name), "%s", name);
	g->desired = -1;
	m->groups[m->n_groups++] = g;
	return (g);
}

static void
mirror_group_free(struct mirror_group *g)
{
	size_t i;

	for (i = 0; i < g->slots; i++)
		free(g->slot[i]);
	free(g->slot);
	free(g->by_hand);
	bytes_free(&g->learned);
	free(g);
}

void
mirror_free(struct mirror *m)
{
	int i;

	for (i = 0; i < m->n_groups; i++)
		mirror_group_free(m->groups[i]);
	for (i = 0; i < m->n_params; i++)
		free(m->params[i].text);
	memset(m, 0, sizeof(*m));
}

struct kept *
mirror_find(const struct mirror_group *g, const struct server *s)
{
	size_t i;

	if (g->slots == 0)
		return (NULL);
	for (i = mirror_slot(g, s); g->slot[i] != NULL;
	    i = (i + 1) & (g->slots - 1))
		if (same_key(&g->slot[i]->server, s))
			return (g->slot[i]);
	return (NULL);
}

static void
mirror_place(struct mirror_group *g, struct kept *k)
{
	size_t i = mirror_slot(g, &k->server);

	while (g->slot[i] != NULL)
		i = (i + 1) & (g->slots - 1);
	g->slot[i] = k;
}

/* At most half full, so that a search ends soon. */
static int
mirror_grow(struct mirror_group *g)
{
	struct kept **old = g->slot, **slot;
	size_t i, n = g->slots;

	if (g->n + 1 <= g->slots / 2)
		return (0);
	slot = calloc(n > 0 ? n * 2 : 16, sizeof(*slot));
	if (slot == NULL)
		return (-1);
	g->slot = slot;
	g->slots = n > 0 ? n * 2 : 16;
	for (i = 0; i < n; i++)
		if (old[i] != NULL)
			mirror_place(g, old[i]);
	free(old);
	return (0);
}

int
mirror_put(struct mirror_group *g, const struct server *s, uint64_t params)
{
	struct kept *k = mirror_find(g, s);

	if (k != NULL) {
		k->server = *s;
		k->params = params;
		return (0);
	}
	if (mirror_grow(g) != 0)
		return (-1);
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return (-1);
	k->server = *s;
	k->params = params;
	mirror_place(g, k);
	g->n++;
	return (0);
}

void
mirror_drop(struct mirror_group *g, const struct server *s)
{
	struct kept *k = mirror_find(g, s);
	size_t i;

	if (k == NULL)
		return;
	for (i = mirror_slot(g, s); g->slot[i] != k;)
		i = (i + 1) & (g->slots - 1);
	free(k);
	g->slot[i] = NULL;
	g->n--;
	/* those behind it in the same run may stand closer to their place */
	for (i = (i + 1) & (g->slots - 1); g->slot[i] != NULL;
	    i = (i + 1) & (g->slots - 1)) {
		k = g->slot[i];
		g->slot[i] = NULL;
		mirror_place(g, k);
	}
}

const struct mirror_params *
mirror_params_find(const struct mirror *m, uint64_t hash)
{
	int i;

	for (i = 0; i < m->n_params; i++)
		if (m->params[i].hash == hash)
			return (&m->params[i]);
	return (NULL);
}

static bool
params_used(const struct mirror *m, uint64_t hash)
{
	const struct mirror_group *g;
	size_t k;
	int i, way;

	for (i = 0; i < m->n_groups; i++) {
		g = m->groups[i];
		for (way = 0; way < MAX_WAYS; way++)
			if (g->way_params[way] == hash)
				return (true);
		for (k = 0; k < g->slots; k++)
			if (g->slot[k] != NULL && g->slot[k]->params == hash)
				return (true);
	}
	return (false);
}

/* A place for one more: behind the others, or where none asks any more. */
static int
params_place(struct mirror *m)
{
	int i;

	if (m->n_params < PARAMS_MAX)
		return (m->n_params++);
	for (i = 0; i < m->n_params; i++)
		if (!params_used(m, m->params[i].hash)) {
			free(m->params[i].text);
			return (i);
		}
	return (-1);
}

uint64_t
mirror_params_put(struct mirror *m, const void *text, size_t n)
{
	uint64_t hash = sum_end(sum_add(SUM_BEGIN, text, n)) | 1;
	char *copy;
	int i;

	if (mirror_params_find(m, hash) != NULL)
		return (hash);
	copy = malloc(n + 1);
	if (copy == NULL)
		return (0);
	i = params_place(m);
	if (i < 0) {
		free(copy);
		return (0);
	}
	memcpy(copy, text, n);
	copy[n] = '\0';
	m->params[i] = (struct mirror_params){ hash, copy, n };
	return (hash);
}

int
mirror_stands(enum word_kind kind)
{
	switch (kind) {
	case WORD_AT_LEAST:
		return (0);
	case WORD_AT_MOST:
		return (1);
	case WORD_EXACT:
		return (2);
	case WORD_HOLD:
		return (3);
	default:
		return (-1);
	}
}

void
mirror_run_put(struct mirror *m, const struct run *r)
{
	if (m->n_runs == RUNS_KEPT)
		memmove(m->runs, m->runs + 1,
		    (size_t)--m->n_runs * sizeof(m->runs[0]));
	m->runs[m->n_runs++] = *r;
}

static void
mirror_kept_lines(const struct mirror_group *g, const struct kept *k,
    struct bytes *b)
{
	lines_server(b, g->name, &k->server, false, k->params);
	if (k->boot.state != BOOT_NONE)
		lines_boot(b, g->name, &k->server.token, &k->boot);
}

static void
mirror_group_lines(const struct mirror_group *g, struct bytes *b)
{
	size_t i;

	for (i = 0; i < g->slots; i++)
		if (g->slot[i] != NULL)
			mirror_kept_lines(g, g->slot[i], b);
	for (i = 0; i < WORDS_STANDING; i++)
		if (g->has[i])
			lines_word(b, LINE_STANDING, g->name, &g->words[i]);
	if (g->desired >= 0)
		lines_desired(b, g->name, g->desired);
	if (g->learned.n > 0)
		lines_learned(b, g->name, g->build, g->learned.at,
		    g->learned.n);
}

void
mirror_lines(const struct mirror *m, struct bytes *b, const struct now *now)
{
	int i;

	lines_begin(b, now);
	for (i = 0; i < m->n_runs; i++)
		lines_run(b, &m->runs[i]);
	for (i = 0; i < m->n_params; i++)
		lines_params(b, m->params[i].hash, m->params[i].text,
		    m->params[i].n);
	for (i = 0; i < m->n_groups; i++)
		mirror_group_lines(m->groups[i], b);
}
