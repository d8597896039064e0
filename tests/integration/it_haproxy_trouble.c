/* SPDX-License-Identifier: MIT */
/*
 * The drivers `haproxy` when HAProxy is reloaded, ended, stopped or busy,
 * when servers are killed and when we are away ourselves.
 *
 *	it_haproxy_trouble [STORY...]
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "it_rig.h"

static void
story_reload(void)
{
	struct lb_options o = { .slots = 8 };
	struct backend_server s[3];
	struct lb l;
	pid_t pid[3];
	pid_t old;
	ns_t from;
	int i, k, epochs;

	/* Without a state file HAProxy forgets all: the hardest case. */
	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	for (i = 0; i < 3; i++) {
		s[i] = server_start(2 + i, 1, &pid[i]);
		add(&s[i]);
	}
	(void)ask(balancer_haproxy.drain, &s[2]);
	UNTIL(rig.valid > 0, 5);
	for (k = 0; k < 3; k++) {
		epochs = rig.epochs;
		old = lb_worker(&l);
		lb_reload(&l);
		UNTIL(lb_worker(&l) != old, 3);
		from = now();
		UNTIL(led_back(&l, old), 2);
		printf("  asserted again %.2f s after the new process answered\n",
		    ns_to_s(now() - from));
		UNTIL(rig.epochs > epochs, 3);
		CHECK(!rig.first.requests_rps.known, "%g of a new process",
		    rig.first.requests_rps.v);
	}
	/* Ended and started: the same. */
	process_end(l.pid, SIGTERM);
	lb_run(&l);
	from = now();
	UNTIL(in_place(&l, 2), 2);
	printf("  and %.2f s after a restart\n", ns_to_s(now() - from));
	rig_end();
}

static void
story_reload_dead(void)
{
	struct lb_options o = { .slots = 8, .state_file = true };
	struct backend_server s[3];
	struct counts *c;
	struct lb l;
	pid_t pid[3];
	char before[8192];
	ns_t from;
	int i, k;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, true);
	drivers_start();
	for (i = 0; i < 3; i++) {
		s[i] = server_start(2 + i, 1, &pid[i]);
		add(&s[i]);
	}
	c = customers_start(&l, 6, "/");
	run_for(1.0);
	lb_reload(&l);
	run_for(1.0);
	drivers_stop();
	for (k = 0; k < 3; k++) {
		lb_reload(&l);
		from = now();
		while (now() < from + NS_S)
			(void)usleep(10000);
	}
	(void)snprintf(before, sizeof(before), "%s", lb_ask(&l,
	    SHOW));
	drivers_start();
	list();
	CHECK(rig.n_told == 3, "%d servers", rig.n_told);
	CHECK(rig.told[0].id.text[0] == '@', "%s", rig.told[0].id.text);
	CHECK(memcmp(rig.told[0].address, s[0].address, 16) == 0, "address");
	for (i = 0; i < 3; i++)
		add(&s[i]);
	list();
	CHECK(rig.n_told == 3 && told(s[1].id.text) != NULL, "adopted");
	/* The next life knows it by its address only. */
	drivers_stop();
	drivers_start();
	done(ask(balancer_haproxy.drain, &s[0]), 10);
	done(ask(balancer_haproxy.remove, &s[0]), 5);
	process_end(pid[0], SIGTERM);
	run_for(0.5);
	no_loss(c);
	list();
	CHECK(rig.n_told == 2, "%d servers", rig.n_told);
	rig_end();
}

/* Open sockets of this process. */
static int
sockets(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *f;
	char path[64], to[64];
	ssize_t k;
	int n = 0;

	while ((f = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%.20s",
		    f->d_name);
		k = readlink(path, to, sizeof(to));
		n += k > 6 && memcmp(to, "socket", 6) == 0;
	}
	(void)closedir(d);
	return (n);
}

static void
story_stopped(void)
{
	struct lb_options o = { .slots = 4 };
	struct backend_server s;
	int base, most = 0;
	struct lb l;
	pid_t pid, w;
	ns_t from;
	op_t op;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	base = sockets();
	drivers_start();
	s = server_start(2, 1, &pid);
	add(&s);
	UNTIL(rig.valid > 1, 5);
	w = lb_worker(&l);
	(void)kill(w, SIGSTOP);
	run_for(1.5);
	rig.samples = rig.valid = 0;
	op = ask(balancer_haproxy.remove, &s);
	for (from = now(); rig.samples < 9;) {
		CHECK(now() - from < PATIENCE * 10 * NS_S, "%d samples",
		    rig.samples);
		run_for(0.1);
		if (sockets() - base > most)
			most = sockets() - base;
	}
	CHECK(rig.valid == 0, "%d samples of a stopped HAProxy", rig.valid);
	CHECK(now() - from >= 7 * NS_S, "9 samples in %.1f s",
	    ns_to_s(now() - from));
	CHECK(most == 1, "%d connections at a time", most);
	CHECK(!rig.answered[op], "removed from a stopped HAProxy");
	CHECK(strstr(rig.trouble, l.sock) != NULL, "said: %s", rig.trouble);
	(void)kill(w, SIGCONT);
	from = now();
	UNTIL(rig.valid > 0, 8);
	printf("  measured again after %.1f s\n", ns_to_s(now() - from));
	done(op, 8);
	rig_end();
}

