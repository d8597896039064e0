/* SPDX-License-Identifier: MIT */
/*
 * A command as people write it, to the words that a process is started
 * with.  No shell is ever asked: quotes work as in one, and what only a
 * shell could do is refused instead of being passed on as plain text.
 */
#ifndef PROVIDER_WORDS_H
#define PROVIDER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/key.h"

struct err;

/*
 * Blanks separate; '...' is literal; in "..." and outside \x is x.  A name
 * such as {port} stays as it is.  *ret is untouched on failure.
 */
int	words_split(const char *text, struct key_strings *ret, struct err *);

/* What a name in curly brackets stands for. */
struct words_fill {
	const char *name, *value;
};

/*
 * text with each {name} of the n fills replaced; other brackets stay.  False
 * where it does not fit into size.
 */
bool	words_fill(const char *text, const struct words_fill *, size_t n,
	    char *ret, size_t size);

#endif
