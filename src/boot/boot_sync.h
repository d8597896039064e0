/* SPDX-License-Identifier: MIT */
/*
 * May a new server copy state from another one of its group?  In a rush that
 * is what kept servers out that were needed: the peers were drowning.
 */
#ifndef BOOT_BOOT_SYNC_H
#define BOOT_BOOT_SYNC_H

struct decision;

enum boot_sync { SYNC_NEVER, SYNC_IDLE, SYNC_ALWAYS }; /* as in the policy */

/*
 * "never", "skip" or "go".  SYNC_IDLE goes only while the group is calm: a
 * steady decision without trouble, and load and forecast at most this share of
 * what the serving servers carry.  NULL, or a figure that is not known: skip.
 */
const char	*boot_sync_verdict(enum boot_sync, double most,
		    const struct decision *);

#endif
