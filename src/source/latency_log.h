/* SPDX-License-Identifier: MIT */
/*
 * Times to answer from HAProxy's log lines, on a unix datagram socket that
 * we make.  HAProxy's own averages never decay and have no percentiles; a
 * sampled log (1:100) costs it a tenth of its speed at worst.  The socket
 * may be written by any user who can reach its folder, since HAProxy runs
 * as one of its own: the folder's rights are the guard.
 */
#ifndef SOURCE_LATENCY_LOG_H
#define SOURCE_LATENCY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/sample.h"

struct err;
struct latency_log;
struct loop;

/*
 * Takes the place of a socket that nobody listens on any more.  Groups may
 * share one: each takes the lines of its backend.  The same path and backend
 * again is the same log, so that a reload loses no times.
 */
struct latency_log	*latency_log_open(struct loop *, const char *path,
			    const char *backend, struct err *);
/* The last one removes the socket.  NULL is allowed. */
void		latency_log_close(struct latency_log *);
/* The 95th percentile of the last seconds, unknown with too few lines. */
struct value	latency_log_p95(const struct latency_log *, ns_t now);

/*
 * One line: "BACKEND SERVER STATUS Tq Tw Tc Tr Ta TR" or HAProxy's HTTP log
 * format, with or without a syslog header.  False when it is of another
 * backend or has no time to answer (it never came, or was HAProxy's own).
 * *ret_ms: in the queue, connecting, and until the server answered.
 */
bool	latency_log_line(const char *, size_t n, const char *backend,
	    uint64_t *ret_ms);

#endif
