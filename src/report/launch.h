/* SPDX-License-Identifier: MIT */
/*
 * What the daemon knows of the launch path, for whoever reports: the bundles
 * of secrets, the boot endpoint, launch readiness.  Names and times only, never a value (I-35).
 */
#ifndef REPORT_LAUNCH_H
#define REPORT_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/limits.h"
#include "plimsoll/ready.h"
#include "plimsoll/units.h"

enum { LAUNCH_SECRETS = 64, LAUNCH_ALARMS = 5 };

struct secret_facts {
	char name[NAME_SIZE];
	const char *type;
	bool tried; /* a fetch has ended */
	bool there, fresh, complete;
	ns_t age;     /* since it was fetched well; NS_NEVER: none is there */
	ns_t ends_in; /* NS_NEVER: not by itself */
	ns_t access_in; /* until its source lets us in no more; NS_NEVER */
	uint64_t rotations;
	int n_alarms;
	const char *alarms[LAUNCH_ALARMS];
	char missing[256]; /* names of keys: "A, B" */
	char version[64];
	char why[REASON_SIZE]; /* of the last failure, "" */
};

enum { LAUNCH_VERDICTS = 7 };

/* The boot endpoint, since the daemon's start. */
struct boot_facts {
	bool on;
	bool alarm;	/* a token of ours was refused within the hour */
	bool ends_soon; /* the certificate */
	int tokens;	/* of servers that are there or on their way */
	int64_t certificate_ends; /* in seconds since 1970 */
	uint64_t issued, bundles, not_ready, failed;
	uint64_t refused[LAUNCH_VERDICTS];
	const char *verdict[LAUNCH_VERDICTS];
	ns_t refused_at; /* the last one that knew a token of ours */
};

/* Of one group, as of the last round of looks. */
struct ready_facts {
	bool known; /* there was a round */
	bool ready; /* and every row says yes */
	int n_not;  /* rows that say no */
	const struct ready_list *rows;
};

struct launch_facts {
	const struct ready_facts *ready; /* by group; NULL: nobody looks */
	ns_t ready_age; /* of the last round */
	struct boot_facts boot;
	int n_secrets;
	struct secret_facts secret[LAUNCH_SECRETS];
};

#endif
