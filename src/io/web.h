/* SPDX-License-Identifier: MIT */
/*
 * An HTTP client on the loop, for everybody who talks to a service: libcurl,
 * which never blocks here.  Connections are kept and used again, names come
 * from our own resolver, the peer of TLS is always verified (I-39), no
 * redirect leads to another place, no proxy or cookie is used, and every
 * answer is bounded in size and time.  It logs nothing, and no sentence of
 * it holds more of a URL than scheme, host and port (I-35).
 */
#ifndef IO_WEB_H
#define IO_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/units.h"

struct err;
struct loop;
struct web;
struct web_call;

enum {
	WEB_CALLS = 512,	     /* at a time; the next one is WEB_BUSY */
	WEB_CONNECTIONS = 128,	     /* at a time; calls wait for one */
	WEB_HEADERS_MAX = 64 << 10,  /* bytes of an answer's headers */
	WEB_URL_SIZE = 2048,
	WEB_REDIRECTS = 3
};

enum web_result {
	WEB_OK,		/* a whole answer, whatever its status */
	WEB_NAME,	/* the host's name is not known */
	WEB_CONNECT,	/* no connection */
	WEB_TLS,	/* no trust in who answered */
	WEB_TIMEOUT,	/* the deadline passed */
	WEB_BROKEN,	/* what came is no answer, or not all of one */
	WEB_TOO_LARGE,	/* over `max` bytes */
	WEB_ELSEWHERE,	/* it sends us to another place */
	WEB_BUSY	/* too many calls */
};

enum web_flags {
	WEB_PLAIN = 1 << 0, /* http:// is allowed too */
	/*
	 * A connection of its own: on a kept one that the peer has closed
	 * meanwhile libcurl sends a request again by itself, and for what
	 * must not happen twice that is not its to decide (I-13).
	 */
	WEB_ONCE = 1 << 1
};

/* Copied, all of it. */
struct web_request {
	const char *method;	     /* "GET", "POST", ...; NULL: GET */
	const char *url;	     /* no user, no password in it */
	const char *const *headers;  /* "Name: value", NULL at the end */
	const void *body;	     /* NULL: none */
	size_t n_body;
	const char *ca_file;	     /* PEM; NULL and no ca_pem: the system's */
	const void *ca_pem;	     /* the same as n_ca_pem bytes */
	size_t n_ca_pem;
	/*
	 * Signed for AWS: "aws:amz:REGION:SERVICE", with "KEY:SECRET".  A POST
	 * to "/" only: libcurl signs much else wrong.  NULL: not signed.
	 */
	const char *sign, *sign_user;
	ns_t deadline;		     /* from the call to the whole answer */
	size_t max;		     /* bytes of the answer's body */
	unsigned flags;
};

/* Lives until the callback returns; then the body is wiped. */
struct web_answer {
	enum web_result result;
	/*
	 * Whether the peer may have had a part of the request: where it is
	 * false a repeat is harmless, whatever the request does.
	 */
	bool sent;
	bool reused; /* on a kept connection */
	int status;  /* 0: there is none */
	const char *body; /* n bytes and a NUL; "" unless WEB_OK */
	size_t n;
	ns_t retry_after; /* what the peer asks for, in seconds; 0: nothing */
	ns_t asked, now;
	const char *why; /* a sentence unless WEB_OK, else "" */
};

typedef void web_done(void *arg, const struct web_answer *);

/*
 * nameserver: see resolver_new().  The loop must outlive it.  One client
 * shares its connections among all who ask.
 */
struct web	*web_new(struct loop *, const char *nameserver, struct err *);
/* Not from inside a callback; calls under way end without one. */
void		web_free(struct web *);

/* Is this a URL that web_ask() takes?  -1 with a sentence. */
int		web_url_check(const char *url, unsigned flags, struct err *);
/* To an address of this machine, 127.0.0.0/8 or [::1]: names may lie. */
bool		web_url_is_here(const char *url);
/*
 * `done` is called exactly once, later, never from inside.  NULL with a
 * sentence where the request itself is wrong; then there is no callback.
 */
struct web_call	*web_ask(struct web *, const struct web_request *, web_done *,
		    void *arg, struct err *);
/* No callback any more.  Not for a call that had its own; NULL is allowed. */
void		web_cancel(struct web_call *);
const char	*web_result_name(enum web_result);

#endif
