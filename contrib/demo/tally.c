/* SPDX-License-Identifier: MIT */
/*
 * The tally of one second, or of the whole run.
 */
#include <math.h>
#include <stdio.h>

#include "tally.h"

static const double least_ms = 0.1, step = 1.02;

void
tally_add(struct tally *t, enum outcome o, ns_t took, ns_t slow)
{
	double ms = (double)took / 1e6;
	int i = 0;

	t->count[o]++;
	if (o != OUT_OK)
		return;
	if (took > slow)
		t->slow++;
	if (took > t->longest)
		t->longest = took;
	if (ms > least_ms)
		i = (int)(log(ms / least_ms) / log(step));
	if (i >= TALLY_STEPS)
		i = TALLY_STEPS - 1;
	t->steps[i]++;
}

long
tally_lost(const struct tally *t)
{
	long n = 0;
	int i;

	for (i = OUT_OK + 1; i < OUT_COUNT; i++)
		n += t->count[i];
	return (n);
}

double
tally_quantile(const struct tally *t, double q)
{
	double want = q * (double)t->count[OUT_OK];
	double seen = 0.0;
	int i;

	if (t->count[OUT_OK] == 0)
		return (-1.0);
	for (i = 0; i < TALLY_STEPS - 1; i++) {
		seen += (double)t->steps[i];
		if (seen >= want)
			break;
	}
	return (least_ms * pow(step, i + 1));
}

static void
quantile_print(const struct tally *t, const char *name, double q)
{
	double ms = tally_quantile(t, q);

	if (ms < 0.0)
		(void)printf(",\"%s_ms\":null", name);
	else
		(void)printf(",\"%s_ms\":%.1f", name, ms);
}

void
tally_print(const struct tally *t)
{
	static const char *names[OUT_COUNT] = {
		"ok", "answered_5xx", "other", "refused", "broken",
		"timed_out", "over"
	};
	int i;

	(void)printf("\"sent\":%ld,\"errors\":%ld,\"slow\":%ld", t->sent,
	    tally_lost(t), t->slow);
	for (i = 0; i < OUT_COUNT; i++)
		(void)printf(",\"%s\":%ld", names[i], t->count[i]);
	quantile_print(t, "p50", 0.50);
	quantile_print(t, "p95", 0.95);
	quantile_print(t, "p99", 0.99);
}
