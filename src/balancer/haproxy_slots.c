/* SPDX-License-Identifier: MIT */
/* The slots of a template; see the header. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy_slots.h"
#include "base/err.h"
#include "base/must.h"

/* No session twice, so far apart: one may be on its way to the server. */
#define IDLE_FOR (100 * NS_MS)
enum { RAMP_STEPS = 10, RAMP_LEAST_WEIGHT = 10, FAMILIES = 16 };

void
slots_init(struct slots *s, int n_peers, const char *backend,
    const char *prefix, ns_t rest, ns_t slow_start)
{
	MUST(n_peers > 0 && n_peers <= MAX_BALANCERS);
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->backend, sizeof(s->backend), "%s", backend);
	(void)snprintf(s->prefix, sizeof(s->prefix), "%s", prefix);
	s->n_peers = n_peers;
	s->rest = rest;
	s->slow_start = slow_start;
}

void
slots_fini(struct slots *s)
{
	free(s->at);
	free(s->actual);
	s->at = NULL;
	s->actual = NULL;
	s->n = 0;
}

struct family {
	char prefix[HAPROXY_NAME_SIZE];
	int n;
};

static void
count_family(struct family *f, const char *name)
{
	size_t n = strlen(name);
	int i;

	while (n > 0 && name[n - 1] >= '0' && name[n - 1] <= '9')
		n--;
	if (n == 0 || name[n] == '\0')
		return;
	for (i = 0; i < FAMILIES; i++) {
		if (f[i].n == 0) {
			memcpy(f[i].prefix, name, n);
			f[i].prefix[n] = '\0';
		}
		if (strlen(f[i].prefix) == n &&
		    memcmp(f[i].prefix, name, n) == 0) {
			f[i].n++;
			return;
		}
	}
}

int
slots_detect(struct slots *s, struct cursor dump, struct err *e)
{
	struct family f[FAMILIES] = { 0 };
	struct state_reader r;
	struct server_row row;
	int i, best = 0, said;

	if (s->prefix[0] != '\0')
		return (0);
	if (state_open(&r, &dump, s->backend, e) != 0)
		return (-1);
	while ((said = state_next(&r, &row, e)) == 1)
		if (row.admin & ADM_CMAINT)
			count_family(f, row.name);
	if (said != 0)
		return (-1);
	for (i = 1; i < FAMILIES; i++)
		if (f[i].n > f[best].n)
			best = i;
	if (f[best].n == 0)
		return (err_set(e, ENOENT, "backend '%s' has no slots: a line "
		    "'server-template NAME 1-N localhost:1 ... init-addr "
		    "last,libc,none disabled' was expected in it",
		    s->backend));
	(void)snprintf(s->prefix, sizeof(s->prefix), "%s", f[best].prefix);
	return (0);
}

struct actual *
slots_actual(struct slots *s, int k, int peer)
{
	MUST(k > 0 && k < s->n);
	MUST(peer >= 0 && peer < s->n_peers);
	return (&s->actual[k * s->n_peers + peer]);
}

void
slots_name(const struct slots *s, int k, char ret[HAPROXY_NAME_SIZE])
{
	(void)snprintf(ret, HAPROXY_NAME_SIZE, "%.50s%d", s->prefix, k);
}

void
slots_begin(struct slots *s, int peer)
{
	int k;

	for (k = 1; k < s->n; k++)
		slots_actual(s, k, peer)->present = false;
}

/* Templates grow with a reload; they have at most MAX_SERVERS. */
static void
slots_grow(struct slots *s, int n)
{
	size_t old = (size_t)s->n, all = (size_t)n;
	size_t peers = (size_t)s->n_peers;

	if (n <= s->n)
		return;
	s->at = realloc(s->at, all * sizeof(s->at[0]));
	s->actual = realloc(s->actual, all * peers * sizeof(s->actual[0]));
	MUST(s->at != NULL && s->actual != NULL);
	memset(s->at + old, 0, (all - old) * sizeof(s->at[0]));
	memset(s->actual + old * peers, 0,
	    (all - old) * peers * sizeof(s->actual[0]));
	s->n = n;
}

