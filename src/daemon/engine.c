/* SPDX-License-Identifier: MIT */
/* The daemon's turn; see engine.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "core/fleet.h"
#include "daemon/boots.h"
#include "daemon/engine.h"
#include "daemon/frozen.h"
#include "daemon/gate.h"
#include "daemon/inbox.h"
#include "daemon/past.h"
#include "daemon/phasebook.h"
#include "daemon/report.h"
#include "daemon/shadow.h"
#include "daemon/words.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/loop.h"
#include "policy/compare.h"
#include "policy/policy.h"
#include "record/journal.h"
#include "report/facts.h"

/* Without anything new it still decides: time passes for holds and ages. */
#define STEP_EVERY NS_S
/*
 * Answers come in bursts: one step takes them together.  Chosen: a fifth of
 * the fastest poll, so that a server that became healthy waits for nothing
 * else.  At twice the value a burst of launches costs half the steps.
 */
#define STEP_SOON (20 * NS_MS)

/* What was learned, lost at a kill: at most so much of it. */
#define SAVE_EVERY NS_MIN
/* a breaker that trips is kept over a crash, but a disk is not a log */
#define SAVE_NEWS (5 * NS_S)

/* A word without an end, but for a hold, ends after two hours. */
enum { WORD_FOR_S = 7200 };

struct engine {
	struct engine_parts with;
	struct inbox *inbox;
	struct orders *orders;
	struct ops *ops;
	struct gate *gate;
	struct shadow *shadow; /* NULL: for real */
	struct words *words;
	struct hands *hands;
	struct report *report;
	struct facts facts;
	struct timer step;
	ns_t step_at;	/* the next step is due */
	ns_t saved;	/* what was learned, last time */
	size_t restored; /* words of the journal, first in the inbox */
	bool stepping;
};

static void	engine_step(void *);

static ns_t
engine_now(const struct engine *e)
{
	return (loop_now(e->with.loop).mono);
}

/* A step at the latest so long from now. */
static void
engine_soon(struct engine *e, ns_t after)
{
	ns_t now = engine_now(e);

	if (e->stepping || now + after >= e->step_at)
		return;
	e->step_at = now + after;
	loop_timer_set(e->with.loop, &e->step, after, engine_step, e);
}

static bool
engine_put(struct engine *e, const struct event *ev, ns_t within)
{
	if (!inbox_put(e->inbox, ev)) {
		e->facts.events_dropped++;
		engine_soon(e, 0);
		return (false);
	}
	engine_soon(e, within);
	return (true);
}

/* --- what the drivers say --------------------------------------------- */

/*
 * An answer closes its operation, unless it finds no room: then the
 * operation stays open and its deadline answers `unknown` (I-13).
 */
static void
hear_answer(void *ctx, const struct answer *a)
{
	struct engine *e = ctx;
	struct event ev = { .kind = EVENT_ANSWER };
	struct op op, put_back;
	struct order again = { 0 };

	if (!ops_close(e->ops, a->op, &op))
		return; /* answered already, or nobody's */
	ev.group = op.group;
	ev.u.answer.op = a->op;
	ev.u.answer.outcome = a->outcome;
	ev.u.answer.told = a->told;
	ev.u.answer.n_told = a->n_told;
	memcpy(ev.u.answer.text, a->text, sizeof(a->text));
	if (e->shadow != NULL && a->outcome == OUTCOME_DONE &&
	    (op.kind == ORDER_LIST || op.kind == ORDER_SEEN))
		ev.u.answer.told = shadow_correct(e->shadow,
		    (enum order_kind)op.kind, op.group, op.way, a->told,
		    a->n_told, &ev.u.answer.n_told);
	if (engine_put(e, &ev, STEP_SOON)) {
		report_answer(e->report, &op, a);
		return;
	}
	put_back = op;
	again.op = put_back.op;
	again.group = put_back.group;
	again.way = put_back.way;
	again.kind = (enum order_kind)put_back.kind;
	again.deadline = put_back.passed ? engine_now(e) : put_back.deadline;
	(void)ops_open(e->ops, &again);
}

