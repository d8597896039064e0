/* SPDX-License-Identifier: MIT */
/*
 * A small web shop whose capacity is bounded: so many requests at a time,
 * each occupying a worker for so long.  What waits beyond the backlog gets a
 * 503, or waits in the kernel.  One thread and epoll; a worker is a slot that
 * stays taken for its service time, also when its customer has left.
 *
 * The modes are the ways in which a server goes wrong in real life; the
 * integration tests use them.  It serves on 127.0.0.0/8 only.
 */
#include "config.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"

enum {
	WORKERS_MAX = 1024,
	CONNS_MAX = 8192,
	REQUEST_MAX = 4096
};

enum conn_state {
	CONN_READING,
	CONN_WAITING, /* in the backlog */
	CONN_BUSY     /* has a worker */
};

struct conn {
	int fd;
	enum conn_state state;
	bool keep;	/* the connection, after the answer */
	bool gone;	/* closed in this turn */
	struct conn *next; /* in the backlog, or in the free list */
	size_t n;
	char text[REQUEST_MAX];
};

struct worker {
	bool taken;
	ns_t until;
	struct conn *conn; /* NULL: the customer has left */
};

static struct {
	struct in_addr address;
	int port;
	int workers;
	int backlog;
	ns_t service;
	ns_t boot;
	double errors;	/* share answered with 500 */
	double broken;	/* share closed without an answer */
	bool full_waits;
	bool die;
	bool never_healthy;
	bool hang_at_stop;
	bool close_all;
	bool grandchild;
	bool quiet;
} opt = {
	.workers = 4, .backlog = 16, .service = 50 * MS_NS
};

static struct {
	int epoll;
	int listener;
	bool listening;
	bool stopping;
	int n_conns, n_waiting, n_taken;
	ns_t booted;
	uint64_t seed;
	struct worker workers[WORKERS_MAX];
	struct conn *first, *last;	/* the backlog */
	struct conn *closed;		/* freed at the end of the turn */
} shop;

static volatile sig_atomic_t told_to_stop;
static sigset_t while_waiting; /* stop signals arrive only there */

static void
on_stop(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

static void
watch(int op, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events, .data.ptr = ptr };

	(void)epoll_ctl(shop.epoll, op, fd, &ev);
}

static void
conn_leave_backlog(struct conn *c)
{
	struct conn **p, *last = NULL;

	for (p = &shop.first; *p != NULL; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			if (shop.last == c)
				shop.last = last;
			c->next = NULL;
			shop.n_waiting--;
			return;
		}
		last = *p;
	}
}

static void
conn_close(struct conn *c)
{
	int i;

	if (c->gone)
		return;
	if (c->state == CONN_WAITING)
		conn_leave_backlog(c);
	for (i = 0; i < opt.workers; i++)
		if (shop.workers[i].conn == c)
			shop.workers[i].conn = NULL;
	(void)close(c->fd);
	c->gone = true;
	c->next = shop.closed;
	shop.closed = c;
	shop.n_conns--;
}

static void
conns_free_closed(void)
{
	struct conn *c;

	while ((c = shop.closed) != NULL) {
		shop.closed = c->next;
		free(c);
	}
}

static void	conn_next_request(struct conn *);

static void
conn_answer(struct conn *c, const char *status, const char *body)
{
	char out[512];
	int n;

	if (shop.stopping)
		c->keep = false;
	n = snprintf(out, sizeof(out),
	    "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
	    "Content-Length: %zu\r\nX-Server: %d\r\n%s\r\n%s",
	    status, strlen(body), opt.port,
	    c->keep ? "" : "Connection: close\r\n", body);
	/* A short answer fits the socket's buffer, or the customer is lost. */
	if (send(c->fd, out, (size_t)n, MSG_NOSIGNAL) != n || !c->keep) {
		conn_close(c);
		return;
	}
	c->state = CONN_READING;
}

static bool
worker_take(struct conn *c, ns_t now)
{
	int i;

	for (i = 0; i < opt.workers; i++) {
		if (shop.workers[i].taken)
			continue;
		shop.workers[i] = (struct worker){
			.taken = true, .until = now + opt.service, .conn = c
		};
		shop.n_taken++;
		c->state = CONN_BUSY;
		return (true);
	}
	return (false);
}

static void
conn_serve(struct conn *c, ns_t now)
{
	if (worker_take(c, now))
		return;
	if (shop.n_waiting >= opt.backlog && !opt.full_waits) {
		conn_answer(c, "503 Service Unavailable", "full\n");
		return;
	}
	c->state = CONN_WAITING;
	c->next = NULL;
	if (shop.last != NULL)
		shop.last->next = c;
	else
		shop.first = c;
	shop.last = c;
	shop.n_waiting++;
}

