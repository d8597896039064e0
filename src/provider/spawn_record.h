/* SPDX-License-Identifier: MIT */
/*
 * A server's record: one small text file per token, replaced as a whole and
 * synced.  Pid, start time and boot id together name the process; what is
 * written here before a server runs is what finds it again after any crash.
 */
#ifndef PROVIDER_SPAWN_RECORD_H
#define PROVIDER_SPAWN_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "io/child.h"
#include "plimsoll/units.h"
#include "provider/spawn_msg.h"

struct err;

enum { SPAWN_RECORD_MAX = 4096 }; /* bytes of a file */

struct spawn_record {
	struct token token;
	char group[NAME_SIZE];
	char address[ADDRESS_SIZE];
	uint16_t port;
	enum spawn_state state;
	int pid;
	uint64_t start;		    /* of the process, in ticks of its boot */
	char boot[CHILD_BOOT_SIZE]; /* of start and ended */
	int64_t grace_ms, rest_ms;
	uint64_t turn;	/* grows with every ending: the oldest goes first */
	ns_t ended;	/* boot clock */
	char text[REASON_SIZE]; /* how it ended */
};

/* Into and from text; the text has a check sum. */
size_t	spawn_record_text(const struct spawn_record *,
	    char ret[SPAWN_RECORD_MAX]);
int	spawn_record_parse(const char *text, size_t n,
	    struct spawn_record *ret, struct err *);

/*
 * Replaces the token's file in a folder; the file is synced, the folder is
 * not: the caller syncs that once for many.
 */
int	spawn_record_write(int dir_fd, const struct spawn_record *,
	    struct err *);
int	spawn_record_read(int dir_fd, const struct token *,
	    struct spawn_record *ret, struct err *);
/* Forgets it; not there is fine. */
void	spawn_record_unlink(int dir_fd, const struct token *);

#endif
