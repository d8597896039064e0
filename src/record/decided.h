/* SPDX-License-Identifier: MIT */
/* A decision for the journal: its hash, its text, and whether it changed. */
#ifndef RECORD_DECIDED_H
#define RECORD_DECIDED_H

#include <stddef.h>
#include <stdint.h>

struct decision;

/* Over every field, doubles by their bytes: a replay must give the same. */
uint64_t	decided_hash(const struct decision *);
/*
 * Over what a person would call the decision: the numbers, what set them,
 * clamps, holds, alarms.  While it stays the same the text is not kept again;
 * load and forecast move each second and are in the samples.
 */
uint64_t	decided_gist(const struct decision *);
/* One line of JSON; malloc'd, NULL: out of memory. */
char		*decided_text(const struct decision *, const char *group);

#endif