static bool
has_word(const char *text, const char *word)
{
	return (strcasestr(text, word) != NULL);
}

/* Takes the next whole request from what was read, if there is one. */
static void
conn_next_request(struct conn *c)
{
	char head[REQUEST_MAX];
	char *end;
	size_t n;

	if (c->gone || c->state != CONN_READING)
		return;
	end = strstr(c->text, "\r\n\r\n");
	if (end == NULL) {
		if (c->n == REQUEST_MAX - 1)
			conn_close(c);
		return;
	}
	n = (size_t)(end - c->text) + 4;
	memcpy(head, c->text, n);
	head[n - 1] = '\0';
	memmove(c->text, c->text + n, c->n - n + 1);
	c->n -= n;
	c->keep = has_word(head, " HTTP/1.1\r\n") &&
	    !has_word(head, "\nconnection: close");
	if (strncmp(head, "GET ", 4) != 0 && strncmp(head, "HEAD ", 5) != 0) {
		c->keep = false;
		conn_answer(c, "405 Method Not Allowed", "only GET\n");
	} else if (has_word(head, " /healthz")) {
		if (opt.never_healthy)
			conn_answer(c, "503 Service Unavailable", "sick\n");
		else
			conn_answer(c, "200 OK", "well\n");
	} else {
		conn_serve(c, clock_ns());
	}
}

static void
conn_read(struct conn *c)
{
	ssize_t n;

	if (c->gone)
		return;
	n = recv(c->fd, c->text + c->n, REQUEST_MAX - 1 - c->n, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	c->n += (size_t)n;
	c->text[c->n] = '\0';
	conn_next_request(c);
}

static void
listener_read(void)
{
	struct conn *c;
	int fd;

	for (;;) {
		fd = accept4(shop.listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		c = NULL;
		if (shop.n_conns < CONNS_MAX)
			c = calloc(1, sizeof(*c));
		if (c == NULL) {
			(void)close(fd);
			continue;
		}
		c->fd = fd;
		shop.n_conns++;
		watch(EPOLL_CTL_ADD, fd, EPOLLIN, c);
	}
}

static void
worker_done(struct worker *w)
{
	struct conn *c = w->conn;

	w->taken = false;
	w->conn = NULL;
	shop.n_taken--;
	if (c == NULL)
		return;
	if (seed_unit(&shop.seed) < opt.broken)
		conn_close(c);
	else if (seed_unit(&shop.seed) < opt.errors)
		conn_answer(c, "500 Internal Server Error", "broken\n");
	else
		conn_answer(c, "200 OK", "thank you\n");
	conn_next_request(c);
}

/* Ends what is done, gives free workers to those who wait. */
static void
workers_step(ns_t now)
{
	struct conn *c;
	int i;

	for (i = 0; i < opt.workers; i++)
		if (shop.workers[i].taken && shop.workers[i].until <= now)
			worker_done(&shop.workers[i]);
	while (shop.first != NULL && shop.n_taken < opt.workers) {
		c = shop.first;
		conn_leave_backlog(c);
		(void)worker_take(c, now);
	}
}

static int
wait_ms(ns_t now)
{
	ns_t until = now + S_NS;
	int i;

	if (!shop.listening && shop.booted < until)
		until = shop.booted;
	for (i = 0; i < opt.workers; i++)
		if (shop.workers[i].taken && shop.workers[i].until < until)
			until = shop.workers[i].until;
	if (until <= now)
		return (0);
	return ((int)((until - now + MS_NS - 1) / MS_NS));
}

static void
turn(void)
{
	struct epoll_event evs[64];
	ns_t now = clock_ns();
	int i, n;

	if (!shop.listening && !shop.stopping && now >= shop.booted) {
		if (listen(shop.listener, 1024) != 0) {
			perror("listen");
			exit(1);
		}
		watch(EPOLL_CTL_ADD, shop.listener, EPOLLIN, NULL);
		shop.listening = true;
		if (!opt.quiet) {
			(void)printf("shop: serving on port %d\n", opt.port);
			(void)fflush(stdout);
		}
	}
	n = epoll_pwait(shop.epoll, evs, 64, wait_ms(now), &while_waiting);
	for (i = 0; i < n; i++) {
		if (evs[i].data.ptr == NULL)
			listener_read();
		else
			conn_read(evs[i].data.ptr);
	}
	workers_step(clock_ns());
	conns_free_closed();
}

/* Bound at once, so that the port is taken; listening once it has booted. */
static int
port_bind(void)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)opt.port),
		.sin_addr = opt.address
	};
	int fd, one = 1;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0) {
		(void)fprintf(stderr, "shop: port %d: %s\n", opt.port,
		    strerror(errno));
		exit(1);
	}
	return (fd);
}

