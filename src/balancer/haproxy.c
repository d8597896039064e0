/* SPDX-License-Identifier: MIT */
/*
 * The operations of the balancer `haproxy`: what they want of which slot,
 * and when they are done.  See haproxy_priv.h for the other parts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy.h"
#include "balancer/haproxy_advice.h"
#include "balancer/haproxy_keys.h"
#include "balancer/haproxy_priv.h"
#include "base/err.h"
#include "base/must.h"
#include "io/look.h"

/* Checks see a reload within it; well below the 2 s of I-21. */
#define TICK (500 * NS_MS)
/* While something drains or grows. */
#define HURRY (250 * NS_MS)

static void
on_flush(void *arg)
{
	struct proxy *b = arg;
	struct outgoing *o;

	proxy_conclude(b, loop_now(b->host->loop).mono);
	while ((o = b->out) != NULL) {
		b->out = o->next;
		if (b->out == NULL)
			b->out_tail = &b->out;
		b->host->post(b->host->ctx, &o->answer);
		free(o);
	}
}

void
proxy_say(struct proxy *b, op_t op, enum outcome outcome, const char *text)
{
	struct outgoing *o = calloc(1, sizeof(*o));

	MUST(o != NULL);
	o->answer.op = op;
	o->answer.outcome = outcome;
	(void)snprintf(o->answer.text, sizeof(o->answer.text), "%s", text);
	*b->out_tail = o;
	b->out_tail = &o->next;
	loop_timer_set(b->host->loop, &b->flush, 0, on_flush, b);
}

/* The first peer's that has one. */
static const char *
trouble_now(const struct proxy *b)
{
	int i;

	for (i = 0; i < b->n_peers; i++)
		if (b->peers[i].trouble[0] != '\0')
			return (b->peers[i].trouble);
	return ("");
}

void
proxy_trouble(struct proxy *b)
{
	const char *now = trouble_now(b);

	if (strcmp(b->trouble, now) == 0 || b->host->trouble == NULL)
		return;
	memcpy(b->trouble, now, strlen(now) + 1);
	b->host->trouble(b->host->ctx, b->trouble);
}

unsigned
proxy_reached(const struct proxy *b)
{
	unsigned bits = 0;
	int i;

	for (i = 0; i < b->n_peers; i++)
		if (b->peers[i].reached && b->peers[i].has_dump)
			bits |= 1u << i;
	return (bits);
}

bool
proxy_hurries(const struct proxy *b)
{
	int k;

	for (k = 1; k < b->slots.n; k++)
		if (b->slots.at[k].weigh ||
		    (b->slots.at[k].want == WANT_DRAIN &&
			b->slots.at[k].op != 0))
			return (true);
	return (false);
}

void
proxy_step(struct proxy *b, ns_t now, bool tick)
{
	int i;

	for (i = 0; i < b->n_peers; i++)
		peer_step(&b->peers[i], now, tick);
}

static void
on_tick(void *arg)
{
	struct proxy *b = arg;

	proxy_step(b, loop_now(b->host->loop).mono, true);
	loop_timer_set(b->host->loop, &b->tick, proxy_hurries(b) ? HURRY :
	    TICK, on_tick, b);
}

/* Every peer was asked, and one of them answered. */
static bool
is_ready(const struct proxy *b)
{
	int i;

	for (i = 0; i < b->n_peers; i++)
		if (!b->peers[i].tried)
			return (false);
	return (proxy_reached(b) != 0);
}

/* A peer that may have what we do not know of: nothing is done before. */
static bool
is_unsure(const struct proxy *b, ns_t now)
{
	const struct peer *p;
	int i;

	for (i = 0; i < b->n_peers; i++) {
		p = &b->peers[i];
		if (!(p->reached && p->has_dump) && p->heard > 0 &&
		    now - p->heard < AWAY_AFTER)
			return (true);
	}
	return (false);
}

/* A new operation for a slot ends the old one's wait. */
static void
begin_op(struct proxy *b, int k, op_t op, enum slot_op kind)
{
	struct slot *at = &b->slots.at[k];

	if (at->op != 0)
		proxy_say(b, at->op, OUTCOME_UNKNOWN, "another operation for the "
		    "same server took its place");
	at->op = op;
	at->kind = kind;
}

static void
no_slot(struct proxy *b, op_t op, bool rests)
{
	char text[REASON_SIZE];

	if (b->slots.prefix[0] == '\0') {
		proxy_say(b, op, OUTCOME_PERMANENT, trouble_now(b));
		return;
	}
	(void)snprintf(text, sizeof(text), rests ? "every free slot of "
	    "backend '%.63s' still rests" : "backend '%.63s' has no free "
	    "slot: its server-template is too small", b->slots.backend);
	proxy_say(b, op, rests ? OUTCOME_THROTTLED : OUTCOME_CAPACITY, text);
}

