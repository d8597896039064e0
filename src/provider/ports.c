/* SPDX-License-Identifier: MIT */
/*
 * The choice of a port.  A socket is bound without SO_REUSEADDR and closed
 * again: that says no also to a port whose old connections linger, which a
 * server that does not set it could not bind either.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "provider/ports.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Digits only: no sign, no blank; past them in *end. */
static unsigned long
ports_number(const char *text, const char **end)
{
	unsigned long v = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && v <= 65535; p++)
		v = v * 10 + (unsigned long)(*p - '0');
	*end = p;
	return (p == text ? 0 : v);
}

int
ports_parse(const char *text, struct ports *ret, struct err *e)
{
	const char *p;
	unsigned long first = ports_number(text, &p), last = first;

	if (*p == '-')
		last = ports_number(p + 1, &p);
	if (*p != '\0' || first == 0 || last < first || last > 65535)
		return (err_set(e, EINVAL, "found the ports '%.60s', expected "
		    "a range such as \"20000-20999\"", text));
	ret->first = (uint16_t)first;
	ret->last = (uint16_t)last;
	return (0);
}

int
ports_address(const char *text, uint8_t ret[16])
{
	uint8_t a[16];

	if (inet_pton(AF_INET, text, a + 12) == 1)
		memcpy(a, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, text, a) != 1)
		return (-1);
	memcpy(ret, a, sizeof(a));
	return (0);
}

bool
ports_is_free(const uint8_t address[16], uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is4 = memcmp(address, mapped, sizeof(mapped)) == 0;
	int fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC,
	    0);
	int rc;

	if (fd < 0)
		return (false);
	if (is4) {
		memcpy(&v4.sin_addr, address + 12, 4);
		v4.sin_port = htons(port);
		rc = bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	} else {
		memcpy(&v6.sin6_addr, address, 16);
		v6.sin6_port = htons(port);
		rc = bind(fd, (struct sockaddr *)&v6, sizeof(v6));
	}
	(void)close(fd);
	return (rc == 0);
}

uint16_t
ports_choose(const struct ports *r, const uint8_t address[16],
    bool (*taken)(void *arg, uint16_t port), void *arg)
{
	unsigned port;

	for (port = r->first; port <= r->last; port++)
		if (!taken(arg, (uint16_t)port) &&
		    ports_is_free(address, (uint16_t)port))
			return ((uint16_t)port);
	return (0);
}
