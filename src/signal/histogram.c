/* SPDX-License-Identifier: MIT */
/* Times in buckets; see the header.  Bucket edges are whole numbers. */
#include <string.h>

#include "base/must.h"
#include "signal/histogram.h"

/* Enough for a 95th percentile; the fewer seconds, the sooner it moves. */
enum { ENOUGH = 100, SUB_BITS = 3, SUB = 1 << SUB_BITS };

/* Below 16 ms a bucket a millisecond, then 8 for each power of two. */
static int
bucket_of(uint64_t ms)
{
	int shift = 0;

	while (ms >> shift >= 2 * SUB)
		shift++;
	if (shift * SUB + 2 * SUB > HISTOGRAM_BUCKETS)
		return (HISTOGRAM_BUCKETS - 1);
	return (shift * SUB + (int)(ms >> shift));
}

static double
bucket_from(int i)
{
	int shift = i < 2 * SUB ? 0 : i / SUB - 1;

	return ((double)((uint64_t)(i - shift * SUB) << shift));
}

void
histogram_feed(struct histogram *h, ns_t now, uint64_t ms)
{
	int64_t second = now / NS_S + 1; /* 0 marks a slot never used */
	int slot = (int)(second % HISTOGRAM_SECONDS);

	MUST(now >= 0);
	if (h->second[slot] != second) {
		memset(h->count[slot], 0, sizeof(h->count[slot]));
		h->total[slot] = 0;
		h->second[slot] = second;
	}
	if (h->total[slot] == UINT32_MAX)
		return;
	h->count[slot][bucket_of(ms)]++;
	h->total[slot]++;
}

static double
find(const uint32_t *sum, uint64_t total, double p)
{
	double want = p * (double)total, seen = 0;
	int i;

	for (i = 0; i < HISTOGRAM_BUCKETS - 1; i++) {
		if (sum[i] > 0 && seen + sum[i] >= want)
			break;
		seen += sum[i];
	}
	if (sum[i] == 0)
		return (bucket_from(i));
	return (bucket_from(i) + (bucket_from(i + 1) - bucket_from(i)) *
	    (want - seen) / sum[i]);
}

struct value
histogram_quantile(const struct histogram *h, ns_t now, double p)
{
	uint32_t sum[HISTOGRAM_BUCKETS] = { 0 };
	int64_t second = now / NS_S + 1;
	uint64_t total = 0;
	int back, i, slot;

	MUST(p >= 0 && p <= 1);
	for (back = 0; back < HISTOGRAM_SECONDS - 1 && total < ENOUGH &&
	    back < second; back++) {
		slot = (int)((second - back) % HISTOGRAM_SECONDS);
		if (h->second[slot] != second - back)
			continue;
		total += h->total[slot];
		for (i = 0; i < HISTOGRAM_BUCKETS; i++)
			sum[i] += h->count[slot][i];
	}
	if (total < HISTOGRAM_LEAST)
		return (value_none());
	return (value_of(find(sum, total, p) / 1000.0));
}
