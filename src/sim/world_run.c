/* SPDX-License-Identifier: MIT */
/* The made world's clock, customers, accidents and restarts. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/servers.h"
#include "sim/world_priv.h"

#define SAFE_MODE (10 * NS_MIN)

static const char *const fault_names[] = {
	[FAULT_CAPACITY] = "capacity",
	[FAULT_QUOTA] = "quota",
	[FAULT_THROTTLED] = "throttled",
	[FAULT_LOST_CALL] = "lost call",
	[FAULT_LOST_ANSWER] = "lost answer",
	[FAULT_LATE] = "late answer",
	[FAULT_TWICE] = "answer twice",
	[FAULT_LIST_FAILS] = "listing fails",
	[FAULT_LIST_STALE] = "listing is stale",
	[FAULT_LIST_EMPTY] = "listing is empty",
	[FAULT_NO_ADDRESS] = "no address",
	[FAULT_NEVER_BOOTS] = "never boots",
	[FAULT_DIES_BOOTING] = "dies booting",
	[FAULT_DIES_SERVING] = "dies serving",
	[FAULT_SICK] = "hangs",
	[FAULT_MASS_SICK] = "health check broken",
	[FAULT_FORGETS] = "balancer forgets",
	[FAULT_BALANCER] = "balancer silent",
	[FAULT_JOURNAL] = "journal bad",
	[FAULT_RESTART] = "restart",
	[FAULT_AMNESIA] = "restart without a journal",
	[FAULT_NO_DATA] = "no data",
	[FAULT_FOREIGN] = "foreign server",
	[FAULT_ORPHAN] = "orphan",
	[FAULT_SUSPEND] = "suspend",
	[FAULT_WORD] = "word",
};

const char *
fault_name(enum fault_kind k)
{
	MUST(k < FAULT_COUNT);
	return (fault_names[k]);
}

static int
world_second(const struct world *w)
{
	return ((int)((w->now.mono - w->start) / NS_S));
}

double
world_rate(const struct world *w, enum fault_kind k)
{
	int i, t = world_second(w);
	double rate = 0;

	for (i = 0; i < w->h->n_faults; i++)
		if (w->h->fault[i].kind == k && t >= w->h->fault[i].from_s &&
		    t < w->h->fault[i].to_s && w->h->fault[i].rate > rate)
			rate = w->h->fault[i].rate;
	return (rate);
}

bool
world_fault(struct world *w, enum fault_kind k)
{
	double rate = world_rate(w, k);

	return (rate > 0 && rng_unit(&w->rng) < rate);
}

/* Once for each fault of this kind whose time has come. */
static bool
world_strikes(struct world *w, enum fault_kind k)
{
	int i, t = world_second(w);

	for (i = 0; i < w->h->n_faults; i++) {
		if (w->h->fault[i].kind != k || t < w->h->fault[i].from_s ||
		    w->struck & UINT32_C(1) << i)
			continue;
		w->struck |= UINT32_C(1) << i;
		return (true);
	}
	return (false);
}

void
world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->r->text[0] != '\0')
		return; /* the first is what matters */
	n = snprintf(w->r->text, sizeof(w->r->text), "second %d: ",
	    world_second(w));
	va_start(ap, fmt);
	(void)vsnprintf(w->r->text + n, sizeof(w->r->text) - (size_t)n, fmt,
	    ap);
	va_end(ap);
}

struct event *
world_event(struct world *w, enum event_kind kind, int group)
{
	struct event *ev;

	if (w->n_inbox == INBOX_MAX)
		return (NULL);
	ev = &w->inbox[w->n_inbox++];
	memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	ev->group = group;
	return (ev);
}

struct made *
world_made(struct world *w, const struct token *t)
{
	int i;

	if (!token_is_set(t))
		return (NULL);
	for (i = w->n_made - 1; i >= 0; i--)
		if (memcmp(&w->made[i].token, t, sizeof(*t)) == 0)
			return (&w->made[i]);
	return (NULL);
}

struct made *
world_made_id(struct world *w, const struct server_id *id)
{
	int i;

	for (i = w->n_made - 1; i >= 0; i--)
		if (strncmp(w->made[i].id.text, id->text, ID_SIZE) == 0)
			return (&w->made[i]);
	return (NULL);
}

