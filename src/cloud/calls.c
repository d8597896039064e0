/* SPDX-License-Identifier: MIT */
/*
 * The calls to one account; see calls.h.
 *
 * A call waits in one of two queues, is tried, and ends: with the answer,
 * with a refusal, or because its time is over.  A try that may have reached
 * the provider without an answer leaves a doubt: whatever comes after it,
 * short of success, the call's end is then UNKNOWN (I-13).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/err.h"
#include "base/must.h"
#include "base/num.h"
#include "cloud/bucket.h"
#include "cloud/calls.h"
#include "cloud/keyfile.h"
#include "io/backoff.h"
#include "io/loop.h"
#include "io/web.h"

/*
 * Chosen: I-18 allows one retry in ten calls; a handful at first, so that a
 * single call's bad luck is mended.  Twice as many are felt by a provider
 * in trouble.
 */
#define RETRIES_FIRST 8.0
#define RETRIES_MOST 20.0
#define RETRY_SHARE 0.1
#define BACKOFF_FIRST (500 * NS_MS)
#define BACKOFF_MOST (8 * NS_S)
/* A try that has less time than this left is not begun. */
#define TRY_LEAST (200 * NS_MS)

struct ask {
	TAILQ_ENTRY(ask) link;
	struct calls *calls;
	struct web_call *web; /* under way */
	char method[8];
	char path[CALLS_PATH_SIZE];
	char *body;
	size_t n_body;
	bool write, harmless;
	ns_t by, after;
	struct backoff backoff;
	bool doubt; /* an earlier try may have happened */
	struct verdict last; /* of the last try that ended */
	int status;	     /* likewise */
	calls_done *done;
	void *arg;
};

TAILQ_HEAD(ask_list, ask);

struct calls {
	struct loop *loop;
	struct web *web;
	char *key;
	char address[256], ca_file[256];
	unsigned flags;
	ns_t timeout;
	void	(*judge)(int status, const char *body, size_t n,
		    struct verdict *);
	struct bucket bucket;
	double retries;	      /* that are left */
	ns_t quiet;	      /* the provider asked us to wait until then */
	struct backoff calm;  /* of being told so without a time */
	uint64_t seed;
	struct ask_list reads, writes, under_way;
	int n, n_under_way;
	struct timer pump;
};

static void	calls_pump(void *);

static void
ask_free(struct ask *a)
{
	if (a->body != NULL) {
		explicit_bzero(a->body, a->n_body);
		free(a->body);
	}
	free(a);
}

static struct ask_list *
ask_queue(struct calls *c, const struct ask *a)
{
	return (a->write ? &c->writes : &c->reads);
}

/* It is in no list any more. */
static void
ask_end(struct ask *a, const struct call_end *end)
{
	a->calls->n--;
	a->done(a->arg, end);
	ask_free(a);
}

static void
ask_end_refused(struct ask *a)
{
	struct call_end end = { .outcome = a->last.outcome,
		.taken = a->last.taken, .status = a->status, .body = "",
		.text = a->last.text };

	if (a->doubt)
		end.outcome = OUTCOME_UNKNOWN;
	ask_end(a, &end);
}

/* Its time is over; the last try says why, where there was one. */
static void
ask_end_late(struct ask *a)
{
	const struct calls *c = a->calls;

	if (a->last.text[0] == '\0') {
		a->last.outcome = OUTCOME_THROTTLED;
		(void)snprintf(a->last.text, sizeof(a->last.text), "not asked "
		    "in time: of %d calls to the account %d are under way", c->n,
		    c->n_under_way);
	}
	ask_end_refused(a);
}

static void
calls_wake(struct calls *c, ns_t after)
{
	loop_timer_set(c->loop, &c->pump, after, calls_pump, c);
}

/* Again, if it may do any good; else its end. */
static void
ask_again(struct ask *a, ns_t now, ns_t least)
{
	struct calls *c = a->calls;
	bool may = a->last.again && (!a->doubt || a->harmless) &&
	    c->retries >= 1.0;

	if (may) {
		a->after = now + backoff_fail(&a->backoff, least);
		may = a->after + TRY_LEAST < a->by;
	}
	if (!may) {
		ask_end_refused(a);
		return;
	}
	c->retries -= 1.0;
	TAILQ_INSERT_HEAD(ask_queue(c, a), a, link);
}

