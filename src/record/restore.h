/* SPDX-License-Identifier: MIT */
/* A start reads the state back: from a store to a mirror to the past. */
#ifndef RECORD_RESTORE_H
#define RECORD_RESTORE_H

#include "record/mirror.h"
#include "record/past.h"
#include "record/store.h"

/* Every row of the state; -1: one of them is damaged, with a sentence. */
int	restore_read(struct store *, struct mirror *, struct err *);

/*
 * The machine was started anew since: every moment moves to the present boot
 * clock, by what the wall clock says has passed.
 */
void	restore_shift(struct mirror *, const struct now *, const struct run *);

/* Ends in a row without a stop, each so soon after its start (I-34). */
int	restore_fast_crashes(const struct mirror *, ns_t fast);

/* What callers see of it; the words that have ended are left out. */
int	restore_past(const struct mirror *, const struct now *,
	    const char *build, struct past *ret, struct err *);

#endif
