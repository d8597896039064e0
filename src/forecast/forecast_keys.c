/* SPDX-License-Identifier: MIT */
/* Rows of struct forecast_settings. */
#include "forecast/forecast_keys.h"
#include "plimsoll/key.h"
#include "plimsoll/policy.h"

#define F(f) KEY_FIELD(forecast_settings, f)

static const struct key rows[] = {
	{ "objective.risk", KEY_NUMBER, F(risk), 0.00001, 0.4, "0.001",
	    "share of time", NULL, INVALIDATES_FORECAST,
	    "The share of calm time in which the load may be above the "
	    "forecast that servers were started for. 0.001 is a minute and a "
	    "half a day." },
	{ "spike.false_alarms_per_week", KEY_NUMBER,
	    F(false_alarms_per_week), 0.01, 1000, "1", "a week", NULL,
	    INVALIDATES_NOTHING,
	    "How often ordinary noise may be taken for the begin of a rush. "
	    "A false alarm costs servers for some minutes; fewer of them "
	    "cost seconds in a real rush." },
	{ "forecast.lead_time", KEY_DURATION, F(lead_time), 1, 7200, "", "",
	    NULL, INVALIDATES_PHASES,
	    "From the decision to the first request that a new server "
	    "answers: where learning starts. Not given: two minutes until "
	    "the first launches are measured." },
	{ "forecast.season", KEY_BOOL, F(season), 0, 0, "true", "", NULL,
	    INVALIDATES_FORECAST,
	    "Learn what this time of day and week usually brings." },
	{ "forecast.plain", KEY_BOOL, F(plain), 0, 0, "false", "", NULL,
	    INVALIDATES_FORECAST,
	    "The plain rule alone, load over capacity, to compare with." },
};

const struct key_table forecast_keys = { "group", rows, KEY_COUNT(rows),
	sizeof(struct forecast_settings), NULL };
