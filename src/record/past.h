/* SPDX-License-Identifier: MIT */
/*
 * What the journal knew when the daemon started.  Moments are of the present
 * boot clock, also after a reboot.
 */
#ifndef RECORD_PAST_H
#define RECORD_PAST_H

#include "base/err.h"
#include "plimsoll/boot.h"
#include "plimsoll/limits.h"
#include "plimsoll/server.h"
#include "plimsoll/word.h"

struct past_server {
	struct server server; /* its op is 0: void */
	const char *params;   /* frozen with the intent; NULL: none */
	struct boot_row boot; /* BOOT_NONE: it has no boot token */
};

struct past_group {
	char name[NAME_SIZE];
	int desired; /* of the last decision; -1: not known */
	int n_servers;
	struct past_server *servers;
	int n_words;
	struct word words[4]; /* in force still */
	bool same_build;      /* else group_load() will not take it */
	size_t n_learned;
	void *learned; /* NULL: none */
};

struct past {
	bool safe_mode; /* missing, damaged, foreign, older or newer state */
	char why[ERR_SIZE];
	bool first;	 /* the folder held no journal at all */
	bool writable;	 /* false: starts in a bad state (I-29) */
	int fast_crashes; /* in a row, until a clean stop, a resume or 10 min */
	int64_t last_wall_s; /* the last record; 0: none */
	bool rebooted;
	int n_groups;
	struct past_group *groups;
};

/* Frees what it points to.  The params' texts are the journal's. */
void	past_free(struct past *);

#endif
