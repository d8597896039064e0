/* SPDX-License-Identifier: MIT */
/* Learned lead time; see lead.h. */
#include <math.h>
#include <string.h>

#include "base/must.h"
#include "base/num.h"
#include "size/lead.h"

#define LEAD_DEFAULT_S 90.0
#define LEAD_PRIOR_VAR 0.09 /* p95 is 1.6 times the median */
#define LEAD_PRIOR_N 3.0
#define LEAD_MEMORY 60.0    /* launches */
/* Two in a hundred never arrive, says the prior of ten launches. */
#define STALL_PRIOR 0.02
#define STALL_PRIOR_N 10.0
/* A provider's bad quarter of an hour should not be paid for all day. */
#define STALL_MEMORY_S 900.0

void
lead_init(struct lead *l, ns_t expected)
{
	memset(l, 0, sizeof(*l));
	l->mean = num_log(expected > 0 ? ns_to_s(expected) : LEAD_DEFAULT_S);
	l->var = LEAD_PRIOR_VAR;
	l->n = LEAD_PRIOR_N;
	l->stall = STALL_PRIOR;
}

void
lead_arrived(struct lead *l, double took)
{
	double x = num_log(num_max(took, 0.5)), d = x - l->mean, w;

	l->arrived += 1.0;
	l->n = num_min(l->n + 1.0, LEAD_MEMORY);
	w = 1.0 / l->n;
	l->mean += w * d;
	l->var = num_clamp((1.0 - w) * (l->var + w * d * d), 0.0025, 1.0);
}

void
lead_failed(struct lead *l)
{
	l->lost += 1.0;
}

void
lead_fade(struct lead *l, double dt)
{
	double keep = 1.0 - num_min(dt / STALL_MEMORY_S, 1.0);

	l->arrived *= keep;
	l->lost *= keep;
}

double
lead_share(const struct lead *l, double age)
{
	double z;

	if (age <= 0.0)
		return (0.0);
	z = (num_log(age) - l->mean) / sqrt(l->var);
	/* Logistic in place of the normal: within 0.01, one exp. */
	return (1.0 / (1.0 + num_exp(-1.702 * num_clamp(z, -12.0, 12.0))));
}

double
lead_quantile_s(const struct lead *l, double sigmas)
{
	return (num_exp(l->mean + sigmas * sqrt(l->var)));
}

void
lead_pending_begin(struct lead *l)
{
	l->overdue = l->waited = 0.0;
}

/* Expectation step: how much of its wait says that it will never come. */
void
lead_pending(struct lead *l, double age, int n)
{
	double f = lead_share(l, age), late;

	late = l->stall / (l->stall + (1.0 - l->stall) * (1.0 - f));
	l->waited += n * f;
	l->overdue += n * f * late;
}

void
lead_pending_end(struct lead *l)
{
	l->stall = num_clamp((STALL_PRIOR * STALL_PRIOR_N + l->lost +
	    l->overdue) / (STALL_PRIOR_N + l->arrived + l->lost +
	    l->waited), 0.001, 0.9);
}

double
lead_chance(const struct lead *l, double age, double within)
{
	double f = lead_share(l, age), g = lead_share(l, age + within);

	return ((1.0 - l->stall) * (g - f) /
	    (l->stall + (1.0 - l->stall) * (1.0 - f)));
}