static void
story_full_socket(void)
{
	struct lb_options o = { .slots = 4 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct lb l;
	int fd[16], i;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, false);
	drivers_start();
	UNTIL(rig.valid > 0, 5);
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", l.sock);
	for (i = 0; i < 16; i++) {
		fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fd[i], (struct sockaddr *)&un, sizeof(un));
	}
	UNTIL(rig.samples > 0 && !rig.sample.valid, 6);
	rig.samples = rig.valid = 0;
	UNTIL(rig.samples >= 3, 6);
	CHECK(rig.valid == 0, "%d of %d", rig.valid, rig.samples);
	for (i = 0; i < 16; i++)
		(void)close(fd[i]);
	UNTIL(rig.valid > 0, 8);
	rig_end();
}

static void
story_two(void)
{
	struct lb_options o = { .slots = 8 };
	struct backend_server s[3];
	struct counts *c;
	struct lb l[2];
	pid_t pid[3], w;
	ns_t from;
	op_t op;
	int i;

	lb_start(&l[0], "a", &o);
	lb_start(&l[1], "b", &o);
	rig_begin(l, 2, false);
	drivers_start();
	for (i = 0; i < 2; i++) {
		s[i] = server_start(2 + i, 1, &pid[i]);
		add(&s[i]);
	}
	for (i = 0; i < 2; i++)
		CHECK(in_place(&l[i], 1) && in_place(&l[i], 2), "%s",
		    lb_ask(&l[i], SHOW));
	/* A standby at rest is whole. */
	c = customers_start(&l[0], 4, "/");
	UNTIL(rig.sample.valid && !rig.sample.partial &&
	    rig.sample.proof == PROOF_ALIVE && rig.sample.requests_rps.v > 50 &&
	    rig.sample.up.v == 2, 10);
	/* One that hangs for a moment may still send it customers. */
	s[2] = server_start(5, 1, &pid[2]);
	add(&s[2]);
	w = lb_worker(&l[1]);
	(void)kill(w, SIGSTOP);
	op = ask(balancer_haproxy.remove, &s[2]);
	run_for(1.5);
	CHECK(!rig.answered[op], "removed, though one balancer still has it");
	(void)kill(w, SIGCONT);
	done(op, 6);
	process_end(pid[2], SIGTERM);
	process_end(l[1].pid, SIGKILL);
	UNTIL(rig.sample.partial && rig.sample.valid &&
	    rig.sample.requests_rps.known, 4);
	s[2] = server_start(4, 1, &pid[2]);
	add(&s[2]);
	done(ask(balancer_haproxy.drain, &s[0]), 10);
	done(ask(balancer_haproxy.remove, &s[0]), 6);
	process_end(pid[0], SIGTERM);
	/* It comes back with nothing, and is led to what is wanted now. */
	lb_run(&l[1]);
	from = now();
	UNTIL(strstr(lb_ask(&l[1], SHOW), " w4 127.0.0.4 2 4 ") != NULL, 2);
	printf("  led back after %.2f s\n", ns_to_s(now() - from));
	CHECK(strstr(lb_ask(&l[1], SHOW),
	    "w1 127.0.0.1 0 5") != NULL, "w1: %s", lb_ask(&l[1],
	    SHOW));
	UNTIL(rig.sample.valid && !rig.sample.partial, 5);
	no_loss(c);
	rig_end();
}

/* The core hears of its end and takes it out: nobody loses a request. */
static void
story_killed(void)
{
	struct lb_options o = { .slots = 16, .state_file = true };
	struct backend_server s[8];
	struct counts *c;
	struct lb l;
	pid_t pid[8];
	ns_t from;
	int i;

	lb_start(&l, "a", &o);
	rig_begin(&l, 1, true);
	drivers_start();
	for (i = 0; i < 3; i++) {
		s[i] = server_start(2 + i, 2, &pid[i]);
		add(&s[i]);
	}
	c = customers_start(&l, 12, "/");
	run_for(0.5);
	for (i = 0; i < 5; i++) {
		process_end(pid[i], SIGKILL);
		from = now();
		done(ask(balancer_haproxy.remove, &s[i]), 2);
		printf("  out after %.3f s\n", ns_to_s(now() - from));
		s[i + 3] = server_start(5 + i, 2, &pid[i + 3]);
		add(&s[i + 3]);
		run_for(0.5);
	}
	no_loss(c);
	CHECK(lb_worker(&l) > 0, "HAProxy lives");
	rig_end();
}

static const struct story stories[] = {
	{ "reload", story_reload },
	{ "reload_dead", story_reload_dead },
	{ "stopped", story_stopped },
	{ "full_socket", story_full_socket },
	{ "two", story_two },
	{ "killed", story_killed },
};

int
main(int argc, char **argv)
{
	return (play(argc, argv, stories,
	    sizeof(stories) / sizeof(stories[0])));
}
