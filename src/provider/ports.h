/* SPDX-License-Identifier: MIT */
/*
 * Which port the next server gets: the lowest of the range that no server
 * has, that had its rest since the last one, and that nothing on this machine
 * listens on.  The same state gives the same port.
 */
#ifndef PROVIDER_PORTS_H
#define PROVIDER_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct ports {
	uint16_t first, last;
};

/* "20000-20999" or "8080". */
int	ports_parse(const char *text, struct ports *ret, struct err *);

/* 127.0.0.2 or ::1 as text to struct server's 16 bytes; 0 or -1. */
int	ports_address(const char *text, uint8_t ret[16]);

/*
 * 0: none.  taken() says whether a server has it or it rests; only ports
 * that it lets pass are tried with a socket.
 */
uint16_t	ports_choose(const struct ports *, const uint8_t address[16],
		    bool (*taken)(void *arg, uint16_t port), void *arg);
/* Whether an address and port could be bound right now. */
bool	ports_is_free(const uint8_t address[16], uint16_t port);

#endif
