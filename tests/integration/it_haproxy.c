/* SPDX-License-Identifier: MIT */
/*
 * The drivers `haproxy` (source and balancer) on a real HAProxy with real
 * servers and customers: what they do when all goes well, and what they
 * refuse.  Each story has a stage of its own.
 *
 *	it_haproxy [STORY...]
 */
#include <signal.h>
#include <string.h>

#include "it_rig.h"

static void
story_cycles(void)
{
	struct lb_options o = { .slots = 12, .state_file = true };
	struct backend_server s[16];
	struct counts *c;
	struct lb l;
	pid_t pid[16];
	op_t op;
	int i;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, true);
	drivers_start();
	for (i = 0; i < 3; i++) {
		s[i] = server_start(2 + i, 2, &pid[i]);
		add(&s[i]);
	}
	c = customers_start(&l, 8, "/");
	for (i = 0; i < 9; i++) {
		s[i + 3] = server_start(5 + i, 2, &pid[i + 3]);
		add(&s[i + 3]);
		op = ask(balancer_haproxy.drain, &s[i]);
		done(op, 10);
		done(ask(balancer_haproxy.remove, &s[i]), 5);
		process_end(pid[i], SIGTERM);
	}
	/* A drain is taken back. */
	(void)ask(balancer_haproxy.drain, &s[11]);
	add(&s[11]);
	list();
	CHECK(rig.n_told == 3, "%d servers", rig.n_told);
	CHECK(told(s[11].id.text)->phase == PHASE_SERVING, "drains");
	/* In service already is success; what is not there is, too. */
	add(&s[11]);
	done(ask(balancer_haproxy.remove, &s[0]), 5);
	no_loss(c);
	UNTIL(rig.valid > 0, 5);
	CHECK(rig.saves > 9, "%d saves", rig.saves);
	rig_end();
}

static void
story_rest(void)
{
	struct lb_options o = { .slots = 1 };
	struct backend_server s[2];
	struct lb l;
	pid_t pid[2];
	ns_t from;
	op_t op;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	s[0] = server_start(2, 1, &pid[0]);
	s[1] = server_start(3, 1, &pid[1]);
	add(&s[0]);
	op = ask(balancer_haproxy.add, &s[1]);
	UNTIL(rig.answered[op], 5);
	CHECK(rig.outcome[op] == OUTCOME_CAPACITY, "%s", rig.text);
	from = now(); /* its rest begins later */
	done(ask(balancer_haproxy.remove, &s[0]), 5);
	do {
		op = ask(balancer_haproxy.add, &s[1]);
		UNTIL(rig.answered[op], 5);
		CHECK(rig.outcome[op] == OUTCOME_DONE ||
		    rig.outcome[op] == OUTCOME_THROTTLED, "%s", rig.text);
		run_for(0.2);
	} while (rig.outcome[op] != OUTCOME_DONE && now() - from < 40 * NS_S);
	CHECK(rig.outcome[op] == OUTCOME_DONE, "%s", rig.text);
	CHECK(now() - from >= 6 * NS_S, "rested for %.1f s only",
	    ns_to_s(now() - from));
	/* The next life does not know of the rest, but HAProxy does. */
	done(ask(balancer_haproxy.remove, &s[1]), 5);
	drivers_stop();
	rig.bset.rest = 60 * NS_S;
	drivers_start();
	op = ask(balancer_haproxy.add, &s[0]);
	UNTIL(rig.answered[op], 5);
	CHECK(rig.outcome[op] == OUTCOME_THROTTLED, "%s %s",
	    outcome_name(rig.outcome[op]), rig.text);
	rig_end();
}