/* The group that the provider names, or the one that knows the token. */
static int
group_of(const struct engine *e, const struct told *t)
{
	int i, n = fleet_groups(e->with.fleet);

	if (t->group[0] != '\0')
		return (policy_find(e->with.policy, t->group));
	for (i = 0; i < n; i++)
		if (servers_find_token(group_servers(fleet_group(
		    e->with.fleet, i)), &t->token) != NULL)
			return (i);
	return (-1);
}

static void
hear_happened(void *ctx, enum happening what, const struct told *told)
{
	struct engine *e = ctx;
	struct event ev = { .kind = EVENT_HAPPENED };

	ev.group = group_of(e, told);
	ev.u.happened.what = what;
	ev.u.happened.told = *told;
	if (ev.group >= 0)
		(void)engine_put(e, &ev, STEP_SOON);
}

static void
hear_health(void *ctx, int group, const struct server_id *id, bool up)
{
	struct engine *e = ctx;
	struct event ev = { .kind = EVENT_HEALTH, .group = group };

	ev.u.health.id = *id;
	ev.u.health.up = up;
	(void)engine_put(e, &ev, 0);
}

static void
hear_sample(void *ctx, int group, const struct sample *s)
{
	struct engine *e = ctx;
	struct group_facts *f = &e->facts.group[group];
	struct event ev = { .kind = EVENT_SAMPLE, .group = group };

	ev.u.sample = *s;
	if (s->valid) {
		f->samples++;
		f->sampled_at = engine_now(e);
		f->sample = *s;
	} else {
		f->failed_samples++;
	}
	report_sample(e->report, group, s->valid);
	/* The balancer counts what really serves, the shadow has others. */
	if (e->shadow != NULL && s->up.known)
		ev.u.sample.up = value_of(s->up.v + shadow_serving(e->shadow,
		    group) > shadow_removed(e->shadow, group) ? s->up.v +
		    shadow_serving(e->shadow, group) -
		    shadow_removed(e->shadow, group) : 0.0);
	(void)engine_put(e, &ev, 0);
}

static void
hear_save(void *ctx, const char *path, const char *text, size_t n)
{
	struct engine *e = ctx;

	if (e->shadow == NULL)
		(void)journal_save(e->with.journal, path, text, n);
}

static void
hear_trouble(void *ctx, const char *who, const char *sentence)
{
	struct engine *e = ctx;

	report_trouble(e->report, who, sentence);
}

/* --- the gate --------------------------------------------------------- */

static void
effect_out(void *ctx, const struct order *o, const struct server *s)
{
	struct engine *e = ctx;
	struct group_facts *f = &e->facts.group[o->group];
	const struct decision *d = fleet_decision(e->with.fleet, o->group);
	const struct group_policy *p = &e->with.policy->fleet.groups[o->group];
	ns_t lead = d != NULL && d->lead > 0 ? d->lead :
	    p->forecast.lead_time > 0 ? p->forecast.lead_time : NS_MIN;
	struct op op;

	if (o->kind == ORDER_LAUNCH)
		f->launched += (uint64_t)o->n;
	else if (o->kind == ORDER_TERMINATE)
		f->removed += (uint64_t)o->n;
	report_effect(e->report, o, s);
	if (o->kind == ORDER_PROBE_END)
		(void)ops_close(e->ops, o->op, &op);
	if (e->shadow != NULL && shadow_out(e->shadow, engine_now(e), o, s,
	    p->name, lead))
		return;
	hands_out(e->hands, o, s);
}

/* --- the step --------------------------------------------------------- */

static void
pass_deadlines(struct engine *e, ns_t now)
{
	struct event ev = { .kind = EVENT_ANSWER };
	struct op op;

	while (e->inbox->n < MAX_INBOX && ops_pass(e->ops, now, &op)) {
		if (e->hands != NULL)
			hands_passed(e->hands, &op);
		ev.group = op.group;
		ev.u.answer.op = op.op;
		ev.u.answer.outcome = OUTCOME_UNKNOWN;
		(void)snprintf(ev.u.answer.text, sizeof(ev.u.answer.text),
		    "no answer in time");
		(void)inbox_put(e->inbox, &ev);
		e->facts.unknown_ops++;
		report_passed(e->report, &op);
	}
}

