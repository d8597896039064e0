/* SPDX-License-Identifier: MIT */
/* Settings of the source `haproxy`. */
#ifndef SOURCE_HAPROXY_KEYS_H
#define SOURCE_HAPROXY_KEYS_H

#include "plimsoll/key.h"
#include "plimsoll/limits.h"
#include "plimsoll/units.h"

struct haproxy_source_settings {
	struct key_strings sockets;
	char backend[NAME_SIZE];
	char frontend[NAME_SIZE]; /* "": all of them */
	ns_t timeout;
	char latency_log[KEY_STRING_SIZE]; /* "": none */
};

extern const struct key_table haproxy_source_keys;

#endif
