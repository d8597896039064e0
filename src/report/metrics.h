/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics text of the facts and of every group's last decision.  What is
 * not known has no sample: absent is never zero (I-02).
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

struct evbuffer;
struct facts;

#define METRICS_TYPE                                                     \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* 0, or -1 when memory ran out. */
int	metrics_write(const struct facts *, struct evbuffer *);

#endif