static void
op_add(struct proxy *b, op_t op, const struct backend_server *server,
    ns_t now)
{
	unsigned reached = proxy_reached(b);
	bool rests = false;
	int k = slots_by_id(&b->slots, &server->id);

	if (k == 0) {
		k = slots_by_address(&b->slots, server, reached);
		if (k == 0) {
			k = slots_pick(&b->slots, reached, now, &rests);
			if (k == 0) {
				no_slot(b, op, rests);
				return;
			}
			slots_ramp(&b->slots, k, true, now);
		} else {
			/* From before our start: as it is, at full weight. */
			slots_ramp(&b->slots, k, false, now);
		}
		b->slots.at[k].up = true;
	}
	slots_want(&b->slots, k, WANT_READY, server);
	begin_op(b, k, op, SLOT_ADD);
}

static void
op_end(struct proxy *b, op_t op, enum slot_op kind,
    const struct backend_server *server)
{
	int k = slots_by_id(&b->slots, &server->id);

	if (k == 0 && server->port != 0)
		k = slots_by_address(&b->slots, server, proxy_reached(b));
	if (k == 0) {
		proxy_say(b, op, OUTCOME_DONE, "");
		return;
	}
	if (b->slots.at[k].want == WANT_MAINT)
		kind = SLOT_REMOVE;
	slots_want(&b->slots, k, kind == SLOT_DRAIN ? WANT_DRAIN : WANT_MAINT,
	    server->port != 0 ? server : NULL);
	b->slots.at[k].weigh = false;
	begin_op(b, k, op, kind);
}

static void
op_start(struct proxy *b, const struct waiting *w, ns_t now)
{
	if (w->kind == SLOT_ADD)
		op_add(b, w->op, &w->server, now);
	else
		op_end(b, w->op, w->kind, &w->server);
}

static void
start_waiting(struct proxy *b, ns_t now)
{
	struct waiting *w;

	while (is_ready(b) && (w = b->waiting) != NULL) {
		b->waiting = w->next;
		if (b->waiting == NULL)
			b->waiting_tail = &b->waiting;
		b->n_waiting--;
		op_start(b, w, now);
		free(w);
	}
}

static void
op_new(struct proxy *b, op_t op, enum slot_op kind,
    const struct backend_server *server)
{
	ns_t now = loop_now(b->host->loop).mono;
	struct waiting *w;

	if (kind == SLOT_ADD && server->port == 0) {
		proxy_say(b, op, OUTCOME_PERMANENT, "a server without an address "
		    "and port cannot be added");
		return;
	}
	if (b->n_waiting == WAITING_MAX) {
		proxy_say(b, op, OUTCOME_THROTTLED, "too many operations wait for "
		    "HAProxy");
		return;
	}
	w = calloc(1, sizeof(*w));
	MUST(w != NULL);
	*w = (struct waiting){ NULL, op, kind, *server };
	*b->waiting_tail = w;
	b->waiting_tail = &w->next;
	b->n_waiting++;
	start_waiting(b, now);
	proxy_step(b, now, false);
	loop_timer_set(b->host->loop, &b->flush, 0, on_flush, b);
}

static bool
is_complete(struct proxy *b, int k, unsigned reached, ns_t now)
{
	int p;

	for (p = 0; p < b->n_peers; p++) {
		if (!(reached & 1u << p))
			continue;
		if (b->slots.at[k].kind == SLOT_DRAIN ?
		    !slots_idle(&b->slots, k, p, now) :
		    !slots_settled(&b->slots, k, p))
			return (false);
	}
	return (reached != 0);
}

static void
op_failed(struct proxy *b, int k)
{
	struct slot *at = &b->slots.at[k];
	op_t op = at->op;

	at->op = 0;
	/* Half of it may be there: out of the way again. */
	if (at->kind == SLOT_ADD)
		slots_want(&b->slots, k, WANT_MAINT, NULL);
	proxy_say(b, op, OUTCOME_PERMANENT, trouble_now(b));
}

/* Whether it is up is asked once it is in service. */
static void
look_soon(struct proxy *b)
{
	int i;

	for (i = 0; i < b->n_peers; i++)
		b->peers[i].look_due = true;
}

static void
slot_conclude(struct proxy *b, int k, unsigned reached, ns_t now)
{
	struct slot *at = &b->slots.at[k];

	if (at->op == 0)
		return;
	if (!is_unsure(b, now) && is_complete(b, k, reached, now)) {
		proxy_say(b, at->op, OUTCOME_DONE, "");
		at->op = 0;
		at->tries = 0;
		if (at->kind == SLOT_REMOVE)
			at->rest_until = now + b->slots.rest;
		else if (at->kind == SLOT_ADD)
			look_soon(b);
	} else if (at->tries >= TRIES) {
		op_failed(b, k);
	}
}

