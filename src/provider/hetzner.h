/* SPDX-License-Identifier: MIT */
/* Servers of Hetzner Cloud; what all clouds share is in src/cloud/. */
#ifndef PROVIDER_HETZNER_H
#define PROVIDER_HETZNER_H

#include "plimsoll/provider.h"

extern const struct provider_ops	provider_hetzner;

#endif
