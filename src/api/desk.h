/* SPDX-License-Identifier: MIT */
/*
 * What the daemon offers to whoever asks it something: the facts, and the
 * few things that change anything.  What takes time ends in a desk_done,
 * exactly once, maybe from inside the call.
 */
#ifndef API_DESK_H
#define API_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/word.h"

struct facts;
struct json_object;

/* One answer: body is the receiver's to free, text says why it is refused. */
struct desk_answer {
	bool ok;
	const char *text;
	struct json_object *body; /* NULL: nothing but ok */
};

typedef void desk_done(void *arg, const struct desk_answer *);

struct desk_history {
	int group;	    /* -1: all */
	int limit;	    /* newest first, at most so many */
	int64_t since_wall_s; /* 0: any */
};

struct desk {
	void *ctx;
	const struct facts *(*facts)(void *ctx);
	/* Done when the word is taken and in the journal, or refused. */
	void (*word)(void *ctx, int group, const struct word *, desk_done *,
	    void *arg);
	void (*history)(void *ctx, const struct desk_history *, desk_done *,
	    void *arg);
	/* confirm: the id of a plan that waits for a word, or NULL. */
	void (*reload)(void *ctx, const char *confirm, const char *who,
	    desk_done *, void *arg);
};

#endif
