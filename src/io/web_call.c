/* SPDX-License-Identifier: MIT */
/*
 * The life of a call: begun by a timer (so never from inside the asking),
 * its name looked up, handed to libcurl, perhaps sent on to another page of
 * the same host, told of once, wiped.  One timer bounds all of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/must.h"
#include "io/web_priv.h"

enum { WHY_SIZE = 512, WHY_TEXT = 160 };

int
web_bytes_add(struct web_bytes *b, const void *p, size_t n, size_t max)
{
	size_t room = b->room > 0 ? b->room : 1024;
	char *more;

	MUST(b->n <= max && n <= max - b->n);
	while (room < b->n + n + 1)
		room *= 2;
	if (room > b->room) {
		more = malloc(room);
		if (more == NULL)
			return (-1);
		if (b->n > 0)
			memcpy(more, b->p, b->n);
		if (b->p != NULL) {
			explicit_bzero(b->p, b->room);
			free(b->p);
		}
		b->p = more;
		b->room = room;
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return (0);
}

void
web_bytes_wipe(struct web_bytes *b)
{
	if (b->p == NULL)
		return;
	explicit_bzero(b->p, b->room);
	free(b->p);
	*b = (struct web_bytes){ 0 };
}

const char *
web_result_name(enum web_result r)
{
	static const char *const names[] = { [WEB_OK] = "ok",
		[WEB_NAME] = "name", [WEB_CONNECT] = "connect",
		[WEB_TLS] = "tls", [WEB_TIMEOUT] = "timeout",
		[WEB_BROKEN] = "broken", [WEB_TOO_LARGE] = "too_large",
		[WEB_ELSEWHERE] = "elsewhere", [WEB_BUSY] = "busy" };

	MUST(r <= WEB_BUSY);
	return (names[r]);
}

static int
web_url_part(CURLU *u, CURLUPart part, unsigned flags, char *ret, size_t size)
{
	char *text = NULL;
	bool fits;

	if (curl_url_get(u, part, &text, flags) != CURLUE_OK)
		return (-1);
	fits = strlen(text) < size;
	if (fits)
		(void)snprintf(ret, size, "%s", text);
	curl_free(text);
	return (fits ? 0 : -1);
}

int
web_url_parts(const char *url, unsigned flags, struct web_call *ret,
    struct err *e)
{
	CURLU *u = curl_url();
	char port[8], user[2];
	int rc = -1;

	if (u == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	if (strlen(url) >= WEB_URL_SIZE ||
	    curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    web_url_part(u, CURLUPART_SCHEME, 0, ret->scheme,
		sizeof(ret->scheme)) != 0 ||
	    web_url_part(u, CURLUPART_HOST, 0, ret->host,
		RESOLVER_NAME_SIZE) != 0 || ret->host[0] == '\0' ||
	    web_url_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port,
		sizeof(port)) != 0) {
		(void)err_set(e, EINVAL, "no URL such as https://HOST/PATH");
	} else if (web_url_part(u, CURLUPART_USER, 0, user, 0) == 0 ||
	    strchr(url, '@') != NULL) {
		(void)err_set(e, EINVAL, "a URL with a user or an '@' in it "
		    "is not taken");
	} else if (strcmp(ret->scheme, "https") != 0 &&
	    ((flags & WEB_PLAIN) == 0 || strcmp(ret->scheme, "http") != 0)) {
		(void)err_set(e, EINVAL, "the URL begins with %s://, expected "
		    "https://", ret->scheme);
	} else {
		ret->port = strtol(port, NULL, 10);
		rc = 0;
	}
	curl_url_cleanup(u);
	return (rc);
}

int
web_url_check(const char *url, unsigned flags, struct err *e)
{
	struct web_call parts;

	memset(&parts, 0, sizeof(parts));
	return (web_url_parts(url, flags, &parts, e));
}

bool
web_url_is_here(const char *url)
{
	struct web_call parts;
	struct in_addr in;

	memset(&parts, 0, sizeof(parts));
	if (web_url_parts(url, WEB_PLAIN, &parts, NULL) != 0)
		return (false);
	return (strcmp(parts.host, "[::1]") == 0 ||
	    (inet_pton(AF_INET, parts.host, &in) == 1 &&
	    ntohl(in.s_addr) >> 24 == 127));
}

struct web *
web_new(struct loop *l, const char *nameserver, struct err *e)
{
	struct web *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)err_set(e, ENOMEM, "the HTTP client did not start");
		return (NULL);
	}
	w->loop = l;
	w->resolver = resolver_new(l, nameserver, e);
	if (w->resolver == NULL || web_multi_new(w, e) != 0) {
		resolver_free(w->resolver);
		free(w);
		return (NULL);
	}
	return (w);
}

static void
web_call_free(struct web_call *c)
{
	loop_timer_stop(&c->begin);
	loop_timer_stop(&c->end);
	resolver_leave(&c->wait);
	web_easy_free(c);
	web_bytes_wipe(&c->body);
	web_bytes_wipe(&c->out);
	if (c->prev != NULL) {
		*c->prev = c->next;
		if (c->next != NULL)
			c->next->prev = c->prev;
		c->w->n_calls--;
	}
	free(c);
}

void
web_free(struct web *w)
{
	if (w == NULL)
		return;
	while (w->calls != NULL)
		web_call_free(w->calls);
	web_multi_free(w);
	resolver_free(w->resolver);
	free(w);
}

/* Text that may come from the peer, fit to be shown (I-37). */
static void
web_clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			*text = '?';
}

