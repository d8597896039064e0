/* SPDX-License-Identifier: MIT */
/* A key from a file; see keyfile.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "cloud/keyfile.h"

static int
keyfile_check(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (err_set(e, errno, "'%s': %s", path, strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (err_set(e, EINVAL, "'%s' is no plain file", path));
	if ((st.st_mode & 027) != 0)
		return (err_set(e, EACCES, "'%s' has mode %03o, expected 640 "
		    "or less: others may read or change it", path,
		    (unsigned)st.st_mode & 0777));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return (err_set(e, EACCES, "'%s' belongs to user %u, expected "
		    "us or root", path, (unsigned)st.st_uid));
	return (0);
}

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
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *page = MAP_FAILED;
	size_t n = strlen(before);

	if (fd < 0) {
		(void)err_set(e, errno, "'%s': %s", path, strerror(errno));
		return (NULL);
	}
	if (keyfile_check(fd, path, e) != 0)
		goto fail;
	page = mmap(NULL, KEYFILE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || mlock(page, KEYFILE_SIZE) != 0 ||
	    madvise(page, KEYFILE_SIZE, MADV_DONTDUMP) != 0) {
		(void)err_set(e, errno, "no locked memory for a key: %s",
		    strerror(errno));
		goto fail;
	}
	memcpy(page, before, n);
	if (keyfile_read(fd, path, page + n, KEYFILE_SIZE - n, e) != 0)
		goto fail;
	(void)close(fd);
	return (page);
fail:
	if (page != MAP_FAILED)
		keyfile_free(page);
	(void)close(fd);
	return (NULL);
}

void
keyfile_free(char *header)
{
	if (header == NULL)
		return;
	explicit_bzero(header, KEYFILE_SIZE);
	(void)munmap(header, KEYFILE_SIZE);
}
