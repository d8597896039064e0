/* SPDX-License-Identifier: MIT */
/*
 * Arguments and time for the two demo programs.  A bad argument ends the
 * program with one sentence and exit status 2.
 */
#ifndef DEMO_ARGS_H
#define DEMO_ARGS_H

#include <netinet/in.h>

#include <stdint.h>

typedef int64_t ns_t;

#define MS_NS ((ns_t)1000000)
#define S_NS  ((ns_t)1000000000)

void	args_bad(const char *what, const char *got, const char *expected)
	    __attribute__((noreturn));
/* "50ms", "2s", "1m": from 0 to most. */
ns_t	args_duration(const char *name, const char *text, ns_t most);
long	args_integer(const char *name, const char *text, long least,
	    long most);
double	args_share(const char *name, const char *text);
/* An address of 127.0.0.0/8: nothing else is ever served or sent to. */
struct in_addr	args_loopback(const char *name, const char *text);
/* The monotonic clock. */
ns_t	clock_ns(void);
/* splitmix64, and a double of [0, 1). */
uint64_t	seed_next(uint64_t *seed);
double	seed_unit(uint64_t *seed);

#endif