/* The end of a call, told once. */
static void
web_tell(struct web_call *c, enum web_result result, const char *why)
{
	struct web_answer a = { .result = result, .asked = c->asked,
		.retry_after = c->retry_after, .body = "", .why = "" };
	char text[WHY_SIZE];
	long sent = 0, made = 0, status = 0;

	loop_timer_stop(&c->end);
	loop_timer_stop(&c->begin);
	(void)curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
	(void)curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &made);
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	a.sent = sent > 0;
	a.reused = sent > 0 && made == 0;
	a.status = (int)status;
	a.now = loop_now(c->w->loop).mono;
	if (result == WEB_OK) {
		a.body = c->body.p != NULL ? c->body.p : "";
		a.n = c->body.n;
	} else {
		(void)snprintf(text, sizeof(text), "%s://%s:%ld: %.*s",
		    c->scheme, c->host, c->port, WHY_TEXT, why);
		web_clean(text);
		a.why = text;
	}
	c->done(c->arg, &a);
	web_call_free(c);
}

static enum web_result
web_result_of(const struct web_call *c, CURLcode code)
{
	long sent = 0;

	if (c->too_large)
		return (WEB_TOO_LARGE);
	switch (code) {
	case CURLE_OK:
		return (WEB_OK);
	case CURLE_COULDNT_RESOLVE_HOST:
		return (WEB_NAME);
	case CURLE_COULDNT_CONNECT:
		return (WEB_CONNECT);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return (WEB_TLS);
	case CURLE_OPERATION_TIMEDOUT:
		(void)curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
		return (sent > 0 ? WEB_TIMEOUT : WEB_CONNECT);
	default:
		return (WEB_BROKEN);
	}
}

/*
 * Where a redirect of a GET leads within the same scheme, host and port:
 * on we go, and the deadline stays.  False: it is told, as WEB_ELSEWHERE.
 */
static bool
web_follow(struct web_call *c, const char *url)
{
	struct web_call to;

	memset(&to, 0, sizeof(to));
	if (!c->follows || c->redirects++ == WEB_REDIRECTS ||
	    web_url_parts(url, WEB_PLAIN, &to, NULL) != 0 ||
	    strcmp(to.scheme, c->scheme) != 0 || to.port != c->port ||
	    strcasecmp(to.host, c->host) != 0)
		return (false);
	web_bytes_wipe(&c->body);
	c->headers_n = 0;
	return (curl_easy_setopt(c->easy, CURLOPT_URL, url) == CURLE_OK);
}

