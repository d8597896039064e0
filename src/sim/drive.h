/* SPDX-License-Identifier: MIT */
/*
 * The deciding core alone, one JSON object a line in, one a line out, time
 * as the lines say.  The same lines give the same answers, byte for byte.
 * How anything outside (the arena, a test, a policy's own regression suite)
 * plays the world.
 */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include <stddef.h>

#include "plimsoll/policy.h"

struct err;
struct drive;

/* Longest line in bytes; a listing of MAX_SERVERS servers fits. */
enum { DRIVE_LINE_MAX = 4 << 20 };

/* The policy outlives the drive. */
int	drive_new(struct drive **ret, const struct fleet_policy *, struct err *);
/* Accepts NULL. */
void	drive_free(struct drive *);
/*
 * One line without its newline; n > DRIVE_LINE_MAX is answered by an error
 * without a look at the text.  The answer, with its newline, is the drive's
 * and good until the next call; *ret_n is its length.
 */
const char	*drive_line(struct drive *, const char *text, size_t n,
    size_t *ret_n);
/* The group that the last good line was for; -1 before. */
int	drive_last_group(const struct drive *);
const struct decision	*drive_decision(const struct drive *, int group);

#endif
