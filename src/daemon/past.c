/* SPDX-License-Identifier: MIT */
/* The fleet as it was; see past.h. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/fleet.h"
#include "daemon/inbox.h"
#include "daemon/past.h"
#include "daemon/shadow.h"
#include "io/log.h"
#include "policy/policy.h"
#include "record/journal.h"
#include "report/traffic.h"

static int
restore_group(const struct past_group *g, const struct past_to *to, int i,
    struct err *e)
{
	struct err why = { 0 };
	const struct server *s;
	struct fleet_call call = { .kind = CALL_RESTORE, .now = to->now,
		.group = i };
	struct log_line l;
	int k;

	/* A dry run's own servers ended with its last life. */
	for (k = 0; k < g->n_servers; k++) {
		s = &g->servers[k].server;
		if (shadow_is_made(&s->id))
			journal_forget(to->journal, i, s);
		else if (fleet_restore(to->fleet, &to->now, i, s, e) != 0)
			return (err_prefix(e, "group '%s' of the journal",
			    g->name));
		call.server = s;
		if (!shadow_is_made(&s->id))
			journal_call(to->journal, &call);
	}
	call = (struct fleet_call){ .kind = CALL_LEARNED, .now = to->now,
		.group = i, .learned = g->learned, .n = g->n_learned };
	if (!g->same_build && call.n > fleet_kept())
		call.n = fleet_kept();
	if (g->learned != NULL)
		journal_call(to->journal, &call);
	if (g->learned != NULL && fleet_load(to->fleet, &to->now, i,
	    g->learned, call.n, &why) != 0 && g->same_build)
		log_say(to->log, LEVEL_WARN, "what was learned is not taken "
		    "over", "why", why.text);
	else if (g->learned != NULL && !g->same_build)
		log_say(to->log, LEVEL_INFO, "what another build learned is "
		    "not taken over", "group", g->name);
	log_begin(&l, to->log, LEVEL_INFO, "restored");
	log_str(&l, "group", g->name);
	log_int(&l, "servers", g->n_servers);
	log_int(&l, "words", g->n_words);
	log_end(&l);
	return (0);
}

/* Recorded traffic of a group of which nothing was remembered. */
static void
past_history(const struct past_to *to, int i)
{
	const char *path = to->policy->group[i].history;
	struct group *g = fleet_group(to->fleet, i);
	struct fleet_call call = { .kind = CALL_LEARNED, .now = to->now,
		.group = i };
	struct traffic t;
	struct err e = { 0 };
	struct log_line l;
	size_t k, n = PAST_LEARNED_MAX;
	uint8_t *buf;

	if (traffic_read(path, &t, &e) != 0) {
		log_say(to->log, LEVEL_WARN, "started without the recorded "
		    "traffic", "why", e.text);
		return;
	}
	for (k = 0; k < t.n; k++)
		group_history(g, t.rows[k].wall_s, t.rows[k].rps,
		    t.rows[k].span_s);
	log_begin(&l, to->log, LEVEL_INFO, "recorded traffic read");
	log_str(&l, "group", to->policy->core[i].name);
	log_int(&l, "rows", (int64_t)t.n);
	log_end(&l);
	traffic_free(&t);
	/* A replay has the journal, and not the file. */
	buf = malloc(n);
	if (buf != NULL && fleet_save(to->fleet, i, buf, &n, &e) == 0) {
		call.learned = buf;
		call.n = n;
		journal_call(to->journal, &call);
	}
	free(buf);
}

/* The longest safe mode of any group's policy. */
static ns_t
safe_mode_span(const struct policy *p)
{
	ns_t span = 0;
	int i;

	for (i = 0; i < p->fleet.n_groups; i++)
		if (p->fleet.groups[i].limit.safe_mode > span)
			span = p->fleet.groups[i].limit.safe_mode;
	return (span);
}

/* I-28 and I-34: until when, and why. */
static ns_t
no_removals_until(const struct past *past, const struct past_to *to)
{
	const struct daemon_settings *d = &to->policy->daemon;
	struct log_line l;
	ns_t until = 0;

	if (past->safe_mode) {
		until = to->now.mono + safe_mode_span(to->policy);
		log_say(to->log, past->first ? LEVEL_INFO : LEVEL_WARN,
		    "safe mode: no removals for a while", "why", past->why);
	}
	if (d->fast_crashes > 0 && past->fast_crashes >= d->fast_crashes) {
		if (to->now.mono + d->fast_crash_quiet > until)
			until = to->now.mono + d->fast_crash_quiet;
		log_begin(&l, to->log, LEVEL_ERROR, "it ended without a stop "
		    "again and again: no removals for a while");
		log_int(&l, "times", past->fast_crashes);
		log_end(&l);
	}
	return (until);
}

static bool
past_knows(const struct past *past, const char *group)
{
	int k;

	for (k = 0; k < past->n_groups; k++)
		if (strcmp(past->groups[k].name, group) == 0 &&
		    past->groups[k].learned != NULL &&
		    past->groups[k].same_build)
			return (true);
	return (false);
}

int
past_restore(const struct past *past, const struct past_to *to,
    struct err *e)
{
	struct fleet_call call = { .kind = CALL_SAFE, .now = to->now };
	const struct past_group *g;
	ns_t until;
	int i, k;

	for (k = 0; k < past->n_groups; k++) {
		g = &past->groups[k];
		i = policy_find(to->policy, g->name);
		if (i < 0 && g->n_servers > 0)
			return (err_set(e, 22, "the journal has %d server(s) "
			    "of group '%s', which the policy lacks: put it "
			    "back, or take them away by hand",
			    g->n_servers, g->name));
		if (i >= 0 && restore_group(g, to, i, e) != 0)
			return (-1);
	}
	for (i = 0; i < to->policy->fleet.n_groups; i++)
		if (to->policy->group[i].history[0] != '\0' &&
		    !past_knows(past, to->policy->core[i].name))
			past_history(to, i);
	until = no_removals_until(past, to);
	if (until <= 0)
		return (0);
	fleet_safe_mode(to->fleet, &to->now, until);
	call.until = until;
	journal_call(to->journal, &call);
	return (0);
}

size_t
past_words(const struct past *past, const struct policy *p,
    struct inbox *inbox)
{
	struct event ev = { .kind = EVENT_WORD };
	int i, k;

	for (i = 0; i < past->n_groups; i++) {
		ev.group = policy_find(p, past->groups[i].name);
		for (k = 0; ev.group >= 0 && k < past->groups[i].n_words;
		    k++) {
			ev.u.word = past->groups[i].words[k];
			(void)inbox_put(inbox, &ev);
		}
	}
	return (inbox->n);
}
