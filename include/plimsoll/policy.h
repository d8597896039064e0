/* SPDX-License-Identifier: MIT */
/*
 * What the policy file says to the core, parsed and checked.  Each module
 * takes its own struct; the rows that fill them stand beside the modules
 * (src/size/size_keys.c, src/forecast/forecast_keys.c,
 * src/core/limit_keys.c).  The letters of the invariants are settings here,
 * with their defaults in the rows.
 */
#ifndef PLIMSOLL_POLICY_H
#define PLIMSOLL_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/units.h"

/* src/size: how many servers the load asks for. */
struct size_settings {
	int min;		/* servers */
	int max;		/* serving + pending + unknown */
	int hard_max;		/* what --over-max reaches; >= max */
	double rate_rps;	/* one server carries; 0: not given */
	double concurrency;	/* requests at a time; 0: not given */
	double utilization;	/* how full to run it, 0 to 1 */
	ns_t latency;		/* objective */
	double errors;		/* objective, share of requests */
	ns_t warm_up;		/* a new server counts for less so long */
};

/* src/forecast: the load at the lead time. */
struct forecast_settings {
	double risk;		/* share of calm time above the forecast */
	double false_alarms_per_week; /* of the spike detector */
	ns_t lead_time;		/* where learning starts; 0: not given */
	bool season;
	bool plain;		/* the plain rule alone, to compare with */
};

/* src/core: limits on what a step may do. */
struct limit_settings {
	int launches_per_hour;
	double spend_per_day;	/* in the currency of price_per_hour; 0: none */
	double price_per_hour;	/* of one server; 0: not given */
	ns_t billed_at_least;	/* a launch is paid for at least this long */
	double removals_pct;	/* I-07, of the group's servers */
	ns_t removals_window;
	double rush_removals_pct; /* I-07, servers of the last rush, a minute */
	ns_t peak_window;	/* I-07, at least; or 2 x p95 lead time */
	double peak_margin;
	ns_t min_lifetime;	/* I-22 */
	double sick_pct;	/* I-09 */
	ns_t health_window;	/* I-11: one health removal in this */
	ns_t boot_deadline;	/* I-16, until learned */
	int boot_failures;	/* I-16, in a row */
	ns_t doubt_alarm;	/* I-05 */
	ns_t drain;		/* I-19, deadline */
	ns_t safe_mode;		/* I-28 */
};

struct depend_settings {
	char name[NAME_SIZE];
	double connections;	/* all there are */
	double per_server;	/* one server takes */
	double reserve;		/* left for others */
};

/* Drills on schedule; see drill.h. */
struct drill_settings {
	ns_t every;		/* 0: none */
	int from_s, to_s;	/* of the day, UTC; the same: at any time */
};

/* A window of the calendar, expanded to dates by whoever read the file. */
struct calendar_window {
	int64_t from_wall_s, to_wall_s;
	double times;		/* of the usual load; 0: not given */
	int min, max;		/* servers; 0: not given */
	char note[NAME_SIZE];
};

/* How the hands see that a new server is well; the core never does. */
struct health_settings {
	char path[256];		/* of an HTTP GET; "": a TCP connection */
	ns_t every;
	ns_t timeout;
	int rise;		/* good answers in a row */
};

struct group_policy {
	char name[NAME_SIZE];
	int priority;		/* higher goes first */
	struct size_settings size;
	struct forecast_settings forecast;
	struct limit_settings limit;
	int n_depends;
	struct depend_settings depends[MAX_DEPENDS];
	int n_calendar;
	struct calendar_window calendar[MAX_CALENDAR];
	struct drill_settings drill;
	bool secrets_first;	/* I-20: no health, no traffic before them */
	int n_ways;		/* 0: one, unnamed (drive) */
	char ways[MAX_WAYS][NAME_SIZE];
};

/* Limits that groups share; 0: none. */
struct fleet_policy {
	int max_servers;
	double spend_per_day;
	int n_groups;
	const struct group_policy *groups; /* the owner outlives the fleet */
};

#endif
