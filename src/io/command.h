/* SPDX-License-Identifier: MIT */
/*
 * One line of commands for HAProxy's runtime API, made of checked parts
 * only (I-37): names of HAProxy and the policy, addresses that we format
 * from bytes, numbers.  `;`, newline, space and backslash cannot get in,
 * since there is no way to add free text.
 */
#ifndef IO_COMMAND_H
#define IO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COMMAND_SIZE = 8192,   /* half of HAProxy's own buffer */
	HAPROXY_NAME_SIZE = 64 /* of a proxy or server; longer is refused */
};

struct command {
	size_t n;
	bool bad; /* a part was refused or did not fit: not to be sent */
	char text[COMMAND_SIZE];
};

/* What `show stat` lists, added together. */
enum { STAT_FRONTEND = 1, STAT_BACKEND = 2, STAT_SERVER = 4 };

enum server_admin { ADMIN_READY, ADMIN_DRAIN, ADMIN_MAINT };

/* 1 to 63 of A-Z a-z 0-9 _ . : - */
bool	haproxy_name_ok(const char *);

void	command_init(struct command *);
/* The rest of the line runs without rights to change anything. */
void	command_user(struct command *);
void	command_info(struct command *);
/* proxy NULL: all of them. */
void	command_stat(struct command *, const char *proxy, int types);
/* backend NULL: all, as a server-state file. */
void	command_servers(struct command *, const char *backend);
/* IPv6, or IPv4 mapped into it. */
void	command_address(struct command *, const char *backend,
	    const char *server, const uint8_t address[16], uint16_t port);
void	command_admin(struct command *, const char *backend,
	    const char *server, enum server_admin);
void	command_weight(struct command *, const char *backend,
	    const char *server, int weight);

#endif
