/* SPDX-License-Identifier: MIT */
/*
 * HTTP; see http.h.  evhttp has no cap on connections and does not tell of
 * their end.  We keep a reference to each bufferevent: once evhttp let go of
 * it, its callbacks are gone, which is how a closed one is known.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "api/desk.h"
#include "api/http.h"
#include "base/err.h"
#include "io/address_parse.h"
#include "io/loop.h"
#include "report/facts.h"
#include "report/metrics.h"

/* A daemon that decides every second and has not for so long is ill. */
#define HEALTHY_WITHIN (5 * NS_S)

struct http {
	struct evhttp *ev;
	struct evconnlistener *listener;
	struct loop *loop;
	const struct desk *desk;
	char host[NAME_SIZE];
	struct bufferevent *open[HTTP_CONNECTIONS];
	int n_open;
	struct timer sweep;
};

struct page {
	const char *path;
	void (*get)(const struct facts *, struct evhttp_request *,
	    struct evbuffer *);
};

static void
say(struct evhttp_request *q, struct evbuffer *b, int code,
    const char *reason, const char *text)
{
	(void)evbuffer_add_printf(b, "%s\n", text);
	evhttp_send_reply(q, code, reason, b);
}

static void
page_metrics(const struct facts *f, struct evhttp_request *q,
    struct evbuffer *b)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(q);

	if (metrics_write(f, b) != 0) {
		evhttp_send_error(q, HTTP_INTERNAL, NULL);
		return;
	}
	(void)evhttp_remove_header(h, "Content-Type");
	(void)evhttp_add_header(h, "Content-Type", METRICS_TYPE);
	evhttp_send_reply(q, HTTP_OK, "OK", b);
}

static void
page_health(const struct facts *f, struct evhttp_request *q,
    struct evbuffer *b)
{
	if (f->now.mono - (f->steps > 0 ? f->step_at : f->started) <
	    HEALTHY_WITHIN)
		say(q, b, HTTP_OK, "OK", "ok");
	else
		say(q, b, HTTP_SERVUNAVAIL, "Ill", "no decision for too long");
}

static void
page_ready(const struct facts *f, struct evhttp_request *q,
    struct evbuffer *b)
{
	if (f->ready)
		say(q, b, HTTP_OK, "OK", "ready");
	else
		say(q, b, HTTP_SERVUNAVAIL, "Not Ready",
		    "not every group has been measured");
}

static const struct page pages[] = {
	{ "/metrics", page_metrics },
	{ "/healthz", page_health },
	{ "/readyz", page_ready },
};

/* The name or address without its port: n bytes at *ret, or 0. */
static size_t
host_part(const char *s, const char **ret)
{
	const char *end;
	size_t n;

	*ret = s;
	if (*s == '[') {
		end = strchr(s, ']');
		if (end == NULL)
			return (0);
		*ret = s + 1;
		n = (size_t)(end - s - 1);
		end++;
	} else {
		n = strcspn(s, ":");
		end = s + n;
	}
	if (*end == ':')
		end += 1 + strspn(end + 1, "0123456789");
	return (*end == '\0' ? n : 0);
}

bool
http_host_ok(const char *header, const char *host)
{
	char name[NAME_SIZE];
	struct in6_addr a6;
	struct in_addr a4;
	const char *s;
	size_t n;

	if (header == NULL)
		return (false);
	n = host_part(header, &s);
	if (n == 0 || n >= sizeof(name))
		return (false);
	memcpy(name, s, n);
	name[n] = '\0';
	if (strcasecmp(name, "localhost") == 0 || strcmp(name, host) == 0)
		return (true);
	if (inet_pton(AF_INET, name, &a4) == 1)
		return (ntohl(a4.s_addr) >> 24 == 127);
	return (inet_pton(AF_INET6, name, &a6) == 1 &&
	    IN6_IS_ADDR_LOOPBACK(&a6));
}

