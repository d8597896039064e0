/* SPDX-License-Identifier: MIT */
/*
 * One poll of one HAProxy, and many of them as a sample.
 *
 *   answer -> reading -> (with the last one) rates -> with the other
 *   balancers' -> sample
 *
 * Which columns, and why (each seen on HAProxy 2.6.12):
 *  - Arrivals are the backend's `stot`: it counts a request when it comes
 *    to the backend, so also what waits or is refused; `req_tot` counts it
 *    when it ends.
 *  - Errors are the backend's `hrsp_5xx`, where HAProxy's own 502, 503 and
 *    504 are in it, and `srv_abrt`: answers that broke off.  In TCP mode,
 *    `econ` and `eresp`.
 *  - `econ` of the backend is what never reached a server (time-out in the
 *    queue, no server, connection failed); the servers' own `econ` is the
 *    part where a server did not answer the connection.
 *  - `dreq` is what a rule of the backend denied, on purpose: a part of the
 *    arrivals, no error.  `ereq` and `dcon` are the frontends': what never
 *    was a request of this backend.
 *  - In flight is the backend's `scur`: what waits is in it (5 with 4 in
 *    the queue), so `qcur` is not added.
 *  - The queue is the backend's `qcur` and that of its servers.
 */
#ifndef SOURCE_HAPROXY_READING_H
#define SOURCE_HAPROXY_READING_H

#include "io/haproxy_text.h"
#include "plimsoll/sample.h"
#include "signal/counters.h"

struct err;

enum { COUNT_REQUESTS, COUNT_ERRORS, COUNT_UNREACHED, COUNT_N };

struct reading {
	struct haproxy_info info;
	uint64_t count[COUNT_N];
	uint64_t retries;	/* wretr and wredis: a server in trouble */
	double queue, inflight; /* queue: the backend's own part */
	double up;
	struct value mean_s;
	bool full; /* at a connection or rate limit */
};

/* The rows of the servers: asked for only when something is the matter. */
struct servers_reading {
	uint64_t unanswered; /* sum of econ */
	double queue;
};

/* One balancer over time.  Fields are private; zeroed is the start. */
struct balancer_view {
	struct counters counters;
	bool reached;	   /* the last poll was answered */
	bool has_rates;
	bool has_servers;  /* `servers` is of this epoch */
	bool alive;	   /* same process, uptime moved lately */
	double rate[COUNT_N];
	double unanswered; /* connections that servers did not answer, 1/s */
	double dt_s;
	ns_t at, uptime_at, servers_at;
	uint64_t epoch, uptime_s;
	struct reading now, at_servers; /* the last, and when rows were read */
	struct servers_reading servers;
};

int	reading_parse(const char *text, size_t n, const char *backend,
	    struct reading *ret, struct err *);
int	servers_parse(const char *text, size_t n, const char *backend,
	    struct servers_reading *ret, struct err *);

/* beat: from poll to poll; it says how long a gap is. */
void	view_feed(struct balancer_view *, ns_t now, ns_t beat,
	    const struct reading *);
void	view_failed(struct balancer_view *);
/* Something happened that only the servers' rows can tell. */
bool	view_wants_servers(const struct balancer_view *, ns_t now);
void	view_feed_servers(struct balancer_view *, ns_t now,
	    const struct servers_reading *);

/* Adds n balancers up. */
struct sample	views_sample(const struct balancer_view *, int n, ns_t now,
		    ns_t beat);

#endif
