/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics; see metrics.h.  One row per figure of a group and one per
 * figure of the daemon, so that name, type and help stand in one place.
 */
#include "config.h"

#include <inttypes.h>
#include <stddef.h>

#include <event2/buffer.h>

#include "base/must.h"
#include "core/fleet.h"
#include "report/facts.h"
#include "report/launch.h"
#include "report/metrics.h"
#include "report/phases.h"

/* One group as the rows see it. */
struct view {
	const struct facts *facts;
	const struct group_facts *group;
	const struct group_policy *policy;
	const struct servers *servers;
	const struct decision *d; /* NULL before the first */
	const struct drill *drill;
	const struct secret_facts *secret;
	const struct ready_facts *ready; /* NULL: nobody looks */
};

struct out {
	struct evbuffer *to;
	int rc;
};

struct row {
	const char *name; /* after plimsoll_; counters without _total */
	const char *type;
	const char *help;
	struct value (*get)(const struct view *);
};

static void
out_head(struct out *o, const char *name, const char *type, const char *help)
{
	if (evbuffer_add_printf(o->to, "# TYPE plimsoll_%s %s\n"
	    "# HELP plimsoll_%s %s\n", name, type, name, help) < 0)
		o->rc = -1;
}

/* Text of a label: the three bytes that would end it are escaped. */
static void
out_label(struct out *o, const char *name, const char *value)
{
	size_t n;

	if (evbuffer_add_printf(o->to, "%s=\"", name) < 0)
		o->rc = -1;
	for (; *value != '\0'; value++) {
		n = 1;
		if (*value == '\n')
			(void)evbuffer_add(o->to, "\\n", 2), n = 0;
		else if (*value == '"' || *value == '\\')
			(void)evbuffer_add(o->to, "\\", 1);
		if (n > 0)
			(void)evbuffer_add(o->to, value, n);
	}
	if (evbuffer_add(o->to, "\"", 1) != 0)
		o->rc = -1;
}

/* value NULL: without a label. */
static void
out_sample(struct out *o, const struct row *r, const char *label,
    const char *value, double v)
{
	if (evbuffer_add_printf(o->to, "plimsoll_%s%s", r->name,
	    r->type[0] == 'c' ? "_total" : "") < 0)
		o->rc = -1;
	if (value != NULL) {
		(void)evbuffer_add(o->to, "{", 1);
		out_label(o, label, value);
		(void)evbuffer_add(o->to, "}", 1);
	}
	if (evbuffer_add_printf(o->to, " %.12g\n", v) < 0)
		o->rc = -1;
}

#define KNOWN(x) ((struct value){ true, (double)(x) })
#define GROUP_ROW(fn, expr)                                            \
	static struct value fn(const struct view *v)                   \
	{                                                              \
		return (expr);                                         \
	}
#define DECIDED(x) (v->d == NULL ? value_none() : (x))

GROUP_ROW(get_load, DECIDED(v->d->load_rps))
GROUP_ROW(get_forecast, DECIDED(v->d->forecast_rps))
GROUP_ROW(get_capacity, DECIDED(KNOWN(v->d->capacity_rps)))
GROUP_ROW(get_need, DECIDED(KNOWN(v->d->need)))
GROUP_ROW(get_desired, DECIDED(KNOWN(v->d->desired)))
GROUP_ROW(get_survivable, DECIDED(value_of(v->d->survivable)))
GROUP_ROW(get_drill, v->drill->result != DRILL_PASSED &&
    v->drill->result != DRILL_FAILED ? value_none() :
    KNOWN(v->drill->result == DRILL_PASSED))
GROUP_ROW(get_drill_took, v->drill->result != DRILL_PASSED ? value_none() :
    KNOWN(ns_to_s(v->drill->took)))
GROUP_ROW(get_drill_at, v->drill->at_wall_s == 0 ? value_none() :
    KNOWN(v->drill->at_wall_s))