static void
http_request(struct evhttp_request *q, void *arg)
{
	struct http *h = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(q);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	struct evkeyvalq *out = evhttp_request_get_output_headers(q);
	struct evbuffer *b = evbuffer_new();
	size_t i;

	if (b == NULL) {
		evhttp_send_error(q, HTTP_INTERNAL, NULL);
		return;
	}
	(void)evhttp_add_header(out, "Content-Type",
	    "text/plain; charset=utf-8");
	(void)evhttp_add_header(out, "X-Content-Type-Options", "nosniff");
	(void)evhttp_add_header(out, "Cache-Control", "no-store");
	if (!http_host_ok(evhttp_find_header(
	    evhttp_request_get_input_headers(q), "Host"), h->host)) {
		say(q, b, 403, "Forbidden", "this is not its host name");
		goto out;
	}
	for (i = 0; path != NULL && i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strcmp(path, pages[i].path) == 0) {
			pages[i].get(h->desk->facts(h->desk->ctx), q, b);
			goto out;
		}
	say(q, b, HTTP_NOTFOUND, "Not Found", "there is no such page");
out:
	evbuffer_free(b);
}

/* Lets go of what evhttp has closed; listens again when there is room. */
static void
http_sweep(void *arg)
{
	struct http *h = arg;
	bufferevent_event_cb ev;
	int i;

	for (i = 0; i < h->n_open;) {
		bufferevent_getcb(h->open[i], NULL, NULL, &ev, NULL);
		if (ev != NULL) {
			i++;
			continue;
		}
		(void)bufferevent_decref(h->open[i]);
		h->open[i] = h->open[--h->n_open];
	}
	if (h->n_open < HTTP_CONNECTIONS && h->listener != NULL)
		(void)evconnlistener_enable(h->listener);
	if (h->n_open > 0)
		loop_timer_set(h->loop, &h->sweep, NS_S / 4, http_sweep, h);
}

static struct bufferevent *
http_connection(struct event_base *base, void *arg)
{
	struct http *h = arg;
	struct bufferevent *b;

	b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (b == NULL || h->n_open == HTTP_CONNECTIONS)
		return (b); /* those of one round of accept() */
	bufferevent_incref(b);
	h->open[h->n_open++] = b;
	if (h->n_open == HTTP_CONNECTIONS)
		(void)evconnlistener_disable(h->listener);
	/* later than now: evhttp sets the callbacks after this */
	loop_timer_set(h->loop, &h->sweep, NS_S / 4, http_sweep, h);
	return (b);
}

int
http_address(const char *listen, char *host, int size, int *ret_port,
    struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len;
	const void *a;
	int port;

	if (!address_parse(listen, &ss, &len))
		goto bad;
	if (ss.ss_family == AF_INET) {
		port = ntohs(((struct sockaddr_in *)&ss)->sin_port);
		a = &((struct sockaddr_in *)&ss)->sin_addr;
	} else {
		port = ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
		a = &((struct sockaddr_in6 *)&ss)->sin6_addr;
	}
	if (inet_ntop(ss.ss_family, a, host, (socklen_t)size) == NULL)
		goto bad;
	*ret_port = port;
	return (0);
bad:
	return (err_set(e, EINVAL, "listen: '%.64s' is not an address and a "
	    "port (as in \"127.0.0.1:8737\")", listen));
}

struct http *
http_new(struct loop *loop, const char *listen, const struct desk *desk,
    struct err *e)
{
	struct http *h = calloc(1, sizeof(*h));
	struct evhttp_bound_socket *s;
	int port = 0;

	if (h == NULL || (h->ev = evhttp_new(loop_base(loop))) == NULL) {
		free(h);
		(void)err_set(e, ENOMEM, "listen: out of memory");
		return (NULL);
	}
	h->loop = loop;
	h->desk = desk;
	if (http_address(listen, h->host, sizeof(h->host), &port, e) != 0)
		goto bad;
	evhttp_set_allowed_methods(h->ev, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(h->ev, HTTP_HEADERS);
	evhttp_set_max_body_size(h->ev, 0);
	evhttp_set_timeout(h->ev, HTTP_TIMEOUT_S);
	evhttp_set_bevcb(h->ev, http_connection, h);
	evhttp_set_gencb(h->ev, http_request, h);
	s = evhttp_bind_socket_with_handle(h->ev, h->host, (uint16_t)port);
	if (s == NULL) {
		(void)err_set(e, errno, "listen at '%s': %s", listen,
		    strerror(errno));
		goto bad;
	}
	h->listener = evhttp_bound_socket_get_listener(s);
	return (h);
bad:
	http_free(h);
	return (NULL);
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	loop_timer_stop(&h->sweep);
	h->listener = NULL;
	evhttp_free(h->ev);
	while (h->n_open > 0)
		(void)bufferevent_decref(h->open[--h->n_open]);
	free(h);
}
