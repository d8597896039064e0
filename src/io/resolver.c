/* SPDX-License-Identifier: MIT */
/*
 * See resolver.h.  One entry a name, with those who wait for it; one question
 * a name at a time.  libcurl's own resolver is a thread that a cancelled
 * transfer waits for, so it is never used.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <event2/dns.h>
#include <event2/util.h>

#include "base/err.h"
#include "base/must.h"
#include "io/loop.h"
#include "io/resolver.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define HOSTS	    "/etc/hosts"

/* Looked up anew after FRESH; served for STALE, whatever fails. */
static const ns_t FRESH = 30 * NS_S;
static const ns_t STALE = NS_DAY;

/* libevent answers even what was cancelled, later: this may outlive us. */
struct question {
	struct entry *of; /* NULL: nobody asks any more */
	struct evdns_getaddrinfo_request *req;
};

struct entry {
	struct resolver *r;
	char name[RESOLVER_NAME_SIZE]; /* "": free */
	struct resolved known;	       /* n 0: nothing yet */
	ns_t at, used;		       /* learned; asked for last */
	bool asking;
	struct timer begin;
	struct question *question; /* sent, not answered */
	struct resolver_wait *waits;
	char why[160];
};

struct resolver {
	struct loop *loop;
	struct evdns_base *dns;
	const char *nameserver; /* NULL: the system's */
	char given[64];
	struct timespec conf, hosts; /* as they were read */
	int asking;
	ns_t fresh;
	struct entry entry[RESOLVER_NAMES];
};

static void	entry_look(void *arg);

static void
resolver_silent(int is_warning, const char *text)
{
	(void)is_warning, (void)text;
}

static struct timespec
changed_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return ((struct timespec){ 0, 0 });
	return (st.st_mtim);
}

/* A resolver of the files as they are now; the old one stays on failure. */
static int
resolver_read(struct resolver *r, struct err *e)
{
	struct evdns_base *dns = evdns_base_new(loop_base(r->loop),
	    EVDNS_BASE_DISABLE_WHEN_INACTIVE);

	if (dns == NULL)
		return (err_set(e, ENOMEM, "the resolver did not start"));
	r->conf = changed_at(RESOLV_CONF);
	r->hosts = changed_at(HOSTS);
	/* In front: an option of the file wins. */
	(void)evdns_base_set_option(dns, "timeout:", "2");
	(void)evdns_base_set_option(dns, "attempts:", "3");
	/* Without such files there is no name server, and that is told. */
	(void)evdns_base_load_hosts(dns, HOSTS);
	if (r->nameserver != NULL)
		(void)evdns_base_nameserver_ip_add(dns, r->nameserver);
	else
		(void)evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL,
		    RESOLV_CONF);
	if (r->dns != NULL)
		evdns_base_free(r->dns, 0);
	r->dns = dns;
	return (0);
}

struct resolver *
resolver_new(struct loop *l, const char *nameserver, struct err *e)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_set(e, ENOMEM, "the resolver did not start");
		return (NULL);
	}
	r->loop = l;
	r->fresh = FRESH;
	if (nameserver != NULL) {
		(void)snprintf(r->given, sizeof(r->given), "%s", nameserver);
		r->nameserver = r->given;
	}
	evdns_set_log_fn(resolver_silent);
	if (resolver_read(r, e) != 0) {
		free(r);
		return (NULL);
	}
	return (r);
}

void
resolver_free(struct resolver *r)
{
	struct question *q;
	int i;

	if (r == NULL)
		return;
	for (i = 0; i < RESOLVER_NAMES; i++) {
		loop_timer_stop(&r->entry[i].begin);
		while (r->entry[i].waits != NULL)
			resolver_leave(r->entry[i].waits);
		q = r->entry[i].question;
		if (q == NULL)
			continue;
		q->of = NULL;
		evdns_getaddrinfo_cancel(q->req);
	}
	evdns_base_free(r->dns, 1);
	free(r);
}

void
resolver_fresh(struct resolver *r, ns_t t)
{
	r->fresh = t;
}

/* The name's entry; where there is none, one that nobody needs. */
static struct entry *
entry_of(struct resolver *r, const char *name)
{
	struct entry *e, *best = NULL;
	int i;

	for (i = 0; i < RESOLVER_NAMES; i++) {
		e = &r->entry[i];
		if (strcasecmp(e->name, name) == 0 && name[0] != '\0')
			return (e);
		if (!e->asking && (best == NULL || e->used < best->used))
			best = e;
	}
	if (best == NULL)
		return (NULL);
	loop_timer_stop(&best->begin);
	memset(best, 0, sizeof(*best));
	best->r = r;
	(void)snprintf(best->name, sizeof(best->name), "%s", name);
	return (best);
}

