/* SPDX-License-Identifier: MIT */
/* The keys of the daemon itself, and those that all drivers of a kind share. */
#ifndef POLICY_DAEMON_KEYS_H
#define POLICY_DAEMON_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/units.h"

struct key_table;

enum { PATH_BYTES = 256, UNIX_PATH_BYTES = 100 };

struct daemon_settings {
	ns_t ready_every;
	char state[PATH_BYTES];		/* folder */
	char control[UNIX_PATH_BYTES];	/* socket */
	char control_group[NAME_SIZE];	/* may use it; "": only the user */
	char listen[128];		/* "ADDRESS:PORT"; "": nowhere */
	char user[NAME_SIZE];		/* becomes it when started as root */
	int log_level;			/* enum level */
	bool dry_run;
	int max_servers;		/* of all groups; 0: none */
	double spend_per_day;		/* of all groups; 0: none */
	double confirm_pct;		/* I-33 */
	int fast_crashes;		/* I-34; 0: not looked at */
	ns_t fast_crash_within;
	ns_t fast_crash_quiet;
	ns_t keep;			/* records */
	uint64_t max_size;		/* bytes of records */
};

/* What every entry of a section has, whatever its driver. */
struct section_settings {
	char type[NAME_SIZE];
	ns_t every; /* source: from poll to poll */
	char history[KEY_STRING_SIZE]; /* source: a file; "": none */
};

extern const struct key_table daemon_keys;   /* struct daemon_settings */
extern const struct key_table source_common; /* struct section_settings */
extern const struct key_table type_common;   /* the same: provider, balancer */
extern const struct key_table health_keys;   /* struct health_settings */

#endif
