/* SPDX-License-Identifier: MIT */
/*
 * The policy: what one file says (load.h reads it), joined from the rows of
 * every module and driver.  Never changed after it was loaded, but for its
 * calendar's windows.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "boot/boot_keys.h"
#include "config/calendar.h"
#include "plimsoll/policy.h"
#include "policy/daemon_keys.h"
#include "policy/drivers.h"
#include "secret/bundles.h"

enum { MAX_PROVIDERS = 16 };

struct policy_provider {
	char name[NAME_SIZE];
	const struct provider_ops *ops;
	void *settings; /* ops->keys' */
};

/* A way of a group: one of its launch.providers, in their order. */
struct policy_way {
	int provider;	/* in policy.providers */
	void *settings; /* the ops' way_keys' */
};

struct policy_secret {
	char name[NAME_SIZE];
	const struct secret_ops *ops;
	void *settings; /* ops->keys' */
	struct bundle_settings *set;
};

/* Of a group's `launch`: what a new server needs, whoever starts it. */
struct launch_path {
	char secrets[NAME_SIZE]; /* one of policy.secrets; "": none */
	char artifact_url[512];	 /* "": none */
	char artifact_sha256[65];
	int sync;	  /* enum boot_sync */
	double sync_load; /* at most, for SYNC_IDLE: share of the capacity */
	ns_t drill_every;	 /* 0: none on schedule */
	char drill_between[12];	 /* "03:00-05:00", UTC; "": at any time */
};

/* What of a group is not the core's; the core's part is policy.fleet's. */
struct policy_group {
	const struct source_ops *source; /* NULL: none (drive) */
	void *source_settings;
	ns_t every;	/* from poll to poll */
	char history[KEY_STRING_SIZE]; /* recorded traffic; "": none */
	const struct balancer_ops *balancer;
	void *balancer_settings;
	struct health_settings health;
	int n_ways;
	struct policy_way ways[MAX_WAYS];
	struct launch_path path;
	int n_rules;		/* of the calendar */
	struct calendar_rule *rules;
};

struct policy {
	struct daemon_settings daemon;
	struct boot_policy boot;
	int n_providers;
	struct policy_provider providers[MAX_PROVIDERS];
	int n_secrets;
	struct policy_secret secrets[BUNDLES_MAX];
	struct fleet_policy fleet;
	struct group_policy *core;  /* fleet.groups, ours to change */
	struct policy_group *group; /* group[i] goes with core[i] */
	uint64_t text_hash; /* of the whole text with what it includes */
};

void	policy_free(struct policy *); /* NULL is fine */
/* Number of the group, -1: there is none of this name. */
int	policy_find(const struct policy *, const char *group);
/*
 * The windows of all calendars from now on, to be made anew every day, and
 * after the load: there are none before.
 */
void	policy_calendar(struct policy *, int64_t now_wall_s);
int	policy_find_provider(const struct policy *, const char *name);
int	policy_find_secret(const struct policy *, const char *name);

#endif