/* The whole account is to wait, not this call alone. */
static void
calls_quiet(struct calls *c, ns_t now, ns_t least)
{
	ns_t until = now + backoff_fail(&c->calm, least);

	if (until > c->quiet)
		c->quiet = until;
}

/* No answer: what that means for a call that may have left. */
static void
ask_no_answer(struct ask *a, const struct web_answer *w)
{
	a->last = (struct verdict){ .again = w->result != WEB_TLS };
	a->status = 0;
	a->last.outcome = w->sent ? OUTCOME_UNKNOWN :
	    w->result == WEB_BUSY ? OUTCOME_THROTTLED : OUTCOME_CAPACITY;
	(void)snprintf(a->last.text, sizeof(a->last.text), "%s", w->why);
	a->doubt = a->doubt || (w->sent && a->write);
}

/* The provider's own words, for a terminal and a log. */
static void
text_plain(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void
on_answer(void *arg, const struct web_answer *w)
{
	struct ask *a = arg;
	struct calls *c = a->calls;
	struct call_end end;

	a->web = NULL;
	TAILQ_REMOVE(&c->under_way, a, link);
	c->n_under_way--;
	calls_wake(c, 0);
	if (w->result != WEB_OK) {
		ask_no_answer(a, w);
		ask_again(a, w->now, 0);
		return;
	}
	a->last = (struct verdict){ .outcome = OUTCOME_UNKNOWN };
	a->status = w->status;
	c->judge(w->status, w->body, w->n, &a->last);
	text_plain(a->last.text);
	if (a->last.outcome == OUTCOME_THROTTLED && w->status == 429)
		calls_quiet(c, w->now, w->retry_after);
	else
		backoff_well(&c->calm);
	if (a->last.outcome == OUTCOME_DONE || a->last.taken) {
		end = (struct call_end){ a->last.outcome, a->last.taken,
			w->status, w->body, w->n, a->last.text };
		ask_end(a, &end);
		return;
	}
	a->doubt = a->doubt ||
	    (a->last.outcome == OUTCOME_UNKNOWN && a->write);
	ask_again(a, w->now, w->retry_after);
}

static void
ask_send(struct ask *a, ns_t now)
{
	struct calls *c = a->calls;
	const char *headers[] = { "Accept: application/json", c->key,
		a->body != NULL ? "Content-Type: application/json" : NULL,
		NULL };
	struct web_request q = { .method = a->method, .headers = headers,
		.body = a->body, .n_body = a->n_body,
		.ca_file = c->ca_file[0] != '\0' ? c->ca_file : NULL,
		.deadline = a->by - now < c->timeout ? a->by - now :
		    c->timeout, .max = CALLS_ANSWER_MAX };
	char url[sizeof(c->address) + CALLS_PATH_SIZE];
	struct err e = { 0 };

	(void)snprintf(url, sizeof(url), "%s%s", c->address, a->path);
	q.url = url;
	q.flags = c->flags | (a->harmless ? 0 : WEB_ONCE);
	a->web = web_ask(c->web, &q, on_answer, a, &e);
	if (a->web != NULL) {
		TAILQ_INSERT_TAIL(&c->under_way, a, link);
		c->n_under_way++;
		return;
	}
	a->last = (struct verdict){ .outcome = OUTCOME_PERMANENT };
	(void)snprintf(a->last.text, sizeof(a->last.text), "%.*s",
	    REASON_SIZE - 1, e.text);
	ask_end_refused(a);
}

/* Ends what is late and sends what may go; when to look again. */
static ns_t
queue_pump(struct calls *c, struct ask_list *q, bool write, ns_t now)
{
	ns_t next = NS_NEVER, when;
	struct ask *a, *after;

	for (a = TAILQ_FIRST(q); a != NULL; a = after) {
		after = TAILQ_NEXT(a, link);
		if (a->by - TRY_LEAST <= now) {
			TAILQ_REMOVE(q, a, link);
			ask_end_late(a);
			continue;
		}
		when = a->after > c->quiet ? a->after : c->quiet;
		if (when <= now && c->n_under_way == CALLS_AT_ONCE)
			when = a->by - TRY_LEAST; /* an end wakes us */
		else if (when <= now && bucket_take(&c->bucket, now, write)) {
			TAILQ_REMOVE(q, a, link);
			ask_send(a, now);
			continue;
		} else if (when <= now)
			when = bucket_when(&c->bucket, now, write);
		if (when > a->by - TRY_LEAST)
			when = a->by - TRY_LEAST;
		if (when < next)
			next = when;
	}
	return (next);
}

static void
calls_pump(void *arg)
{
	struct calls *c = arg;
	ns_t now = loop_now(c->loop).mono, next, reads;

	next = queue_pump(c, &c->writes, true, now);
	reads = queue_pump(c, &c->reads, false, now);
	if (reads < next)
		next = reads;
	if (next != NS_NEVER)
		calls_wake(c, next > now ? next - now : 0);
}

void
calls_ask(struct calls *c, const struct call *what, calls_done *done, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a));

	/* No memory for one call: the process ends, and changes nothing. */
	MUST(a != NULL);
	MUST(strlen(what->path) < sizeof(a->path));
	a->calls = c;
	(void)snprintf(a->method, sizeof(a->method), "%s", what->method);
	(void)snprintf(a->path, sizeof(a->path), "%s", what->path);
	if (what->body != NULL) {
		a->n_body = strlen(what->body);
		a->body = strdup(what->body);
		MUST(a->body != NULL);
	}
	a->write = what->write;
	a->harmless = what->harmless;
	a->by = what->by;
	a->done = done;
	a->arg = arg;
	backoff_init(&a->backoff, BACKOFF_FIRST, BACKOFF_MOST, ++c->seed);
	if (++c->n > CALLS_MAX)
		a->by = 0; /* ends as late at the next turn */
	c->retries = num_min(RETRIES_MOST, c->retries + RETRY_SHARE);
	TAILQ_INSERT_TAIL(ask_queue(c, a), a, link);
	calls_wake(c, 0);
}

