/* SPDX-License-Identifier: MIT */
/* What goes to the log; see report.h. */
#include <stdlib.h>
#include <string.h>

#include "core/fleet.h"
#include "daemon/report.h"
#include "io/log.h"
#include "policy/policy.h"

/* Polls in a row that fail before it is worth a line. */
enum { FAILED_POLLS = 3 };

struct told_group {
	bool any;
	int desired, need;
	enum mode mode;
	enum verdict verdict;
	int n_holds;
	uint32_t alarms;
	int failed; /* polls in a row */
};

struct report {
	struct log *log;
	const struct policy *policy;
	struct told_group at[MAX_GROUPS];
};

static const char *const kinds[ORDER_KIND_COUNT] = { "record", "forget",
	"launch", "lookup", "list", "probe", "probe end", "add", "drain",
	"remove", "terminate", "seen" };

static const char *const words[WORD_KIND_COUNT] = { "none", "at least",
	"at most", "exact", "hold", "resume", "note", "drain", "replace",
	"protect", "adopt", "drill" };

struct report *
report_new(struct log *log, const struct policy *p)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r != NULL) {
		r->log = log;
		r->policy = p;
	}
	return (r);
}

void
report_free(struct report *r)
{
	free(r);
}

static const char *
group_name(const struct report *r, int group)
{
	return (r->policy->fleet.groups[group].name);
}

static void
report_decision(struct report *r, int i, const struct decision *d)
{
	struct log_line l;
	int k;

	log_begin(&l, r->log, LEVEL_INFO, "decision");
	log_str(&l, "group", group_name(r, i));
	log_str(&l, "mode", mode_name(d->mode));
	log_int(&l, "need", d->need);
	log_int(&l, "desired", d->desired);
	log_int(&l, "serving", d->serving);
	log_int(&l, "pending", d->pending);
	if (d->load_rps.known)
		log_num(&l, "load", d->load_rps.v);
	if (d->forecast_rps.known)
		log_num(&l, "forecast", d->forecast_rps.v);
	log_str(&l, "verdict", verdict_name(d->verdict));
	for (k = 0; k < d->n_holds; k++) {
		log_str(&l, "hold", hold_what_name(d->holds[k].what));
		log_str(&l, "by", hold_by_name(d->holds[k].by));
	}
	log_str(&l, "reason", d->reason);
	log_end(&l);
}

static void
report_alarms(struct report *r, int i, uint32_t was, uint32_t is)
{
	struct log_line l;
	int k;

	for (k = 0; k < ALARM_COUNT; k++) {
		if (!((was ^ is) >> k & 1))
			continue;
		log_alarm(&l, r->log, is >> k & 1, alarm_name((enum alarm)k));
		log_str(&l, "group", group_name(r, i));
		log_end(&l);
	}
}

void
report_decisions(struct report *r, const struct fleet *f)
{
	const struct decision *d;
	struct told_group *t;
	int i;

	for (i = 0; i < fleet_groups(f); i++) {
		d = fleet_decision(f, i);
		t = &r->at[i];
		if (d == NULL)
			continue;
		if (t->alarms != d->alarms)
			report_alarms(r, i, t->alarms, d->alarms);
		if (!t->any || t->desired != d->desired ||
		    t->mode != d->mode || t->verdict != d->verdict ||
		    t->n_holds != d->n_holds)
			report_decision(r, i, d);
		t->any = true;
		t->desired = d->desired;
		t->mode = d->mode;
		t->verdict = d->verdict;
		t->n_holds = d->n_holds;
		t->alarms = d->alarms;
	}
}

void
report_effect(struct report *r, const struct order *o, const struct server *s)
{
	bool changes = o->kind == ORDER_LAUNCH || o->kind == ORDER_ADD ||
	    o->kind == ORDER_DRAIN || o->kind == ORDER_REMOVE ||
	    o->kind == ORDER_TERMINATE;
	struct log_line l;

	log_begin(&l, r->log, changes ? LEVEL_INFO : LEVEL_DEBUG,
	    kinds[o->kind]);
	log_str(&l, "group", group_name(r, o->group));
	log_int(&l, "way", o->way);
	if (o->n > 0)
		log_int(&l, "servers", o->n);
	if (o->n == 1 && s[0].id.text[0] != '\0')
		log_str(&l, "id", s[0].id.text);
	log_end(&l);
}

static void
report_op(struct report *r, enum level level, const char *msg,
    const struct op *op, const struct answer *a)
{
	struct log_line l;

	log_begin(&l, r->log, level, msg);
	log_str(&l, "group", group_name(r, op->group));
	log_str(&l, "what", kinds[op->kind]);
	log_int(&l, "way", op->way);
	if (a != NULL) {
		log_str(&l, "outcome", outcome_name(a->outcome));
		log_int(&l, "servers", (int64_t)a->n_told);
		if (a->text[0] != '\0')
			log_str(&l, "text", a->text);
	}
	log_end(&l);
}

void
report_answer(struct report *r, const struct op *op, const struct answer *a)
{
	report_op(r, a->outcome == OUTCOME_DONE ? LEVEL_DEBUG : LEVEL_WARN,
	    op->passed ? "a late answer" : "answer", op, a);
}

void
report_passed(struct report *r, const struct op *op)
{
	report_op(r, LEVEL_WARN, "no answer in time", op, NULL);
}

void
report_sample(struct report *r, int group, bool valid)
{
	struct told_group *t = &r->at[group];

	if (valid && t->failed >= FAILED_POLLS)
		log_say(r->log, LEVEL_INFO, "the source measures again",
		    "group", group_name(r, group));
	if (!valid && t->failed == FAILED_POLLS - 1)
		log_say(r->log, LEVEL_WARN, "the source measures nothing",
		    "group", group_name(r, group));
	t->failed = valid ? 0 : t->failed + 1;
}

void
report_trouble(struct report *r, const char *who, const char *sentence)
{
	struct log_line l;

	log_begin(&l, r->log, sentence[0] != '\0' ? LEVEL_WARN : LEVEL_INFO,
	    sentence[0] != '\0' ? "trouble" : "trouble is over");
	log_str(&l, "who", who);
	if (sentence[0] != '\0')
		log_str(&l, "text", sentence);
	log_end(&l);
}

void
report_word(struct report *r, int group, const struct word *w)
{
	struct log_line l;

	log_begin(&l, r->log, LEVEL_INFO, "word");
	log_str(&l, "group", group_name(r, group));
	log_str(&l, "word", words[w->kind]);
	log_str(&l, "who", w->who);
	if (w->kind >= WORD_AT_LEAST && w->kind <= WORD_EXACT)
		log_int(&l, "servers", w->servers);
	if (w->id.text[0] != '\0')
		log_str(&l, "id", w->id.text);
	if (w->reason[0] != '\0')
		log_str(&l, "reason", w->reason);
	log_end(&l);
}

void
report_regroup(struct report *r, const struct policy *p, const int *map)
{
	struct told_group old[MAX_GROUPS];
	int i;

	memcpy(old, r->at, sizeof(old));
	memset(r->at, 0, sizeof(r->at));
	for (i = 0; i < MAX_GROUPS; i++)
		if (map[i] >= 0)
			r->at[map[i]] = old[i];
	r->policy = p;
}
