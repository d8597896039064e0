/* SPDX-License-Identifier: MIT */
/* Verdicts from the balancer's view alone; see diagnose.h. */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "size/capacity.h"
#include "size/diagnose.h"

/* Errors beyond this are trouble whatever the objective says. */
#define ERRORS_LEAST 0.03
/* Trouble is called after so long, and over after so long without. */
#define TROUBLE_S 3.0
#define ERRORS_S 5.0
#define CLEAN_S 30.0
#define SLOW_S 20.0
#define SLOW_TIMES 3.0
/* At a load per server that was carried well, this much more at most. */
#define CARRIED 1.2
/* A load this much above the calm one rose. */
#define ROSE 1.15
/* In a release's or a dependency's trouble only a clear rise counts. */
#define ROSE_CLEARLY 1.35
#define ROSE_HUGELY 1.8 /* whatever came back */
/* Servers that finish less than this of what they did are held back. */
#define HELD_BACK 0.93
/* More than servers ever carried well, by so much. */
#define CROWDED 1.2
#define CALM_S 60.0

void
diagnose_init(struct diagnose *d)
{
	memset(d, 0, sizeof(*d));
	d->verdict = VERDICT_OK;
}

static void
diagnose_set(struct diagnose *d, enum verdict v)
{
	if (d->verdict != v)
		d->since_s = 0.0;
	d->verdict = v;
}

static void
diagnose_times(struct diagnose *d, const struct diagnose_in *in, double most)
{
	const struct reading *r = in->reading;
	double dt = r->dt_s, w4 = num_min(1.0, dt / 4.0),
	    w10 = num_min(1.0, dt / 10.0);

	d->since_s += dt;
	d->errors += w4 * (r->error_share - d->errors);
	d->load_rps += w4 * (r->offered_rps - d->load_rps);
	d->low_rps += w10 *
	    (num_max(0.0, r->arrivals_rps - r->errors_rps) - d->low_rps);
	d->errors_s = r->error_share > most && !r->full ? d->errors_s + dt :
	    0.0;
	d->clean_s = d->errors < 0.5 * most ? d->clean_s + dt : 0.0;
	d->full_s = r->full ? d->full_s + dt : 0.0;
	d->idle_s = r->full ? 0.0 : d->idle_s + dt;
	d->slow_s = !r->full && r->latency_s.known &&
	    d->calm_latency_s > 0.0 &&
	    d->load_rps < CARRIED * d->calm_served * in->servers &&
	    r->latency_s.v > SLOW_TIMES * d->calm_latency_s ?
	    d->slow_s + dt : 0.0;
}

/* What is normal is learned only while nothing is wrong. */
static void
diagnose_calm(struct diagnose *d, const struct diagnose_in *in)
{
	const struct reading *r = in->reading;
	double w = num_min(1.0, r->dt_s / CALM_S);

	if (d->verdict != VERDICT_OK || r->full || d->slow_s > 0.0 ||
	    d->errors_s > 0.0)
		return;
	if (d->calm_rps <= 0.0)
		d->calm_rps = r->offered_rps;
	d->calm_rps += w * (r->offered_rps - d->calm_rps);
	if (in->servers >= 1.0)
		d->calm_served += w *
		    (r->served_rps / in->servers - d->calm_served);
	if (!r->latency_s.known)
		return;
	if (d->calm_latency_s <= 0.0)
		d->calm_latency_s = r->latency_s.v;
	d->calm_latency_s += w * (r->latency_s.v - d->calm_latency_s);
}

static enum verdict
diagnose_full(const struct diagnose *d, const struct diagnose_in *in)
{
	const struct capacity *c = in->capacity;
	double proven = num_max(c->proven_rps, d->calm_served), best;

	if (in->reading->hidden || d->rose || in->spike)
		return (VERDICT_OVERLOAD);
	/* Fewer servers are there for it than before. */
	if (d->load_rps > CROWDED * proven * in->servers)
		return (VERDICT_OVERLOAD);
	best = num_max(c->full_best, c->full_rps);
	return (best < HELD_BACK * proven ? VERDICT_DEPENDENCY :
	    VERDICT_OVERLOAD);
}

void
diagnose_feed(struct diagnose *d, const struct diagnose_in *in)
{
	double most = num_max(ERRORS_LEAST, 3.0 * in->errors_objective);
	bool held;

	if (in->reading->trust == TRUST_NONE)
		return;
	diagnose_times(d, in, most);
	held = d->verdict == VERDICT_BAD_RELEASE ||
	    d->verdict == VERDICT_DEPENDENCY;
	d->rose = d->calm_rps > 0.0 && (held ?
	    d->low_rps > ROSE_CLEARLY * d->calm_rps ||
	    d->load_rps > ROSE_HUGELY * d->calm_rps :
	    d->load_rps > ROSE * d->calm_rps);
	switch (d->verdict) {
	case VERDICT_BAD_RELEASE:
		if (d->clean_s > CLEAN_S && d->slow_s <= 0.0)
			diagnose_set(d, VERDICT_OK);
		break;
	case VERDICT_DEPENDENCY:
		if (d->idle_s > CLEAN_S)
			diagnose_set(d, VERDICT_OK);
		else if (d->full_s > 0.0 && (d->rose || d->load_rps >
		    CROWDED * num_max(in->capacity->proven_rps,
		    d->calm_served) * in->servers))
			diagnose_set(d, VERDICT_OVERLOAD);
		break;
	default:
		if (d->errors_s >= ERRORS_S || d->slow_s >= SLOW_S)
			diagnose_set(d, VERDICT_BAD_RELEASE);
		else if (d->full_s >= TROUBLE_S &&
		    d->verdict != VERDICT_OVERLOAD)
			diagnose_set(d, diagnose_full(d, in));
		else if (d->idle_s > CLEAN_S)
			diagnose_set(d, VERDICT_OK);
		break;
	}
	diagnose_calm(d, in);
}

bool
diagnose_scales(const struct diagnose *d)
{
	return ((d->verdict != VERDICT_BAD_RELEASE &&
	    d->verdict != VERDICT_DEPENDENCY) || d->rose);
}

void
diagnose_evidence(const struct diagnose *d, char *buf, size_t n)
{
	switch (d->verdict) {
	case VERDICT_BAD_RELEASE:
		if (d->clean_s > 0.0)
			(void)snprintf(buf, n, "answers take %.1f times as "
			    "long as before at a load that was fast",
			    SLOW_TIMES);
		else
			(void)snprintf(buf, n, "%.1f %% of requests fail and "
			    "no queue is there, at %.0f requests/s as before "
			    "(%.0f)", 100.0 * d->errors, d->load_rps,
			    d->calm_rps);
		break;
	case VERDICT_DEPENDENCY:
		(void)snprintf(buf, n, "servers are at full work and finish "
		    "less than before, at a load that did not rise (%.0f "
		    "requests/s, %.0f before)", d->load_rps, d->calm_rps);
		break;
	case VERDICT_OVERLOAD:
		(void)snprintf(buf, n, "requests queue for servers that do "
		    "what they can, %.0f requests/s offered, %.0f before",
		    d->load_rps, d->calm_rps);
		break;
	default:
		buf[0] = '\0';
		break;
	}
}
