/* SPDX-License-Identifier: MIT */
/*
 * See boot_look.h.  In a thread, so it may wait for the loop that answers.
 * Whose certificate it is does not matter here: new servers are told which
 * one to trust, and this asks only whether somebody answers.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "boot/boot_look.h"
#include "io/address_parse.h"
#include "io/look.h"

/* Of one call of the socket; a handshake has a handful. */
enum { WAIT_S = 3 };

static bool
handshake(int fd)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	bool ok = ssl != NULL && SSL_set_fd(ssl, fd) == 1 &&
	    SSL_connect(ssl) == 1;

	if (ok)
		(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return (ok);
}

void
boot_look_endpoint(struct ready_row *r)
{
	struct timeval wait = { WAIT_S, 0 };
	struct sockaddr_storage a;
	socklen_t n;
	int fd = -1;

	if (!address_parse(r->path, &a, &n)) {
		look_say(r, READY_NO, "'%.100s' is no address", r->path);
		return;
	}
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait,
		sizeof(wait)) != 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO,
		&wait, sizeof(wait)) != 0 || connect(fd,
		(struct sockaddr *)&a, n) != 0)
		look_say(r, READY_NO, "%.100s: %s", r->path,
		    strerror(errno));
	else if (!handshake(fd))
		look_say(r, READY_NO, "%.100s takes the connection and does "
		    "not answer", r->path);
	else
		look_say(r, READY_YES, "%.100s answers", r->path);
	if (fd >= 0)
		(void)close(fd);
}
