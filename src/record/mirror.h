/* SPDX-License-Identifier: MIT */
/*
 * What is alive, as the loop last said it: servers, words in force, what was
 * learned and desired, launch parameters, the last runs.  A new generation of
 * the journal begins with all of it, fleet.txt is written from it, and a
 * start fills it from the journal.  Its size is that of the fleet.
 */
#ifndef RECORD_MIRROR_H
#define RECORD_MIRROR_H

#include "record/lines.h"

enum { WORDS_STANDING = 4, PARAMS_MAX = 256 };

struct kept {
	struct server server;
	uint64_t params; /* 0: none */
	struct boot_row boot; /* BOOT_NONE: it has no boot token */
};

struct mirror_group {
	char name[NAME_SIZE];
	int desired; /* -1: not known */
	bool has[WORDS_STANDING];
	struct word words[WORDS_STANDING]; /* in the order in which they came */
	char build[BUILD_SIZE];
	struct bytes learned;
	uint64_t way_params[MAX_WAYS];
	char *by_hand; /* malloc'd; NULL: nothing said */
	struct kept **slot; /* open addressing over key_of() */
	size_t slots, n;
};

struct mirror_params {
	uint64_t hash;
	char *text; /* malloc'd, NUL behind */
	size_t n;
};

struct mirror {
	int n_groups;
	struct mirror_group *groups[MAX_GROUPS * 2];
	int n_params;
	struct mirror_params params[PARAMS_MAX];
	int n_runs;
	struct run runs[RUNS_KEPT]; /* the last one is the present one */
};

void	mirror_free(struct mirror *);
/* Made where it is not there yet; NULL: no room. */
struct mirror_group	*mirror_group(struct mirror *, const char *name);

struct kept	*mirror_find(const struct mirror_group *,
		    const struct server *);
/* A copy; -1: out of memory. */
int	mirror_put(struct mirror_group *, const struct server *,
	    uint64_t params);
void	mirror_drop(struct mirror_group *, const struct server *);

/* Kept where it is new; the hash, or 0: no room. */
uint64_t	mirror_params_put(struct mirror *, const void *text, size_t n);
const struct mirror_params	*mirror_params_find(const struct mirror *,
		    uint64_t hash);

/* Is it one that stays in force, and where does it stand? -1: no. */
int	mirror_stands(enum word_kind);
void	mirror_run_put(struct mirror *, const struct run *);

/* All of it as the lines of a batch. */
void	mirror_lines(const struct mirror *, struct bytes *,
	    const struct now *);

#endif
