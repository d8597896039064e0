/* SPDX-License-Identifier: MIT */
/*
 * Arguments and time for the demo programs.  They share no code with
 * Plimsoll itself: what judges it must not break together with it.
 */
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "args.h"

void
args_bad(const char *what, const char *got, const char *expected)
{
	(void)fprintf(stderr, "%s: '%s' is not %s\n", what, got, expected);
	exit(2);
}

ns_t
args_duration(const char *name, const char *text, ns_t most)
{
	char *end;
	double n, unit;

	errno = 0;
	n = strtod(text, &end);
	if (strcmp(end, "ms") == 0)
		unit = 1e6;
	else if (strcmp(end, "s") == 0)
		unit = 1e9;
	else if (strcmp(end, "m") == 0)
		unit = 60e9;
	else
		unit = 0.0;
	if (end == text || errno != 0 || unit <= 0.0 ||
	    !(n >= 0.0 && n * unit <= (double)most))
		args_bad(name, text, "a duration in range, like 50ms or 2s");
	return ((ns_t)(n * unit));
}

long
args_integer(const char *name, const char *text, long least, long most)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || n < least || n > most)
		args_bad(name, text, "a whole number in range");
	return (n);
}

double
args_share(const char *name, const char *text)
{
	char *end;
	double x;

	errno = 0;
	x = strtod(text, &end);
	if (end == text || *end != '\0' || errno != 0 ||
	    !(x >= 0.0 && x <= 1.0))
		args_bad(name, text, "a share between 0 and 1");
	return (x);
}

struct in_addr
args_loopback(const char *name, const char *text)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1 || ntohl(a.s_addr) >> 24 != 127)
		args_bad(name, text, "an address of 127.0.0.0/8");
	return (a);
}

ns_t
clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((ns_t)ts.tv_sec * S_NS + ts.tv_nsec);
}

uint64_t
seed_next(uint64_t *seed)
{
	uint64_t z;

	*seed += 0x9e3779b97f4a7c15u;
	z = *seed;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31));
}

double
seed_unit(uint64_t *seed)
{
	return ((double)(seed_next(seed) >> 11) / 9007199254740992.0);
}