int
world_record(const struct world *w, const struct token *t)
{
	int i;

	for (i = w->n_records - 1; i >= 0; i--)
		if (memcmp(&w->record[i].s.token, t, sizeof(*t)) == 0)
			return (i);
	return (-1);
}

static void
world_policy(struct world *w)
{
	struct group_policy *p;
	int g;

	w->policy.n_groups = 1 + (int)rng_below(&w->rng, 2);
	w->policy.groups = w->groups;
	w->policy.max_servers = rng_unit(&w->rng) < 0.3 ? 40 : 0;
	for (g = 0; g < w->policy.n_groups; g++) {
		p = &w->groups[g];
		(void)snprintf(p->name, NAME_SIZE, "group%d", g);
		p->priority = 100 - g;
		p->size = (struct size_settings){ .min = 2, .max = 24,
			.hard_max = 24, .rate_rps = 100, .utilization = 0.75,
			.latency = NS_S, .errors = 0.01 };
		p->forecast = (struct forecast_settings){ .risk = 0.001,
			.false_alarms_per_week = 1, .lead_time = 40 * NS_S };
		p->limit = (struct limit_settings){ .launches_per_hour = 1000,
			.removals_pct = 10, .removals_window = 300 * NS_S,
			.rush_removals_pct = 25, .peak_window = 300 * NS_S,
			.peak_margin = 1.0, .min_lifetime = 60 * NS_S,
			.sick_pct = 30, .health_window = 120 * NS_S,
			.boot_deadline = 120 * NS_S, .boot_failures = 3,
			.doubt_alarm = 900 * NS_S,
			.drain = (5 + (ns_t)rng_below(&w->rng, 30)) * NS_S,
			.safe_mode = SAFE_MODE };
		/* No number is drawn for it: the histories stay as they were. */
		p->drill.every = w->h->seed % 7 == 4 ? 200 * NS_S : 0;
		p->n_ways = 1 + (int)rng_below(&w->rng, 2);
		(void)snprintf(p->ways[0], NAME_SIZE, "main");
		(void)snprintf(p->ways[1], NAME_SIZE, "backup");
		w->load[g] = 200 + 400 * rng_unit(&w->rng);
	}
}

static void
world_birth(struct world *w)
{
	struct err e = { 0 };

	MUST(w->memory == NULL);
	w->memory = malloc(fleet_size(&w->policy));
	MUST(w->memory != NULL);
	memset(w->memory, 0xa5, fleet_size(&w->policy)); /* it was used before */
	/* The same seed each time: tokens and ops must differ all the same. */
	if (fleet_init(&w->fleet, w->memory, &w->policy, 42, &e) != 0)
		MUST(!"a policy of the world's own");
	w->born = w->now.mono;
	memset(w->listed, 0, sizeof(w->listed));
	memset(w->seen, 0, sizeof(w->seen));
	w->told_bad = false;
	memset(w->safe_until, 0, sizeof(w->safe_until));
}

static void
world_clear_inbox(struct world *w)
{
	int i;

	for (i = 0; i < w->n_owned; i++)
		free(w->owned[i]);
	w->n_owned = w->n_inbox = 0;
}

/* kill -9, and a new life from what is durable. */
static void
world_restart(struct world *w, bool amnesia)
{
	struct err e = { 0 };
	int i;

	w->r->restarts++;
	w->restarted = true;
	host_drop(w);
	world_clear_inbox(w);
	free(w->memory);
	w->memory = NULL;
	world_birth(w);
	if (amnesia) {
		w->n_records = 0;
		for (i = 0; i < WORLD_GROUPS; i++)
			w->safe_until[i] = w->now.mono + SAFE_MODE;
		fleet_safe_mode(w->fleet, &w->now, w->safe_until[0]);
	}
	/* A new driver's first look is news. */
	for (i = 0; i < w->n_made; i++)
		w->made[i].up = true;
	for (i = 0; i < w->n_records; i++)
		if (fleet_restore(w->fleet, &w->now, w->record[i].group,
		    &w->record[i].s, &e) != 0)
			world_fail(w, "restore: %s", e.text);
}

/* Customers come within half a minute, 0 to 1. */
static double
world_rush(int seconds)
{
	return (seconds < 30 ? seconds / 30.0 : 1.0);
}

