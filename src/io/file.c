/* SPDX-License-Identifier: MIT */
/*
 * Whole files; see file.h.  The new text has a fixed name beside the file, so
 * that a crash leaves one leftover at most, which the next save overwrites.
 * A sync that failed is not tried again: the kernel has forgotten the pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"

int
file_sync_folder(const char *folder, struct err *e)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return (err_set(e, errno, "open folder '%s': %s", folder,
		    strerror(errno)));
	if (fsync(fd) != 0)
		rc = err_set(e, errno, "sync folder '%s': %s", folder,
		    strerror(errno));
	(void)close(fd);
	return (rc);
}

static int
file_write_all(int fd, const char *text, size_t n)
{
	ssize_t k;

	while (n > 0) {
		k = write(fd, text, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return (-1);
		text += k;
		n -= (size_t)k;
	}
	return (0);
}

static int
file_write_new(const char *path, const void *text, size_t n, struct err *e)
{
	const char *what = "open";
	int fd, rc = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		goto out;
	what = "write";
	if (file_write_all(fd, text, n) != 0)
		goto out;
	/* others read it: the balancer under its own user, a person */
	what = "set the mode of";
	if (fchmod(fd, 0644) != 0)
		goto out;
	what = "sync";
	if (fsync(fd) != 0)
		goto out;
	what = "close";
	rc = close(fd);
	fd = -1;
out:
	if (rc != 0)
		(void)err_set(e, errno, "%s '%s': %s", what, path,
		    strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return (rc);
}

static int
file_folder(const char *path, char *folder, size_t size, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int n;

	if (slash == NULL)
		n = snprintf(folder, size, ".");
	else if (slash == path)
		n = snprintf(folder, size, "/");
	else
		n = snprintf(folder, size, "%.*s", (int)(slash - path), path);
	if (n < 0 || (size_t)n >= size)
		return (err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    path));
	return (0);
}

int
file_replace(const char *path, const void *text, size_t n, struct err *e)
{
	char new[PATH_MAX], folder[PATH_MAX];
	int k = snprintf(new, sizeof(new), "%s.new", path);

	if (k < 0 || (size_t)k >= sizeof(new))
		return (err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    path));
	if (file_folder(path, folder, sizeof(folder), e) != 0)
		return (-1);
	if (file_write_new(new, text, n, e) != 0) {
		(void)unlink(new);
		return (-1);
	}
	if (rename(new, path) != 0) {
		(void)err_set(e, errno, "rename '%s' to '%s': %s", new, path,
		    strerror(errno));
		(void)unlink(new);
		return (-1);
	}
	return (file_sync_folder(folder, e));
}

int
file_check_ours(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (err_set(e, errno, "%s", strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (err_set(e, EINVAL, "it is no plain file"));
	if ((st.st_mode & 027) != 0)
		return (err_set(e, EACCES, "it has mode %03o, expected 640 or "
		    "less: others may read or change it",
		    (unsigned)st.st_mode & 0777));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return (err_set(e, EACCES, "it belongs to user %u, expected us "
		    "or root", (unsigned)st.st_uid));
	return (0);
}

int
file_read(const char *path, size_t max, char **ret_text, size_t *ret_n,
    struct err *e)
{
	char *text = NULL;
	FILE *f = NULL;
	size_t n;
	int rc = -1;

	f = fopen(path, "re");
	if (f == NULL) {
		(void)err_set(e, errno, "open '%s': %s", path,
		    strerror(errno));
		goto out;
	}
	text = malloc(max + 1);
	if (text == NULL) {
		(void)err_set(e, ENOMEM, "read '%s': out of memory", path);
		goto out;
	}
	n = fread(text, 1, max + 1, f);
	if (ferror(f)) {
		(void)err_set(e, EIO, "read '%s' failed", path);
		goto out;
	}
	if (n > max) {
		(void)err_set(e, EFBIG, "'%s' is longer than %zu bytes", path,
		    max);
		goto out;
	}
	text[n] = '\0';
	*ret_text = text;
	*ret_n = n;
	text = NULL;
	rc = 0;
out:
	free(text);
	if (f != NULL)
		(void)fclose(f);
	return (rc);
}
