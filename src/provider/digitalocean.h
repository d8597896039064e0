/* SPDX-License-Identifier: MIT */
/* Droplets of DigitalOcean; what all clouds share is in src/cloud/. */
#ifndef PROVIDER_DIGITALOCEAN_H
#define PROVIDER_DIGITALOCEAN_H

#include "plimsoll/provider.h"

extern const struct provider_ops	provider_digitalocean;

#endif
