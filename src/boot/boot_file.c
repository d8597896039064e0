/* SPDX-License-Identifier: MIT */
/*
 * See boot_file.h.  A file for a server of this machine; its disk may be
 * memory, and what a crash of the machine loses nobody needs afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "boot/boot_file.h"
#include "io/file.h"

/* Of its rights, too: a key that others may read is mended by chmod. */
static struct timespec
changed_at(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 ? st.st_ctim : (struct timespec){ 0 });
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return (a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec);
}

bool
boot_pem_changed(const struct boot_pem *p, const char *certificate,
    const char *key)
{
	return (!same_time(p->certificate_at, changed_at(certificate)) ||
	    !same_time(p->key_at, changed_at(key)));
}

int
boot_pem_read(struct boot_pem *p, const char *certificate, const char *key,
    struct err *e)
{
	char *text;
	size_t n;

	p->certificate_at = changed_at(certificate);
	p->key_at = changed_at(key);
	if (file_read(certificate, BOOT_PEM_MAX - 1, &text, &n, e) != 0)
		return (err_prefix(e, "boot.certificate"));
	if (strstr(text, "PRIVATE KEY-----") != NULL) {
		free(text);
		return (err_set(e, EINVAL, "boot.certificate '%s' holds a "
		    "private key, expected certificates alone: servers are "
		    "told this file", certificate));
	}
	memcpy(p->text, text, n + 1);
	p->n = n;
	free(text);
	return (0);
}

static FILE *
new_open(const char *new, struct err *e)
{
	FILE *f = NULL;
	int fd;

	(void)unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0 || (f = fdopen(fd, "w")) == NULL) {
		(void)err_set(e, errno, "'%s': %s", new, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
	}
	return (f);
}

static int
new_close(FILE *f, const char *new, const char *path, struct err *e)
{
	if ((ferror(f) | fclose(f)) == 0 && rename(new, path) == 0)
		return (0);
	(void)err_set(e, errno, "'%s': %s", path, strerror(errno));
	(void)unlink(new);
	return (-1);
}

char *
boot_file_make(const char *address, const char *token,
    const struct boot_pem *pem, struct err *e)
{
	size_t size = strlen(address) + strlen(token) + pem->n + 32;
	char *text = malloc(size); /* at once: what grows leaves pieces */

	if (text == NULL)
		(void)err_set(e, ENOMEM, "out of memory");
	else
		(void)snprintf(text, size, "address=%s\ntoken=%s\n%s", address,
		    token, pem->text);
	return (text);
}

int
boot_file_write(const char *path, const char *text, struct err *e)
{
	char new[512];
	FILE *f;

	(void)snprintf(new, sizeof(new), "%s.new", path);
	f = new_open(new, e);
	if (f == NULL)
		return (-1);
	(void)fputs(text, f);
	return (new_close(f, new, path, e));
}