bool
slots_row(struct slots *s, int peer, const struct server_row *row)
{
	int k = s->prefix[0] != '\0' ? slot_number(row->name, s->prefix) : 0;
	struct actual *a;

	if (k == 0)
		return (false);
	slots_grow(s, k + 1);
	a = slots_actual(s, k, peer);
	a->present = true;
	a->op_state = row->op_state;
	a->admin = row->admin;
	memcpy(a->address, row->address, sizeof(a->address));
	a->port = row->port;
	a->weight = row->weight;
	a->full_weight = row->full_weight;
	return (true);
}

void
slots_new_process(struct slots *s, int peer, ns_t now)
{
	int k;

	for (k = 1; k < s->n; k++) {
		slots_actual(s, k, peer)->busy = 0;
		slots_actual(s, k, peer)->idle_since = 0;
		slots_actual(s, k, peer)->asked = false;
		s->at[k].tries = 0;
		if (s->at[k].want == WANT_READY && !s->at[k].weigh)
			slots_ramp(s, k, false, now);
	}
}

void
slots_ask_again(struct slots *s, int peer)
{
	int k;

	for (k = 1; k < s->n; k++)
		slots_actual(s, k, peer)->asked = false;
}

void
slots_rest_from(struct slots *s, const struct server_row *row,
    uint64_t uptime_s, ns_t now)
{
	int k = slot_number(row->name, s->prefix);
	ns_t left;

	/* As old as the process: nobody was ever in it. */
	if (k == 0 || k >= s->n || !(row->admin & ADM_FMAINT) ||
	    row->since_s + 1 >= uptime_s ||
	    row->since_s >= (uint64_t)(s->rest / NS_S))
		return;
	left = s->rest - (ns_t)row->since_s * NS_S;
	if (s->at[k].rest_until < now + left)
		s->at[k].rest_until = now + left;
}

static bool
same_place(const struct actual *a, const struct backend_server *b)
{
	return (a->port == b->port &&
	    memcmp(a->address, b->address, sizeof(a->address)) == 0);
}

int
slots_by_id(const struct slots *s, const struct server_id *id)
{
	int k;

	for (k = 1; k < s->n; k++)
		if (s->at[k].want != WANT_NOTHING &&
		    strcmp(s->at[k].server.id.text, id->text) == 0)
			return (k);
	return (0);
}

int
slots_by_address(struct slots *s, const struct backend_server *b,
    unsigned reached)
{
	struct actual *a;
	int k, p;

	for (k = 1; k < s->n; k++) {
		if (s->at[k].want != WANT_NOTHING)
			continue;
		for (p = 0; p < s->n_peers; p++) {
			a = slots_actual(s, k, p);
			if (reached & 1u << p && a->present &&
			    !(a->admin & ADM_FMAINT) && same_place(a, b))
				return (k);
		}
	}
	return (0);
}

/*
 * A balancer that is away does not count: it may never come back, and when
 * it does, it is led to what is wanted then.
 */
static bool
is_free(struct slots *s, int k, unsigned reached)
{
	struct actual *a;
	int p;

	if (s->at[k].op != 0 || (s->at[k].want != WANT_NOTHING &&
		s->at[k].want != WANT_MAINT))
		return (false);
	for (p = 0; p < s->n_peers; p++) {
		a = slots_actual(s, k, p);
		if (reached & 1u << p &&
		    (!a->present || !(a->admin & ADM_FMAINT)))
			return (false);
	}
	return (reached != 0);
}

int
slots_pick(struct slots *s, unsigned reached, ns_t now, bool *ret_rests)
{
	int i, k;

	*ret_rests = false;
	for (i = 0; i < s->n - 1; i++) {
		k = 1 + (s->last + i) % (s->n - 1);
		if (!is_free(s, k, reached))
			continue;
		if (now < s->at[k].rest_until) {
			*ret_rests = true;
			continue;
		}
		s->last = k;
		return (k);
	}
	return (0);
}

void
slots_want(struct slots *s, int k, enum want want,
    const struct backend_server *b)
{
	struct slot *at = &s->at[k];
	int p;

	MUST(want != WANT_NOTHING);
	if (b != NULL)
		at->server = *b;
	for (p = 0; p < s->n_peers; p++) {
		slots_actual(s, k, p)->asked = false;
		if (want != WANT_DRAIN || at->want != WANT_DRAIN)
			slots_actual(s, k, p)->idle_since = 0;
	}
	at->want = want;
	at->tries = 0;
}

