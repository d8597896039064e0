/* SPDX-License-Identifier: MIT */
/* What web_call.c (calls) and web_curl.c (libcurl on the loop) share. */
#ifndef IO_WEB_PRIV_H
#define IO_WEB_PRIV_H

#include <curl/curl.h>

#include "io/loop.h"
#include "io/resolver.h"
#include "io/web.h"

/* Bytes that are wiped whenever they move or end. */
struct web_bytes {
	char *p; /* n bytes and a NUL, or NULL */
	size_t n, room;
};

struct web_call {
	struct web *w;
	struct web_call *next, **prev;
	struct timer begin, end;
	struct resolver_wait wait;
	CURL *easy;
	bool added; /* to the multi handle */
	bool resolved;
	struct curl_slist *headers, *resolve;
	char scheme[8], host[RESOLVER_NAME_SIZE + 2]; /* of the URL */
	long port;
	bool follows; /* a GET or HEAD */
	bool too_large, busy;
	int redirects;
	size_t max, headers_n;
	struct web_bytes body, out; /* the answer's; the request's */
	char error[CURL_ERROR_SIZE];
	ns_t asked, retry_after;
	web_done *done;
	void *arg;
};

struct web {
	struct loop *loop;
	CURLM *multi;
	struct timer timer; /* libcurl's */
	struct resolver *resolver;
	struct web_call *calls;
	int n_calls;
};

/* -1: out of memory.  At most max bytes; MUST. */
int	web_bytes_add(struct web_bytes *, const void *, size_t n, size_t max);
void	web_bytes_wipe(struct web_bytes *);

/* Scheme, host and port of a URL; -1 with a sentence. */
int	web_url_parts(const char *url, unsigned flags, struct web_call *ret,
	    struct err *);

/* libcurl on the loop. */
int	web_multi_new(struct web *, struct err *);
void	web_multi_free(struct web *);
/* All that is the same for every call; -1: out of memory. */
int	web_easy_new(struct web_call *, const struct web_request *);
void	web_easy_free(struct web_call *);
/* The addresses that the host has. */
int	web_easy_resolve(struct web_call *, const struct resolved *);
/* libcurl is done with it. */
void	web_over(struct web_call *, CURLcode);

#endif
