/* SPDX-License-Identifier: MIT */
/*
 * See address_parse.h.  libevent's own takes "80x" for 80, and an IPv6
 * address whose brackets are forgotten for one without a port.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/address_parse.h"

/* 1 to 65535, digits alone; else 0. */
static in_port_t
port_parse(const char *text)
{
	size_t n = strlen(text);
	long port;

	if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
		return (0);
	port = strtol(text, NULL, 10);
	return (port <= UINT16_MAX ? (in_port_t)port : 0);
}

bool
address_parse(const char *text, struct sockaddr_storage *ret,
    socklen_t *ret_len)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	const char *colon = strrchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : 0;
	bool six = n > 1 && text[0] == '[' && text[n - 1] == ']';
	in_port_t port = colon != NULL ? htons(port_parse(colon + 1)) : 0;
	char host[INET6_ADDRSTRLEN];

	if (port == 0 || n >= sizeof(host))
		return (false);
	memcpy(host, text + six, n - 2 * six);
	host[n - 2 * six] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, host, six ?
	    (void *)&a6.sin6_addr : (void *)&a4.sin_addr) != 1)
		return (false);
	a4.sin_port = a6.sin6_port = port;
	memset(ret, 0, sizeof(*ret));
	*ret_len = six ? sizeof(a6) : sizeof(a4);
	memcpy(ret, six ? (void *)&a6 : (void *)&a4, *ret_len);
	return (true);
}

bool
address_is_any(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)ss;

	return (ss->ss_family == AF_INET ?
	    a4->sin_addr.s_addr == htonl(INADDR_ANY) :
	    IN6_IS_ADDR_UNSPECIFIED(&a6->sin6_addr) != 0);
}