static void
story_figures(void)
{
	struct lb_options o = { .slots = 4, .latency_log = true };
	struct backend_server s[2];
	struct counts *c;
	struct lb l;
	pid_t pid[2];
	double counted;
	void *old;
	long before;
	ns_t from;
	int i;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	(void)snprintf(rig.sset.latency_log, KEY_STRING_SIZE, "%s", l.log);
	drivers_start();
	s[0] = server_start(2, 50, &pid[0]);
	s[1] = server_start(3, 50, &pid[1]);
	add(&s[0]);
	add(&s[1]);
	/* A zero with proof of life. */
	UNTIL(rig.valid >= 2 && rig.sample.proof == PROOF_ALIVE &&
	    rig.sample.up.v == 2, 10);
	CHECK(rig.sample.requests_rps.known && rig.sample.requests_rps.v == 0,
	    "%g", rig.sample.requests_rps.v);
	CHECK(!rig.sample.latency_mean_s.known, "a mean without requests");
	c = customers_start(&l, 6, "/");
	/* What was counted over some polls is what customers really did. */
	run_for(1.5);
	UNTIL(rig.fresh, 3);
	before = c->ok;
	for (i = 0, counted = 0; i < 4; i++) {
		from = rig.sample_at;
		rig.fresh = false;
		UNTIL(rig.fresh && rig.sample.requests_rps.known, 5);
		counted += rig.sample.requests_rps.v *
		    ns_to_s(rig.sample_at - from);
		CHECK(rig.sample.inflight.v <= 6, "%g",
		    rig.sample.inflight.v);
		CHECK(rig.sample.errors_rps.v == 0, "%g",
		    rig.sample.errors_rps.v);
	}
	before = c->ok - before;
	CHECK(counted > 0.6 * (double)before && counted < 1.6 * (double)before,
	    "%g, really %ld", counted, before);
	UNTIL(rig.sample.inflight.v >= 2, 5);
	CHECK(rig.sample.latency_s.known && rig.sample.latency_s.v > 0.045,
	    "%d %g", rig.sample.latency_s.known, rig.sample.latency_s.v);
	UNTIL(rig.sample.latency_s.v < 0.5, 10); /* once it is calm */
	UNTIL(rig.sample.latency_mean_s.v > 0.02, 5);
	/* A reload of the policy: the new source is there before the old. */
	old = rig.source;
	rig.source = calloc(1, source_haproxy.state_size);
	CHECK(source_haproxy.init(rig.source, &rig.host, &rig.sset, NULL) == 0,
	    "a second source on the same socket");
	source_haproxy.fini(old);
	free(old);
	rig.polling = rig.fresh = false;
	UNTIL(rig.fresh, 5);
	CHECK(rig.sample.latency_s.known, "the times were lost");
	customers_stop();
	c = customers_start(&l, 4, "/500");
	UNTIL(rig.sample.errors_rps.known && rig.sample.errors_rps.v > 20, 5);
	CHECK(rig.sample.refused_rps.v == 0, "%g", rig.sample.refused_rps.v);
	customers_stop();
	/* A server that is killed is down, and told so. */
	process_end(pid[0], SIGKILL);
	UNTIL(strstr(lb_ask(&l, "show stat shop 4 -1"), ",DOWN,") != NULL, 5);
	from = now();
	UNTIL(rig.downs == 1, 5);
	CHECK(strcmp(rig.health_id.text, s[0].id.text) == 0, "%s",
	    rig.health_id.text);
	printf("  told %.2f s after HAProxy saw it\n",
	    ns_to_s(rig.down_at - from));
	UNTIL(rig.sample.up.v == 1, 3);
	process_end(pid[1], SIGKILL);
	UNTIL(rig.sample.up.v == 0, 4);
	c = customers_start(&l, 4, "/");
	UNTIL(rig.sample.refused_rps.known && rig.sample.refused_rps.v > 10,
	    5);
	CHECK(rig.sample.refused_rps.v <= rig.sample.errors_rps.v, "%g %g",
	    rig.sample.refused_rps.v, rig.sample.errors_rps.v);
	customers_stop();
	rig_end();
}

static void
story_by_hand(void)
{
	struct backend_server s[4], hand[2];
	char line[200], more[300], before[8192];
	struct lb_options o = { .slots = 3, .more = more };
	struct lb l;
	pid_t pid[6];
	op_t op;
	int i;

	hand[0] = server_start(9, 1, &pid[4]);
	hand[1] = server_start(8, 1, &pid[5]);
	(void)snprintf(more, sizeof(more), "    server hand 127.0.0.9:%d\n"
	    "    server old7 127.0.0.9:%d disabled\n", hand[0].port,
	    hand[0].port);
	lb_start(&l, "a", &o);
	/* Someone put a server of his own into one of the slots. */
	(void)snprintf(line, sizeof(line), "set server shop/w2 addr 127.0.0.8 "
	    "port %d;set server shop/w2 state ready;set server shop/w2 weight "
	    "7", hand[1].port);
	(void)lb_ask(&l, line);
	rig_begin(&l, 1, false);
	UNTIL(strstr(lb_ask(&l, SHOW), "w2 127.0.0.8 2 4 7 ") != NULL, 5);
	drivers_start();
	list();
	CHECK(rig.n_told == 2 && told("@shop/hand") != NULL &&
	    told("@shop/w2") != NULL, "%d told, %s", rig.n_told,
	    rig.told[0].id.text);
	for (i = 0; i < 2; i++) {
		s[i] = server_start(2 + i, 1, &pid[i]);
		add(&s[i]);
	}
	s[2] = server_start(4, 1, &pid[2]);
	op = ask(balancer_haproxy.add, &s[2]);
	UNTIL(rig.answered[op], 5);
	CHECK(rig.outcome[op] == OUTCOME_CAPACITY, "%s: %s",
	    outcome_name(rig.outcome[op]), rig.text);
	list();
	CHECK(rig.n_told == 4, "%d told", rig.n_told);
	for (i = 0; i < 2; i++) {
		done(ask(balancer_haproxy.drain, &s[i]), 10);
		done(ask(balancer_haproxy.remove, &s[i]), 5);
	}
	(void)snprintf(before, sizeof(before), "%s", lb_ask(&l,
	    SHOW));
	(void)snprintf(line, sizeof(line), "w2 127.0.0.8 2 4 7 ");
	CHECK(strstr(before, line) != NULL, "%s", before);
	CHECK(strstr(before, "hand 127.0.0.9 2 0 1 ") != NULL, "%s", before);
	CHECK(strstr(before, "old7 127.0.0.9 0 5 ") != NULL, "%s", before);
	/* A server that ours was told of by nobody is not removed by name. */
	done(ask(balancer_haproxy.remove, &hand[0]), 5);
	CHECK(strstr(lb_ask(&l, SHOW),
	    "hand 127.0.0.9 2 0 1 ") != NULL, "hand was touched");
	rig_end();
}

