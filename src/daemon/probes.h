/* SPDX-License-Identifier: MIT */
/*
 * New servers that are asked for their health, by the operation that asked
 * for it: done once they are well, until then silent.
 */
#ifndef DAEMON_PROBES_H
#define DAEMON_PROBES_H

#include "plimsoll/driver.h"
#include "plimsoll/order.h"

struct loop;
struct health_settings;
struct probes;

/* Done, or why it cannot be asked; the latter from inside probes_start(). */
typedef void	probes_done(void *ctx, const struct answer *);

/* NULL where memory is short. */
struct probes	*probes_new(struct loop *, probes_done *, void *ctx);
void		probes_free(struct probes *);
void		probes_start(struct probes *, const struct order *,
		    const struct server *, const struct health_settings *);
/* Nobody asks any more; no answer.  An op that is not known is fine. */
void		probes_end(struct probes *, op_t);

#endif