/* Every effect has its operation before it waits at the gate. */
static void
open_operations(struct engine *e, ns_t now)
{
	struct order *o;
	int i;

	for (i = 0; i < e->orders->n; i++) {
		o = &e->orders->at[i];
		if (o->kind == ORDER_RECORD || o->kind == ORDER_FORGET ||
		    o->kind == ORDER_PROBE_END)
			continue;
		if (!ops_open(e->ops, o))
			o->deadline = now; /* never leaves */
	}
}

/*
 * The step into the journal.  The number that must be durable before its
 * effects leave; 0: none of its effects needs one.
 */
static uint64_t
record_step(struct engine *e, const struct now *now)
{
	const struct event *ev;
	const struct decision *d;
	bool waits = false;
	uint64_t seq;
	size_t k;
	int i;

	for (i = 0; i < e->facts.n_groups; i++)
		if ((d = fleet_decision(e->with.fleet, i)) != NULL)
			journal_decision(e->with.journal, i, d);
	for (i = 0; i < e->orders->n && !waits; i++)
		waits = e->orders->at[i].kind == ORDER_RECORD ||
		    e->orders->at[i].kind == ORDER_FORGET;
	journal_orders(e->with.journal, e->orders);
	boots_orders(e->with.boots, e->orders);
	phasebook_orders(e->with.phasebook, now, e->orders);
	for (k = e->restored; k < e->inbox->n; k++) {
		ev = &e->inbox->at[k];
		if (ev->kind != EVENT_WORD ||
		    fleet_refused(e->with.fleet, k) != NULL)
			continue;
		waits = true;
		journal_word(e->with.journal, ev->group, now, &ev->u.word);
	}
	e->restored = 0;
	seq = journal_commit(e->with.journal, now);
	return (waits ? seq : 0);
}

static void
engine_turn(struct engine *e, const struct now *now)
{
	bool news = false;
	uint64_t seq;
	ns_t began;
	int i;

	journal_inbox(e->with.journal, now, e->inbox->at, e->inbox->n);
	began = clock_now().mono;
	fleet_step(e->with.fleet, now, e->inbox->at, e->inbox->n, e->orders);
	facts_step(&e->facts, now, clock_now().mono - began);
	seq = record_step(e, now);
	e->facts.now = *now;
	words_stepped(e->words, e->with.fleet, &e->facts, seq);
	report_decisions(e->report, e->with.fleet);
	open_operations(e, now->mono);
	inbox_clear(e->inbox);
	gate_step(e->gate, now->mono, e->orders, seq);
	for (i = 0; i < e->facts.n_groups; i++)
		news = news || fleet_kept_news(e->with.fleet, i);
	if (now->mono >= e->saved + (news ? SAVE_NEWS : SAVE_EVERY)) {
		e->saved = now->mono;
		engine_save(e);
	}
}

static void
engine_step(void *arg)
{
	struct engine *e = arg;
	struct now now = loop_now(e->with.loop);
	ns_t next;

	e->stepping = true;
	if (e->shadow != NULL)
		shadow_tick(e->shadow, now.mono);
	pass_deadlines(e, now.mono);
	engine_turn(e, &now);
	e->stepping = false;
	e->step_at = now.mono + STEP_EVERY;
	next = ops_next(e->ops);
	if (next < e->step_at)
		e->step_at = next > now.mono + STEP_SOON ? next :
		    now.mono + STEP_SOON;
	if (e->inbox->n > 0)
		e->step_at = now.mono + STEP_SOON; /* from inside the gate */
	loop_timer_set(e->with.loop, &e->step, e->step_at - now.mono,
	    engine_step, e);
}

/* --- its life --------------------------------------------------------- */

