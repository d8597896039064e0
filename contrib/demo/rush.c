/* SPDX-License-Identifier: MIT */
/*
 * An open-loop load program: it replays a rate curve against the balancer.
 * Arrivals are drawn before the start, and late answers do not slow them
 * down, so that an overload is as real as with customers, who do not know of
 * each other.  The time to answer counts from the drawn arrival, also when
 * this program itself is late.
 *
 * Each customer is a connection of its own.  How many may be open, how long
 * one may take and how long the whole run lasts is bounded; it sends to
 * 127.0.0.0/8 and nowhere else.  One JSON object a second, then a summary.
 */
#include "config.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "curve.h"
#include "tally.h"

enum { TARGETS_MAX = 8, OPEN_MAX = 16384, HEAD_MAX = 2048 };

struct customer {
	int fd;
	int target;		/* which, and how many have refused so far */
	int refusals;
	bool sent;
	bool gone;		/* its place is free at the end of the turn */
	ns_t arrival;
	struct customer *prev, *next;
	size_t n;		/* bytes of the answer so far */
	long need;		/* of the whole answer; 0: not known yet */
	char head[HEAD_MAX];
};

static struct {
	struct curve curve;
	struct sockaddr_in targets[TARGETS_MAX];
	int n_targets;
	bool first;		/* the others only when the first refuses */
	const char *path;
	ns_t timeout, slow;
	int open_max;
	uint64_t seed;
} opt = {
	.path = "/", .timeout = 10 * S_NS, .slow = 500 * MS_NS,
	.open_max = 4000, .seed = 1
};

static struct {
	int epoll;
	ns_t start;
	ns_t behind;		/* the latest that a request was sent late */
	int n_open;
	long moved;		/* sent to another target after a refusal */
	size_t next_target;
	struct customer *first, *last;	/* open, in order of arrival */
	struct customer *gone;
	struct tally second, all;
	char request[512];
	size_t request_n;
} rush;

static volatile sig_atomic_t told_to_stop;

