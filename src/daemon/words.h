/* SPDX-License-Identifier: MIT */
/*
 * Operators' words on their way: from the inbox through the step that takes
 * or refuses them until their record is durable; then whoever said it hears.
 */
#ifndef DAEMON_WORDS_H
#define DAEMON_WORDS_H

#include <stdbool.h>

#include "api/desk.h"

struct facts;
struct fleet;
struct words;

enum { WORDS_MAX = 128 };

struct words	*words_new(void);
/* Those that still wait are told that the daemon stops. */
void		words_free(struct words *);
/* Too many wait. */
bool		words_full(const struct words *);
/* The word became event `index` of the inbox. */
void		words_put(struct words *, size_t index, int group,
		    const struct word *, desk_done *, void *arg);
/*
 * The step is done: the refused ones are told; the others are in force, as
 * the facts have it from now on, and wait for seq.
 */
void		words_stepped(struct words *, const struct fleet *,
		    struct facts *, uint64_t seq);
void		words_durable(struct words *, uint64_t seq);
/* The journal is bad: they are told that they hold until a restart. */
void		words_not_durable(struct words *);

#endif