void
slots_ramp(struct slots *s, int k, bool slowly, ns_t now)
{
	s->at[k].weigh = true;
	s->at[k].ramp_from = slowly ? now : now - s->slow_start;
}

static int
weight_now(const struct slots *s, const struct slot *at,
    const struct actual *a, ns_t now)
{
	ns_t age = now - at->ramp_from;
	int step, weight;

	if (age >= s->slow_start || a->full_weight < RAMP_LEAST_WEIGHT ||
	    a->throttled)
		return (a->full_weight);
	step = 1 + (int)(age * RAMP_STEPS / s->slow_start);
	weight = a->full_weight * step / RAMP_STEPS;
	return (weight > 0 ? weight : 1);
}

static bool
diff_ready(struct slots *s, int k, const struct actual *a, ns_t now,
    struct command *c)
{
	const struct slot *at = &s->at[k];
	bool maint = (a->admin & ADM_FMAINT) != 0, any = false;
	int weight = at->weigh ? weight_now(s, at, a, now) : a->weight;
	char name[HAPROXY_NAME_SIZE];

	slots_name(s, k, name);
	if (!same_place(a, &at->server)) {
		if (!maint)
			command_admin(c, s->backend, name, ADMIN_MAINT);
		command_address(c, s->backend, name, at->server.address,
		    at->server.port);
		any = maint = true;
	}
	if (weight != a->weight) {
		command_weight(c, s->backend, name, weight);
		any = true;
	}
	if (maint || a->admin & ADM_FDRAIN) {
		command_admin(c, s->backend, name, ADMIN_READY);
		any = true;
	}
	return (any);
}

bool
slots_diff(struct slots *s, int k, int peer, ns_t now, struct command *c)
{
	struct actual *a = slots_actual(s, k, peer);
	char name[HAPROXY_NAME_SIZE];

	if (s->at[k].want == WANT_NOTHING || !a->present)
		return (false);
	if (s->at[k].want == WANT_READY)
		return (diff_ready(s, k, a, now, c));
	if (slots_settled(s, k, peer))
		return (false);
	slots_name(s, k, name);
	command_admin(c, s->backend, name, s->at[k].want == WANT_DRAIN ?
	    ADMIN_DRAIN : ADMIN_MAINT);
	return (true);
}

bool
slots_settled(struct slots *s, int k, int peer)
{
	const struct actual *a = slots_actual(s, k, peer);
	const struct slot *at = &s->at[k];

	switch (at->want) {
	case WANT_READY:
		return (a->present && same_place(a, &at->server) &&
		    !(a->admin & (ADM_FMAINT | ADM_FDRAIN)));
	case WANT_DRAIN:
		/* Somewhere else, or empty: it gets no requests here. */
		return (!a->present || !same_place(a, &at->server) ||
		    (a->admin & (ADM_FMAINT | ADM_FDRAIN)) != 0);
	case WANT_MAINT:
		return (!a->present || (a->admin & ADM_FMAINT) != 0);
	default:
		return (true);
	}
}

bool
slots_idle(struct slots *s, int k, int peer, ns_t now)
{
	const struct actual *a = slots_actual(s, k, peer);

	if (!slots_settled(s, k, peer))
		return (false);
	if (!a->present || !same_place(a, &s->at[k].server))
		return (true);
	return (a->idle_since > 0 && now - a->idle_since >= IDLE_FOR);
}

void
slots_sweep(struct slots *s, unsigned reached, ns_t now)
{
	unsigned all = (1u << s->n_peers) - 1;
	struct actual *a;
	bool full, empty;
	int k, p;

	for (k = 1; k < s->n; k++) {
		if (s->at[k].want == WANT_NOTHING)
			continue;
		full = empty = true;
		for (p = 0; p < s->n_peers; p++) {
			a = slots_actual(s, k, p);
			if (s->at[k].want != WANT_MAINT ||
			    !slots_settled(s, k, p))
				empty = false;
			if (reached & 1u << p && a->present &&
			    a->weight != a->full_weight)
				full = false;
		}
		if (full && now - s->at[k].ramp_from >= s->slow_start &&
		    reached != 0)
			s->at[k].weigh = false;
		if (empty && reached == all && s->at[k].op == 0)
			s->at[k].want = WANT_NOTHING;
	}
}
