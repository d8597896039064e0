/* SPDX-License-Identifier: MIT */
/*
 * Servers that are processes of this machine, kept by a spawner.  A token
 * starts one process for ever; the id is "local-" and the token, and a
 * server is found by nothing else.
 */
#ifndef PROVIDER_LOCAL_H
#define PROVIDER_LOCAL_H

#include <stdbool.h>

#include "plimsoll/provider.h"

extern const struct provider_ops	provider_local;
extern const struct key_table		local_keys, local_way_keys;

/* The policy's `providers` entry. */
struct local_settings {
	char folder[256];  /* the spawner's */
	char program[256]; /* to start as the spawner */
	bool start;	   /* is it ours to start? */
	ns_t port_rest;
	int max_servers;
};

/* A group's way. */
struct local_way_settings {
	struct key_strings command;
	struct key_strings env;
	char dir[256];
	char address[ADDRESS_SIZE];
	char ports[32];
	ns_t stop_grace;
};

#endif
