/* SPDX-License-Identifier: MIT */
/*
 * A key from a file, ready as a header line.  It lives in a page of its own
 * that is locked, in no core dump and wiped at the end; what else holds it
 * for a moment is wiped, too (I-35).
 */
#ifndef CLOUD_KEYFILE_H
#define CLOUD_KEYFILE_H

struct err;

enum { KEYFILE_SIZE = 4096 };

/* One line of printable characters.  NULL with a sentence without it. */
char	*keyfile_header(const char *path, const char *before, struct err *);
/* NULL is allowed. */
void	keyfile_free(char *header);

#endif