static void
world_sample(struct world *w, int g)
{
	struct event *ev = world_event(w, EVENT_SAMPLE, g);
	int i, t = world_second(w), up = 0;
	double load = w->load[g], carried;
	struct sample *s;

	if (ev == NULL)
		return;
	if (t > w->h->chaos_s / 4 && t < w->h->chaos_s / 2)
		load *= 1.0 + 2.0 * world_rush(t - w->h->chaos_s / 4);
	load *= 0.97 + 0.06 * rng_unit(&w->rng);
	for (i = 0; i < w->n_made; i++)
		up += w->made[i].in && !w->made[i].draining &&
		    w->made[i].group == g && w->made[i].alive;
	s = &ev->u.sample;
	if (world_fault(w, FAULT_NO_DATA))
		return; /* invalid */
	carried = load < up * 100.0 ? load : up * 100.0;
	s->valid = true;
	s->requests_rps = value_of(load);
	s->errors_rps = value_of(load - carried);
	s->refused_rps = s->errors_rps;
	s->queue = value_of(load > carried ? load - carried : 0);
	s->inflight = value_of(carried * 0.1 + s->queue.v);
	s->latency_s = value_of(load > carried ? 1.5 : 0.1);
	s->period = NS_S;
	s->proof = PROOF_ALIVE;
	s->up = value_of(up);
}

static void
world_stranger(struct world *w, bool orphan)
{
	struct token t = { { 0 } };
	struct made *m;
	uint64_t a = rng_next(&w->rng) | 1;
	int g = (int)rng_below(&w->rng, (uint64_t)w->policy.n_groups);

	if (orphan)
		memcpy(t.byte, &a, sizeof(a));
	m = provider_make(w, &t, g, 0);
	if (m == NULL)
		return;
	m->orphan = orphan;
	if (!orphan) {
		m->in = m->was_well = true;
		m->well_at = w->now.mono;
		m->dies_at = NS_NEVER;
	}
}

static void
world_word(struct world *w)
{
	static const enum word_kind kinds[] = { WORD_DRAIN, WORD_REPLACE,
		WORD_PROTECT, WORD_HOLD, WORD_RESUME };
	int g = (int)rng_below(&w->rng, (uint64_t)w->policy.n_groups);
	const struct servers *t = group_servers(fleet_group(w->fleet, g));
	struct event *ev = world_event(w, EVENT_WORD, g);

	if (ev == NULL)
		return;
	ev->u.word.kind = kinds[rng_below(&w->rng, 5)];
	ev->u.word.what = HOLD_ALL;
	ev->u.word.until_wall_s = w->now.wall_s + 60;
	(void)snprintf(ev->u.word.who, NAME_SIZE, "uid 0");
	if (ev->u.word.kind == WORD_RESUME)
		w->safe_until[g] = 0; /* a person has looked */
	if (t->n > 0)
		ev->u.word.id = t->at[rng_below(&w->rng, (uint64_t)t->n)].id;
}

/* The fleet hears of it only when a step has found it out. */
static void
world_journal(struct world *w)
{
	bool bad = world_rate(w, FAULT_JOURNAL) > 0;
	struct event *ev;

	if (!w->journal_bad) {
		w->journal_bad = bad;
		return;
	}
	if (bad == w->told_bad && bad)
		return;
	ev = world_event(w, EVENT_JOURNAL, 0);
	if (ev == NULL)
		return;
	/* However short it was, what it lost is told of. */
	ev->u.journal = w->told_bad ? JOURNAL_GOOD : JOURNAL_BAD;
	w->told_bad = !w->told_bad;
	w->journal_bad = w->told_bad;
}

static void
world_accidents(struct world *w)
{
	while (world_strikes(w, FAULT_FORGETS))
		balancer_forget(w);
	while (world_strikes(w, FAULT_FOREIGN))
		world_stranger(w, false);
	while (world_strikes(w, FAULT_ORPHAN))
		world_stranger(w, true);
	while (world_strikes(w, FAULT_WORD))
		world_word(w);
	while (world_strikes(w, FAULT_SUSPEND))
		w->now.mono += 120 * NS_S;
	world_journal(w);
	w->kill = world_strikes(w, FAULT_RESTART);
}

static void
hash_bytes(uint64_t *hash, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t k;

	for (k = 0; k < n; k++)
		*hash = (*hash ^ p[k]) * UINT64_C(1099511628211);
}

