/* SPDX-License-Identifier: MIT */
/* Settings of the balancer `haproxy`. */
#ifndef BALANCER_HAPROXY_KEYS_H
#define BALANCER_HAPROXY_KEYS_H

#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/units.h"

struct haproxy_balancer_settings {
	struct key_strings sockets;
	char backend[NAME_SIZE];
	char slots[NAME_SIZE]; /* prefix of the template; "": found */
	ns_t timeout;
	ns_t slow_start;
	ns_t rest;
	struct key_strings state_files; /* one a socket, or none */
	char config[KEY_STRING_SIZE]; /* HAProxy's own; "": not said */
};

extern const struct key_table haproxy_balancer_keys;

#endif
