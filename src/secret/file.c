/* SPDX-License-Identifier: MIT */
/*
 * The source `file`: lines KEY=value, any bytes but a line's end in a value,
 * lines that begin with # left out.  Read straight into the arena.  A file
 * that others may read or write is refused: its secret is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "secret/arena.h"
#include "secret/bundle.h"

static int
file_check(int fd, const char *path, struct err *e)
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

static int
file_fetch(const char *path, struct arena *a, struct bundle **ret,
    struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	char *text = NULL;
	size_t n = 0;
	ssize_t got = 1;

	if (fd < 0)
		return (err_set(e, errno, "'%s': %s", path, strerror(errno)));
	if (file_check(fd, path, e) != 0)
		goto out;
	text = arena_take(a, BUNDLE_MAX + 1);
	if (text == NULL) {
		(void)err_set(e, ENOMEM, "no room for one more secret");
		goto out;
	}
	while (got > 0 && n <= BUNDLE_MAX) {
		got = read(fd, text + n, BUNDLE_MAX + 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		(void)err_set(e, errno, "'%s': %s", path, strerror(errno));
	else if (n > BUNDLE_MAX)
		(void)err_set(e, EFBIG, "'%s' is over %d kB", path,
		    BUNDLE_MAX >> 10);
	else if ((rc = bundle_parse(a, text, n, ret, e)) != 0)
		(void)err_prefix(e, "'%s'", path);
out:
	arena_give(a, text);
	(void)close(fd);
	return (rc);
}

const struct secret_source secret_file = { "file", file_fetch };