GROUP_ROW(get_lead, DECIDED(KNOWN(ns_to_s(v->d->lead))))
GROUP_ROW(get_holds, DECIDED(KNOWN(v->d->n_holds)))
GROUP_ROW(get_serving, KNOWN(servers_serving(v->servers)))
GROUP_ROW(get_pending, KNOWN(servers_pending(v->servers)))
GROUP_ROW(get_draining, KNOWN(v->servers->count[PHASE_DRAINING]))
GROUP_ROW(get_failed, KNOWN(v->servers->count[PHASE_FAILED]))
GROUP_ROW(get_min, KNOWN(v->policy->size.min))
GROUP_ROW(get_max, KNOWN(v->policy->size.max))
GROUP_ROW(get_errors, v->group->sampled_at == 0 ? value_none() :
    v->group->sample.errors_rps)
GROUP_ROW(get_queue, v->group->sampled_at == 0 ? value_none() :
    v->group->sample.queue)
GROUP_ROW(get_sample_age, v->group->sampled_at == 0 ? value_none() :
    KNOWN(ns_to_s(v->facts->now.mono - v->group->sampled_at)))
GROUP_ROW(get_samples, KNOWN(v->group->samples))
GROUP_ROW(get_failed_samples, KNOWN(v->group->failed_samples))
GROUP_ROW(get_launched, KNOWN(v->group->launched))
GROUP_ROW(get_removed, KNOWN(v->group->removed))
GROUP_ROW(get_advice, v->facts->dry_run ? KNOWN(v->group->advice) :
    value_none())

static struct value get_ready(const struct view *);
static struct value get_not_ready(const struct view *);

static const struct row group_rows[] = {
	{ "load_rps", "gauge", "Offered load now, requests per second.",
	    get_load },
	{ "forecast_rps", "gauge", "Load at the lead time that servers are "
	    "provisioned for, requests per second.", get_forecast },
	{ "errors_rps", "gauge", "Failed requests per second.", get_errors },
	{ "queue", "gauge", "Requests that wait for a server.", get_queue },
	{ "capacity_rps", "gauge", "What one server carries as learned, "
	    "requests per second.", get_capacity },
	{ "servers_need", "gauge", "Servers that the load asks for, before "
	    "any clamp.", get_need },
	{ "servers_desired", "gauge", "Servers that should serve or be on "
	    "their way.", get_desired },
	{ "servers_serving", "gauge", "Our servers that customers reach.",
	    get_serving },
	{ "servers_pending", "gauge", "Our servers on their way.",
	    get_pending },
	{ "servers_draining", "gauge", "Our servers that get no new requests.",
	    get_draining },
	{ "servers_failed", "gauge", "Our servers that will never serve.",
	    get_failed },
	{ "servers_min", "gauge", "The policy's minimum.", get_min },
	{ "servers_max", "gauge", "The policy's maximum.", get_max },
	{ "advice_servers", "gauge", "Dry run: servers more (or fewer) than "
	    "there really are.", get_advice },
	{ "survivable", "gauge", "How many times the present load would be "
	    "carried within two minutes.", get_survivable },
	{ "drill_passed", "gauge", "1 when the last drill passed, 0 when it "
	    "failed.", get_drill },
	{ "drill_seconds", "gauge", "From the decision to a healthy server in "
	    "the last drill.", get_drill_took },
	{ "drill_time_seconds", "gauge", "When the last drill began, seconds "
	    "since 1970.", get_drill_at },
	{ "lead_seconds", "gauge", "Lead time of the forecast.", get_lead },
	{ "holds", "gauge", "Holds in force.", get_holds },
	{ "sample_age_seconds", "gauge", "Time since the last good sample.",
	    get_sample_age },
	{ "samples", "counter", "Good samples.", get_samples },
	{ "failed_samples", "counter", "Polls that measured nothing.",
	    get_failed_samples },
	{ "launch_ready", "gauge", "1 when all that a launch will need is "
	    "there.", get_ready },
	{ "launch_not_ready", "gauge", "Things that a launch will need and "
	    "that are not there.", get_not_ready },
	{ "launched_servers", "counter", "Servers asked of a provider.",
	    get_launched },
	{ "removed_servers", "counter", "Servers given back.", get_removed },
};

