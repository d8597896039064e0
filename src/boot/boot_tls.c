/* SPDX-License-Identifier: MIT */
/*
 * See boot_tls.h.  No renegotiation and no tickets: a new server comes once,
 * and what it does not use an attacker cannot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "boot/boot_tls.h"

struct boot_tls {
	SSL_CTX *ctx;
	int64_t ends;
};

static int
tls_fail(const char *what, const char *path, struct err *e)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return (err_set(e, EINVAL, "%s '%s': %s", what, path,
	    why != NULL ? why : "it cannot be used"));
}

static int
tls_key_rights(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (err_set(e, errno, "boot.key '%s': %s", path,
		    strerror(errno)));
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return (err_set(e, EPERM, "boot.key '%s': others may read or "
		    "change it, expected mode 0600 or 0640", path));
	return (0);
}

static int
tls_load(struct boot_tls *t, const char *certificate, const char *key,
    struct err *e)
{
	struct tm end;

	if (tls_key_rights(key, e) != 0)
		return (-1);
	if (SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_use_certificate_chain_file(t->ctx, certificate) != 1)
		return (tls_fail("boot.certificate", certificate, e));
	if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(t->ctx) != 1)
		return (tls_fail("boot.key", key, e));
	if (ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(
	    t->ctx)), &end) != 1)
		return (tls_fail("boot.certificate", certificate, e));
	t->ends = (int64_t)timegm(&end);
	return (0);
}

struct boot_tls *
boot_tls_new(const char *certificate, const char *key, struct err *e)
{
	struct boot_tls *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->ctx = SSL_CTX_new(TLS_server_method())) == NULL) {
		free(t);
		(void)err_set(e, ENOMEM, "TLS: out of memory");
		return (NULL);
	}
	(void)SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	if (tls_load(t, certificate, key, e) == 0)
		return (t);
	boot_tls_free(t);
	return (NULL);
}

void
boot_tls_free(struct boot_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

struct bufferevent *
boot_tls_bufferevent(struct boot_tls *t, struct event_base *base)
{
	SSL *ssl = SSL_new(t->ctx);

	if (ssl == NULL)
		return (NULL);
	return (bufferevent_openssl_socket_new(base, -1, ssl,
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE));
}

int64_t
boot_tls_ends(const struct boot_tls *t)
{
	return (t->ends);
}
