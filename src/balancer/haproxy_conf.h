/* SPDX-License-Identifier: MIT */
/*
 * Facts of an HAProxy configuration file that matter to us, of one backend
 * with what it takes from `global` and `defaults`.  Pure.
 */
#ifndef BALANCER_HAPROXY_CONF_H
#define BALANCER_HAPROXY_CONF_H

#include <stdbool.h>
#include <stddef.h>

enum { CONF_WORDS = 64 };

struct conf_line {
	int number;
	int n;
	char *word[CONF_WORDS]; /* without quotes and backslashes */
};

/* What a proxy says, or takes from its defaults.  Numbers: -1 not said. */
struct conf_proxy {
	bool redispatch, log_target, log_format, timeout_queue;
	int redispatch_every; /* 0: the last retry only */
	int retries;
	char state_from; /* 'g'lobal, 'l'ocal, 'n'one; 0 not said */
};

struct conf_template {
	int number; /* line; 0: there is none */
	int slots;
	char prefix[64];
	bool address_is_ip, check, disabled, maxconn, init_addr_ok;
};

struct haproxy_conf {
	bool backend; /* it is there */
	struct conf_proxy global, proxy;
	bool frontend_log; /* a frontend logs, with a format that we read */
	struct conf_template template;
	int stats_admin, stats_any; /* lines; 0: none */
	bool expose_fd;
	char state_file[256]; /* global, or local to the backend; "" none */
	int maxconn;
};

void	haproxy_conf_read(struct haproxy_conf *, const char *text, size_t n,
	    const char *backend, const char *slots);

#endif
