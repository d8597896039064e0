/* SPDX-License-Identifier: MIT */
/*
 * What a new server is told, as plimsoll-boot(8) reads it: whom to ask, its
 * token, and the certificate that it shall believe, and no secret of the
 * shop.
 */
#ifndef BOOT_BOOT_FILE_H
#define BOOT_BOOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct err;

enum { BOOT_PEM_MAX = 64 << 10 };

/* A certificate with its chain; zeroed before the first read. */
struct boot_pem {
	size_t n;
	struct timespec certificate_at, key_at; /* of the files */
	char text[BOOT_PEM_MAX];
};

/* -1: the old one stays; only its times are those of now. */
int	boot_pem_read(struct boot_pem *, const char *certificate,
	    const char *key, struct err *);
bool	boot_pem_changed(const struct boot_pem *, const char *certificate,
	    const char *key);
/* What a server is told: malloc'd, for the caller to wipe and free. */
char	*boot_file_make(const char *address, const char *token,
	    const struct boot_pem *, struct err *);
/* Mode 0600, as a whole or not at all; not synced. */
int	boot_file_write(const char *path, const char *text, struct err *);

#endif
