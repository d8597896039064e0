/* SPDX-License-Identifier: MIT */
/*
 * The lines of a batch: what the loop wants recorded, on its way to the
 * writer thread.  A batch is a header (both clocks) and lines; it becomes
 * durable as a whole or not at all.  lines.c writes them, apply.c reads them;
 * they never reach a disk in this form.
 */
#ifndef RECORD_LINES_H
#define RECORD_LINES_H

#include "plimsoll/boot.h"
#include "plimsoll/server.h"
#include "plimsoll/word.h"
#include "record/bytes.h"

enum line {
	LINE_GROUPS = 1, /* count, names: what the indexes of steps mean */
	LINE_PARAMS,	 /* hash, blob */
	LINE_SERVER,	 /* group, key, id, phase, moved, params, body */
	LINE_FORGET,	 /* group, key, id */
	LINE_WORD,	 /* group, kind, body */
	LINE_STANDING,	 /* group, kind, body: in force from now on */
	LINE_LIFT,	 /* group, kind: no longer in force */
	LINE_DESIRED,	 /* group, servers */
	LINE_LEARNED,	 /* group, build, body */
	LINE_STEP,	 /* begins anew, body */
	LINE_DECISION,	 /* group, hash, text */
	LINE_ALARM,	 /* group, name, raised, text */
	LINE_RUN,	 /* a start of the daemon, see struct run */
	LINE_FORGIVE,	 /* earlier crashes do not count any more */
	LINE_STOP,	 /* a clean stop */
	LINE_CALLS,	 /* body: what was done to the fleet beside steps */
	LINE_BOOT	 /* group, key, body: of a server of this batch or before */
};

enum { KEY_MAX = ID_SIZE, RUNS_KEPT = 16, BUILD_SIZE = 64 };

/* What names a server in the journal: its token, or its id without one. */
struct server_key {
	size_t n;
	uint8_t byte[KEY_MAX];
};

struct server_key key_of(const struct server *);

/* One life of the daemon. */
struct run {
	int64_t id;
	int64_t begun_wall_s, last_wall_s;
	ns_t begun, last; /* boot clock of `boot` */
	bool clean;	  /* it was stopped */
	bool forgiven;	  /* an operator's resume: crashes before are over */
	char boot[40];
	char build[BUILD_SIZE];
};

void	lines_begin(struct bytes *, const struct now *);
void	lines_server(struct bytes *, const char *group, const struct server *,
	    bool moved, uint64_t params);
void	lines_forget(struct bytes *, const char *group, const struct server *);
void	lines_word(struct bytes *, enum line, const char *group,
	    const struct word *);
void	lines_lift(struct bytes *, const char *group, enum word_kind);
void	lines_learned(struct bytes *, const char *group, const char *build,
	    const void *body, size_t n);
void	lines_desired(struct bytes *, const char *group, int servers);
void	lines_params(struct bytes *, uint64_t hash, const void *, size_t n);
void	lines_boot(struct bytes *, const char *group, const struct token *,
	    const struct boot_row *);
/* The body of one; false: it is none. */
bool	lines_boot_read(const void *body, size_t n, struct boot_row *ret);
void	lines_run(struct bytes *, const struct run *);
void	lines_run_read(struct reader *, struct run *ret);

#endif
