/* SPDX-License-Identifier: MIT */
/*
 * Named maxima.  What does not fit is refused with a sentence, where it
 * comes in; nothing inside grows.
 */
#ifndef PLIMSOLL_LIMITS_H
#define PLIMSOLL_LIMITS_H

enum {
	MAX_GROUPS = 64,	     /* groups of one policy */
	MAX_SERVERS = 10000,	     /* servers of one group, all phases */
	MAX_WAYS = 16,		     /* ways (provider, type, zone) a group */
	MAX_BALANCERS = 8,	     /* balancers of one group */
	MAX_HOLDS = 8,		     /* holds of one group at a time */
	MAX_CLAMPS = 20,	     /* clamps named in a decision */
	MAX_DEPENDS = 8,	     /* dependencies of one group */
	MAX_CALENDAR = 64,	     /* windows of the calendar a group */
	MAX_LAUNCH_PER_STEP = 256,   /* launches of one group in one step */
	MAX_REMOVE_PER_STEP = 256,   /* removals of one group in one step */
	MAX_INBOX = 4096,	     /* events of one step */
	NAME_SIZE = 64,		     /* group, way, provider; with NUL */
	ID_SIZE = 64,		     /* a provider's name of a server */
	ADDRESS_SIZE = 48,	     /* an IPv4 or IPv6 address as text */
	REASON_SIZE = 320,	     /* one sentence */
	TOKEN_SIZE = 16		     /* bytes of an intent's token */
};

#endif