#define READY_ROW(fn, expr)                                            \
	static struct value fn(const struct view *v)                   \
	{                                                              \
		return (v->ready == NULL ? value_none() : (expr));     \
	}
READY_ROW(get_ready, KNOWN(v->ready->known && v->ready->ready))
READY_ROW(get_not_ready, KNOWN(v->ready->n_not))
GROUP_ROW(get_secret_complete, KNOWN(v->secret->complete))
GROUP_ROW(get_secret_fresh, KNOWN(v->secret->fresh))
GROUP_ROW(get_secret_age, v->secret->age == NS_NEVER ? value_none() :
    KNOWN(ns_to_s(v->secret->age)))
GROUP_ROW(get_secret_ends, v->secret->ends_in == NS_NEVER ? value_none() :
    KNOWN(ns_to_s(v->secret->ends_in)))
GROUP_ROW(get_secret_access, v->secret->access_in == NS_NEVER ?
    value_none() : KNOWN(ns_to_s(v->secret->access_in)))
GROUP_ROW(get_secret_rotations, KNOWN(v->secret->rotations))

/* Of a bundle of secrets. */
static const struct row secret_rows[] = {
	{ "secret_complete", "gauge", "1 when the bundle is there with every "
	    "key that is required.", get_secret_complete },
	{ "secret_fresh", "gauge", "1 when the last fetch went well.",
	    get_secret_fresh },
	{ "secret_age_seconds", "gauge", "Time since it was fetched well.",
	    get_secret_age },
	{ "secret_ends_seconds", "gauge", "Time until it ends by itself.",
	    get_secret_ends },
	{ "secret_access_ends_seconds", "gauge", "Time until its source lets "
	    "us in no more.", get_secret_access },
	{ "secret_rotations", "counter", "Fetches that brought another "
	    "content.", get_secret_rotations },
};

GROUP_ROW(get_up, KNOWN(v->facts != NULL))
GROUP_ROW(get_journal, KNOWN(v->facts->journal == JOURNAL_GOOD))
GROUP_ROW(get_dry, KNOWN(v->facts->dry_run))
GROUP_ROW(get_started, KNOWN(v->facts->now.wall_s -
    (v->facts->now.mono - v->facts->started) / NS_S))
GROUP_ROW(get_decided, v->facts->steps == 0 ? value_none() :
    KNOWN(v->facts->step_wall_s))
GROUP_ROW(get_decisions, KNOWN(v->facts->steps))
GROUP_ROW(get_open_ops, KNOWN(v->facts->open_ops))
GROUP_ROW(get_waiting, KNOWN(v->facts->waiting_effects))
GROUP_ROW(get_unknown, KNOWN(v->facts->unknown_ops))
GROUP_ROW(get_log_dropped, KNOWN(v->facts->log_dropped))
GROUP_ROW(get_events_dropped, KNOWN(v->facts->events_dropped))

