/* SPDX-License-Identifier: MIT */
/*
 * JSON from outside: one value and nothing after it, of bounded depth.  What
 * the parser kept is wiped; what it returns is the caller's to wipe.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <stddef.h>

struct err;
struct json_object;

enum { JSON_DEPTH = 32 };

/* NULL with a sentence.  depth: objects and lists in one another. */
struct json_object	*json_parse(const char *text, size_t n, int depth,
			    struct err *);
/* Ends it after its strings were overwritten.  NULL is allowed. */
void			json_wipe(struct json_object *);

#endif
