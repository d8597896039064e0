/* SPDX-License-Identifier: MIT */
/*
 * The drivers that there are: one row each in drivers.c.  A driver's table
 * of functions names the keys of its settings; the policy joins them.
 */
#ifndef POLICY_DRIVERS_H
#define POLICY_DRIVERS_H

#include <stddef.h>

#include "plimsoll/balancer.h"
#include "plimsoll/provider.h"
#include "plimsoll/source.h"
#include "secret/source.h"

enum driver_kind { DRIVER_SOURCE, DRIVER_PROVIDER, DRIVER_BALANCER,
	DRIVER_SECRET };

/* The i-th, NULL past the last. */
const struct source_ops		*drivers_source(int i);
const struct provider_ops	*drivers_provider(int i);
const struct balancer_ops	*drivers_balancer(int i);
const struct secret_ops		*drivers_secret(int i);

/* Any kind: its name and the keys of its settings. */
const char	*drivers_name(enum driver_kind, int i);
const struct key_table	*drivers_keys(enum driver_kind, int i);
/* -1: there is none of this name. */
int	drivers_find(enum driver_kind, const char *name);
/* "a", "b" in quotes, for a sentence. */
void	drivers_list(enum driver_kind, char *buf, size_t size);
const char	*drivers_kind_name(enum driver_kind);

#endif