static const struct row daemon_rows[] = {
	{ "up", "gauge", "1 while the daemon answers.", get_up },
	{ "start_time_seconds", "gauge", "When it started.", get_started },
	{ "dry_run", "gauge", "1 when nothing outside is touched.", get_dry },
	{ "last_decision_seconds", "gauge", "When it last decided.",
	    get_decided },
	{ "decisions", "counter", "Decisions since the start.",
	    get_decisions },
	{ "journal_good", "gauge", "1 while records become durable in time.",
	    get_journal },
	{ "open_operations", "gauge", "Operations without an answer yet.",
	    get_open_ops },
	{ "waiting_effects", "gauge", "Effects that wait for their record.",
	    get_waiting },
	{ "unknown_operations", "counter", "Operations that were not "
	    "answered in time.", get_unknown },
	{ "dropped_log_lines", "counter", "Log lines that nobody took.",
	    get_log_dropped },
	{ "dropped_events", "counter", "Events that did not fit.",
	    get_events_dropped },
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct view
view_of(const struct facts *f, int i)
{
	struct group *g = fleet_group(f->fleet, i);

	return ((struct view){ f, &f->group[i], group_policy(g),
		group_servers(g), fleet_decision(f->fleet, i), group_drill(g),
		NULL, f->launch != NULL && f->launch->ready != NULL ?
		&f->launch->ready[i] : NULL });
}

static void
out_set(struct out *o, const char *set, const char *group, const char *label,
    const char *value, int v)
{
	if (evbuffer_add_printf(o->to, "plimsoll_%s{", set) < 0)
		o->rc = -1;
	out_label(o, "group", group);
	(void)evbuffer_add(o->to, ",", 1);
	out_label(o, label, value);
	if (evbuffer_add_printf(o->to, "} %d\n", v) < 0)
		o->rc = -1;
}

/* mode, verdict and alarms: one sample for each word, 1 where it holds. */
static void
out_words(struct out *o, const struct facts *f)
{
	struct view v;
	int i, k;

	out_head(o, "mode", "stateset", "What set the number of servers.");
	for (i = 0; i < f->n_groups; i++)
		for (v = view_of(f, i), k = 0; v.d && k <= MODE_MANUAL; k++)
			out_set(o, "mode", v.policy->name, "plimsoll_mode",
			    mode_name((enum mode)k), (int)v.d->mode == k);
	out_head(o, "verdict", "stateset", "What kind of trouble it is.");
	for (i = 0; i < f->n_groups; i++)
		for (v = view_of(f, i), k = 0; v.d && k < VERDICT_COUNT; k++)
			out_set(o, "verdict", v.policy->name,
			    "plimsoll_verdict", verdict_name((enum verdict)k),
			    (int)v.d->verdict == k);
	out_head(o, "alarm", "gauge", "1 where a person should look.");
	for (i = 0; i < f->n_groups; i++)
		for (v = view_of(f, i), k = 0; v.d && k < ALARM_COUNT; k++)
			out_set(o, "alarm", v.policy->name, "name",
			    alarm_name((enum alarm)k), v.d->alarms >> k & 1);
}

static void
out_histogram(struct out *o, const struct facts *f)
{
	uint64_t sum = 0;
	int i;

	out_head(o, "step_seconds", "histogram", "Time that a step took.");
	for (i = 0; i < STEP_BUCKETS; i++) {
		sum += f->step_bucket[i];
		(void)evbuffer_add_printf(o->to, "plimsoll_step_seconds_bucket"
		    "{le=\"%g\"} %" PRIu64 "\n", step_bounds_s[i], sum);
	}
	sum += f->step_bucket[i];
	if (evbuffer_add_printf(o->to, "plimsoll_step_seconds_bucket"
	    "{le=\"+Inf\"} %" PRIu64 "\nplimsoll_step_seconds_count %" PRIu64
	    "\nplimsoll_step_seconds_sum %.9g\n", sum, sum,
	    f->step_sum_s) < 0)
		o->rc = -1;
}

static void
out_phase(struct out *o, const struct phases *phases,
    const struct group_policy *g, int way, enum phase phase)
{
	static const char *const quantiles[] = { "0.5", "0.95" };
	struct phase_times t;
	int i;

	if (!phases_times(phases, g->name, g->ways[way], phase, &t))
		return;
	for (i = 0; i < 2; i++) {
		(void)evbuffer_add_printf(o->to, "plimsoll_boot_phase_seconds{");
		out_label(o, "group", g->name);
		(void)evbuffer_add_printf(o->to, ",");
		out_label(o, "way", g->ways[way]);
		if (evbuffer_add_printf(o->to, ",phase=\"%s\",quantile=\"%s\"} "
		    "%.12g\n", phase_name(phase), quantiles[i],
		    i == 0 ? t.p50 : t.p95) < 0)
			o->rc = -1;
	}
}

static void
out_phases(struct out *o, const struct facts *f)
{
	const struct group_policy *g;
	int i, k, p;

	out_head(o, "boot_phase_seconds", "gauge", "From the decision until "
	    "the last launches reached this phase.");
	for (i = 0; i < f->n_groups; i++) {
		g = group_policy(fleet_group(f->fleet, i));
		for (k = 0; k < g->n_ways; k++)
			for (p = PHASE_ACCEPTED; p <= PHASE_SERVING; p++)
				out_phase(o, f->phases, g, k,
				    (enum phase)p);
	}
}

static double
boot_refused(const struct boot_facts *b)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < LAUNCH_VERDICTS; i++)
		sum += b->refused[i];
	return ((double)sum);
}

