/* SPDX-License-Identifier: MIT */
/*
 * The boot endpoint; see boot_endpoint.h.  evhttp has neither a cap on
 * connections nor a deadline for a whole request, and one turn would take
 * every handshake that waits: so connections are counted (a reference to each
 * bufferevent, whose callbacks evhttp takes away when it lets go), cut off at
 * their end of life, and accepted a few at a time.
 *
 * Who redeems a token first waits until its nonce is durable: else a crash in
 * between would let a second one in.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/err.h"
#include "boot/boot_endpoint.h"
#include "boot/boot_text.h"
#include "boot/boot_tls.h"
#include "io/address_parse.h"
#include "io/loop.h"

struct open {
	struct bufferevent *bev;
	ns_t until;
};

/* A request that waits for the disk. */
struct wait {
	struct wait *next;
	struct boot_endpoint *ep;
	struct evhttp_request *request;
	struct token token;
	uint64_t seq;
};

struct boot_endpoint {
	struct boot_settings set;
	struct boot_hooks hooks;
	struct boot_tokens *tokens;
	struct loop *loop;
	struct boot_tls *tls;
	struct evhttp *ev;
	struct evconnlistener *listener;
	struct open open[BOOT_CONNECTIONS];
	int n_open;
	int burst; /* accepted since the last rest */
	struct timer sweep, rest;
	struct wait *waits;
};

/* --- answers ---------------------------------------------------------- */

static void
reply(struct evhttp_request *q, int code, const char *reason,
    struct evbuffer *b)
{
	struct evkeyvalq *h = evhttp_request_get_output_headers(q);

	(void)evhttp_add_header(h, "Connection", "close");
	(void)evhttp_add_header(h, "Cache-Control", "no-store");
	if (b != NULL)
		(void)evhttp_add_header(h, "Content-Type",
		    "application/json");
	if (code == HTTP_SERVUNAVAIL)
		(void)evhttp_add_header(h, "Retry-After", "1");
	evhttp_send_reply(q, code, reason, b);
}

static void
bundle_wiped(const void *data, size_t n, void *arg)
{
	(void)n;
	boot_text_free(arg);
	(void)data;
}

static void
answer_bundle(struct boot_endpoint *ep, struct evhttp_request *q,
    const struct token *t)
{
	struct boot_text *x = boot_text_new();
	struct boot_answer a = { .sync = "never" };
	struct evbuffer *b = evbuffer_new();
	const char *text;
	size_t n;

	if (x == NULL || b == NULL || ep->hooks.answer(ep->hooks.ctx, t, &a,
	    boot_text_secret, x) != 0)
		goto not_now;
	text = boot_text_end(x, a.artifact_url, a.artifact_sha256, a.sync, &n);
	if (text == NULL || evbuffer_add_reference(b, text, n, bundle_wiped,
	    x) != 0)
		goto not_now;
	reply(q, HTTP_OK, "OK", b);
	evbuffer_free(b);
	return;
not_now:
	boot_text_free(x);
	reply(q, HTTP_SERVUNAVAIL, "Not Ready", NULL);
	if (b != NULL)
		evbuffer_free(b);
}

/* --- waiting for the disk ----------------------------------------------- */

/* Its connection is at an end, and the request with it. */
static void
wait_gone(struct evhttp_connection *c, void *arg)
{
	struct wait *w = arg, **at = &w->ep->waits;

	(void)c;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w);
}

static void
wait_for(struct boot_endpoint *ep, struct evhttp_request *q,
    const struct token *t, uint64_t seq)
{
	struct wait *w = calloc(1, sizeof(*w));

	if (w == NULL) { /* bound, not told: it asks again */
		reply(q, HTTP_SERVUNAVAIL, "Not Ready", NULL);
		return;
	}
	*w = (struct wait){ ep->waits, ep, q, *t, seq };
	ep->waits = w;
	evhttp_connection_set_closecb(evhttp_request_get_connection(q),
	    wait_gone, w);
}

