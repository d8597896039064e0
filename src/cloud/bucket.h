/* SPDX-License-Identifier: MIT */
/*
 * How often an account may be asked (I-18): a bucket of tokens that fills
 * at the provider's rate.  A read leaves a share of it alone, so that
 * listings cannot starve a launch.  Pure: the caller brings the time.
 */
#ifndef CLOUD_BUCKET_H
#define CLOUD_BUCKET_H

#include <stdbool.h>

#include "plimsoll/units.h"

struct bucket {
	double per_s, most; /* fills so fast, holds so much */
	double kept;	    /* what reads leave */
	double level;
	ns_t at;
};

/* Full at first.  0 < per_s, 1 <= most; MUST. */
void	bucket_init(struct bucket *, double per_s, double most, ns_t now);
/* False: not now. */
bool	bucket_take(struct bucket *, ns_t now, bool write);
/* When bucket_take() will be true, if nobody else takes; now or later. */
ns_t	bucket_when(const struct bucket *, ns_t now, bool write);

#endif
