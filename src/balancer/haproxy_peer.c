/* SPDX-License-Identifier: MIT */
/*
 * The conversation with one HAProxy.  Three kinds of question:
 *  - a check, twice a second and without rights: is it the same process,
 *    are as many servers up as before;
 *  - a look: everything about the backend's servers;
 *  - changes with a look behind them, in one line: the look is the proof.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy_priv.h"
#include "base/err.h"
#include "base/must.h"

/* A look without a cause: someone's hand at a server is seen so late. */
#define LOOK_EVERY (5 * NS_S)
/* The longest change of one slot, and the look behind it. */
enum { CHANGE_SIZE = 1000 };

enum { S_PXNAME, S_SVNAME, S_SCUR, S_QCUR, S_ACT, S_BCK, S_THROTTLE, S_N };
static const char *const stat_names[S_N] = { "pxname", "svname", "scur",
	"qcur", "act", "bck", "throttle" };

static uint64_t
number(const struct cell *c)
{
	uint64_t v;

	return (cell_u64(c, &v) ? v : 0);
}

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return (h);
}

/* What a reload would bring back. */
static uint64_t
sign(uint64_t h, const struct server_row *r)
{
	h = mix(h, r->name, strlen(r->name));
	h = mix(h, r->address, sizeof(r->address));
	h = mix(h, &r->port, sizeof(r->port));
	h = mix(h, &r->op_state, sizeof(r->op_state));
	h = mix(h, &r->admin, sizeof(r->admin));
	return (mix(h, &r->weight, sizeof(r->weight)));
}

static void
keep_other(struct peer *p, const struct server_row *row)
{
	int size = p->others_size == 0 ? 16 : 2 * p->others_size;

	if (p->n_others == MAX_SERVERS)
		return;
	if (p->n_others == p->others_size) {
		p->others = realloc(p->others,
		    (size_t)size * sizeof(p->others[0]));
		p->others_busy = realloc(p->others_busy,
		    (size_t)size * sizeof(p->others_busy[0]));
		MUST(p->others != NULL && p->others_busy != NULL);
		p->others_size = size;
	}
	p->others_busy[p->n_others] = 0;
	p->others[p->n_others++] = *row;
}

/* The replies to changes come first; the first odd one is kept to be told. */
static void
skip_replies(struct peer *p, struct cursor *in)
{
	struct cell line;
	size_t i;

	p->said[0] = '\0';
	while (in->end - in->p < 6 || memcmp(in->p, "Name: ", 6) != 0) {
		if (!cursor_line(in, &line))
			return;
		if (line.n == 0 || p->said[0] != '\0' ||
		    memcmp(line.p, "IP changed", line.n < 10 ? line.n : 10) ==
		    0 || memcmp(line.p, "no need to", line.n < 10 ? line.n : 10)
		    == 0)
			continue;
		for (i = 0; i < line.n && i < sizeof(p->said) - 1; i++)
			p->said[i] = line.p[i] >= ' ' && line.p[i] < 127 ?
			    line.p[i] : '?';
		p->said[i] = '\0';
	}
}

static void
trouble(struct peer *p, const char *why)
{
	(void)snprintf(p->trouble, sizeof(p->trouble), "%.*s",
	    REASON_SIZE - 1, why);
	proxy_trouble(p->proxy);
}

/* Its own words get its name in front. */
static void
trouble_at(struct peer *p, const char *why)
{
	char s[REASON_SIZE];

	(void)snprintf(s, sizeof(s), "stats socket %.100s: %.200s",
	    runtime_where(p->runtime), why);
	trouble(p, s);
}

static int
read_state(struct peer *p, struct cursor *in, const struct haproxy_info *info,
    ns_t now, uint64_t *ret_signature, struct err *e)
{
	struct slots *s = &p->proxy->slots;
	struct cursor again = *in;
	struct state_reader r;
	struct server_row row;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	bool first = !p->seen;
	int said;

	/* Without slots the servers of others can still be told. */
	if (slots_detect(s, again, e) != 0) {
		trouble_at(p, e->text);
		err_clear(e);
	}
	if (state_open(&r, in, s->backend, e) != 0)
		return (-1);
	slots_begin(s, p->index);
	p->n_others = 0;
	while ((said = state_next(&r, &row, e)) == 1) {
		h = sign(h, &row);
		if (!slots_row(s, p->index, &row))
			keep_other(p, &row);
		else if (first)
			slots_rest_from(s, &row, info->uptime_s, now);
	}
	*ret_signature = h;
	return (said);
}

