/* SPDX-License-Identifier: MIT */
/*
 * Arrivals are drawn by thinning: candidates at the curve's highest rate,
 * each kept with the share that the curve has at its moment.  That is a
 * Poisson process of the curve's rate, whatever its shape.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "curve.h"

enum { SECONDS_MAX = 3600, RATE_MAX = 20000 };

void
curve_parse(const char *text, struct curve *ret)
{
	const char *expected =
	    "a curve like 0:100,30:100,60:500 (seconds:requests/s)";
	const char *p = text;
	char *end;
	double at, rate;

	ret->n = 0;
	for (;;) {
		at = strtod(p, &end);
		if (end == p || *end != ':' || ret->n == CURVE_POINTS_MAX)
			args_bad("curve", text, expected);
		p = end + 1;
		rate = strtod(p, &end);
		if (end == p || !(rate >= 0.0 && rate <= RATE_MAX) ||
		    !(at >= 0.0 && at <= SECONDS_MAX))
			args_bad("curve", text, expected);
		if (ret->n == 0 ? at > 0.0 : at < ret->at_s[ret->n - 1])
			args_bad("curve", text, expected);
		ret->at_s[ret->n] = at;
		ret->rate_rps[ret->n++] = rate;
		if (*end == '\0')
			break;
		if (*end != ',')
			args_bad("curve", text, expected);
		p = end + 1;
	}
	if (curve_seconds(ret) < 1.0)
		args_bad("curve", text, expected);
}

double
curve_seconds(const struct curve *c)
{
	return (c->at_s[c->n - 1]);
}

double
curve_rate(const struct curve *c, double at_s)
{
	double span;
	int i;

	for (i = 1; i < c->n; i++) {
		if (at_s > c->at_s[i])
			continue;
		span = c->at_s[i] - c->at_s[i - 1];
		if (span <= 0.0)
			return (c->rate_rps[i]);
		return (c->rate_rps[i - 1] +
		    (c->rate_rps[i] - c->rate_rps[i - 1]) *
		    (at_s - c->at_s[i - 1]) / span);
	}
	return (c->rate_rps[c->n - 1]);
}

ns_t *
curve_draw(const struct curve *c, uint64_t seed, size_t *ret_n)
{
	double at = 0.0, highest = 0.0, seconds = curve_seconds(c);
	ns_t *all;
	size_t n = 0;
	int i;

	for (i = 0; i < c->n; i++)
		highest = fmax(highest, c->rate_rps[i]);
	all = calloc(ARRIVALS_MAX, sizeof(*all));
	if (all == NULL) {
		(void)fprintf(stderr, "rush: out of memory\n");
		exit(1);
	}
	while (highest > 0.0) {
		at -= log(1.0 - seed_unit(&seed)) / highest;
		if (at >= seconds)
			break;
		if (seed_unit(&seed) * highest >= curve_rate(c, at))
			continue;
		if (n == ARRIVALS_MAX) {
			(void)fprintf(stderr, "rush: more than %d requests\n",
			    ARRIVALS_MAX);
			exit(2);
		}
		all[n++] = (ns_t)(at * 1e9);
	}
	*ret_n = n;
	return (all);
}
