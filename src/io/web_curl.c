/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi-socket interface on libevent: an event a socket, a timer
 * for all.  Every option that a call is given stands here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/must.h"
#include "io/web_priv.h"
#include "io/wipe.h"

/*
 * A kept connection ends after a while, so that a new address or another CA
 * is in use within minutes; a CA's file is read anew as often.
 */
enum {
	IDLE_S = 60,
	LIFE_S = 300,
	CA_CACHE_S = 60,
	CONNECT_MS = 10000,
	KEPT = 32, /* connections that wait for the next call */
	RESOLVE_SIZE = 1024
};

static void
web_look(struct web *w)
{
	struct web_call *c;
	CURLMsg *m;
	CURLcode code;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		code = m->data.result;
		MUST(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c) ==
		    CURLE_OK);
		web_over(c, code); /* m is no more */
	}
}

static void
web_ready(evutil_socket_t fd, short what, void *arg)
{
	struct web *w = arg;
	int on = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
	    ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0), running;

	MUST(curl_multi_socket_action(w->multi, fd, on, &running) == CURLM_OK);
	web_look(w);
}

static void
web_time(void *arg)
{
	struct web *w = arg;
	int running;

	MUST(curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0,
	    &running) == CURLM_OK);
	web_look(w);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *has)
{
	struct web *w = arg;
	struct event *ev = has;
	short on = (short)(EV_PERSIST |
	    (what != CURL_POLL_OUT ? EV_READ : 0) |
	    (what != CURL_POLL_IN ? EV_WRITE : 0));

	(void)easy;
	if (ev != NULL)
		event_free(ev);
	ev = NULL;
	if (what != CURL_POLL_REMOVE) {
		ev = event_new(loop_base(w->loop), fd, on, web_ready, w);
		MUST(ev != NULL);
		MUST(event_add(ev, NULL) == 0);
	}
	(void)curl_multi_assign(w->multi, fd, ev);
	return (0);
}

static int
on_timer(CURLM *multi, long ms, void *arg)
{
	struct web *w = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_stop(&w->timer);
	else
		loop_timer_set(w->loop, &w->timer, ms * NS_MS, web_time, w);
	return (0);
}

int
web_multi_new(struct web *w, struct err *e)
{
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free,
		wipe_realloc, strdup, calloc) != CURLE_OK)
		return (err_set(e, EIO, "libcurl did not start"));
	w->multi = curl_multi_init();
	if (w->multi == NULL) {
		curl_global_cleanup();
		return (err_set(e, ENOMEM, "libcurl did not start"));
	}
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)KEPT);
	(void)curl_multi_setopt(w->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)WEB_CONNECTIONS);
	(void)curl_multi_setopt(w->multi, CURLMOPT_PIPELINING,
	    (long)CURLPIPE_NOTHING);
	return (0);
}

void
web_multi_free(struct web *w)
{
	if (w->multi == NULL)
		return;
	(void)curl_multi_cleanup(w->multi);
	loop_timer_stop(&w->timer);
	w->multi = NULL;
	curl_global_cleanup();
}

static size_t
on_body(char *p, size_t one, size_t n, void *arg)
{
	struct web_call *c = arg;

	n *= one;
	if (n > c->max - c->body.n) {
		c->too_large = true;
		return (0);
	}
	return (web_bytes_add(&c->body, p, n, c->max) == 0 ? n : 0);
}

static size_t
on_header(char *p, size_t one, size_t n, void *arg)
{
	static const char name[] = "retry-after:";
	struct web_call *c = arg;
	char text[32];
	size_t k;

	n *= one;
	if (n > WEB_HEADERS_MAX - c->headers_n) {
		c->too_large = true;
		return (0);
	}
	c->headers_n += n;
	if (n <= sizeof(name) - 1 ||
	    strncasecmp(p, name, sizeof(name) - 1) != 0)
		return (n);
	/* Seconds; the other form is a date, and clocks differ. */
	k = n - (sizeof(name) - 1);
	if (k < sizeof(text)) {
		memcpy(text, p + sizeof(name) - 1, k);
		text[k] = '\0';
		c->retry_after = strtol(text, NULL, 10) * NS_S;
		if (c->retry_after < 0 || c->retry_after > NS_HOUR)
			c->retry_after = c->retry_after < 0 ? 0 : NS_HOUR;
	}
	return (n);
}

static CURLcode
web_easy_method(struct web_call *c, const char *method)
{
	CURL *h = c->easy;
	CURLcode r = CURLE_OK;

	c->follows = true;
	if (strcmp(method, "HEAD") == 0)
		return (curl_easy_setopt(h, CURLOPT_NOBODY, 1L));
	if (strcmp(method, "GET") == 0 && c->out.p == NULL)
		return (CURLE_OK);
	c->follows = false;
	/* Before the method's name, which it would replace. */
	if (c->out.p != NULL || strcmp(method, "POST") == 0) {
		r = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)c->out.n);
		if (r == CURLE_OK)
			r = curl_easy_setopt(h, CURLOPT_POSTFIELDS,
			    c->out.p != NULL ? c->out.p : "");
	}
	if (r == CURLE_OK && strcmp(method, "POST") != 0)
		r = curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
	return (r);
}

