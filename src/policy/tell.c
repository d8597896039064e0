/* SPDX-License-Identifier: MIT */
/* A policy in sentences; see tell.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/duration.h"
#include "policy/tell.h"

enum { LINE_SIZE = 400 };

/* One group while it is told of. */
struct telling {
	const struct tell *to;
	const struct policy *p;
	const struct group_policy *g;
	const struct policy_group *h;
};

static void	say(const struct telling *, bool odd, const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

static void
say(const struct telling *t, bool odd, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->to->line(t->to->ctx, odd, text);
}

/* Durations in one sentence: each call needs a buffer of its own. */
struct span {
	char text[DURATION_SIZE];
};

static struct span
span(ns_t t)
{
	struct span s;

	(void)duration_text(t, s.text);
	return (s);
}

static void
tell_sizes(const struct telling *t)
{
	const struct size_settings *z = &t->g->size;

	say(t, false, "It runs %d to %d servers%s.", z->min, z->max,
	    z->hard_max > z->max ? "" : ", and no operator can go beyond");
	if (z->hard_max > z->max)
		say(t, false, "An operator can go up to %d with --over-max.",
		    z->hard_max);
	if (z->min == 1)
		say(t, true, "min is 1: when the only server is lost, nothing "
		    "serves until another one does.");
	if (z->min == z->max)
		say(t, true, "min and max are equal: nothing is scaled.");
}

static void
tell_capacity(const struct telling *t)
{
	const struct size_settings *z = &t->g->size;
	double full = z->rate_rps > 0.0 ? z->rate_rps : z->concurrency;
	const char *unit = z->rate_rps > 0.0 ? "requests/s" :
	    "requests at a time";

	say(t, false, "A server is taken to carry %.10g %s until it is "
	    "learned, and is run %.0f %% full: one for each %.10g %s. %d carry "
	    "%.10g, %d carry %.10g.", full, unit, 100.0 * z->utilization,
	    full * z->utilization, unit, z->min,
	    z->min * full * z->utilization, z->max,
	    z->max * full * z->utilization);
	if (z->utilization > 0.9)
		say(t, true, "server.utilization is %.10g: a queue builds up "
		    "before a new server can be there.", z->utilization);
	say(t, false, "A new server counts for less in its first %s.",
	    span(z->warm_up).text);
}

static void
tell_forecast(const struct telling *t)
{
	const struct forecast_settings *f = &t->g->forecast;

	if (f->plain) {
		say(t, true, "forecast.plain: the plain rule alone, without "
		    "spike detection and season.");
		return;
	}
	say(t, false, "Servers are started for the load at the moment when "
	    "they will serve. That is %s%s from now at first; each launch "
	    "teaches the true time.", f->lead_time != 0 ? "" : "taken to be ",
	    span(f->lead_time != 0 ? f->lead_time : 2 * NS_MIN).text);
	say(t, false, "In calm, the load may be above what they were started "
	    "for %.0f seconds a day (objective.risk). Noise is taken for a "
	    "rush %.10g times a week.", f->risk * 86400.0,
	    f->false_alarms_per_week);
	say(t, false, "95 of 100 requests should be answered within %s, and "
	    "at most %.10g %% may fail.", span(t->g->size.latency).text,
	    100.0 * t->g->size.errors);
}

/* From max to min at the rate of removals, at best. */
static ns_t
time_down(const struct size_settings *z, const struct limit_settings *l)
{
	int n = z->max, step;
	ns_t t = 0;

	while (n > z->min) {
		step = (int)floor(n * l->removals_pct / 100.0);
		n -= step > 1 ? step : 1;
		if (n > z->min)
			t += l->removals_window;
	}
	return (t);
}

static void
tell_scale_in(const struct telling *t)
{
	const struct limit_settings *l = &t->g->limit;

	say(t, false, "It shrinks by at most %.10g %% (one at least) within "
	    "%s: from %d to %d servers takes %s or more. Servers of a rush "
	    "may go by %.10g %% a minute once it is over.", l->removals_pct,
	    span(l->removals_window).text, t->g->size.max, t->g->size.min,
	    span(time_down(&t->g->size, l)).text, l->rush_removals_pct);
	say(t, false, "What carried the peak of the last %s (or of two lead "
	    "times) stays, and a server lives at least %s.",
	    span(l->peak_window).text, span(l->min_lifetime).text);
	say(t, false, "A server that is to go gets no new requests and has %s "
	    "to end those it has.", span(l->drain).text);
	if (l->billed_at_least > 0)
		say(t, false, "A server is paid for %s at least, so it may as "
		    "well stay so long.", span(l->billed_at_least).text);
}

static void
tell_launch(const struct telling *t)
{
	const struct limit_settings *l = &t->g->limit;
	char ways[LINE_SIZE / 2] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < t->h->n_ways && n < sizeof(ways); i++)
		n += (size_t)snprintf(ways + n, sizeof(ways) - n, "%s\"%s\" "
		    "(%s)", i > 0 ? ", then " : "", t->g->ways[i],
		    t->p->providers[t->h->ways[i].provider].ops->name);
	if (t->h->n_ways > 0)
		say(t, false, "Servers come from %s.", ways);
	say(t, false, "A launch that does not serve within %s is replaced; %d "
	    "failures in a row stop launches that way, and one is tried every "
	    "5 minutes. At most %d launches an hour.",
	    span(l->boot_deadline).text, l->boot_failures,
	    l->launches_per_hour);
	if (l->launches_per_hour < t->g->size.max - t->g->size.min)
		say(t, true, "%d launches an hour do not take the group from "
		    "min to max within an hour.", l->launches_per_hour);
	if (t->h->path.drill_every > 0)
		say(t, false, "Every %s, at %s, one server goes through the "
		    "launch path out of service and is removed: a drill%s.",
		    span(t->h->path.drill_every).text,
		    t->h->path.drill_between[0] != '\0' ?
		    t->h->path.drill_between : "any time",
		    t->p->daemon.dry_run ? " (not in a dry run)" : "");
	if (t->h->source == NULL)
		return;
	say(t, false, "It is measured every %s. A new server serves when %s%s "
	    "%s well %d %s.", span(t->h->every).text,
	    t->h->health.path[0] != '\0' ? "GET " : "its port",
	    t->h->health.path, t->h->health.path[0] != '\0' ? "answers" :
	    "answers", t->h->health.rise, t->h->health.rise == 1 ? "time" :
	    "times in a row");
}

