/* SPDX-License-Identifier: MIT */
/* Rows of struct size_settings; what they say together is checked here. */
#include <errno.h>

#include "base/err.h"
#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/policy.h"
#include "size/size_keys.h"

#define F(f) KEY_FIELD(size_settings, f)

static const struct key rows[] = {
	{ "min", KEY_INT, F(min), 1, MAX_SERVERS, NULL, "servers", NULL,
	    INVALIDATES_NOTHING,
	    "Never fewer servers than this. Enough to carry an ordinary "
	    "night with one of them lost." },
	{ "max", KEY_INT, F(max), 1, MAX_SERVERS, NULL, "servers", NULL,
	    INVALIDATES_NOTHING,
	    "Never more servers than this: serving, on their way and those "
	    "whose launch has no answer yet. Draining ones come on top." },
	{ "hard_max", KEY_INT, F(hard_max), 1, MAX_SERVERS, "", "servers",
	    NULL, INVALIDATES_NOTHING,
	    "How far an operator may go above max with --over-max. Not "
	    "given: as max." },
	{ "server.rate", KEY_NUMBER, F(rate_rps), 0.001, 1e6, "",
	    "requests/s", NULL, INVALIDATES_CAPACITY,
	    "What one server carries when it is full. Where learning starts; "
	    "an estimate within a factor of two will do. This or "
	    "server.concurrency must be given." },
	{ "server.concurrency", KEY_NUMBER, F(concurrency), 0.1, 1e6, "",
	    "requests", NULL, INVALIDATES_CAPACITY,
	    "How many requests one server works on at a time when it is "
	    "full: its workers, or its limit at the balancer." },
	{ "server.utilization", KEY_NUMBER, F(utilization), 0.05, 1, "0.75",
	    "share", NULL, INVALIDATES_NOTHING,
	    "How full a server is run. What is left above it is the margin "
	    "for what no forecast sees." },
	{ "server.warm_up", KEY_DURATION, F(warm_up), 0, 3600, "30s", "", NULL,
	    INVALIDATES_NOTHING,
	    "A new server counts for less so long: caches are cold, code is "
	    "not compiled yet." },
	{ "objective.latency", KEY_DURATION, F(latency), 0.001, 300, "1s", "",
	    NULL, INVALIDATES_CAPACITY,
	    "95 of 100 requests should be answered within this time." },
	{ "objective.errors", KEY_NUMBER, F(errors), 0.00001, 0.5, "0.01",
	    "share of requests", NULL, INVALIDATES_NOTHING,
	    "More errors than this are trouble." },
};

static int
size_check(const void *settings, struct err *e)
{
	const struct size_settings *z = settings;

	if (z->min > z->max)
		return (err_set(e, EINVAL, "min is %d and max is %d, expected "
		    "min <= max", z->min, z->max));
	if (z->hard_max != 0 && z->hard_max < z->max)
		return (err_set(e, EINVAL, "max is %d and hard_max is %d, "
		    "expected max <= hard_max", z->max, z->hard_max));
	if (z->rate_rps == 0.0 && z->concurrency == 0.0)
		return (err_set(e, EINVAL, "neither server.rate nor "
		    "server.concurrency is given, expected what one server "
		    "carries"));
	return (0);
}

const struct key_table size_keys = { "group", rows, KEY_COUNT(rows),
	sizeof(struct size_settings), size_check };
