/* SPDX-License-Identifier: MIT */
/*
 * What new servers ask, over TLS on a listener of its own.
 *
 *	POST /v1/boot/bundle        secrets, artifact, whether to sync
 *	POST /v1/boot/phase/NAME    booted, secrets, artifact or failed
 *
 *	Authorization: Bearer TOKEN
 *	Plimsoll-Nonce: 16 to 128 bytes, the same for this server's whole boot
 *
 * Nothing is parsed but these headers and the path: a report may have a text
 * as its body, which is only told.  The bundle is JSON with one member a line,
 * so that a shell can read it, and values in base64, so that any byte goes.
 * A refusal is always the same 403: why is told to us, not to a stranger.
 */
#ifndef BOOT_BOOT_ENDPOINT_H
#define BOOT_BOOT_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "boot/boot_tokens.h"

struct boot_endpoint;
struct err;
struct loop;

enum {
	BOOT_CONNECTIONS = 512,	   /* at a time; the next one waits */
	BOOT_HEADERS = 4 << 10,	   /* bytes of a request */
	BOOT_WORDS = 2 << 10,	   /* of a report's text */
	BOOT_ACCEPT_AT_ONCE = 8	   /* handshakes: what a turn may cost */
};

#define BOOT_ACCEPT_REST (10 * NS_MS)
/* From accept to the end, however slowly somebody sends or reads. */
#define BOOT_CONNECTION_LIFE (10 * NS_S)

struct boot_settings {
	char listen[128];	/* "10.0.0.5:8738" */
	char certificate[256];	/* PEM, with its chain */
	char key[256];
	ns_t life;		/* of a connection; 0: as above */
	bool any_port;		/* a free one in its place: for tests */
};

/* One secret goes into the answer. */
typedef void boot_put(void *arg, const char *name, const void *bytes,
	    size_t n);

struct boot_answer {
	char artifact_url[512];	/* "": none */
	char artifact_sha256[65];
	const char *sync;	/* "never", "skip" or "go" */
};

struct boot_hooks {
	void *ctx;
	/*
	 * A row changed.  What must be heard of as durable before its effect,
	 * or 0: nothing to wait for (I-29).
	 */
	uint64_t (*keep)(void *ctx, const struct token *,
	    const struct boot_row *);
	/* Fills the answer and puts each secret; -1: not ready, ask again. */
	int	(*answer)(void *ctx, const struct token *,
	    struct boot_answer *ret, boot_put *, void *arg);
	/* PHASE_BOOTED, _SECRETS, _ARTIFACT, or _FAILED with its words. */
	void	(*phase)(void *ctx, const struct token *, enum phase,
	    const char *words, size_t n);
	/* Somebody was refused; token is NULL where it proved none. */
	void	(*refused)(void *ctx, enum boot_verdict, const struct token *);
};

/*
 * The tokens stay the caller's and outlive it.  SIGPIPE must be ignored: the
 * TLS library writes to whoever has gone.
 */
struct boot_endpoint	*boot_endpoint_new(struct loop *,
			    const struct boot_settings *,
			    struct boot_tokens *, const struct boot_hooks *,
			    struct err *);
void		boot_endpoint_free(struct boot_endpoint *);
/* Everything that was kept up to seq is on the disk. */
void		boot_endpoint_durable(struct boot_endpoint *, uint64_t seq);
/*
 * Certificate and key are read again, for connections from now on (I-36).
 * -1: the old ones stay.
 */
int		boot_endpoint_reload(struct boot_endpoint *, struct err *);
/* When the certificate ends, by the wall. */
int64_t		boot_endpoint_ends(const struct boot_endpoint *);
/* The port that it has, where any would do. */
int		boot_endpoint_port(const struct boot_endpoint *);

#endif
