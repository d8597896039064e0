/* SPDX-License-Identifier: MIT */
/*
 * What a launch means, as text for the journal: an intent's parameters are
 * frozen with it (I-12).  And how a person reaches the servers without us.
 */
#ifndef DAEMON_FROZEN_H
#define DAEMON_FROZEN_H

struct journal;
struct policy;

/* After a start, and after each reload. */
void	frozen_tell(struct journal *, const struct policy *);

#endif