GROUP_ROW(get_boot_tokens, KNOWN(v->facts->launch->boot.tokens))
GROUP_ROW(get_boot_issued, KNOWN(v->facts->launch->boot.issued))
GROUP_ROW(get_boot_bundles, KNOWN(v->facts->launch->boot.bundles))
GROUP_ROW(get_boot_not_ready, KNOWN(v->facts->launch->boot.not_ready))
GROUP_ROW(get_boot_failed, KNOWN(v->facts->launch->boot.failed))
GROUP_ROW(get_boot_refused, KNOWN(boot_refused(&v->facts->launch->boot)))
GROUP_ROW(get_boot_ends, KNOWN(v->facts->launch->boot.certificate_ends))

/* Of the boot endpoint. */
static const struct row boot_rows[] = {
	{ "boot_tokens", "gauge", "Boot tokens of servers that are there.",
	    get_boot_tokens },
	{ "boot_issued", "counter", "Boot tokens issued.", get_boot_issued },
	{ "boot_bundles", "counter", "Bundles given to new servers.",
	    get_boot_bundles },
	{ "boot_not_ready", "counter", "New servers told to ask again.",
	    get_boot_not_ready },
	{ "boot_failed", "counter", "Boots that said that they failed.",
	    get_boot_failed },
	{ "boot_refused", "counter", "Requests refused, whatever the reason.",
	    get_boot_refused },
	{ "boot_certificate_end_seconds", "gauge", "When the boot endpoint's "
	    "certificate ends.", get_boot_ends },
};

static void
out_secrets(struct out *o, const struct launch_facts *f)
{
	struct view v = { .facts = NULL };
	const struct row *r;
	struct value x;
	int i;

	for (r = secret_rows; r < secret_rows + N_OF(secret_rows); r++) {
		out_head(o, r->name, r->type, r->help);
		for (i = 0; i < f->n_secrets; i++) {
			v.secret = &f->secret[i];
			x = r->get(&v);
			if (x.known)
				out_sample(o, r, "secret", v.secret->name,
				    x.v);
		}
	}
}

/* Rows that are of no group. */
static void
out_rows(struct out *o, const struct view *v, const struct row *rows, size_t n)
{
	const struct row *r;
	struct value x;

	for (r = rows; r < rows + n; r++) {
		out_head(o, r->name, r->type, r->help);
		x = r->get(v);
		if (x.known)
			out_sample(o, r, NULL, NULL, x.v);
	}
}

int
metrics_write(const struct facts *f, struct evbuffer *to)
{
	struct out o = { to, 0 };
	struct view v = { .facts = f };
	const struct row *r;
	struct value x;
	int i;

	MUST(f->fleet != NULL);
	out_head(&o, "build", "info", "The program.");
	(void)evbuffer_add_printf(to, "plimsoll_build_info{version=\"%s\"} 1\n",
	    PACKAGE_VERSION);
	out_rows(&o, &v, daemon_rows, N_OF(daemon_rows));
	if (f->launch != NULL && f->launch->boot.on)
		out_rows(&o, &v, boot_rows, N_OF(boot_rows));
	out_histogram(&o, f);
	for (r = group_rows; r < group_rows + N_OF(group_rows); r++) {
		out_head(&o, r->name, r->type, r->help);
		for (i = 0; i < f->n_groups; i++) {
			v = view_of(f, i);
			x = r->get(&v);
			if (x.known)
				out_sample(&o, r, "group", v.policy->name,
				    x.v);
		}
	}
	out_words(&o, f);
	if (f->phases != NULL)
		out_phases(&o, f);
	if (f->launch != NULL && f->launch->n_secrets > 0)
		out_secrets(&o, f->launch);
	if (evbuffer_add_printf(to, "# EOF\n") < 0)
		o.rc = -1;
	return (o.rc);
}