static void
story_limit(void)
{
	struct lb_options o = { .slots = 3, .frontend_maxconn = 4 };
	struct backend_server s;
	struct counts *c;
	struct lb l;
	pid_t pid;
	int i;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	s = server_start(2, 200, &pid);
	add(&s);
	c = customers_start(&l, 2, "/");
	UNTIL(rig.sample.requests_rps.known && rig.sample.requests_rps.v > 0,
	    5);
	for (i = 0; i < 2; i++) {
		rig.fresh = false;
		UNTIL(rig.fresh, 3);
		CHECK(rig.sample.valid && !rig.sample.censored,
		    "below the limit");
	}
	customers_stop();
	c = customers_start(&l, 12, "/");
	c->pause_us = 0;
	UNTIL(rig.sample.censored, 5);
	CHECK(rig.sample.valid && rig.sample.inflight.v <= 4, "%g",
	    rig.sample.inflight.v);
	customers_stop();
	UNTIL(!rig.sample.censored, 5);
	rig_end();
}

/* What HAProxy says of the first slot, of 100. */
static int
weight(struct lb *l)
{
	return (atoi(lb_ask(l, "get weight shop/w1")));
}

static void
story_slow_start(void)
{
	struct lb_options o = { .slots = 3 };
	struct backend_server s;
	struct lb l;
	pid_t pid;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	rig.bset.slow_start = 8 * NS_S;
	drivers_start();
	s = server_start(2, 1, &pid);
	add(&s);
	CHECK(weight(&l) == 10, "%d", weight(&l));
	UNTIL(weight(&l) > 10, 5);
	CHECK(weight(&l) < 100, "all at once");
	UNTIL(weight(&l) == 100, 10);
	rig_end();
}

/* What cannot work is said in a sentence and changes nothing. */
static void
story_refusals(void)
{
	struct lb_options o = { .slots = 4, .level = "operator" };
	struct backend_server s;
	struct lb l;
	pid_t pid;
	op_t op;

	s = server_start(2, 1, &pid);
	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	op = ask(balancer_haproxy.add, &s);
	UNTIL(rig.answered[op], 6);
	CHECK(rig.outcome[op] == OUTCOME_PERMANENT &&
	    strstr(rig.text, "Permission denied") != NULL, "%s: %s",
	    outcome_name(rig.outcome[op]), rig.text);
	CHECK(strstr(lb_ask(&l, "show stat shop 4 -1"), ",UP") == NULL,
	    "something is up");
	rig_end();
	stage_end();
	stage_begin("  no template");
	s = server_start(2, 1, &pid);
	o = (struct lb_options){ .more = "    server hand 127.0.0.9:9\n" };
	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	op = ask(balancer_haproxy.add, &s);
	UNTIL(rig.answered[op], 6);
	CHECK(rig.outcome[op] == OUTCOME_PERMANENT &&
	    strstr(rig.text, "server-template") != NULL, "%s: %s",
	    outcome_name(rig.outcome[op]), rig.text);
	list();
	CHECK(rig.n_told == 1 && told("@shop/hand") != NULL, "%d", rig.n_told);
	drivers_stop();
	(void)snprintf(rig.bset.backend, NAME_SIZE, "nosuch");
	(void)snprintf(rig.sset.backend, NAME_SIZE, "nosuch");
	rig.samples = 0;
	drivers_start();
	UNTIL(rig.samples > 1, 5);
	CHECK(!rig.sample.valid, "a sample of no backend");
	CHECK(strstr(rig.trouble, "nosuch") != NULL ||
	    strstr(rig.trouble, "No such") != NULL ||
	    strstr(rig.trouble, "find backend") != NULL, "%s", rig.trouble);
	op = rig.next_op++;
	balancer_haproxy.list(rig.balancer, op);
	UNTIL(rig.answered[op], 5);
	CHECK(rig.outcome[op] == OUTCOME_UNKNOWN, "%s",
	    outcome_name(rig.outcome[op]));
	rig_end();
}

static const struct story stories[] = {
	{ "figures", story_figures },
	{ "cycles", story_cycles },
	{ "rest", story_rest },
	{ "by_hand", story_by_hand },
	{ "limit", story_limit },
	{ "slow_start", story_slow_start },
	{ "refusals", story_refusals },
};

int
main(int argc, char **argv)
{
	return (play(argc, argv, stories,
	    sizeof(stories) / sizeof(stories[0])));
}