static void
tell_cost(const struct telling *t)
{
	const struct limit_settings *l = &t->g->limit;
	const struct size_settings *z = &t->g->size;
	double day = 24.0 * l->price_per_hour;
	double fleet = t->p->fleet.spend_per_day;

	if (day <= 0.0) {
		if (fleet > 0.0)
			say(t, true, "limits.price_per_hour is not given: its "
			    "servers count for nothing in the limit of spend "
			    "a day.");
		return;
	}
	say(t, false, "It costs %.2f a day at min and %.2f at max.",
	    z->min * day, z->max * day);
	if (l->spend_per_day > 0.0 && z->max * day > l->spend_per_day)
		say(t, true, "limits.spend_per_day ends at %.0f servers around "
		    "the clock, before max.", floor(l->spend_per_day / day));
}

static void
tell_depends(const struct telling *t)
{
	const struct depend_settings *d;
	double room;
	int i;

	for (i = 0; i < t->g->n_depends; i++) {
		d = &t->g->depends[i];
		room = floor((d->connections - d->reserve) / d->per_server);
		say(t, room < t->g->size.max, "%s takes %.10g connections, "
		    "%.10g of them kept: room for %.0f servers of this "
		    "group%s.", d->name, d->connections, d->reserve, room,
		    room < t->g->size.max ? ", fewer than max" : "");
	}
}

static void
tell_date(int64_t wall, char *buf, size_t size)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	struct civil c;

	civil_from_wall(wall, &c);
	(void)snprintf(buf, size, "%s %04d-%02d-%02d %02d:%02d", days[c.weekday],
	    c.year, c.month, c.day, c.hour, c.minute);
}

static void
tell_window(const struct telling *t, const struct calendar_window *w)
{
	char from[48], to[48], what[96] = "";
	size_t n = 0;

	tell_date(w->from_wall_s, from, sizeof(from));
	tell_date(w->to_wall_s, to, sizeof(to));
	if (w->times > 0.0)
		n = (size_t)snprintf(what, sizeof(what), "%.10g times the "
		    "usual load", w->times);
	if (w->min > 0)
		n += (size_t)snprintf(what + n, sizeof(what) - n, "%sat least "
		    "%d servers", n > 0 ? ", " : "", w->min);
	if (w->max > 0)
		(void)snprintf(what + n, sizeof(what) - n, "%sup to %d "
		    "servers", n > 0 ? ", " : "", w->max);
	say(t, false, "From %s to %s UTC%s%s: %s.", from, to,
	    w->note[0] != '\0' ? ", " : "", w->note, what);
}

static void
tell_calendar(const struct telling *t, int64_t now)
{
	enum { SHOWN = 5 };
	struct calendar_window at[SHOWN];
	int i, n;

	n = calendar_expand(t->h->rules, t->h->n_rules, now, at, SHOWN);
	for (i = 0; i < n; i++)
		tell_window(t, &at[i]);
	if (t->h->n_rules > 0 && n == 0)
		say(t, true, "Everything in its calendar is over.");
}

void
tell_group(const struct policy *p, int group, int64_t now,
    const struct tell *to)
{
	const struct telling t = { to, p, &p->core[group], &p->group[group] };

	tell_sizes(&t);
	tell_capacity(&t);
	tell_forecast(&t);
	tell_scale_in(&t);
	tell_launch(&t);
	tell_cost(&t);
	tell_depends(&t);
	tell_calendar(&t, now);
}

void
tell_fleet(const struct policy *p, const struct tell *to)
{
	const struct telling t = { to, p, NULL, NULL };
	const struct daemon_settings *d = &p->daemon;

	if (d->dry_run)
		say(&t, true, "dry_run: it decides and tells, and touches "
		    "nothing.");
	say(&t, false, "State in %s, commands at %s, %s%s.", d->state,
	    d->control, d->listen[0] != '\0' ? "metrics at " :
	    "no metrics", d->listen);
	if (d->max_servers > 0)
		say(&t, false, "All groups together have at most %d servers; "
		    "the higher priority goes first.", d->max_servers);
	if (d->spend_per_day > 0.0)
		say(&t, false, "All groups together may cost %.2f a day.",
		    d->spend_per_day);
	if (d->fast_crashes == 0)
		say(&t, true, "fast_crashes.count is 0: a daemon that dies "
		    "again and again goes on removing servers.");
	say(&t, false, "Records are kept for %s.", span(d->keep).text);
}
