/* SPDX-License-Identifier: MIT */
/*
 * What the daemon tells its log: decisions when they change, effects when
 * they leave, answers when they are bad, sources when they begin or end to
 * fail.  A calm day is a quiet log.
 */
#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H

#include <stdbool.h>

#include "daemon/ops.h"
#include "plimsoll/driver.h"
#include "plimsoll/word.h"

struct fleet;
struct log;
struct policy;
struct report;

struct report	*report_new(struct log *, const struct policy *);
void		report_free(struct report *);

void	report_decisions(struct report *, const struct fleet *);
void	report_effect(struct report *, const struct order *,
	    const struct server *);
void	report_answer(struct report *, const struct op *,
	    const struct answer *);
void	report_passed(struct report *, const struct op *);
void	report_sample(struct report *, int group, bool valid);
void	report_trouble(struct report *, const char *who,
	    const char *sentence);
void	report_word(struct report *, int group, const struct word *);
/* After a reload, as ops_regroup(). */
void	report_regroup(struct report *, const struct policy *, const int *map);

#endif
