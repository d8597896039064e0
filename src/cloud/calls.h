/* SPDX-License-Identifier: MIT */
/*
 * The calls to one account of a cloud: never more often than it allows
 * (I-18), again where that is harmless, and every end of one said as an
 * outcome.  What kind of refusal an answer is, the driver's judge says.
 */
#ifndef CLOUD_CALLS_H
#define CLOUD_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/driver.h"

struct calls;
struct err;
struct loop;

enum {
	CALLS_MAX = 2048,    /* that wait or are under way */
	CALLS_AT_ONCE = 120, /* under way */
	CALLS_ANSWER_MAX = 4 << 20,
	CALLS_PATH_SIZE = 640
};

/* What an HTTP answer of the provider means; the driver fills it. */
struct verdict {
	enum outcome outcome;
	bool again;  /* the same may go well soon */
	bool taken;  /* a launch: there is a server of this name */
	char text[REASON_SIZE];
};

struct calls_settings {
	const char *address; /* of the API; see calls_address_check() */
	const char *ca_file; /* PEM; "": the system's */
	double per_s, burst; /* calls */
	ns_t timeout;	     /* of one try */
	uint64_t seed;
	void	(*judge)(int status, const char *body, size_t n,
		    struct verdict *);
};

/* Copied. */
struct call {
	const char *method;
	const char *path; /* behind the address: "/servers?page=2" */
	const char *body; /* JSON; NULL: none */
	bool write;
	/*
	 * The same call again changes nothing more.  Where it is not, it is
	 * only made again when the provider surely did nothing.
	 */
	bool harmless;
	ns_t by; /* it ends by then, and is not begun later */
};

/* Lives until the callback returns; then the body is wiped. */
struct call_end {
	/*
	 * DONE: the answer is good.  Another but UNKNOWN: nothing happened,
	 * in no try.
	 */
	enum outcome outcome;
	bool taken;
	int status;
	const char *body; /* n bytes and a NUL; "" */
	size_t n;
	const char *text; /* why not, for a person */
};
typedef void	calls_done(void *arg, const struct call_end *);

/* https://, or http:// to an address of this machine; no query. */
int		calls_address_check(const char *address, struct err *);
/* NULL with a sentence.  The loop must outlive it. */
struct calls	*calls_new(struct loop *, const struct calls_settings *,
		    struct err *);
/* Calls under way end without a callback.  NULL is allowed. */
void		calls_free(struct calls *);
/*
 * The key of the account, from a file that only we and root may change and
 * nobody else may read; sent as a bearer token.  Replaces the one before.
 */
int		calls_key(struct calls *, const char *path, struct err *);
/* `done` is called once, later, never from inside. */
void		calls_ask(struct calls *, const struct call *, calls_done *,
		    void *arg);

#endif
