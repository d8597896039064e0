/* SPDX-License-Identifier: MIT */
/* Counters to rates; see the header for what an interval needs to count. */
#include <string.h>

#include "base/must.h"
#include "signal/counters.h"

/* Shorter intervals turn one request into thousands a second. */
#define COUNTERS_SOON (5 * NS_MS)

void
counters_init(struct counters *c, int n, ns_t gap)
{
	MUST(n > 0 && n <= COUNTERS_MAX);
	MUST(gap > 0);
	memset(c, 0, sizeof(*c));
	c->n = n;
	c->gap = gap;
}

void
counters_gap(struct counters *c, ns_t gap)
{
	MUST(gap > 0);
	c->gap = gap;
}

static enum counters_said
judge(const struct counters *c, ns_t now, uint64_t epoch,
    const uint64_t *reading)
{
	double most = COUNTERS_RATE_MAX * ns_to_s(now - c->at);
	int i;

	if (!c->primed)
		return (COUNTERS_FIRST);
	if (epoch != c->epoch)
		return (COUNTERS_NEW_EPOCH);
	for (i = 0; i < c->n; i++)
		if (reading[i] < c->last[i])
			return (COUNTERS_FELL);
	if (now - c->at < COUNTERS_SOON)
		return (COUNTERS_TOO_SOON);
	if (now - c->at > c->gap)
		return (COUNTERS_GAP);
	for (i = 0; i < c->n; i++)
		if ((double)(reading[i] - c->last[i]) > most)
			return (COUNTERS_FELL);
	return (COUNTERS_RATES);
}

enum counters_said
counters_feed(struct counters *c, ns_t now, uint64_t epoch,
    const uint64_t *reading, double *ret_rates)
{
	enum counters_said said;
	int i;

	MUST(c->n > 0);
	MUST(!c->primed || now >= c->at);
	said = judge(c, now, epoch, reading);
	if (said == COUNTERS_TOO_SOON)
		return (said);
	for (i = 0; said == COUNTERS_RATES && i < c->n; i++)
		ret_rates[i] = (double)(reading[i] - c->last[i]) /
		    ns_to_s(now - c->at);
	c->primed = true;
	c->at = now;
	c->epoch = epoch;
	memcpy(c->last, reading, (size_t)c->n * sizeof(c->last[0]));
	return (said);
}