static void
on_stop(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

static void
record(enum outcome o, ns_t took)
{
	tally_add(&rush.second, o, took, opt.slow);
	tally_add(&rush.all, o, took, opt.slow);
}

static void
customer_end(struct customer *c, enum outcome o, ns_t now)
{
	record(o, now - c->arrival);
	if (c->fd >= 0)
		(void)close(c->fd);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		rush.first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		rush.last = c->prev;
	c->gone = true;
	c->next = rush.gone;
	rush.gone = c;
	rush.n_open--;
}

static bool
customer_connect(struct customer *c)
{
	struct epoll_event ev = { .events = EPOLLOUT, .data.ptr = c };
	const struct sockaddr_in *to = &opt.targets[c->target];

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return (false);
	if (connect(c->fd, (const struct sockaddr *)to, sizeof(*to)) != 0 &&
	    errno != EINPROGRESS) {
		(void)close(c->fd);
		c->fd = -1;
		return (false);
	}
	return (epoll_ctl(rush.epoll, EPOLL_CTL_ADD, c->fd, &ev) == 0);
}

/* Refused: the next target, as a customer whose address moved over. */
static void
customer_refused(struct customer *c, ns_t now)
{
	while (++c->refusals < opt.n_targets) {
		if (c->fd >= 0)
			(void)close(c->fd);
		c->target = (c->target + 1) % opt.n_targets;
		rush.moved++;
		if (customer_connect(c))
			return;
	}
	customer_end(c, OUT_REFUSED, now);
}

static void
arrive(ns_t arrival, ns_t now)
{
	struct customer *c = NULL;

	if (now - arrival > rush.behind)
		rush.behind = now - arrival;
	rush.second.sent++;
	rush.all.sent++;
	if (rush.n_open < opt.open_max)
		c = calloc(1, sizeof(*c));
	if (c == NULL) {
		record(OUT_OVER, 0);
		return;
	}
	c->arrival = arrival;
	if (!opt.first)
		c->target = (int)(rush.next_target++ % (size_t)opt.n_targets);
	c->prev = rush.last;
	if (rush.last != NULL)
		rush.last->next = c;
	else
		rush.first = c;
	rush.last = c;
	rush.n_open++;
	if (!customer_connect(c))
		customer_refused(c, now);
}

static void
customer_send(struct customer *c, ns_t now)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	socklen_t n = sizeof(int);
	int e = 0;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0 || e != 0) {
		customer_refused(c, now);
		return;
	}
	if (send(c->fd, rush.request, rush.request_n, MSG_NOSIGNAL) !=
	    (ssize_t)rush.request_n) {
		customer_end(c, OUT_BROKEN, now);
		return;
	}
	c->sent = true;
	(void)epoll_ctl(rush.epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static enum outcome
answer_outcome(const struct customer *c)
{
	if (strncmp(c->head, "HTTP/1.", 7) != 0)
		return (OUT_OTHER);
	if (c->head[9] == '2')
		return (OUT_OK);
	return (c->head[9] == '5' ? OUT_5XX : OUT_OTHER);
}

/* How long the answer is, once its head is there. */
static void
answer_measure(struct customer *c)
{
	const char *end = strstr(c->head, "\r\n\r\n");
	const char *length = strcasestr(c->head, "\r\ncontent-length:");

	if (end == NULL || length == NULL || length > end)
		return;
	c->need = end + 4 - c->head + strtol(length + 17, NULL, 10);
}

static void
customer_read(struct customer *c, ns_t now)
{
	char rest[4096];
	size_t kept = c->n < HEAD_MAX - 1 ? c->n : HEAD_MAX - 1;
	size_t room = HEAD_MAX - 1 - kept;
	ssize_t n;

	if (room > 0)
		n = recv(c->fd, c->head + kept, room, MSG_DONTWAIT);
	else
		n = recv(c->fd, rest, sizeof(rest), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->n += (size_t)n;
		if (c->need == 0)
			answer_measure(c);
	}
	if (c->need > 0 && (long)c->n >= c->need)
		customer_end(c, answer_outcome(c), now);
	else if (n == 0 && c->need == 0 && strstr(c->head, "\r\n\r\n") != NULL)
		customer_end(c, answer_outcome(c), now);
	else if (n <= 0)
		customer_end(c, OUT_BROKEN, now);
}

static void
late_end(ns_t now)
{
	while (rush.first != NULL &&
	    now - rush.first->arrival >= opt.timeout)
		customer_end(rush.first, OUT_TIMEOUT, now);
}

static void
turn(int wait_ms)
{
	struct epoll_event evs[256];
	struct customer *c;
	ns_t now;
	int i, n;

	n = epoll_wait(rush.epoll, evs, 256, wait_ms);
	now = clock_ns();
	for (i = 0; i < n; i++) {
		c = evs[i].data.ptr;
		if (c->gone)
			continue;
		if (!c->sent)
			customer_send(c, now);
		else
			customer_read(c, now);
	}
	late_end(now);
	while ((c = rush.gone) != NULL) {
		rush.gone = c->next;
		free(c);
	}
}

static void
second_print(int t)
{
	(void)printf("{\"t\":%d,\"rate\":%.1f,\"open\":%d,", t,
	    curve_rate(&opt.curve, t), rush.n_open);
	tally_print(&rush.second);
	(void)printf("}\n");
	(void)fflush(stdout);
	memset(&rush.second, 0, sizeof(rush.second));
}

static void
summary_print(void)
{
	(void)printf("{\"summary\":true,\"seconds\":%.1f,\"lost\":%ld,"
	    "\"moved\":%ld,\"behind_ms\":%.1f,\"longest_ms\":%.1f,",
	    (double)(clock_ns() - rush.start) / 1e9, tally_lost(&rush.all),
	    rush.moved, (double)rush.behind / 1e6,
	    (double)rush.all.longest / 1e6);
	tally_print(&rush.all);
	(void)printf(",\"stopped\":%s}\n", told_to_stop ? "true" : "false");
}

static void
replay(const ns_t *arrivals, size_t n)
{
	ns_t now, until, end;
	size_t i = 0;
	int t = 0;

	end = (ns_t)(curve_seconds(&opt.curve) * 1e9);
	rush.start = clock_ns();
	for (;;) {
		now = clock_ns() - rush.start;
		while (i < n && arrivals[i] <= now && told_to_stop == 0) {
			arrive(rush.start + arrivals[i], rush.start + now);
			i++;
		}
		if (now >= (t + 1) * S_NS)
			second_print(++t);
		if (told_to_stop != 0 ||
		    (i == n && now >= end && rush.n_open == 0))
			break;
		until = (t + 1) * S_NS;
		if (i < n && arrivals[i] < until)
			until = arrivals[i];
		turn(until <= now ? 0 : (int)((until - now) / MS_NS) + 1);
	}
	summary_print();
}

static void
target_add(const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[64];
	struct sockaddr_in *to;

	if (colon == NULL || colon - text >= (long)sizeof(host) ||
	    opt.n_targets == TARGETS_MAX)
		args_bad("target", text, "one of at most 8 like 127.0.0.1:80");
	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	to = &opt.targets[opt.n_targets++];
	to->sin_family = AF_INET;
	to->sin_addr = args_loopback("target", host);
	to->sin_port = htons((uint16_t)args_integer("target", colon + 1, 1,
	    65535));
}

static void
usage(int status)
{
	(void)fprintf(status == 0 ? stdout : stderr,
	    "usage: plimsoll-rush --target 127.0.0.1:PORT ..."
	    " --curve 0:100,30:100,60:500\n"
	    "  [--path /] [--timeout 10s] [--slow 500ms] [--open 4000]"
	    " [--seed 1] [--first]\n"
	    "Several targets share the load; with --first the others get it"
	    " only when the\nfirst refuses.\n");
	exit(status);
}

static void
options(int argc, char **argv)
{
	static const struct option table[] = {
		{ "target", required_argument, NULL, 't' },
		{ "curve", required_argument, NULL, 'c' },
		{ "path", required_argument, NULL, 'p' },
		{ "timeout", required_argument, NULL, 'o' },
		{ "slow", required_argument, NULL, 's' },
		{ "open", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'r' },
		{ "first", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		if (c == 't')
			target_add(optarg);
		else if (c == 'c')
			curve_parse(optarg, &opt.curve);
		else if (c == 'p')
			opt.path = optarg;
		else if (c == 'o')
			opt.timeout = args_duration("timeout", optarg,
			    60 * S_NS);
		else if (c == 's')
			opt.slow = args_duration("slow", optarg, 60 * S_NS);
		else if (c == 'n')
			opt.open_max = (int)args_integer("open", optarg, 1,
			    OPEN_MAX);
		else if (c == 'r')
			opt.seed = (uint64_t)args_integer("seed", optarg, 0,
			    1L << 40);
		else if (c == 'f')
			opt.first = true;
		else
			usage(c == 'h' ? 0 : 2);
	}
	if (optind != argc || opt.n_targets == 0 || opt.curve.n == 0)
		usage(2);
}

static void
request_make(void)
{
	int n;

	n = snprintf(rush.request, sizeof(rush.request),
	    "GET %s HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n",
	    opt.path);
	if (n >= (int)sizeof(rush.request))
		args_bad("path", opt.path, "short enough");
	rush.request_n = (size_t)n;
}

static void
descriptors_allow(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_max < (rlim_t)opt.open_max + 16 && rl.rlim_max > 32)
		opt.open_max = (int)rl.rlim_max - 16;
}

int
main(int argc, char **argv)
{
	ns_t *arrivals;
	size_t n;

	options(argc, argv);
	request_make();
	descriptors_allow();
	(void)signal(SIGINT, on_stop);
	(void)signal(SIGTERM, on_stop);
	(void)signal(SIGPIPE, SIG_IGN);
	arrivals = curve_draw(&opt.curve, opt.seed, &n);
	rush.epoll = epoll_create1(EPOLL_CLOEXEC);
	replay(arrivals, n);
	free(arrivals);
	return (0);
}