static void
read_sessions(struct peer *p, const struct cell *c, ns_t now)
{
	struct slots *s = &p->proxy->slots;
	uint64_t busy = number(&c[S_SCUR]) + number(&c[S_QCUR]);
	char name[HAPROXY_NAME_SIZE];
	struct actual *a;
	int i, k;

	if (!cell_name(&c[S_SVNAME], name, sizeof(name)))
		return;
	k = slot_number(name, s->prefix);
	for (i = 0; k == 0 && i < p->n_others; i++)
		if (strcmp(p->others[i].name, name) == 0)
			p->others_busy[i] = busy;
	if (k == 0 || k >= s->n)
		return;
	a = slots_actual(s, k, p->index);
	a->busy = busy;
	a->throttled = c[S_THROTTLE].n > 0;
	if (busy > 0 || s->at[k].want != WANT_DRAIN ||
	    !slots_settled(s, k, p->index))
		a->idle_since = 0;
	else if (a->idle_since == 0)
		a->idle_since = now;
}

/* The backend's row, and its servers' where they were asked for. */
static int
read_stat(struct peer *p, struct cursor *in, uint64_t *ret_up, struct err *e)
{
	ns_t now = loop_now(p->proxy->host->loop).mono;
	struct cell c[S_N];
	struct table t;
	int said;

	if (table_open(&t, in, ',', stat_names, S_N, e) != 0)
		return (-1);
	while ((said = table_row(&t, c, e)) == 1) {
		if (!cell_is(&c[S_PXNAME], p->proxy->slots.backend))
			continue;
		if (cell_is(&c[S_SVNAME], "BACKEND"))
			*ret_up = number(&c[S_ACT]) + number(&c[S_BCK]);
		else
			read_sessions(p, c, now);
	}
	return (said);
}

/* It answered: is it the one that we know? */
static void
heard_of(struct peer *p, uint64_t epoch, ns_t now)
{
	if (p->epoch != epoch || now - p->heard >= AWAY_AFTER)
		slots_new_process(&p->proxy->slots, p->index, now);
	if (p->epoch != epoch)
		p->has_dump = false;
	p->epoch = epoch;
	p->heard = now;
	p->reached = true;
}

/* A line that changed nothing: counted, and said. */
static void
judge_attempts(struct peer *p)
{
	struct slots *s = &p->proxy->slots;
	char sentence[REASON_SIZE], name[HAPROXY_NAME_SIZE];
	int i, k;

	for (i = 0; i < p->n_attempts; i++) {
		k = p->attempts[i];
		if (slots_settled(s, k, p->index)) {
			s->at[k].tries = 0;
			continue;
		}
		s->at[k].tries++;
		slots_name(s, k, name);
		(void)snprintf(sentence, sizeof(sentence), "a change of "
		    "server %.32s was not taken: %.100s", name,
		    p->said[0] != '\0' ? p->said : "no reason given");
		trouble_at(p, sentence);
	}
}

static void
save(struct peer *p, const char *text, size_t n, uint64_t signature)
{
	const struct host *h = p->proxy->host;

	if (p->state_file == NULL || signature == p->saved)
		return;
	p->saved = signature;
	h->save(h->ctx, p->state_file, text, n);
}

static int
read_look(struct peer *p, const struct runtime_answer *a, struct err *e)
{
	struct cursor in = { a->text, a->text + a->n };
	struct haproxy_info info;
	const char *state;
	uint64_t signature = 0, up = p->up;
	size_t n;

	skip_replies(p, &in);
	if (haproxy_info_read(&in, &info, e) != 0)
		return (-1);
	heard_of(p, haproxy_epoch(&info), a->now);
	state = in.p;
	if (read_state(p, &in, &info, a->now, &signature, e) != 0)
		return (-1);
	n = (size_t)(in.p - state);
	if (read_stat(p, &in, &up, e) != 0)
		return (-1);
	p->up = up;
	p->has_dump = p->seen = true;
	p->dump_at = a->now;
	save(p, state, n, signature);
	return (0);
}