/* A child of the server that outlives it; bounded, so that none stays. */
static void
grandchild_leave(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return;
	(void)signal(SIGTERM, SIG_IGN);
	(void)alarm(120);
	for (;;)
		(void)pause();
}

static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    "usage: plimsoll-shop --port N [--address 127.0.0.1] [--workers 4]"
	    " [--service 50ms]\n"
	    "  [--backlog 16] [--full 503|wait] [--boot 0s] [--errors SHARE]"
	    " [--broken SHARE]\n"
	    "  [--die-at-start] [--never-healthy] [--hang-at-stop]"
	    " [--close-all]\n"
	    "  [--grandchild] [--quiet] [--seed N]\n"
	    "GET /healthz answers once it has booted; anything else takes a"
	    " worker.\n");
	exit(status);
}

static void
option(const char *name, const char *value)
{
	if (strcmp(name, "port") == 0)
		opt.port = (int)args_integer(name, value, 1, 65535);
	else if (strcmp(name, "address") == 0)
		opt.address = args_loopback(name, value);
	else if (strcmp(name, "workers") == 0)
		opt.workers = (int)args_integer(name, value, 1, WORKERS_MAX);
	else if (strcmp(name, "backlog") == 0)
		opt.backlog = (int)args_integer(name, value, 0, CONNS_MAX);
	else if (strcmp(name, "service") == 0)
		opt.service = args_duration(name, value, 60 * S_NS);
	else if (strcmp(name, "boot") == 0)
		opt.boot = args_duration(name, value, 3600 * S_NS);
	else if (strcmp(name, "errors") == 0)
		opt.errors = args_share(name, value);
	else if (strcmp(name, "broken") == 0)
		opt.broken = args_share(name, value);
	else if (strcmp(name, "seed") == 0)
		shop.seed = (uint64_t)args_integer(name, value, 0, 1 << 30);
	else if (strcmp(value, "503") == 0)
		opt.full_waits = false;
	else if (strcmp(value, "wait") == 0)
		opt.full_waits = true;
	else
		args_bad(name, value, "503 or wait");
}

static void
options(int argc, char **argv)
{
	static int die, sick, hang, close_all, grandchild, quiet;
	static const struct option table[] = {
		{ "port", required_argument, NULL, 0 },
		{ "address", required_argument, NULL, 0 },
		{ "workers", required_argument, NULL, 0 },
		{ "backlog", required_argument, NULL, 0 },
		{ "service", required_argument, NULL, 0 },
		{ "boot", required_argument, NULL, 0 },
		{ "errors", required_argument, NULL, 0 },
		{ "broken", required_argument, NULL, 0 },
		{ "seed", required_argument, NULL, 0 },
		{ "full", required_argument, NULL, 0 },
		{ "die-at-start", no_argument, &die, 1 },
		{ "never-healthy", no_argument, &sick, 1 },
		{ "hang-at-stop", no_argument, &hang, 1 },
		{ "close-all", no_argument, &close_all, 1 },
		{ "grandchild", no_argument, &grandchild, 1 },
		{ "quiet", no_argument, &quiet, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c, i;

	opt.address.s_addr = htonl(INADDR_LOOPBACK);
	while ((c = getopt_long(argc, argv, "h", table, &i)) != -1) {
		if (c == 'h')
			usage(0);
		if (c != 0)
			usage(2);
		if (table[i].flag == NULL)
			option(table[i].name, optarg);
	}
	if (optind != argc || opt.port == 0)
		usage(2);
	opt.die = die != 0;
	opt.never_healthy = sick != 0;
	opt.hang_at_stop = hang != 0;
	opt.close_all = close_all != 0;
	opt.grandchild = grandchild != 0;
	opt.quiet = quiet != 0 || close_all != 0;
}

int
main(int argc, char **argv)
{
	sigset_t stops;

	options(argc, argv);
	if (opt.die) {
		(void)fprintf(stderr, "shop: told to die at start\n");
		return (3);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTERM, opt.hang_at_stop ? SIG_IGN : on_stop);
	(void)signal(SIGINT, on_stop);
	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGTERM);
	(void)sigaddset(&stops, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stops, &while_waiting);
	(void)sigdelset(&while_waiting, SIGTERM);
	(void)sigdelset(&while_waiting, SIGINT);
	if (opt.close_all)
		(void)close_range(0, ~0u, 0);
	if (opt.grandchild)
		grandchild_leave();
	shop.listener = port_bind();
	shop.epoll = epoll_create1(EPOLL_CLOEXEC);
	shop.booted = clock_ns() + opt.boot;
	for (;;) {
		if (told_to_stop != 0 && !shop.stopping) {
			(void)close(shop.listener);
			shop.stopping = true;
		}
		if (shop.stopping && shop.n_taken == 0 && shop.n_waiting == 0)
			return (0);
		turn();
	}
}
