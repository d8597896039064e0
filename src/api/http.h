/* SPDX-License-Identifier: MIT */
/*
 * HTTP on the policy's `listen`: /metrics, /healthz and /readyz, to read
 * only.  A request must name us by a loopback name or by the address that
 * we listen at, else a page in somebody's browser could read along (DNS
 * rebinding).
 */
#ifndef API_HTTP_H
#define API_HTTP_H

#include <stdbool.h>

struct desk;
struct err;
struct http;
struct loop;

enum {
	HTTP_CONNECTIONS = 64,	  /* at a time; the next one waits */
	HTTP_HEADERS = 8 << 10,	  /* bytes of a request */
	HTTP_TIMEOUT_S = 10	  /* without a byte, or without a request */
};

/* listen: "127.0.0.1:8737" or "[::1]:8737".  The desk outlives it. */
struct http	*http_new(struct loop *, const char *listen,
		    const struct desk *, struct err *);
void		http_free(struct http *);

/* Is this Host header ours?  host: the address of `listen`. */
bool	http_host_ok(const char *header, const char *host);
/* "127.0.0.1:8737" to its parts; -1 with a sentence. */
int	http_address(const char *listen, char *host, int size, int *ret_port,
	    struct err *);

#endif