/* Own CA alone where there is one: the system's are then not trusted. */
static CURLcode
web_easy_tls(CURL *h, const struct web_request *q)
{
	struct curl_blob pem = { (void *)(uintptr_t)q->ca_pem, q->n_ca_pem,
		CURL_BLOB_COPY };
	CURLcode r;

	r = curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_SSLVERSION,
		    (long)CURL_SSLVERSION_TLSv1_2);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_CA_CACHE_TIMEOUT,
		    (long)CA_CACHE_S);
	if (r != CURLE_OK || (q->ca_file == NULL && q->ca_pem == NULL))
		return (r);
	r = curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
	if (r == CURLE_OK && q->ca_pem != NULL)
		return (curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &pem));
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_CAINFO, q->ca_file);
	return (r);
}

static CURLcode
web_easy_rules(struct web_call *c, const struct web_request *q)
{
	const struct {
		CURLoption option;
		long value;
	} rows[] = {
		{ CURLOPT_NOSIGNAL, 1 }, { CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_PATH_AS_IS, 1 },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
		{ CURLOPT_DNS_CACHE_TIMEOUT, -1 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP09_ALLOWED, 0 },
		{ CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS },
		{ CURLOPT_MAXAGE_CONN, IDLE_S },
		{ CURLOPT_MAXLIFETIME_CONN, LIFE_S },
		{ CURLOPT_FRESH_CONNECT, (q->flags & WEB_ONCE) != 0 },
	};
	CURLcode r = CURLE_OK;
	size_t i;

	for (i = 0; r == CURLE_OK && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = curl_easy_setopt(c->easy, rows[i].option, rows[i].value);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR,
		    (q->flags & WEB_PLAIN) != 0 ? "http,https" : "https");
	if (r == CURLE_OK) /* nor one of the environment */
		r = curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	if (r == CURLE_OK)
		r = curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "plimsoll");
	return (r);
}

static CURLcode
web_easy_calls(struct web_call *c)
{
	CURL *h = c->easy;
	CURLcode r;

	r = curl_easy_setopt(h, CURLOPT_PRIVATE, c);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->error);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	if (r == CURLE_OK)
		r = curl_easy_setopt(h, CURLOPT_HEADERDATA, c);
	return (r);
}

static int
web_easy_headers(struct web_call *c, const char *const *headers)
{
	struct curl_slist *more;

	for (; headers != NULL && *headers != NULL; headers++) {
		more = curl_slist_append(c->headers, *headers);
		if (more == NULL)
			return (-1);
		c->headers = more;
	}
	if (c->headers == NULL)
		return (0);
	return (curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) ==
	    CURLE_OK ? 0 : -1);
}

int
web_easy_new(struct web_call *c, const struct web_request *q)
{
	c->easy = curl_easy_init();
	if (c->easy == NULL)
		return (-1);
	if (web_easy_rules(c, q) != CURLE_OK ||
	    web_easy_calls(c) != CURLE_OK ||
	    web_easy_tls(c->easy, q) != CURLE_OK ||
	    web_easy_method(c, q->method != NULL ? q->method : "GET") !=
		CURLE_OK ||
	    curl_easy_setopt(c->easy, CURLOPT_URL, q->url) != CURLE_OK)
		return (-1);
	if (q->sign != NULL &&
	    (curl_easy_setopt(c->easy, CURLOPT_AWS_SIGV4, q->sign) !=
		CURLE_OK || curl_easy_setopt(c->easy, CURLOPT_USERPWD,
		q->sign_user) != CURLE_OK))
		return (-1);
	return (web_easy_headers(c, q->headers));
}

void
web_easy_free(struct web_call *c)
{
	struct curl_slist *s;

	if (c->easy != NULL && c->added)
		(void)curl_multi_remove_handle(c->w->multi, c->easy);
	if (c->easy != NULL)
		curl_easy_cleanup(c->easy);
	c->easy = NULL;
	c->added = false;
	for (s = c->headers; s != NULL; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->resolve);
	c->headers = c->resolve = NULL;
}

int
web_easy_resolve(struct web_call *c, const struct resolved *known)
{
	char text[RESOLVE_SIZE];
	bool v6;
	int i, n;

	n = snprintf(text, sizeof(text), "%s:%ld:", c->host, c->port);
	for (i = 0; i < known->n && n < (int)sizeof(text); i++) {
		v6 = strchr(known->address[i], ':') != NULL;
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s%s%s",
		    i > 0 ? "," : "", v6 ? "[" : "", known->address[i],
		    v6 ? "]" : "");
	}
	MUST(n < (int)sizeof(text));
	MUST(c->resolve == NULL);
	c->resolve = curl_slist_append(NULL, text);
	if (c->resolve == NULL)
		return (-1);
	return (curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->resolve) ==
	    CURLE_OK ? 0 : -1);
}
