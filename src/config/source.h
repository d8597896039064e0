/* SPDX-License-Identifier: MIT */
/*
 * The text of a policy: one file and what it includes, put together into one
 * text, with the file and line that each line of it came from.
 *
 * We include by ourselves, since libconfig looks for an included file beside
 * the working directory and not beside the file that names it, and since the
 * text that is checked must be the text that is parsed.
 */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stddef.h>

struct errors;
struct source;

enum {
	SOURCE_MAX = 4 << 20, /* bytes of all files */
	SOURCE_FILES = 64,
	SOURCE_DEPTH = 10
};

/* NULL and a sentence in errors; a text has no folder to include from. */
struct source	*source_file(const char *path, struct errors *);
struct source	*source_text(const char *name, const char *text, size_t n,
		    struct errors *);
void		source_free(struct source *);

const char	*source_chars(const struct source *);
/* "FILE:LINE" of a line of the whole text, fit to be shown. */
void		source_where(const struct source *, int line, char *buf,
		    size_t size);

#endif
