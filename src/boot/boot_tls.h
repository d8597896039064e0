/* SPDX-License-Identifier: MIT */
/* Certificate and key of the boot endpoint: TLS 1.2 or newer. */
#ifndef BOOT_BOOT_TLS_H
#define BOOT_BOOT_TLS_H

#include <stdint.h>

struct boot_tls;
struct bufferevent;
struct err;
struct event_base;

/* PEM files; the key must be nobody else's to read. */
struct boot_tls	*boot_tls_new(const char *certificate, const char *key,
		    struct err *);
void		boot_tls_free(struct boot_tls *);
/* For a connection that is accepted next; NULL: out of memory. */
struct bufferevent	*boot_tls_bufferevent(struct boot_tls *,
			    struct event_base *);
/* When the certificate ends, in seconds since 1970. */
int64_t		boot_tls_ends(const struct boot_tls *);

#endif