struct engine *
engine_new(const struct engine_parts *with, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct shadow_hooks shadow = { e, hear_answer };
	char old[128];
	size_t i;

	if (e == NULL)
		goto bad;
	e->with = *with;
	e->step_at = NS_NEVER;
	e->inbox = inbox_new();
	e->orders = calloc(1, sizeof(*e->orders));
	e->ops = ops_new();
	e->gate = gate_new(effect_out, e);
	e->words = words_new();
	e->report = report_new(with->log, with->policy);
	if (with->policy->daemon.dry_run)
		e->shadow = shadow_new(&shadow);
	if (e->inbox == NULL || e->orders == NULL || e->ops == NULL ||
	    e->gate == NULL || e->words == NULL || e->report == NULL ||
	    (with->policy->daemon.dry_run && e->shadow == NULL))
		goto bad;
	e->facts.started = engine_now(e);
	e->facts.dry_run = e->shadow != NULL;
	e->saved = e->facts.started;
	e->restored = past_words(with->past, with->policy, e->inbox);
	e->with.past = NULL;
	for (i = 0; i < e->restored; i++)
		facts_word(&e->facts.group[e->inbox->at[i].group],
		    &e->inbox->at[i].u.word, loop_now(with->loop).wall_s, old,
		    sizeof(old));
	e->facts.fleet = with->fleet;
	if (with->phasebook != NULL)
		e->facts.phases = phasebook_phases(with->phasebook);
	e->facts.n_groups = fleet_groups(with->fleet);
	return (e);
bad:
	engine_free(e);
	(void)err_set(err, 12, "the engine: out of memory");
	return (NULL);
}

int
engine_start(struct engine *e, struct err *err)
{
	struct hands_hooks hooks = { e, hear_answer, hear_happened,
		hear_health, hear_sample, hear_save, hear_trouble,
		boots_folder(e->with.boots) };

	MUST(e->hands == NULL);
	e->hands = hands_new(e->with.loop, e->with.policy, &hooks, err);
	if (e->hands == NULL)
		return (-1);
	hands_start(e->hands);
	engine_soon(e, 0);
	return (0);
}

/* Everything that names a group by its number. */
static void
engine_regroup(struct engine *e, const struct policy *new, const int *map)
{
	struct group_facts old[MAX_GROUPS];
	int i;

	memcpy(old, e->facts.group, sizeof(old));
	memset(e->facts.group, 0, sizeof(e->facts.group));
	for (i = 0; i < MAX_GROUPS; i++)
		if (map[i] >= 0)
			e->facts.group[map[i]] = old[i];
	e->facts.n_groups = new->fleet.n_groups;
	inbox_regroup(e->inbox, map);
	ops_regroup(e->ops, map);
	gate_regroup(e->gate, map);
	if (e->shadow != NULL)
		shadow_regroup(e->shadow, map);
	report_regroup(e->report, new, map);
}

int
engine_reload(struct engine *e, const struct policy *new,
    const struct plan *plan, void *memory, struct err *err)
{
	struct fleet_call call = { .kind = CALL_RELOAD };
	int map[MAX_GROUPS], i;

	MUST(!e->stepping);
	engine_step(e); /* words that came before it know the old numbers */
	for (i = 0; i < MAX_GROUPS; i++)
		map[i] = -1;
	for (i = 0; i < plan->n_groups; i++)
		if (plan->group[i].old >= 0)
			map[plan->group[i].old] = i;
	if (hands_prepare(e->hands, new, plan, err) != 0 ||
	    fleet_reload(e->with.fleet, &new->fleet, memory, err) != 0) {
		hands_forget(e->hands);
		return (-1);
	}
	call.policy = new->text_hash;
	journal_call(e->with.journal, &call);
	engine_regroup(e, new, map);
	hands_reload(e->hands, new, plan);
	(void)journal_groups(e->with.journal, new->fleet.groups,
	    new->fleet.n_groups);
	frozen_tell(e->with.journal, new);
	log_level_set(e->with.log, (enum level)new->daemon.log_level);
	e->with.policy = new;
	engine_soon(e, 0);
	return (0);
}