void
boot_endpoint_durable(struct boot_endpoint *ep, uint64_t seq)
{
	struct wait **at = &ep->waits, *w;

	while ((w = *at) != NULL) {
		if (w->seq > seq) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		evhttp_connection_set_closecb(
		    evhttp_request_get_connection(w->request), NULL, NULL);
		answer_bundle(ep, w->request, &w->token);
		free(w);
	}
}

/* --- requests ------------------------------------------------------------ */

/* What a request proves itself with; false: a header is missing. */
struct proof {
	const char *token, *nonce;
};

static bool
proof_of(struct evhttp_request *q, struct proof *ret)
{
	struct evkeyvalq *h = evhttp_request_get_input_headers(q);
	const char *a = evhttp_find_header(h, "Authorization");

	ret->nonce = evhttp_find_header(h, "Plimsoll-Nonce");
	if (a == NULL || ret->nonce == NULL || strncmp(a, "Bearer ", 7) != 0)
		return (false);
	ret->token = a + 7;
	return (true);
}

static void
refuse(struct boot_endpoint *ep, struct evhttp_request *q,
    enum boot_verdict v, const struct token *t)
{
	ep->hooks.refused(ep->hooks.ctx, v, v == BOOT_FOREIGN ? NULL : t);
	reply(q, 403, "Forbidden", NULL);
}

static void
on_bundle(struct boot_endpoint *ep, struct evhttp_request *q,
    const struct proof *p, const char *rest)
{
	enum boot_verdict v;
	struct token t;
	uint64_t seq;

	(void)rest;
	v = boot_tokens_redeem(ep->tokens, p->token, strlen(p->token),
	    p->nonce, strlen(p->nonce), &t);
	if (v != BOOT_OK && v != BOOT_OK_FIRST) {
		refuse(ep, q, v, &t);
		return;
	}
	if (v == BOOT_OK_FIRST) /* whoever asks has booted */
		ep->hooks.phase(ep->hooks.ctx, &t, PHASE_BOOTED, "", 0);
	/* a repeat, too: the first may be on its way to the disk still */
	seq = ep->hooks.keep(ep->hooks.ctx, &t, boot_tokens_row(ep->tokens,
	    &t));
	if (seq > 0)
		wait_for(ep, q, &t, seq);
	else
		answer_bundle(ep, q, &t);
}

static enum phase
phase_named(const char *name)
{
	if (strcmp(name, "booted") == 0)
		return (PHASE_BOOTED);
	if (strcmp(name, "secrets") == 0)
		return (PHASE_SECRETS);
	if (strcmp(name, "artifact") == 0)
		return (PHASE_ARTIFACT);
	return (strcmp(name, "failed") == 0 ? PHASE_FAILED : PHASE_NONE);
}

static void
on_phase(struct boot_endpoint *ep, struct evhttp_request *q,
    const struct proof *p, const char *name)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(q);
	enum phase phase = phase_named(name);
	char words[BOOT_WORDS];
	enum boot_verdict v;
	struct token t;
	ev_ssize_t n;

	v = boot_tokens_report(ep->tokens, p->token, strlen(p->token),
	    p->nonce, strlen(p->nonce), &t);
	if (v != BOOT_OK) {
		refuse(ep, q, v, &t);
		return;
	}
	if (phase == PHASE_NONE) {
		reply(q, HTTP_NOTFOUND, "Not Found", NULL);
		return;
	}
	n = evbuffer_copyout(in, words, sizeof(words));
	/* whoever has what it serves has its secrets, too */
	if ((phase == PHASE_SECRETS || phase == PHASE_ARTIFACT) &&
	    boot_tokens_spend(ep->tokens, &t))
		(void)ep->hooks.keep(ep->hooks.ctx, &t,
		    boot_tokens_row(ep->tokens, &t));
	ep->hooks.phase(ep->hooks.ctx, &t, phase, words,
	    n > 0 ? (size_t)n : 0);
	reply(q, HTTP_NOCONTENT, "No Content", NULL);
}

