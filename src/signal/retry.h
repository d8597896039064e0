/* SPDX-License-Identifier: MIT */
/*
 * What share of the requests that fail comes back, and after how long.
 *
 *   arrivals(t) = customers(t) + share x errors(t - delay)
 *
 * A regression of the changes of arrivals on the changes of errors, one for
 * each delay of 1 to RETRY_LAGS seconds, forgetting; the delay that explains
 * most is taken.  Until something has failed, a prior share stands.
 */
#ifndef SIGNAL_RETRY_H
#define SIGNAL_RETRY_H

enum { RETRY_LAGS = 10, RETRY_RING = 16 };

struct retry_sums {
	double sx, sxx, sxy;
};

struct retry {
	double errors[RETRY_RING]; /* of the last seconds, newest at `at` */
	unsigned at;
	int n;			   /* seconds heard of, at most the ring */
	double arrivals;	   /* the second before */
	double noise;		   /* variance of its changes in calm */
	double weight, sy;
	struct retry_sums lag[RETRY_LAGS];
	int delay;		   /* s */
	double share;		   /* 0 to 1 */
};

void	retry_init(struct retry *);
/* One second: arrivals and errors of it, requests/s. */
void	retry_feed(struct retry *, double arrivals_rps, double errors_rps);
/* The requests/s of this second that came back. */
double	retry_rps(const struct retry *);
/* Nothing was heard of for a while: the changes across it teach nothing. */
void	retry_gap(struct retry *);

#endif
