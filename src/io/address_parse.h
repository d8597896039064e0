/* SPDX-License-Identifier: MIT */
/* An address and a port as people write them. */
#ifndef IO_ADDRESS_PARSE_H
#define IO_ADDRESS_PARSE_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * "127.0.0.1:8737" or "[::1]:8737": no name, no port 0, nothing left out.
 * false: it is none of these.
 */
bool	address_parse(const char *text, struct sockaddr_storage *ret,
	    socklen_t *ret_len);
/* Of all addresses of this machine, which nobody can connect to. */
bool	address_is_any(const struct sockaddr_storage *);

#endif
