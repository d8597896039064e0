/* SPDX-License-Identifier: MIT */
/*
 * What a step costs with 1,000 servers in one group: a quiet one, one with a
 * listing of them all, one that launches; and the bytes a group takes.
 * Figures, not limits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "core/fleet.h"

enum { SERVERS = 1000, STEPS = 20000 };

static struct group_policy group;
static struct fleet_policy policy = { .n_groups = 1, .groups = &group };
static struct fleet *f;
static struct orders orders;
static struct now now = { 1000 * NS_S, 1795000000 };
static struct told told[SERVERS];

static double
clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static void
print_times(const char *what, double *us, int n)
{
	double sum = 0.0;
	int i;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		sum += us[i];
	qsort(us, (size_t)n, sizeof(*us), by_size);
	printf("%-28s %6d steps  mean %8.2f us  p50 %8.2f us  p99 %8.2f us\n",
	    what, n, sum / n, us[n / 2], us[n * 99 / 100]);
}

/*
 * What one more group takes, whatever its size, and what a row of its table
 * of servers does: there are half as many rows again as hard_max, for those
 * that drain.
 */
static void
print_memory(void)
{
	struct group_policy two[2] = { group, group };
	struct fleet_policy both = { .n_groups = 2, .groups = two };
	double rows = 1.5 * SERVERS, one, row;

	two[1].size.max = two[1].size.hard_max = 3 * SERVERS;
	one = (double)(fleet_size(&both) - fleet_size(&policy));
	two[1].size.max = two[1].size.hard_max = SERVERS;
	row = (one - (double)(fleet_size(&both) - fleet_size(&policy))) /
	    (2.0 * rows);
	one = (double)(fleet_size(&both) - fleet_size(&policy)) - row * rows;
	printf("memory: %.1f KB for a group, and %.1f bytes for each row of "
	    "its servers\n", one / 1024.0, row);
}

static void
fleet_restored(void)
{
	struct server s;
	int i;

	for (i = 0; i < SERVERS; i++) {
		memset(&s, 0, sizeof(s));
		s.flags = SERVER_OURS;
		s.phase = PHASE_SERVING;
		s.since = s.phase_since = s.serving_since = 900 * NS_S;
		s.deadline = s.retry = NS_NEVER;
		(void)snprintf(s.id.text, ID_SIZE, "i-%05d", i);
		memcpy(s.token.byte, &i, sizeof(i));
		s.token.byte[15] = 1;
		s.address[12] = 10;
		s.address[14] = (uint8_t)(i >> 8);
		s.address[15] = (uint8_t)i;
		s.port = 80;
		(void)fleet_restore(f, &now, 0, &s, NULL);
		told[i].id = s.id;
		told[i].token = s.token;
		memcpy(told[i].address, s.address, sizeof(s.address));
		told[i].port = s.port;
		told[i].phase = PHASE_SERVING;
	}
}

/* All effects are done at once, all listings show everything. */
static size_t
answers(struct event *ev, bool *ret_listing)
{
	const struct order *q;
	size_t n = 0;
	int i;

	*ret_listing = false;
	for (i = 0; i < orders.n && n < MAX_INBOX - 1; i++) {
		q = &orders.at[i];
		if (q->op == 0)
			continue;
		memset(&ev[n], 0, sizeof(ev[n]));
		ev[n].kind = EVENT_ANSWER;
		ev[n].u.answer.op = q->op;
		if (q->kind == ORDER_LIST || q->kind == ORDER_SEEN) {
			*ret_listing = true;
			ev[n].u.answer.told = told;
			ev[n].u.answer.n_told = SERVERS;
		}
		n++;
	}
	return (n);
}

int
main(void)
{
	static double quiet[STEPS], listing[STEPS];
	static struct event ev[MAX_INBOX];
	struct err e = { 0 };
	int i, n_quiet = 0, n_listing = 0;
	bool listed;
	double t;
	size_t n = 0;

	(void)snprintf(group.name, NAME_SIZE, "shop");
	group.size = (struct size_settings){ .min = 1, .max = SERVERS,
		.hard_max = SERVERS, .rate_rps = 100, .utilization = 0.75,
		.latency = NS_S, .errors = 0.01 };
	group.forecast = (struct forecast_settings){ .risk = 0.001,
		.false_alarms_per_week = 1, .lead_time = 60 * NS_S };
	group.limit = (struct limit_settings){ .launches_per_hour = 400,
		.removals_pct = 10, .removals_window = 300 * NS_S,
		.rush_removals_pct = 25, .peak_window = 300 * NS_S,
		.peak_margin = 1, .min_lifetime = 60 * NS_S, .sick_pct = 30,
		.health_window = 600 * NS_S, .boot_deadline = 600 * NS_S,
		.boot_failures = 3, .doubt_alarm = 900 * NS_S,
		.drain = 30 * NS_S, .safe_mode = 600 * NS_S };
	print_memory();
	if (fleet_init(&f, calloc(1, fleet_size(&policy)), &policy, 1, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return (1);
	}
	fleet_restored();
	for (i = 0; i < STEPS; i++) {
		ev[n].kind = EVENT_SAMPLE;
		ev[n].u.sample = (struct sample){ .valid = true,
			.requests_rps = value_of(72000 + i % 7),
			.errors_rps = value_of(0), .queue = value_of(0),
			.period = NS_S, .proof = PROOF_ALIVE };
		t = clock_us();
		fleet_step(f, &now, ev, n + 1, &orders);
		t = clock_us() - t;
		if (i > 10 && n == 0)
			quiet[n_quiet++] = t;
		n = answers(ev, &listed);
		if (i > 10 && listed) {
			/* the next step hears the listing */
			now.mono += NS_S;
			t = clock_us();
			fleet_step(f, &now, ev, n, &orders);
			listing[n_listing++] = clock_us() - t;
			n = answers(ev, &listed);
		}
		now.mono += NS_S;
		now.wall_s++;
	}
	print_times("quiet, 1000 servers", quiet, n_quiet);
	print_times("a listing of 1000", listing, n_listing);
	return (0);
}
