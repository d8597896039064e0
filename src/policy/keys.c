/* SPDX-License-Identifier: MIT */
/* All keys in their order; see keys.h. */
#include <stdio.h>

#include "boot/boot_keys.h"
#include "config/calendar.h"
#include "config/value.h"
#include "core/limit_keys.h"
#include "forecast/forecast_keys.h"
#include "policy/daemon_keys.h"
#include "policy/drivers.h"
#include "policy/group.h"
#include "policy/keys.h"
#include "secret/bundles.h"
#include "size/size_keys.h"

static const struct keys_scope fixed[] = {
	{ "daemon", "state = \"/var/lib/plimsoll\";",
	    "Settings of the daemon itself, at the top level of the file.",
	    { &daemon_keys, &boot_keys } },
	{ "groups", "groups: ( { name = \"shop\"; min = 2; max = 40; } );",
	    "A list of groups: servers of one kind behind one backend, scaled "
	    "together. Names with a point nest: server.rate is rate in "
	    "server: { }.",
	    { &group_keys, &size_keys, &forecast_keys, &limit_keys } },
	{ "launch", "launch: { providers = [\"main\"]; main: { }; };",
	    "In a group: who starts its servers. What each provider needs to "
	    "know for this group stands under its name.", { &launch_keys,
	    &launch_path_keys } },
	{ "health", "health: { path = \"/healthz\"; };",
	    "In a group: when a new server is well.", { &health_keys } },
	{ "depends", "depends: ( { name = \"db\"; connections = 500; "
	    "per_server = 20; } );",
	    "In a group: a list of what its servers use up together.",
	    { &depend_keys } },
	{ "calendar", "calendar: ( { weekdays = [\"fri\"]; from = \"18:00\"; "
	    "to = \"23:00\"; zone = \"Europe/Berlin\"; times = 2.0; } );",
	    "In a group: a list of announced events. The group is ready a "
	    "lead time before they begin.", { &calendar_keys } },
	{ "source", "source: { type = \"haproxy\"; };",
	    "In a group: who measures it, and the keys of every source.",
	    { &source_common } },
	{ "balancer", "balancer: { type = \"haproxy\"; };",
	    "In a group: who sends customers to its servers, and the keys of "
	    "every balancer.", { &type_common, &drain_keys } },
	{ "providers", "providers: { main: { type = \"local\"; }; };",
	    "Who starts servers, each with a name of yours, and the keys of "
	    "every provider.", { &type_common } },
	{ "secrets", "secrets: { shop: { type = \"file\"; require = "
	    "[\"DB_PASSWORD\"]; }; };",
	    "What new servers need to know before they may serve, each "
	    "bundle with a name of yours, and the keys of every source of "
	    "them.", { &type_common, &secret_keys } },
};

enum { N_FIXED = sizeof(fixed) / sizeof(fixed[0]) };

/* What the drivers add: their own section, and a way's of a provider. */
static int
driver_scope(int i, struct keys_scope *ret)
{
	static char where[96];
	int k;

	for (k = 0; drivers_source(k) != NULL; k++, i--)
		if (i == 0) {
			(void)snprintf(where, sizeof(where), "source %s",
			    drivers_source(k)->name);
			*ret = (struct keys_scope){ where, NULL, NULL,
				{ drivers_source(k)->keys } };
			return (1);
		}
	for (k = 0; drivers_balancer(k) != NULL; k++, i--)
		if (i == 0) {
			(void)snprintf(where, sizeof(where), "balancer %s",
			    drivers_balancer(k)->name);
			*ret = (struct keys_scope){ where, NULL, NULL,
				{ drivers_balancer(k)->keys } };
			return (1);
		}
	for (k = 0; drivers_secret(k) != NULL; k++, i--)
		if (i == 0) {
			(void)snprintf(where, sizeof(where), "secret %s",
			    drivers_secret(k)->name);
			*ret = (struct keys_scope){ where, NULL, NULL,
				{ drivers_secret(k)->keys } };
			return (1);
		}
	for (k = 0; drivers_provider(k) != NULL; k++, i -= 2) {
		if (i > 1)
			continue;
		(void)snprintf(where, sizeof(where), "%s %s",
		    i == 0 ? "provider" : "launch", drivers_provider(k)->name);
		*ret = (struct keys_scope){ where, NULL, NULL,
			{ i == 0 ? drivers_provider(k)->keys :
				   drivers_provider(k)->way_keys } };
		return (1);
	}
	return (0);
}

int
keys_scope(int i, struct keys_scope *ret)
{
	if (i >= N_FIXED)
		return (driver_scope(i - N_FIXED, ret));
	*ret = fixed[i];
	return (1);
}

void
keys_each(void (*each)(void *ctx, const char *where, const struct key *),
    void *ctx)
{
	struct keys_scope s;
	size_t r;
	int i, k;

	for (i = 0; keys_scope(i, &s); i++)
		for (k = 0; k < 4 && s.tables[k] != NULL; k++)
			for (r = 0; r < s.tables[k]->n; r++)
				each(ctx, s.where, &s.tables[k]->rows[r]);
}

void
keys_expected(const struct key *k, char *buf, size_t size)
{
	value_expected(k, buf, size);
}
