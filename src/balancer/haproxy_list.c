/* SPDX-License-Identifier: MIT */
/*
 * Listings: everything that the reached HAProxy send traffic to, from looks
 * that were asked after the listing was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy_priv.h"
#include "base/must.h"

static void
tell_place(const struct proxy *b, const char *name, struct told *t)
{
	(void)snprintf(t->id.text, sizeof(t->id.text), "@%.30s/%.30s",
	    b->slots.backend, name);
}

/* One slot as all reached balancers together have it. */
static bool
tell_slot(struct proxy *b, int k, unsigned reached, struct told *t)
{
	const struct slot *at = &b->slots.at[k];
	char name[HAPROXY_NAME_SIZE];
	struct actual *a;
	bool in = false;
	int p;

	memset(t, 0, sizeof(*t));
	t->phase = PHASE_DRAINING;
	for (p = 0; p < b->n_peers; p++) {
		a = slots_actual(&b->slots, k, p);
		if (!(reached & 1u << p) || !a->present || a->admin & ADM_OUT)
			continue;
		in = true;
		memcpy(t->address, a->address, sizeof(t->address));
		t->port = a->port;
		t->sessions += (int)a->busy;
		if (a->admin & ADM_DRAIN)
			continue;
		if (a->op_state != OP_STOPPED)
			t->phase = PHASE_SERVING;
		else if (t->phase != PHASE_SERVING)
			t->phase = PHASE_FAILED;
	}
	slots_name(&b->slots, k, name);
	tell_place(b, name, t);
	if (at->want != WANT_NOTHING && at->server.port == t->port &&
	    memcmp(at->server.address, t->address, sizeof(t->address)) == 0)
		t->id = at->server.id;
	if (at->want == WANT_READY && !at->up && t->phase == PHASE_SERVING)
		t->phase = PHASE_FAILED; /* in service, found down */
	return (in);
}

/* Servers beside the slots: those that get traffic, each once. */
static int
tell_others(struct proxy *b, unsigned reached, struct told *at, int n,
    int size)
{
	const struct server_row *r;
	struct told t;
	int p, i, k, first = n;

	for (p = 0; p < b->n_peers; p++) {
		for (i = 0; reached & 1u << p && i < b->peers[p].n_others;
		    i++) {
			r = &b->peers[p].others[i];
			if (r->admin & ADM_OUT)
				continue;
			memset(&t, 0, sizeof(t));
			tell_place(b, r->name, &t);
			memcpy(t.address, r->address, sizeof(t.address));
			t.port = r->port;
			t.phase = r->admin & ADM_DRAIN || r->weight == 0 ?
			    PHASE_DRAINING : r->op_state == OP_STOPPED ?
			    PHASE_FAILED : PHASE_SERVING;
			for (k = first; k < n; k++)
				if (strcmp(at[k].id.text, t.id.text) == 0)
					break;
			if (k == n && n < size)
				at[n++] = t;
			at[k].sessions += (int)b->peers[p].others_busy[i];
		}
	}
	return (n);
}

static void
answer_list(struct proxy *b, op_t op, unsigned reached)
{
	int size = b->slots.n, n = 0, k, i;
	struct answer a = { .op = op, .outcome = OUTCOME_DONE };
	struct told *at;

	for (i = 0; i < b->n_peers; i++)
		size += b->peers[i].n_others;
	at = calloc((size_t)size + 1, sizeof(*at));
	MUST(at != NULL);
	for (k = 1; k < b->slots.n; k++)
		if (tell_slot(b, k, reached, &at[n]))
			n++;
	n = tell_others(b, reached, at, n, size);
	a.told = at;
	a.n_told = (size_t)n;
	b->host->post(b->host->ctx, &a);
	free(at);
}

/* When each peer has been looked at since, or could not be. */
void
proxy_answer_lists(struct proxy *b)
{
	unsigned reached = proxy_reached(b);
	op_t lists[LIST_OPS];
	int i, n = b->n_lists;

	for (i = 0; i < b->n_peers; i++)
		if (b->peers[i].busy || (b->peers[i].reached &&
			b->peers[i].list_due))
			return;
	if (n == 0)
		return;
	memcpy(lists, b->lists, sizeof(lists));
	b->n_lists = 0;
	for (i = 0; i < n; i++) {
		if (reached != 0)
			answer_list(b, lists[i], reached);
		else
			proxy_say(b, lists[i], OUTCOME_UNKNOWN, "no HAProxy "
			    "of this group answers");
	}
}

void
proxy_list(void *self, op_t op)
{
	struct proxy *b = self;
	int i;

	if (b->n_lists == LIST_OPS) {
		proxy_say(b, op, OUTCOME_THROTTLED, "too many listings wait for "
		    "HAProxy");
		return;
	}
	b->lists[b->n_lists++] = op;
	for (i = 0; i < b->n_peers; i++)
		b->peers[i].list_due = true;
	proxy_step(b, loop_now(b->host->loop).mono, false);
}
