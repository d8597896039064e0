/* SPDX-License-Identifier: MIT */
/*
 * How much to keep ready for what cannot be seen coming, learned online.
 *
 * A few hundred rules are played beside the real one, each with the same
 * lead time: so many times the load now, such a share of the peak of the
 * last quarter hour to day, whichever is more.  Each pays for its servers
 * and for every request that it would not have carried; the cheapest so far
 * is used.  Of each the worst episode is left out of its account, and the
 * worst two until there were some more: what happened once or twice is no
 * rule.
 */
#ifndef FORECAST_HEADROOM_H
#define FORECAST_HEADROOM_H

enum {
	HEADROOM_BUCKET_S = 10,
	HEADROOM_WORST = 2,    /* episodes left out of the account */
	HEADROOM_LEVELS = 9,   /* multiples of the load now */
	HEADROOM_SHARES = 7,   /* of a peak */
	HEADROOM_WINDOWS = 5,  /* that a peak may be of */
	HEADROOM_RULES = HEADROOM_LEVELS * (1 + HEADROOM_SHARES *
	    HEADROOM_WINDOWS),
	HEADROOM_DELAY = 128,  /* buckets; a power of two */
	HEADROOM_MINUTES = 1440
};

struct headroom_rule {
	float ready;	/* requests/s it could carry now, at its target */
	float short_ep;	/* cost of shortage in this episode */
	float worst[HEADROOM_WORST]; /* such costs left out, falling */
	float cost;	/* of servers and shortage, fading */
};

struct headroom_view {
	float load;	/* mean of a minute */
	float base;	/* what the other forecasts asked for */
	float peak[HEADROOM_WINDOWS];
};

struct headroom {
	double penalty;	     /* of a request not carried, in idle ones */
	double utilization;
	double bucket_s;     /* into this bucket */
	double bucket_max, bucket_sum, bucket_base;
	double minute_max;
	unsigned buckets;    /* so far */
	unsigned minutes;
	int episodes;	     /* in which some rule fell short */
	double quiet_s;	     /* since any rule fell short */
	double episode_s;    /* since one first did; 0: none */
	struct headroom_view view[HEADROOM_DELAY];
	float minute[HEADROOM_MINUTES]; /* highest load of each */
	float peak_cache[HEADROOM_WINDOWS];
	struct headroom_rule rule[HEADROOM_RULES];
	int best;
	double floor_rps;
};

void	headroom_init(struct headroom *, double risk, double utilization);
/*
 * Once a second: the load, what the other forecasts provision for, the lead
 * time, and how long what is there is kept.
 */
void	headroom_step(struct headroom *, double load_rps, double base_rps,
	    double lead_s, double hold_s);
/* What to provision for at the least, requests/s. */
double	headroom_floor(const struct headroom *);
/* The rule in use: times the load now, share of the peak of window_s. */
void	headroom_rule(const struct headroom *, double *times, double *share,
	    double *window_s);

#endif