static const struct {
	const char *path;
	bool more; /* the name of something follows */
	void (*on)(struct boot_endpoint *, struct evhttp_request *,
	    const struct proof *, const char *rest);
} calls[] = {
	{ "/v1/boot/bundle", false, on_bundle },
	{ "/v1/boot/phase/", true, on_phase },
};

static void
on_request(struct evhttp_request *q, void *arg)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(q);
	const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
	struct boot_endpoint *ep = arg;
	struct proof p;
	size_t i, n;

	for (i = 0; path != NULL && i < sizeof(calls) / sizeof(calls[0]);
	    i++) {
		n = strlen(calls[i].path);
		if (strncmp(path, calls[i].path, n) != 0 ||
		    (!calls[i].more && path[n] != '\0'))
			continue;
		if (proof_of(q, &p))
			calls[i].on(ep, q, &p, path + n);
		else
			refuse(ep, q, BOOT_FOREIGN, NULL);
		return;
	}
	reply(q, HTTP_NOTFOUND, "Not Found", NULL);
}

/* --- connections -------------------------------------------------------- */

/*
 * evhttp does not read from a connection whose request is being worked on, so
 * that a shutdown there is not seen: such a one is freed.
 */
static void
connection_cut(struct boot_endpoint *ep, struct bufferevent *bev)
{
	struct evhttp_connection *c;
	struct wait *w;

	for (w = ep->waits; w != NULL; w = w->next) {
		c = evhttp_request_get_connection(w->request);
		if (evhttp_connection_get_bufferevent(c) == bev) {
			evhttp_connection_free(c);
			return;
		}
	}
	(void)shutdown(bufferevent_getfd(bev), SHUT_RDWR);
}

/* Lets go of what evhttp has closed, and cuts off what is too old. */
static void
on_sweep(void *arg)
{
	struct boot_endpoint *ep = arg;
	ns_t now = loop_now(ep->loop).mono;
	bufferevent_event_cb ev;
	struct open *o;
	int i;

	for (i = 0; i < ep->n_open;) {
		o = &ep->open[i];
		bufferevent_getcb(o->bev, NULL, NULL, &ev, NULL);
		if (ev != NULL) {
			if (now >= o->until)
				connection_cut(ep, o->bev);
			i++;
			continue;
		}
		(void)bufferevent_decref(o->bev);
		*o = ep->open[--ep->n_open];
	}
	if (ep->n_open < BOOT_CONNECTIONS && ep->burst < BOOT_ACCEPT_AT_ONCE)
		(void)evconnlistener_enable(ep->listener);
	if (ep->n_open > 0)
		loop_timer_set(ep->loop, &ep->sweep, NS_S / 10, on_sweep, ep);
	else
		(void)malloc_trim(0); /* a crowd leaves megabytes behind */
}

static void
on_rest(void *arg)
{
	struct boot_endpoint *ep = arg;

	ep->burst = 0;
	if (ep->n_open < BOOT_CONNECTIONS)
		(void)evconnlistener_enable(ep->listener);
}

static struct bufferevent *
on_connection(struct event_base *base, void *arg)
{
	struct boot_endpoint *ep = arg;
	struct bufferevent *b = boot_tls_bufferevent(ep->tls, base);

	if (b == NULL || ep->n_open == BOOT_CONNECTIONS)
		return (b);
	bufferevent_incref(b);
	ep->open[ep->n_open].bev = b;
	ep->open[ep->n_open++].until = loop_now(ep->loop).mono + ep->set.life;
	if (++ep->burst >= BOOT_ACCEPT_AT_ONCE) {
		(void)evconnlistener_disable(ep->listener);
		loop_timer_set(ep->loop, &ep->rest, BOOT_ACCEPT_REST,
		    on_rest, ep);
	}
	if (ep->n_open == BOOT_CONNECTIONS)
		(void)evconnlistener_disable(ep->listener);
	if (ep->n_open == 1) /* later than now: evhttp sets the callbacks */
		loop_timer_set(ep->loop, &ep->sweep, NS_S / 10, on_sweep, ep);
	return (b);
}