/* Down is what no reached balancer finds up. */
static void
slot_health(struct proxy *b, int k, unsigned reached)
{
	struct slot *at = &b->slots.at[k];
	bool up = false, known = false;
	int p;

	for (p = 0; p < b->n_peers; p++) {
		if (!(reached & 1u << p) || !slots_settled(&b->slots, k, p))
			continue;
		known = true;
		if (slots_actual(&b->slots, k, p)->op_state != OP_STOPPED)
			up = true;
	}
	if (!known || at->op != 0 || up == at->up)
		return;
	at->up = up;
	b->host->health(b->host->ctx, &at->server.id, up);
}

void
proxy_conclude(struct proxy *b, ns_t now)
{
	unsigned reached;
	int k;

	start_waiting(b, now);
	reached = proxy_reached(b);
	for (k = 1; k < b->slots.n; k++) {
		if (b->slots.at[k].want == WANT_READY)
			slot_health(b, k, reached);
		slot_conclude(b, k, reached, now);
	}
	slots_sweep(&b->slots, reached, now);
	proxy_answer_lists(b);
}

static void
proxy_add(void *self, op_t op, const struct backend_server *server)
{
	op_new(self, op, SLOT_ADD, server);
}

static void
proxy_drain(void *self, op_t op, const struct backend_server *server)
{
	op_new(self, op, SLOT_DRAIN, server);
}

static void
proxy_remove(void *self, op_t op, const struct backend_server *server)
{
	op_new(self, op, SLOT_REMOVE, server);
}

static int
proxy_init(void *self, const struct host *host, const void *settings,
    struct err *e)
{
	const struct haproxy_balancer_settings *set = settings;
	struct proxy *b = self;
	struct peer *p;

	b->host = host;
	b->timeout = set->timeout;
	b->waiting_tail = &b->waiting;
	b->out_tail = &b->out;
	slots_init(&b->slots, set->sockets.n, set->backend, set->slots,
	    set->rest, set->slow_start);
	while (b->n_peers < set->sockets.n) {
		p = &b->peers[b->n_peers];
		p->proxy = b;
		p->index = b->n_peers;
		p->runtime = runtime_open(host->loop,
		    set->sockets.text[b->n_peers], e);
		if (p->runtime == NULL)
			return (-1);
		if (set->state_files.n > 0) {
			memcpy(b->state_files[b->n_peers],
			    set->state_files.text[b->n_peers],
			    KEY_STRING_SIZE);
			p->state_file = b->state_files[b->n_peers];
		}
		b->n_peers++;
	}
	loop_timer_set(host->loop, &b->tick, 0, on_tick, b);
	return (0);
}

static void
proxy_fini(void *self)
{
	struct proxy *b = self;
	struct waiting *w;
	struct outgoing *o;
	int i;

	if (b == NULL || b->host == NULL)
		return;
	loop_timer_stop(&b->tick);
	loop_timer_stop(&b->flush);
	for (i = 0; i < b->n_peers; i++) {
		runtime_close(b->peers[i].runtime, &b->peers[i]);
		free(b->peers[i].others);
		free(b->peers[i].others_busy);
	}
	while ((w = b->waiting) != NULL) {
		b->waiting = w->next;
		free(w);
	}
	while ((o = b->out) != NULL) {
		b->out = o->next;
		free(o);
	}
	slots_fini(&b->slots);
	memset(b, 0, sizeof(*b));
}

/* Slots of the template that this peer has, as of its last dump. */
static int
slots_of(struct proxy *b, int peer)
{
	int k, n = 0;

	for (k = 1; k < b->slots.n; k++)
		n += slots_actual(&b->slots, k, peer)->present;
	return (n);
}

static void
peer_ready(struct proxy *b, int i, int max, struct ready_list *list)
{
	const struct peer *p = &b->peers[i];
	struct ready_row *r = look_row(list, "slots of balancer %d", i + 1);
	int n;

	if (p->has_dump && p->reached) {
		n = slots_of(b, i);
		look_say(r, n >= max ? READY_YES : READY_NO, "%d slots for %d "
		    "servers", n, max);
	} else if (p->tried) {
		look_say(r, READY_NO, "%.200s", p->trouble[0] != '\0' ?
		    p->trouble : "it does not answer");
	}
	if (p->state_file == NULL)
		return;
	r = look_row(list, "state file of balancer %d", i + 1);
	(void)snprintf(r->path, sizeof(r->path), "%s", p->state_file);
	r->look = look_replace;
}

static void
proxy_ready(void *self, int max, struct ready_list *list)
{
	struct proxy *b = self;
	int i;

	for (i = 0; i < b->n_peers; i++)
		peer_ready(b, i, max, list);
}

const struct balancer_ops balancer_haproxy = {
	.name = "haproxy",
	.state_size = sizeof(struct proxy),
	.keys = &haproxy_balancer_keys,
	.init = proxy_init,
	.add = proxy_add,
	.drain = proxy_drain,
	.remove = proxy_remove,
	.list = proxy_list,
	.advise = haproxy_check_config,
	.ready = proxy_ready,
	.fini = proxy_fini,
};
