/* SPDX-License-Identifier: MIT */
/*
 * Which lines an HAProxy configuration lacks for us: the text of the file
 * in, sentences out, each with the line that it is about and the line that
 * is expected.
 */
#ifndef BALANCER_HAPROXY_ADVICE_H
#define BALANCER_HAPROXY_ADVICE_H

#include <stddef.h>

struct err;

struct advice_asks {
	const char *backend;
	const char *slots;	/* prefix of the template; "": any */
	const char *state_file; /* ours; NULL: none, or several */
	int max;		/* servers of the group's policy */
};

typedef void advice_tell(void *ctx, const char *lack);

/* How many lacks were told, or -1: it is no configuration of this backend. */
int	haproxy_advise(const char *text, size_t n, const struct advice_asks *,
	    advice_tell *, void *ctx, struct err *);
/* The driver's `advise`: with the file that the settings name. */
int	haproxy_check_config(const void *settings, int max, advice_tell *,
	    void *ctx, struct err *);

#endif