/* The drivers end before what their events go to. */
void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	hands_free(e->hands);
	loop_timer_stop(&e->step);
	words_free(e->words);
	gate_free(e->gate);
	shadow_free(e->shadow);
	report_free(e->report);
	ops_free(e->ops);
	inbox_free(e->inbox);
	free(e->orders);
	free(e);
}

void
engine_ready(struct engine *e, int group, struct ready_list *l)
{
	hands_ready(e->hands, group, l);
}

void
engine_launch(struct engine *e, const struct launch_facts *launch)
{
	e->facts.launch = launch;
}

const struct facts *
engine_facts(struct engine *e)
{
	struct facts *f = &e->facts;
	const struct decision *d;
	int i;

	f->now = loop_now(e->with.loop);
	f->log_dropped = log_dropped(e->with.log);
	f->open_ops = ops_count(e->ops);
	f->waiting_effects = gate_waiting(e->gate);
	f->no_removals = false;
	f->ready = f->steps > 0;
	for (i = 0; i < f->n_groups; i++) {
		f->ready = f->ready && f->group[i].sampled_at != 0;
		d = fleet_decision(e->with.fleet, i);
		f->no_removals = f->no_removals || (d != NULL &&
		    d->alarms >> ALARM_SAFE_MODE & 1);
		if (e->shadow != NULL)
			f->group[i].advice = shadow_advice(e->shadow, i);
	}
	return (f);
}

void
engine_word(struct engine *e, int group, const struct word *w,
    desk_done *done, void *arg)
{
	struct event ev = { .kind = EVENT_WORD, .group = group };
	struct desk_answer refuse = { false,
		"too many words at once: say it again", NULL };

	ev.u.word = *w;
	if (w->until_wall_s == 0 && w->kind != WORD_HOLD)
		ev.u.word.until_wall_s = loop_now(e->with.loop).wall_s +
		    WORD_FOR_S;
	report_word(e->report, group, &ev.u.word);
	if (w->kind == WORD_DRILL && e->with.policy->daemon.dry_run) {
		refuse.text = "dry run: it would launch one server by the "
		    "next way, wait until it is healthy, and remove it";
		done(arg, &refuse);
		return;
	}
	if (words_full(e->words) || !engine_put(e, &ev, 0))
		done(arg, &refuse);
	else
		words_put(e->words, e->inbox->n - 1, group, &ev.u.word, done,
		    arg);
}

void
engine_booting(struct engine *e, const struct told *t)
{
	hear_happened(e, HAPPENED_PHASE, t);
}

void
engine_durable(struct engine *e, uint64_t seq)
{
	gate_durable(e->gate, engine_now(e), seq);
	words_durable(e->words, seq);
}

void
engine_journal(struct engine *e, enum journal_state state, const char *why)
{
	struct event ev = { .kind = EVENT_JOURNAL };

	if (e->facts.journal == state)
		return;
	e->facts.journal = state;
	ev.u.journal = state;
	(void)engine_put(e, &ev, 0);
	log_say(e->with.log, state == JOURNAL_BAD ? LEVEL_ERROR : LEVEL_INFO,
	    state == JOURNAL_BAD ? "the journal is bad: no removals" :
	    "the journal is good again", "why", why);
	if (state == JOURNAL_BAD)
		words_not_durable(e->words);
	gate_journal(e->gate, engine_now(e), state);
}

void
engine_save(struct engine *e)
{
	struct err err = { 0 };
	uint8_t *buf = malloc(PAST_LEARNED_MAX);
	size_t n;
	int i;

	for (i = 0; buf != NULL && i < e->facts.n_groups; i++) {
		n = PAST_LEARNED_MAX;
		if (fleet_save(e->with.fleet, i, buf, &n, &err) == 0 && n > 0)
			journal_learned(e->with.journal, i, buf, n);
	}
	if (err.code != 0)
		log_say(e->with.log, LEVEL_WARN, "what was learned is not "
		    "saved", "why", err.text);
	free(buf);
}
