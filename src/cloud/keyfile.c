/* SPDX-License-Identifier: MIT */
/* A key from a file; see keyfile.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cloud/keyfile.h"
#include "io/file.h"
#include "io/locked.h"

/* Printable and in one line: else it would add headers of its own. */
static int
keyfile_is_key(const char *key, size_t n, const char *path, struct err *e)
{
	size_t i;

	if (n == 0)
		return (err_set(e, EINVAL, "'%s' is empty", path));
	for (i = 0; i < n; i++)
		if (key[i] <= ' ' || key[i] > '~')
			return (err_set(e, EINVAL, "'%s' holds a blank or "
			    "something that is no letter, expected one key in "
			    "one line", path));
	return (0);
}

static int
keyfile_read(int fd, const char *path, char *to, size_t room, struct err *e)
{
	ssize_t got = 1;
	size_t n = 0;

	while (got > 0 && n < room) {
		got = read(fd, to + n, room - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return (err_set(e, errno, "'%s': %s", path, strerror(errno)));
	if (n == room)
		return (err_set(e, EFBIG, "'%s' is over %zu bytes, expected a "
		    "key", path, room - 1));
	while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r' ||
	    to[n - 1] == ' '))
		n--;
	to[n] = '\0';
	return (keyfile_is_key(to, n, path, e));
}

char *
keyfile_header(const char *path, const char *before, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	size_t n = strlen(before);
	char *page = NULL;

	if (fd < 0) {
		(void)err_set(e, errno, "'%s': %s", path, strerror(errno));
		return (NULL);
	}
	if (file_check_ours(fd, e) != 0)
		(void)err_prefix(e, "'%s'", path);
	else
		page = locked_new(KEYFILE_SIZE, e);
	if (page != NULL) {
		memcpy(page, before, n);
		rc = keyfile_read(fd, path, page + n, KEYFILE_SIZE - n, e);
	}
	(void)close(fd);
	if (rc == 0)
		return (page);
	keyfile_free(page);
	return (NULL);
}

void
keyfile_free(char *header)
{
	locked_free(header, KEYFILE_SIZE);
}