int
calls_address_check(const char *address, struct err *e)
{
	if (web_url_check(address, WEB_PLAIN, e) != 0)
		return (err_prefix(e, "address '%.100s'", address));
	if (strpbrk(address, "?#") != NULL ||
	    address[strlen(address) - 1] == '/')
		return (err_set(e, EINVAL, "address '%.100s' ends with a '/' "
		    "or holds a '?' or '#', expected a URL such as "
		    "https://HOST/v1", address));
	if (strncmp(address, "https://", 8) == 0 ||
	    web_url_is_here(address))
		return (0);
	return (err_set(e, EINVAL, "address '%.100s' sends the key "
	    "unencrypted, expected https:// (http:// only to 127.0.0.0/8 or "
	    "[::1])", address));
}

struct calls *
calls_new(struct loop *l, const struct calls_settings *s, struct err *e)
{
	struct calls *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_set(e, ENOMEM, "out of memory");
		return (NULL);
	}
	c->loop = l;
	(void)snprintf(c->address, sizeof(c->address), "%s", s->address);
	(void)snprintf(c->ca_file, sizeof(c->ca_file), "%s", s->ca_file);
	c->flags = strncmp(s->address, "http://", 7) == 0 ? WEB_PLAIN : 0;
	c->timeout = s->timeout;
	c->judge = s->judge;
	c->seed = s->seed;
	c->retries = RETRIES_FIRST;
	bucket_init(&c->bucket, s->per_s, s->burst, loop_now(l).mono);
	backoff_init(&c->calm, NS_S, NS_MIN, ++c->seed);
	TAILQ_INIT(&c->reads);
	TAILQ_INIT(&c->writes);
	TAILQ_INIT(&c->under_way);
	c->web = web_new(l, NULL, e);
	if (c->web == NULL) {
		free(c);
		return (NULL);
	}
	return (c);
}

static void
queue_free(struct ask_list *q)
{
	struct ask *a;

	while ((a = TAILQ_FIRST(q)) != NULL) {
		TAILQ_REMOVE(q, a, link);
		ask_free(a);
	}
}

void
calls_free(struct calls *c)
{
	if (c == NULL)
		return;
	web_free(c->web);
	loop_timer_stop(&c->pump);
	queue_free(&c->reads);
	queue_free(&c->writes);
	queue_free(&c->under_way);
	keyfile_free(c->key);
	free(c);
}

int
calls_key(struct calls *c, const char *path, struct err *e)
{
	char *key = keyfile_header(path, "Authorization: Bearer ", e);

	if (key == NULL)
		return (-1);
	keyfile_free(c->key);
	c->key = key;
	return (0);
}
