/* SPDX-License-Identifier: MIT */
/* The words for the enums of include/plimsoll: one table per fact. */
#include <stddef.h>

#include "base/must.h"
#include "plimsoll/decision.h"
#include "plimsoll/drill.h"
#include "plimsoll/driver.h"

static const char *const modes[] = { "steady", "spike", "manual" };
static const char *const verdicts[VERDICT_COUNT] = { "ok", "overload",
	"bad_release", "dependency", "balancer", "tenant", "no_data",
	"stalled", "capacity_refused", "quota" };
static const char *const winners[WINNER_COUNT] = { "now", "trend", "spike",
	"season", "calendar", "headroom", "plain" };
static const char *const clamps[CLAMP_COUNT] = { "min", "max",
	"dependency", "spend", "launch_rate", "benefit", "diagnosis", "hold",
	"scale_in", "removal_rate", "word", "priority" };
static const char *const whats[] = { "none", "in", "out", "all" };
static const char *const bys[] = { "data", "operator", "diagnosis",
	"breaker" };
static const char *const phases[PHASE_COUNT] = { "none", "decided",
	"accepted", "booted", "secrets", "artifact", "healthy", "serving",
	"draining", "removing", "failed", "gone" };
static const char *const outcomes[OUTCOME_COUNT] = { "done", "capacity",
	"quota", "throttled", "permanent", "unknown" };

static const char *const alarms[ALARM_COUNT] = { "no_data", "bad_release",
	"dependency", "balancer", "stalled", "lagging", "refused",
	"no_benefit", "max_in_sight", "at_max", "capacity_wrong", "breaker",
	"sick", "journal", "safe_mode", "ledger", "drill" };

static const char *const drills[DRILL_COUNT] = { "none", "running", "passed",
	"failed" };

#define NAME_OF(table, i)                                              \
	do {                                                           \
		MUST((size_t)(i) < sizeof(table) / sizeof((table)[0])); \
		return ((table)[i]);                                   \
	} while (0)

const char *
mode_name(enum mode m)
{
	NAME_OF(modes, m);
}

const char *
verdict_name(enum verdict v)
{
	NAME_OF(verdicts, v);
}

const char *
winner_name(enum winner w)
{
	NAME_OF(winners, w);
}

const char *
clamp_name(enum clamp_kind k)
{
	NAME_OF(clamps, k);
}

const char *
hold_what_name(enum hold_what w)
{
	NAME_OF(whats, w);
}

const char *
hold_by_name(enum hold_by b)
{
	NAME_OF(bys, b);
}

const char *
phase_name(enum phase p)
{
	NAME_OF(phases, p);
}

const char *
alarm_name(enum alarm a)
{
	NAME_OF(alarms, a);
}

const char *
drill_result_name(enum drill_result r)
{
	NAME_OF(drills, r);
}

const char *
outcome_name(enum outcome o)
{
	NAME_OF(outcomes, o);
}
