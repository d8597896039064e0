/* SPDX-License-Identifier: MIT */
/*
 * Rows of struct limit_settings: the letters of the invariants, each with
 * its default and the reason for it.
 */
#include <errno.h>

#include "base/err.h"
#include "core/limit_keys.h"
#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/policy.h"

#define F(f) KEY_FIELD(limit_settings, f)
#define G(f) KEY_FIELD(group_policy, f)
#define D(f) KEY_FIELD(depend_settings, f)

static const struct key own_rows[] = {
	{ "name", KEY_NAME, G(name), 1, NAME_SIZE - 1, NULL, "", NULL,
	    INVALIDATES_START,
	    "The group's name in commands, metrics and files." },
	{ "priority", KEY_INT, G(priority), 0, 1000, "50", "", NULL,
	    INVALIDATES_NOTHING,
	    "Who gets what is scarce (a limit of servers, spend, a "
	    "database's connections): the higher goes first." },
};

const struct key_table group_keys = { "group", own_rows, KEY_COUNT(own_rows),
	sizeof(struct group_policy), NULL };

static const struct key rows[] = {
	{ "limits.launches_per_hour", KEY_INT, F(launches_per_hour), 1,
	    1000000, "", "launches", NULL, INVALIDATES_NOTHING,
	    "A launch that fails is repeated; this ends a loop of it (I-08). "
	    "Not given: four times hard_max, so that no real rush meets "
	    "it." },
	{ "limits.spend_per_day", KEY_NUMBER, F(spend_per_day), 0.01, 1e9, "",
	    "currency of price_per_hour", NULL, INVALIDATES_NOTHING,
	    "Servers that would cost more than this a day are not started "
	    "(I-08). Needs limits.price_per_hour. Not given: no such "
	    "limit." },
	{ "limits.price_per_hour", KEY_NUMBER, F(price_per_hour), 0.000001,
	    1e6, "", "a server", NULL, INVALIDATES_NOTHING,
	    "What one server costs an hour, for limits.spend_per_day and for "
	    "what is told to people." },
	{ "limits.billed_at_least", KEY_DURATION, F(billed_at_least), 0,
	    86400, "0s", "", NULL, INVALIDATES_NOTHING,
	    "The provider charges a server for at least this long: one that "
	    "is paid for may as well stay." },
	{ "limits.removals_pct", KEY_NUMBER, F(removals_pct), 0.1, 100, "10",
	    "% of the group", NULL, INVALIDATES_NOTHING,
	    "At most this share, but one at least, is removed within "
	    "limits.removals_window (I-07): a wrong figure then costs a "
	    "tenth before a person sees it." },
	{ "limits.removals_window", KEY_DURATION, F(removals_window), 1,
	    86400, "5m", "", NULL, INVALIDATES_NOTHING,
	    "See limits.removals_pct." },
	{ "limits.rush_removals_pct", KEY_NUMBER, F(rush_removals_pct), 0.1,
	    100, "25", "% a minute", NULL, INVALIDATES_NOTHING,
	    "Servers that were started for a rush may go faster once it is "
	    "over, since the group was carried without them (I-07)." },
	{ "limits.peak_window", KEY_DURATION, F(peak_window), 1, 86400, "5m",
	    "", NULL, INVALIDATES_NOTHING,
	    "What carried the peak of this long, or of twice the lead time "
	    "if that is longer, stays (I-07). One or two servers too many "
	    "stay for twice as long, since noise asks for them again." },
	{ "limits.peak_margin", KEY_NUMBER, F(peak_margin), 1, 3, "1.0",
	    "times", NULL, INVALIDATES_NOTHING,
	    "Times the servers that carried that peak (I-07)." },
	{ "limits.min_lifetime", KEY_DURATION, F(min_lifetime), 0, 86400,
	    "5m", "", NULL, INVALIDATES_NOTHING,
	    "A server lives at least so long (I-22): no launch for nothing." },
	{ "limits.sick_pct", KEY_NUMBER, F(sick_pct), 1, 100, "30",
	    "% of the group", NULL, INVALIDATES_NOTHING,
	    "More unhealthy servers than this at once are not the servers' "
	    "fault: none is removed, serve with what there is (I-09)." },
	{ "limits.health_window", KEY_DURATION, F(health_window), 1, 86400,
	    "10m", "", NULL, INVALIDATES_NOTHING,
	    "One server is removed for ill health in this time (I-11)." },
	{ "limits.boot_deadline", KEY_DURATION, F(boot_deadline), 1, 86400,
	    "10m", "", NULL, INVALIDATES_PHASES,
	    "A server that does not serve by then is replaced (I-16), until "
	    "twice the learned time takes its place." },
	{ "limits.boot_failures", KEY_INT, F(boot_failures), 1, 100, "3",
	    "launches", NULL, INVALIDATES_NOTHING,
	    "So many failed boots in a row stop launches that way (I-16)." },
	{ "limits.doubt_alarm", KEY_DURATION, F(doubt_alarm), 1, 86400,
	    "15m", "", NULL, INVALIDATES_NOTHING,
	    "A hold on doubtful data that lasts longer is an alarm (I-05)." },
	{ "limits.safe_mode", KEY_DURATION, F(safe_mode), 1, 86400, "10m", "",
	    NULL, INVALIDATES_NOTHING,
	    "No removals for so long after a start with a missing, damaged "
	    "or foreign state (I-28)." },
};

static int
limit_check(const void *settings, struct err *e)
{
	const struct limit_settings *l = settings;

	if (l->spend_per_day > 0.0 && l->price_per_hour == 0.0)
		return (err_set(e, EINVAL, "limits.spend_per_day is given "
		    "without limits.price_per_hour, expected what one server "
		    "costs"));
	return (0);
}

const struct key_table limit_keys = { "group", rows, KEY_COUNT(rows),
	sizeof(struct limit_settings), limit_check };

static const struct key drain_rows[] = {
	{ "drain", KEY_DURATION, F(drain), 0, 86400, "30s", "", NULL,
	    INVALIDATES_NOTHING,
	    "A server that is to go gets no new requests and so long to end "
	    "those it has (I-19)." },
};

const struct key_table drain_keys = { "balancer", drain_rows,
	KEY_COUNT(drain_rows), sizeof(struct limit_settings), NULL };

static const struct key depend_rows[] = {
	{ "name", KEY_NAME, D(name), 1, NAME_SIZE - 1, NULL, "", NULL,
	    INVALIDATES_NOTHING,
	    "What the servers use: a database, a cache. Groups that name the "
	    "same share it." },
	{ "connections", KEY_NUMBER, D(connections), 1, 1e6, NULL,
	    "connections", NULL, INVALIDATES_NOTHING,
	    "All that it takes (I-40)." },
	{ "per_server", KEY_NUMBER, D(per_server), 0.001, 1e6, NULL,
	    "connections", NULL, INVALIDATES_NOTHING,
	    "What one server of the group takes of it." },
	{ "reserve", KEY_NUMBER, D(reserve), 0, 1e6, "0", "connections", NULL,
	    INVALIDATES_NOTHING,
	    "Left for others: jobs, people, backups." },
};

static int
depend_check(const void *settings, struct err *e)
{
	const struct depend_settings *d = settings;

	if (d->reserve + d->per_server <= d->connections)
		return (0);
	return (err_set(e, EINVAL, "of %.10g connections %.10g are reserved "
	    "and one server takes %.10g, expected room for a server",
	    d->connections, d->reserve, d->per_server));
}

const struct key_table depend_keys = { "depends", depend_rows,
	KEY_COUNT(depend_rows), sizeof(struct depend_settings), depend_check };
