/* SPDX-License-Identifier: MIT */
/* See address.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "io/web.h"
#include "secret/address.h"

/* http:// to 127.0.0.0/8 or [::1], and nowhere else. */
static bool
is_here(const char *address)
{
	static const char plain[] = "http://";
	const char *host = address + sizeof(plain) - 1;
	size_t n;

	if (strncmp(address, plain, sizeof(plain) - 1) != 0)
		return (false);
	if (strncmp(host, "[::1]", 5) == 0)
		n = 5;
	else if (strncmp(host, "127.", 4) == 0)
		n = strspn(host, "0123456789.");
	else
		return (false);
	return (host[n] == '\0' || host[n] == ':');
}

int
address_check(const char *address, struct err *e)
{
	if (web_url_check(address, WEB_PLAIN, e) != 0)
		return (err_prefix(e, "address"));
	if (strncmp(address, "https://", 8) != 0 && !is_here(address))
		return (err_set(e, EINVAL, "address must begin with https:// "
		    "(http:// for 127.0.0.0/8 and [::1] only)"));
	if (strchr(address + 8, '/') != NULL)
		return (err_set(e, EINVAL, "address must end with host and "
		    "port"));
	return (0);
}
