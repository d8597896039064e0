/* SPDX-License-Identifier: MIT */
/*
 * A decision: how many servers a group should have, and everything that led
 * there, so that a person can read it and a machine can replay it (I-42).
 */
#ifndef PLIMSOLL_DECISION_H
#define PLIMSOLL_DECISION_H

#include <stdbool.h>

#include "plimsoll/limits.h"
#include "plimsoll/sample.h"
#include "plimsoll/server.h"
#include "plimsoll/units.h"

/* What set the number. */
enum mode { MODE_STEADY, MODE_SPIKE, MODE_MANUAL };

/* What kind of trouble this is. */
enum verdict {
	VERDICT_OK,
	VERDICT_OVERLOAD,
	VERDICT_BAD_RELEASE,
	VERDICT_DEPENDENCY,
	VERDICT_BALANCER,
	VERDICT_TENANT,
	VERDICT_NO_DATA,
	VERDICT_STALLED,
	VERDICT_CAPACITY_REFUSED,
	VERDICT_QUOTA,
	VERDICT_COUNT
};

/* Which forecaster set the forecast. */
enum winner {
	WINNER_NOW,
	WINNER_TREND,
	WINNER_SPIKE,
	WINNER_SEASON,
	WINNER_CALENDAR,
	WINNER_HEADROOM,
	WINNER_PLAIN,
	WINNER_COUNT
};

/* Clamps, in the order in which they are applied. */
enum clamp_kind {
	CLAMP_MIN,
	CLAMP_MAX,
	CLAMP_DEPENDENCY,
	CLAMP_SPEND,
	CLAMP_LAUNCH_RATE,
	CLAMP_BENEFIT,
	CLAMP_DIAGNOSIS,
	CLAMP_HOLD,
	CLAMP_SCALE_IN,	     /* recent peak, window, minimum lifetime */
	CLAMP_REMOVAL_RATE, /* I-07 */
	CLAMP_WORD,
	CLAMP_PRIORITY, /* a shared limit */
	CLAMP_COUNT
};

struct clamp {
	enum clamp_kind kind;
	int before; /* servers */
	int after;
};

enum hold_what { HOLD_IN = 1, HOLD_OUT = 2, HOLD_ALL = 3 };
enum hold_by { HOLD_DATA, HOLD_OPERATOR, HOLD_DIAGNOSIS, HOLD_BREAKER };

struct hold {
	enum hold_what what;
	enum hold_by by;
	ns_t until; /* NS_NEVER: until its cause is gone */
	char reason[96];
};

/* What a person should look at; one bit each in struct decision. */
enum alarm {
	ALARM_NO_DATA,	     /* doubtful data holds for too long (I-05) */
	ALARM_BAD_RELEASE,
	ALARM_DEPENDENCY,
	ALARM_BALANCER,
	ALARM_STALLED,	     /* launches past their deadline */
	ALARM_LAGGING,	     /* grows slower than its plan */
	ALARM_REFUSED,	     /* capacity or quota */
	ALARM_NO_BENEFIT,    /* more servers did not help */
	ALARM_MAX_IN_SIGHT,  /* the maximum would be the next outage */
	ALARM_AT_MAX,
	ALARM_CAPACITY_WRONG, /* the policy's figure is far from the truth */
	ALARM_BREAKER,	     /* too many removals, too many failed boots */
	ALARM_SICK,	     /* much of the fleet looks unhealthy (I-09) */
	ALARM_JOURNAL,	     /* not durable (I-29) */
	ALARM_SAFE_MODE,     /* doubtful state (I-28) */
	ALARM_LEDGER,	     /* ledger and provider differ (I-15) */
	ALARM_DRILL,	     /* the last drill failed */
	ALARM_COUNT
};

struct decision {
	ns_t at;
	int desired;	  /* servers that should serve or be on their way */
	int need;	  /* before any clamp */
	int serving;
	int pending;
	int launch;	  /* this many now */
	int n_terminate;  /* these now, in order, before the launch */
	struct server_id terminate[MAX_REMOVE_PER_STEP];
	enum mode mode;
	enum verdict verdict;
	enum winner winner;
	struct value load_rps;	   /* offered now */
	struct value forecast_rps; /* provisioned for, at the lead time */
	double capacity_rps;	   /* of one server, as learned */
	ns_t lead;		   /* lead time that the forecast is for */
	double survivable;	   /* times the present load within 120 s */
	uint32_t alarms;	   /* 1 << enum alarm */
	int n_clamps;
	struct clamp clamps[MAX_CLAMPS];
	int n_holds;
	struct hold holds[MAX_HOLDS];
	char evidence[REASON_SIZE]; /* of the verdict */
	char reason[REASON_SIZE];   /* one sentence for a person */
};

const char	*mode_name(enum mode);
const char	*verdict_name(enum verdict);
const char	*winner_name(enum winner);
const char	*clamp_name(enum clamp_kind);
const char	*hold_what_name(enum hold_what);
const char	*hold_by_name(enum hold_by);
const char	*phase_name(enum phase);
const char	*alarm_name(enum alarm);

#endif