/* What it has is not known; what it had is the best guess until then. */
static void
failed(struct peer *p, const char *why)
{
	p->reached = false;
	p->has_dump = false;
	if (strncmp(why, "stats socket ", 13) == 0)
		trouble(p, why);
	else
		trouble_at(p, why);
	proxy_conclude(p->proxy, loop_now(p->proxy->host->loop).mono);
}

static void
on_look(void *arg, const struct runtime_answer *a)
{
	struct peer *p = arg;
	struct err e = { 0 };

	p->busy = false;
	p->tried = true;
	if (a->result != RUNTIME_OK) {
		failed(p, a->why);
		return;
	}
	trouble(p, "");
	if (read_look(p, a, &e) != 0) {
		failed(p, e.text);
		return;
	}
	judge_attempts(p);
	if (p->list_asked)
		p->list_due = false;
	proxy_conclude(p->proxy, a->now);
	peer_step(p, a->now, false);
}

static void
on_check(void *arg, const struct runtime_answer *a)
{
	struct peer *p = arg;
	struct cursor in = { a->text, a->text + a->n };
	struct haproxy_info info;
	uint64_t up = 0;
	struct err e = { 0 };

	p->busy = false;
	if (a->result != RUNTIME_OK) {
		failed(p, a->why);
		return;
	}
	skip_replies(p, &in);
	if (haproxy_info_read(&in, &info, &e) != 0 ||
	    read_stat(p, &in, &up, &e) != 0) {
		failed(p, e.text);
		return;
	}
	heard_of(p, haproxy_epoch(&info), a->now);
	if (up != p->up)
		p->look_due = true;
	peer_step(p, a->now, false);
}

static void
look_after(struct peer *p, struct command *c)
{
	struct proxy *b = p->proxy;
	bool sessions = p->list_due || proxy_hurries(b);

	command_info(c);
	command_servers(c, p->state_file != NULL ? NULL : b->slots.backend);
	command_stat(c, b->slots.backend, STAT_BACKEND |
	    (sessions ? STAT_SERVER : 0));
	p->list_asked = p->list_due;
	p->look_due = false;
	p->busy = true;
	runtime_ask(p->runtime, c, b->timeout, on_look, p);
}

/* What is wanted and not there, as much as fits into a line. */
static bool
change(struct peer *p, ns_t now)
{
	struct slots *s = &p->proxy->slots;
	struct command c;
	int k;

	command_init(&c);
	for (k = 1; k < s->n && p->n_attempts < ATTEMPTS &&
	    c.n < COMMAND_SIZE - CHANGE_SIZE; k++) {
		if (slots_actual(s, k, p->index)->asked ||
		    !slots_diff(s, k, p->index, now, &c))
			continue;
		slots_actual(s, k, p->index)->asked = true;
		p->attempts[p->n_attempts++] = k;
	}
	if (p->n_attempts > 0)
		look_after(p, &c);
	return (p->n_attempts > 0);
}

void
peer_step(struct peer *p, ns_t now, bool tick)
{
	struct proxy *b = p->proxy;
	struct command c;

	if (p->busy)
		return;
	p->n_attempts = 0;
	if (tick)
		slots_ask_again(&b->slots, p->index);
	if (p->has_dump && change(p, now))
		return;
	command_init(&c);
	command_user(&c);
	if ((!p->has_dump && (p->reached || tick)) || p->list_due ||
	    p->look_due ||
	    (tick && (proxy_hurries(b) || now - p->dump_at >= LOOK_EVERY))) {
		look_after(p, &c);
	} else if (tick) {
		command_info(&c);
		command_stat(&c, b->slots.backend, STAT_BACKEND);
		p->busy = true;
		runtime_ask(p->runtime, &c, b->timeout, on_check, p);
	}
}
