/* SPDX-License-Identifier: MIT */
/* The verdict on a peer sync; see boot_sync.h. */
#include <stdbool.h>
#include <stddef.h>

#include "boot/boot_sync.h"
#include "plimsoll/decision.h"

static bool
sync_calm(double most, const struct decision *d)
{
	double carries = d->serving * d->capacity_rps * most;

	return (d->mode == MODE_STEADY && d->verdict == VERDICT_OK &&
	    d->load_rps.known && d->load_rps.v <= carries &&
	    d->forecast_rps.known && d->forecast_rps.v <= carries &&
	    d->serving > 0);
}

const char *
boot_sync_verdict(enum boot_sync sync, double most, const struct decision *d)
{
	if (sync == SYNC_NEVER)
		return ("never");
	if (sync == SYNC_ALWAYS || (d != NULL && sync_calm(most, d)))
		return ("go");
	return ("skip");
}
