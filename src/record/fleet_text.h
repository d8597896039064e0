/* SPDX-License-Identifier: MIT */
/* fleet.txt: the fleet in plain text, for a person without a daemon. */
#ifndef RECORD_FLEET_TEXT_H
#define RECORD_FLEET_TEXT_H

#include "record/mirror.h"

void	fleet_text(struct bytes *, const struct mirror *, const struct now *);

#endif
