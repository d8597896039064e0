/* SPDX-License-Identifier: MIT */
/*
 * Whole files, read or replaced.  These calls wait for the disk: after start
 * only the journal's writer thread makes them.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stddef.h>

struct err;

/*
 * The old text or the new one, whatever happens: written beside it, synced,
 * renamed, and the folder synced.  On failure the old file is untouched.
 */
int	file_replace(const char *path, const void *text, size_t n,
	    struct err *);
/* A malloc'd text with a NUL behind it; more than max bytes is refused. */
int	file_read(const char *path, size_t max, char **ret_text, size_t *ret_n,
	    struct err *);
/* Plain, and only we and root may change it, nobody else read it. */
int	file_check_ours(int fd, struct err *);
/* Makes a rename or a new file in this folder last. */
int	file_sync_folder(const char *folder, struct err *);

#endif
