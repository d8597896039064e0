/* SPDX-License-Identifier: MIT */
/*
 * What the daemon knows of the launch path, for whoever reports: the bundles
 * of secrets.  Names and times only, never a value (I-35).
 */
#ifndef REPORT_LAUNCH_H
#define REPORT_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/units.h"

enum { LAUNCH_SECRETS = 64, LAUNCH_ALARMS = 4 };

struct secret_facts {
	char name[NAME_SIZE];
	const char *type;
	bool there, fresh, complete;
	ns_t age;     /* since it was fetched well; NS_NEVER: none is there */
	ns_t ends_in; /* NS_NEVER: not by itself */
	uint64_t rotations;
	int n_alarms;
	const char *alarms[LAUNCH_ALARMS];
	char missing[256]; /* names of keys: "A, B" */
	char version[64];
	char why[REASON_SIZE]; /* of the last failure, "" */
};

struct launch_facts {
	int n_secrets;
	struct secret_facts secret[LAUNCH_SECRETS];
};

#endif
