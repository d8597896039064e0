/* SPDX-License-Identifier: MIT */
/* Marginal benefit; see benefit.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "plimsoll/limits.h"
#include "size/benefit.h"

/* A step: so many times the servers, and one at the least. */
#define STEP 1.25
/* A step that brings less than this share of itself brings nothing. */
#define SHARE_LEAST 0.25
/* What is finished is a mean over this, and judged after twice of it. */
#define MEAN_S 10.0
#define JUDGED_S 20.0
/* So long with time to spare, and all is forgotten. */
#define IDLE_S 20.0
/* Finished so many times what it was: something has given way. */
#define HELPED 1.15
#define AGAIN_S 300.0
/* A queue that is so much longer, in time, drowns them more. */
#define LONGER 1.2
#define LONGER_S 0.5

void
benefit_init(struct benefit *b)
{
	memset(b, 0, sizeof(*b));
}

static void
benefit_begin(struct benefit *b, double servers)
{
	b->watching = true;
	b->none = false;
	b->servers = servers;
	b->before_rps = b->done_rps;
	b->before_wait_s = b->wait_s;
	b->stepped_s = b->none_s = 0.0;
}

static void
benefit_idle(struct benefit *b, double dt_s)
{
	b->idle_s += dt_s;
	b->full_s = 0.0;
	if (b->idle_s >= IDLE_S)
		b->watching = b->none = b->doubted = false;
}

static void
benefit_judge(struct benefit *b, double servers)
{
	double step = servers / b->servers - 1.0;
	double gain = b->done_rps / num_max(b->before_rps, 1.0) - 1.0;

	if (gain >= SHARE_LEAST * step) {
		b->doubted = false;
		benefit_begin(b, servers);
		return;
	}
	b->none = b->doubted = true;
	b->none_s = 0.0;
	b->judged_rps = b->done_rps;
}

static void
benefit_none(struct benefit *b, double servers, double dt_s)
{
	b->none_s += dt_s;
	if (b->done_rps >= HELPED * b->judged_rps) {
		b->doubted = false;
		benefit_begin(b, servers);
	} else if (b->none_s >= AGAIN_S)
		benefit_begin(b, servers);
}

void
benefit_feed(struct benefit *b, const struct reading *r, double servers,
    bool steady)
{
	bool stepped;

	if (r->trust != TRUST_FULL || r->hidden || servers < 0.5)
		return;
	b->done_rps += num_min(1.0, r->dt_s / MEAN_S) *
	    (r->served_rps - b->done_rps);
	b->wait_s += num_min(1.0, r->dt_s / MEAN_S) * (r->wait_s - b->wait_s);
	if (!r->full) {
		benefit_idle(b, r->dt_s);
		return;
	}
	b->idle_s = 0.0;
	b->full_s += r->dt_s;
	if (b->none) {
		benefit_none(b, servers, r->dt_s);
		return;
	}
	/* The first seconds at full work are those of before. */
	stepped = servers >= num_max(STEP * b->servers, b->servers + 1.0);
	if (!b->watching || servers < b->servers || (!stepped &&
	    b->wait_s > LONGER * b->before_wait_s + LONGER_S)) {
		if (b->full_s >= MEAN_S)
			benefit_begin(b, servers);
		return;
	}
	b->stepped_s = steady && stepped ? b->stepped_s + r->dt_s : 0.0;
	if (b->stepped_s >= JUDGED_S)
		benefit_judge(b, servers);
}

int
benefit_most(const struct benefit *b, int have)
{
	if (b->none)
		return (have);
	if (b->doubted)
		return ((int)ceil(STEP * b->servers) + 1);
	return (MAX_SERVERS);
}

void
benefit_evidence(const struct benefit *b, char *buf, size_t n)
{
	if (!b->none) {
		buf[0] = '\0';
		return;
	}
	(void)snprintf(buf, n, "servers beyond %.0f brought little (%.0f "
	    "requests/s are finished, %.0f before): look behind them, at what "
	    "they share", b->servers, b->done_rps, b->before_rps);
}
