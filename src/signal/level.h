/* SPDX-License-Identifier: MIT */
/*
 * The load of the last minutes on a grid of one second, its means over
 * windows of 1, 2, 4 ... seconds, and how noisy each of them is.
 *
 * The noise of a window is learned as the spread of the very figure that a
 * change test looks at (mean of the window over the mean before it), so it
 * holds for load that wanders as well as for load that is merely counted.
 */
#ifndef SIGNAL_LEVEL_H
#define SIGNAL_LEVEL_H

#include <stdbool.h>

enum {
	LEVEL_SCALES = 7,    /* windows of 1 << 0 ... 1 << 6 seconds */
	LEVEL_RING = 512     /* seconds kept; a power of two */
};

struct level {
	double slot[LEVEL_RING];   /* requests/s of a second */
	double sum[LEVEL_RING];	   /* of all slots so far */
	unsigned n;		   /* seconds so far */
	double part, part_s;	   /* of a second that is not full yet */
	double last_rps, last_s;   /* the newest sample in it */
	double part_spread;	   /* of what is shorter, as of a second, squared */
	double spread[LEVEL_SCALES]; /* of window over reference, squared */
	double heard;		   /* seconds that taught the spread */
};

void	level_init(struct level *);
/* The load of the last dt seconds.  True when a second was completed. */
bool	level_feed(struct level *, double rps, double dt_s);
/*
 * The newest sample, where it is shorter than a second: its seconds (else 0),
 * its load, and the standard deviation that this has when
 * nothing happens, relative to the load before it.
 */
double	level_part(const struct level *, double *ret_rps, double *ret_noise);
/* Mean of `n` seconds that ended `ago` seconds ago; what there is of them. */
double	level_mean(const struct level *, unsigned ago, unsigned n);
/* Whole seconds that can be looked back on. */
unsigned	level_length(const struct level *);
/* Seconds before a window of scale k that it is compared with. */
unsigned	level_reference(int k);
/* Relative change of the newest window of scale k against what was before. */
double	level_change(const struct level *, int k);
/* Its standard deviation when nothing happens, at this reference load. */
double	level_noise(const struct level *, int k, double reference_rps);
/*
 * Once a second: learns the spread.  `rush`: something happens; then it
 * learns a little, or what always happens would be called a rush for ever.
 */
void	level_learn(struct level *, bool rush);
/* The slope of the last n seconds, requests/s per second. */
double	level_slope(const struct level *, unsigned n);

#endif