/* Figures and sentences of every group's decision. */
static void
world_decided(struct world *w)
{
	const struct decision *d;
	int g, i;

	for (g = 0; g < w->policy.n_groups; g++) {
		d = fleet_decision(w->fleet, g);
		if (d == NULL)
			continue;
		double v[] = { d->desired, d->need, d->serving, d->pending,
			d->launch, d->n_terminate, d->mode, d->verdict,
			d->load_rps.v, d->forecast_rps.v, d->capacity_rps,
			(double)d->lead, d->survivable, d->alarms };

		hash_bytes(&w->r->decided, v, sizeof(v));
		hash_bytes(&w->r->decided, d->reason, strlen(d->reason));
		hash_bytes(&w->r->decided, d->evidence, strlen(d->evidence));
		for (i = 0; i < d->n_holds; i++)
			hash_bytes(&w->r->decided, d->holds[i].reason,
			    strlen(d->holds[i].reason));
	}
}

static void
world_hash(struct world *w, const struct order *q)
{
	uint64_t v[6] = { (uint64_t)q->kind, (uint64_t)q->group,
		(uint64_t)q->way, q->op, (uint64_t)q->deadline,
		(uint64_t)q->n };
	int i;

	hash_bytes(&w->r->hash, v, sizeof(v));
	for (i = 0; i < q->n; i++)
		hash_bytes(&w->r->hash, &w->orders->servers[q->first + i],
		    sizeof(struct server));
}

static void
world_orders(struct world *w)
{
	int i, n = w->orders->n;
	const struct order *q;

	if (w->kill && n > 0)
		n = (int)rng_below(&w->rng, (uint64_t)n + 1);
	w->effects = false;
	for (i = 0; i < n; i++) {
		q = &w->orders->at[i];
		check_order(w, q);
		world_hash(w, q);
		w->r->orders++;
		w->r->launches += q->kind == ORDER_LAUNCH ? q->n : 0;
		w->r->terminations += q->kind == ORDER_TERMINATE ? q->n : 0;
		if (q->kind == ORDER_RECORD || q->kind == ORDER_FORGET)
			host_record(w, q);
		else
			host_take(w, q);
	}
}

static void
world_step(struct world *w)
{
	ns_t dt = rng_unit(&w->rng) < 0.05 ? 100 * NS_MS : NS_S;
	int g;

	w->now.mono += dt;
	w->now.wall_s = 1795000000 + w->now.mono / NS_S;
	world_accidents(w);
	provider_advance(w);
	balancer_advance(w);
	host_advance(w);
	for (g = 0; g < w->policy.n_groups; g++)
		world_sample(w, g);
	fleet_step(w->fleet, &w->now, w->inbox, (size_t)w->n_inbox, w->orders);
	world_clear_inbox(w);
	w->r->steps++;
	world_decided(w);
	check_step(w);
	world_orders(w);
	if (w->kill)
		world_restart(w, false);
	else if (world_strikes(w, FAULT_AMNESIA))
		world_restart(w, true);
	w->kill = false;
}

static void
world_play(struct world *w)
{
	const char *why = "";
	int over;

	while (w->r->text[0] == '\0') {
		over = world_second(w) - w->h->chaos_s;
		if (over > w->h->settle_s)
			break;
		world_step(w);
		if (over <= 0)
			continue;
		why = check_settled(w);
		if (why[0] != '\0')
			continue;
		w->r->settled_s = over;
		return;
	}
	if (w->r->text[0] == '\0')
		world_fail(w, "I-25: %d s after the last fault: %s",
		    w->h->settle_s, why);
}

void
world_run(const struct history *h, struct world_result *r)
{
	struct world *w = calloc(1, sizeof(*w));

	MUST(w != NULL);
	MUST(h->n_faults <= HISTORY_FAULTS);
	memset(r, 0, sizeof(*r));
	r->settled_s = -1;
	r->hash = r->decided = UINT64_C(14695981039346656037);
	w->h = h;
	w->r = r;
	rng_init(&w->rng, h->seed);
	w->start = w->now.mono = 5000 * NS_S;
	w->orders = calloc(1, sizeof(*w->orders));
	w->ops = calloc((size_t)1 << OPS_BITS, sizeof(*w->ops));
	MUST(w->orders != NULL);
	MUST(w->ops != NULL);
	world_policy(w);
	world_birth(w);
	world_play(w);
	host_drop(w);
	world_clear_inbox(w);
	free(w->ops);
	free(w->orders);
	free(w->memory);
	free(w);
}