void
web_over(struct web_call *c, CURLcode code)
{
	enum web_result r = web_result_of(c, code);
	const char *to = NULL;

	(void)curl_multi_remove_handle(c->w->multi, c->easy);
	c->added = false;
	if (code == CURLE_OK)
		(void)curl_easy_getinfo(c->easy, CURLINFO_REDIRECT_URL, &to);
	if (to != NULL && web_follow(c, to)) {
		MUST(curl_multi_add_handle(c->w->multi, c->easy) == CURLM_OK);
		c->added = true;
		return;
	}
	if (to != NULL)
		web_tell(c, WEB_ELSEWHERE, "it sends us to another place, "
		    "where we do not go");
	else if (r == WEB_TOO_LARGE)
		web_tell(c, r, "the answer is larger than is taken");
	else
		web_tell(c, r, c->error[0] != '\0' ? c->error :
		    curl_easy_strerror(code));
}

static void
web_late(void *arg)
{
	struct web_call *c = arg;

	web_tell(c, c->resolved ? WEB_TIMEOUT : WEB_NAME, c->resolved ?
	    "no whole answer before the deadline" :
	    "no name server told its address before the deadline");
}

static void
web_named(void *arg, const struct resolved *known)
{
	struct web_call *c = arg;

	if (known->n == 0) {
		web_tell(c, WEB_NAME, known->why);
		return;
	}
	c->resolved = true;
	if (web_easy_resolve(c, known) != 0 ||
	    curl_multi_add_handle(c->w->multi, c->easy) != CURLM_OK) {
		web_tell(c, WEB_BUSY, "out of memory");
		return;
	}
	c->added = true;
}

static void
web_begin(void *arg)
{
	struct web_call *c = arg;
	struct resolved known;
	char name[RESOLVER_NAME_SIZE];
	size_t n = strlen(c->host);

	if (c->busy) {
		web_tell(c, WEB_BUSY, "too many calls at a time");
		return;
	}
	/* "[::1]" is the number ::1. */
	if (c->host[0] == '[')
		(void)snprintf(name, sizeof(name), "%.*s", (int)n - 2,
		    c->host + 1);
	else
		(void)snprintf(name, sizeof(name), "%.*s",
		    RESOLVER_NAME_SIZE - 1, c->host);
	if (resolver_get(c->w->resolver, name, &known))
		web_named(c, &known);
	else if (!resolver_wait(c->w->resolver, name, &c->wait))
		web_tell(c, WEB_BUSY, "too many names are being looked up");
}

/* A header with a line's end in it would be two. */
static int
web_request_check(const struct web_request *q, struct err *e)
{
	const char *const *h;

	for (h = q->headers; h != NULL && *h != NULL; h++)
		if (strpbrk(*h, "\r\n") != NULL)
			return (err_set(e, EINVAL, "a header has a line's end "
			    "in it"));
	return (0);
}

struct web_call *
web_ask(struct web *w, const struct web_request *q, web_done *done, void *arg,
    struct err *e)
{
	struct web_call *c;

	MUST(q->url != NULL && q->deadline > 0 && done != NULL);
	if (web_request_check(q, e) != 0)
		return (NULL);
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	c->w = w;
	c->done = done;
	c->arg = arg;
	c->max = q->max;
	c->wait = (struct resolver_wait){ .done = web_named, .arg = c };
	if (web_url_parts(q->url, q->flags, c, e) != 0)
		goto out;
	if ((q->body != NULL && web_bytes_add(&c->out, q->body, q->n_body,
	    q->n_body) != 0) || web_easy_new(c, q) != 0) {
		(void)err_set(e, ENOMEM, "out of memory");
		goto out;
	}
	c->busy = w->n_calls >= WEB_CALLS;
	c->next = w->calls;
	c->prev = &w->calls;
	if (c->next != NULL)
		c->next->prev = &c->next;
	w->calls = c;
	w->n_calls++;
	c->asked = loop_now(w->loop).mono;
	loop_timer_set(w->loop, &c->end, q->deadline, web_late, c);
	loop_timer_set(w->loop, &c->begin, 0, web_begin, c);
	return (c);
out:
	web_call_free(c);
	return (NULL);
}

void
web_cancel(struct web_call *c)
{
	if (c != NULL)
		web_call_free(c);
}
