/* SPDX-License-Identifier: MIT */
/* Durations from and to text; see duration.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/err.h"
#include "base/must.h"

static const struct unit {
	const char *name;
	ns_t span;
} units[] = {
	{ "d", NS_DAY }, { "h", NS_HOUR }, { "m", NS_MIN }, { "s", NS_S },
	{ "ms", NS_MS }
};

enum { N_UNITS = sizeof(units) / sizeof(units[0]) };

/* Beyond it a span is a slip of the pen, and sums stay far from overflow. */
#define DURATION_MAX (100 * 365 * NS_DAY)

static bool
is_digit(char c)
{
	return (c >= '0' && c <= '9');
}

/* The unit at p, the longest that fits: "ms" before "m". */
static const struct unit *
unit_at(const char *p)
{
	const struct unit *found = NULL;
	size_t i, n;

	for (i = 0; i < N_UNITS; i++) {
		n = strlen(units[i].name);
		if (strncmp(p, units[i].name, n) == 0 &&
		    (found == NULL || n > strlen(found->name)))
			found = &units[i];
	}
	return (found);
}

/* One "12.5h" at *p; its span, or -1. */
static ns_t
part_parse(const char **p)
{
	const struct unit *u;
	double v = 0.0, place = 1.0;
	const char *s = *p;

	if (!is_digit(*s))
		return (-1);
	for (; is_digit(*s); s++)
		if ((v = v * 10.0 + (*s - '0')) > 1e15)
			return (-1);
	if (*s == '.') {
		if (!is_digit(*++s))
			return (-1);
		for (; is_digit(*s); s++)
			v += (*s - '0') * (place /= 10.0);
	}
	u = unit_at(s);
	if (u == NULL || v * (double)u->span > (double)DURATION_MAX)
		return (-1);
	*p = s + strlen(u->name);
	return ((ns_t)(v * (double)u->span + 0.5));
}

int
duration_parse(const char *text, ns_t *ret_span, struct err *e)
{
	const char *p = text;
	ns_t sum = 0, part;

	MUST(text != NULL);
	MUST(ret_span != NULL);
	do {
		part = part_parse(&p);
		if (part < 0 || sum + part > DURATION_MAX)
			return (err_set(e, EINVAL, "'%.64s' is not a duration "
			    "(as in \"500ms\", \"90s\", \"1h30m\", \"7d\")",
			    text));
		sum += part;
	} while (*p != '\0');
	*ret_span = sum;
	return (0);
}

const char *
duration_text(ns_t span, char *buf)
{
	const char *sign = span < 0 ? "-" : "";
	long long a, b;
	int i;

	MUST(buf != NULL);
	if (span == NS_NEVER)
		return ("never");
	if (span < 0)
		span = span == INT64_MIN ? INT64_MAX : -span;
	for (i = 0; i < N_UNITS - 1 && span < units[i].span; i++)
		;
	a = span / units[i].span;
	b = i < N_UNITS - 2 ? span % units[i].span / units[i + 1].span : 0;
	if (b > 0)
		(void)snprintf(buf, DURATION_SIZE, "%s%lld%s %lld%s", sign, a,
		    units[i].name, b, units[i + 1].name);
	else
		(void)snprintf(buf, DURATION_SIZE, "%s%lld%s", sign, a,
		    units[i].name);
	return (buf);
}