/* --- its life ------------------------------------------------------------ */

static int
endpoint_listen(struct boot_endpoint *ep, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len;

	if (!address_parse(ep->set.listen, &ss, &len))
		return (err_set(e, EINVAL, "boot.listen: '%.64s' is not an "
		    "address and a port (as in \"10.0.0.5:8738\")",
		    ep->set.listen));
	if (ep->set.any_port && ss.ss_family == AF_INET)
		((struct sockaddr_in *)&ss)->sin_port = 0;
	else if (ep->set.any_port)
		((struct sockaddr_in6 *)&ss)->sin6_port = 0;
	ep->listener = evconnlistener_new_bind(loop_base(ep->loop), NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
	    LEV_OPT_REUSEABLE, BOOT_CONNECTIONS, (struct sockaddr *)&ss,
	    (int)len);
	if (ep->listener == NULL)
		return (err_set(e, errno, "boot.listen at '%s': %s",
		    ep->set.listen, strerror(errno)));
	if (evhttp_bind_listener(ep->ev, ep->listener) == NULL) {
		evconnlistener_free(ep->listener);
		return (err_set(e, ENOMEM, "boot.listen: out of memory"));
	}
	return (0);
}

struct boot_endpoint *
boot_endpoint_new(struct loop *loop, const struct boot_settings *set,
    struct boot_tokens *tokens, const struct boot_hooks *hooks, struct err *e)
{
	struct boot_endpoint *ep = calloc(1, sizeof(*ep));

	if (ep == NULL || (ep->ev = evhttp_new(loop_base(loop))) == NULL) {
		free(ep);
		(void)err_set(e, ENOMEM, "boot.listen: out of memory");
		return (NULL);
	}
	ep->set = *set;
	if (ep->set.life == 0)
		ep->set.life = BOOT_CONNECTION_LIFE;
	ep->hooks = *hooks;
	ep->tokens = tokens;
	ep->loop = loop;
	evhttp_set_allowed_methods(ep->ev, EVHTTP_REQ_POST);
	evhttp_set_max_headers_size(ep->ev, BOOT_HEADERS);
	evhttp_set_max_body_size(ep->ev, BOOT_WORDS);
	evhttp_set_timeout(ep->ev, (int)(BOOT_CONNECTION_LIFE / NS_S));
	evhttp_set_bevcb(ep->ev, on_connection, ep);
	evhttp_set_gencb(ep->ev, on_request, ep);
	ep->tls = boot_tls_new(set->certificate, set->key, e);
	if (ep->tls != NULL && endpoint_listen(ep, e) == 0)
		return (ep);
	boot_endpoint_free(ep);
	return (NULL);
}

void
boot_endpoint_free(struct boot_endpoint *ep)
{
	if (ep == NULL)
		return;
	loop_timer_stop(&ep->sweep);
	loop_timer_stop(&ep->rest);
	evhttp_free(ep->ev); /* its connections take the waits with them */
	while (ep->n_open > 0)
		(void)bufferevent_decref(ep->open[--ep->n_open].bev);
	boot_tls_free(ep->tls);
	free(ep);
}

int
boot_endpoint_reload(struct boot_endpoint *ep, struct err *e)
{
	struct boot_tls *new = boot_tls_new(ep->set.certificate, ep->set.key,
	    e);

	if (new == NULL)
		return (-1);
	boot_tls_free(ep->tls); /* a connection holds on to its own part */
	ep->tls = new;
	return (0);
}

int64_t
boot_endpoint_ends(const struct boot_endpoint *ep)
{
	return (boot_tls_ends(ep->tls));
}

int
boot_endpoint_port(const struct boot_endpoint *ep)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);

	if (getsockname(evconnlistener_get_fd(ep->listener),
	    (struct sockaddr *)&ss, &n) != 0)
		return (-1);
	return (ss.ss_family == AF_INET6 ?
	    ntohs(((struct sockaddr_in6 *)&ss)->sin6_port) :
	    ntohs(((struct sockaddr_in *)&ss)->sin_port));
}
