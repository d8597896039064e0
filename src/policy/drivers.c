/* SPDX-License-Identifier: MIT */
/* The lists of drivers; see drivers.h.  NULL ends each. */
#include <stdio.h>
#include <string.h>

#include "balancer/haproxy.h"
#include "policy/drivers.h"
#include "provider/digitalocean.h"
#include "provider/hetzner.h"
#include "provider/local.h"
#include "source/haproxy.h"

static const struct source_ops *const sources[] = { &source_haproxy, NULL };
static const struct provider_ops *const providers[] = { &provider_local,
	&provider_hetzner, &provider_digitalocean, NULL };
static const struct balancer_ops *const balancers[] = { &balancer_haproxy,
	NULL };
static const struct secret_ops *const secrets[] = { &secret_file,
	&secret_command, &secret_vault, &secret_aws,
	NULL };

const struct source_ops *
drivers_source(int i)
{
	return (sources[i]);
}

const struct provider_ops *
drivers_provider(int i)
{
	return (providers[i]);
}

const struct balancer_ops *
drivers_balancer(int i)
{
	return (balancers[i]);
}

const struct secret_ops *
drivers_secret(int i)
{
	return (secrets[i]);
}

const char *
drivers_name(enum driver_kind k, int i)
{
	switch (k) {
	case DRIVER_SOURCE:
		return (sources[i] != NULL ? sources[i]->name : NULL);
	case DRIVER_PROVIDER:
		return (providers[i] != NULL ? providers[i]->name : NULL);
	case DRIVER_SECRET:
		return (secrets[i] != NULL ? secrets[i]->name : NULL);
	default:
		return (balancers[i] != NULL ? balancers[i]->name : NULL);
	}
}

const struct key_table *
drivers_keys(enum driver_kind k, int i)
{
	switch (k) {
	case DRIVER_SOURCE:
		return (sources[i]->keys);
	case DRIVER_PROVIDER:
		return (providers[i]->keys);
	case DRIVER_SECRET:
		return (secrets[i]->keys);
	default:
		return (balancers[i]->keys);
	}
}

int
drivers_find(enum driver_kind k, const char *name)
{
	int i;

	for (i = 0; drivers_name(k, i) != NULL; i++)
		if (strcmp(drivers_name(k, i), name) == 0)
			return (i);
	return (-1);
}

void
drivers_list(enum driver_kind k, char *buf, size_t size)
{
	size_t n = 0;
	int i;

	(void)snprintf(buf, size, "none");
	for (i = 0; drivers_name(k, i) != NULL && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s\"%s\"",
		    i > 0 ? ", " : "", drivers_name(k, i));
}

const char *
drivers_kind_name(enum driver_kind k)
{
	static const char *const names[] = { [DRIVER_SOURCE] = "source",
		[DRIVER_PROVIDER] = "provider", [DRIVER_BALANCER] = "balancer",
		[DRIVER_SECRET] = "source of secrets" };

	return (names[k]);
}
