/* SPDX-License-Identifier: MIT */
/*
 * What a group keeps between steps; for the files of the group alone.  One
 * block without pointers but for policy and table, so that it can be saved.
 */
#ifndef CORE_GROUP_PRIV_H
#define CORE_GROUP_PRIV_H

#include "core/group.h"
#include "forecast/announced.h"
#include "forecast/calibrate.h"
#include "forecast/headroom.h"
#include "forecast/season.h"
#include "forecast/spike.h"
#include "signal/level.h"
#include "signal/offered.h"
#include "size/benefit.h"
#include "size/capacity.h"
#include "size/diagnose.h"
#include "size/lead.h"

enum { PEAK_BUCKET_S = 10, PEAK_RING = 512, GROUP_WORDS = 3 };

/* The table of servers, counted once a step. */
struct view {
	int serving, pending, draining, failed, foreign;
	int drills;	     /* never serve, and hold connections */
	int protected;	     /* of those that serve */
	double effective;    /* serving, warming ones counted for less */
	double likely;	     /* pending, by the chance that they arrive */
	double warming;	     /* share of serving that warms up */
	int overdue;	     /* pending past the p95 of their way */
};

/* The highest load of each 10 s, for what a scale-in has to keep. */
struct peaks {
	float ring[PEAK_RING];
	unsigned n;
	double part, part_s;
};

struct scale_in {
	ns_t window;	     /* the removals counted began here */
	int removed;	     /* in it */
	ns_t rush_minute;
	int rush_removed;
	ns_t rush_onset;     /* servers launched since may go faster; 0 none */
	ns_t fell;	     /* since when the load is below the rush's need */
	ns_t launched;	     /* last launch */
	ns_t spare;	     /* since when there is any; 0: none */
};

/* One floor, one ceiling, one exact number. */
struct standing_word {
	bool on;
	bool force, over_max;
	int servers;
	int64_t until_wall_s;
	char reason[96];
};

struct need {
	double now_rps;	     /* load now, smoothed */
	double calm_rps;     /* its calibrated upper bound at the lead time */
	double rate_rps;     /* provisioned for */
	enum winner winner;
	double carry_rps;    /* one server at its utilization */
	double rush_carry_rps; /* likewise in a rush */
	int servers;	     /* before clamps */
	int keep;	     /* what a scale-in must leave */
	bool emergency;	     /* servers at full work, and they help */
	int before_rush;     /* servers alive when the emergency began */
	int held_servers;    /* alive when a verdict began that buys none */
	ns_t severe;	     /* since when it is beyond a small rush; 0: not */
	double lead_s;
	double uncalm_s;     /* since the last second of rush or trouble */
};

/* What the servers cost, estimated (I-08). */
struct spend {
	int64_t day;	     /* of the wall clock, since 1970 */
	double today;	     /* in the currency of price_per_hour */
};

enum { LAUNCH_MINUTES = 61 }; /* this one has only begun */

/* Launches by the minute, for the cap an hour (I-08). */
struct launches {
	int64_t minute;	     /* of the boot clock */
	int in[LAUNCH_MINUTES];
};

struct clamps {
	int n;
	struct clamp at[MAX_CLAMPS];
};

/* What is worth to keep over a restart. */
struct learned {
	struct offered offered;
	struct level level;
	struct spike spike;
	struct calibrate calibrate;
	struct headroom headroom;
	struct season season;
	struct capacity capacity;
	struct diagnose diagnose;
	struct lead lead[MAX_WAYS];
	struct peaks peaks;
	struct usual usual;
	struct spend spend;
	struct drill drill;
};

struct refusal {
	ns_t at;	/* the last one; 0: none */
	int in_row;
	enum outcome why;
};

struct group {
	const struct group_policy *policy;
	struct servers servers;
	struct learned learned;
	struct reading reading;	 /* the last one that said something */
	struct view view;
	struct need need;
	struct benefit benefit;
	struct scale_in in;
	struct refusal refusal[MAX_WAYS];
	struct launches launches;
	struct clamps clamps;
	struct announced announced;
	int wanted;		 /* before words and bounds */
	ns_t paid_at;		 /* 0: never */
	struct standing_word word[GROUP_WORDS]; /* at least, at most, exact */
	enum hold_what held;	 /* by an operator */
	ns_t held_until;
	char held_reason[96];
	char note[96];
	ns_t noted;		 /* 0: never */
	ns_t heard;		 /* last reading of any trust; 0 never */
	ns_t blind_since;	 /* 0: not blind */
	ns_t lagging_since;	 /* fewer than planned; 0: not */
	int n_forbid;
	struct hold forbid[MAX_HOLDS];
};

/* view.c */
void	view_count(struct group *, ns_t now);
/* Pending of this age, by their chance to arrive in time. */
double	peaks_over(const struct peaks *, double seconds);
void	peaks_feed(struct peaks *, double rps);

/* need.c */
void	need_compute(struct group *, const struct now *);

/* clamp.c */
void	clamp_want(struct group *, const struct now *, int want,
	    struct claim *ret);
/* Servers that the dependencies bear beside what drains and rehearses. */
int	clamp_dependency(const struct group *);
void	clamp_tell(struct group *, const struct claim *, struct decision *);

/* outlook.c: survivable rush and alarms. */
void	outlook(struct group *, ns_t now, struct decision *);

/* words.c */
int	words_take(struct group *, const struct now *, const struct word *,
	    struct err *);
/* Ends what is over. */
void	words_expire(struct group *, const struct now *);

/* decide.c */
bool	group_blind(const struct group *, ns_t now);
void	decide_step(struct group *, const struct now *, const struct claim *,
	    struct decision *);

/* victims.c: what is failed, overdue or told to leave, whatever the need. */
void	victims_always(struct group *, ns_t now, struct decision *);
/* n surplus servers; rush_only: launched since the rush's onset. */
void	victims_choose(struct group *, ns_t now, int n, int most_serving,
	    bool rush_only, struct decision *);
/* How many could go by the rule for servers of the last rush. */
int	victims_of_rush(const struct group *, ns_t now);

/* explain.c */
void	explain(const struct group *, ns_t now, struct decision *);

#endif