static void
entry_ask(struct entry *e)
{
	if (e->asking)
		return;
	e->asking = true;
	e->r->asking++;
	loop_timer_set(e->r->loop, &e->begin, 0, entry_look, e);
}

static void
entry_tell(struct entry *e)
{
	struct resolved none = { .why = e->why };
	struct resolver_wait *w;

	while ((w = e->waits) != NULL) {
		resolver_leave(w);
		w->done(w->arg, e->known.n > 0 ? &e->known : &none);
	}
}

static void
entry_take(struct entry *e, const struct evutil_addrinfo *a)
{
	const void *from;
	int n = 0;

	for (; a != NULL && n < RESOLVER_ADDRESSES; a = a->ai_next) {
		from = a->ai_family == AF_INET ?
		    (const void *)&((const struct sockaddr_in *)
			(const void *)a->ai_addr)->sin_addr :
		    (const void *)&((const struct sockaddr_in6 *)
			(const void *)a->ai_addr)->sin6_addr;
		if ((a->ai_family == AF_INET || a->ai_family == AF_INET6) &&
		    inet_ntop(a->ai_family, from, e->known.address[n],
			INET6_ADDRSTRLEN) != NULL)
			n++;
	}
	if (n == 0)
		return;
	e->known.n = n;
	e->known.why = "";
	e->at = loop_now(e->r->loop).mono;
}

static void
entry_heard(int code, struct evutil_addrinfo *a, void *arg)
{
	struct question *q = arg;
	struct entry *e = q->of;

	free(q);
	if (e != NULL && code == 0)
		entry_take(e, a);
	if (a != NULL)
		evutil_freeaddrinfo(a);
	if (e == NULL)
		return;
	e->question = NULL;
	e->asking = false;
	e->r->asking--;
	(void)snprintf(e->why, sizeof(e->why), "its name is not known: %s",
	    code == 0 ? "it has no address" : evutil_gai_strerror(code));
	entry_tell(e);
}

static void
entry_look(void *arg)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct entry *e = arg;
	struct resolver *r = e->r;
	struct evdns_getaddrinfo_request *req;
	struct question *q;
	struct timespec conf = changed_at(RESOLV_CONF);
	struct timespec hosts = changed_at(HOSTS);

	/* A question that is under way belongs to the old resolver. */
	if (r->asking == 1 &&
	    (memcmp(&conf, &r->conf, sizeof(conf)) != 0 ||
		memcmp(&hosts, &r->hosts, sizeof(hosts)) != 0))
		(void)resolver_read(r, NULL);
	q = calloc(1, sizeof(*q));
	MUST(q != NULL);
	q->of = e;
	e->question = q;
	req = evdns_getaddrinfo(r->dns, e->name, NULL, &hints, entry_heard, q);
	/* NULL: answered already, and q is no more. */
	if (req != NULL)
		q->req = req;
}

/* Numbers, and the one name that means the same everywhere. */
static bool
resolver_plain(const char *host, struct resolved *ret)
{
	uint8_t b[16];

	ret->n = 1;
	ret->why = "";
	if (strcasecmp(host, "localhost") == 0) {
		ret->n = 2;
		(void)snprintf(ret->address[0], INET6_ADDRSTRLEN, "127.0.0.1");
		(void)snprintf(ret->address[1], INET6_ADDRSTRLEN, "::1");
		return (true);
	}
	if (inet_pton(AF_INET, host, b) == 1 ||
	    inet_pton(AF_INET6, host, b) == 1) {
		(void)snprintf(ret->address[0], INET6_ADDRSTRLEN, "%s", host);
		return (true);
	}
	return (false);
}

bool
resolver_get(struct resolver *r, const char *host, struct resolved *ret)
{
	ns_t now = loop_now(r->loop).mono;
	struct entry *e;

	MUST(strlen(host) < RESOLVER_NAME_SIZE);
	if (resolver_plain(host, ret))
		return (true);
	e = entry_of(r, host);
	if (e == NULL)
		return (false);
	e->used = now;
	if (e->known.n > 0 && now - e->at > STALE)
		e->known.n = 0;
	if (e->known.n == 0)
		return (false);
	if (now - e->at > r->fresh)
		entry_ask(e);
	*ret = e->known;
	return (true);
}

bool
resolver_wait(struct resolver *r, const char *host, struct resolver_wait *w)
{
	struct entry *e = entry_of(r, host);

	MUST(w->done != NULL);
	w->next = NULL;
	w->prev = NULL;
	if (e == NULL)
		return (false);
	e->used = loop_now(r->loop).mono;
	w->next = e->waits;
	w->prev = &e->waits;
	if (w->next != NULL)
		w->next->prev = &w->next;
	e->waits = w;
	entry_ask(e);
	return (true);
}

void
resolver_leave(struct resolver_wait *w)
{
	if (w->prev == NULL)
		return;
	*w->prev = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	w->prev = NULL;
	w->next = NULL;
}
