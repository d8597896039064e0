/* SPDX-License-Identifier: MIT */
/* See address.h. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "io/web.h"
#include "secret/address.h"

int
address_check(const char *address, struct err *e)
{
	if (web_url_check(address, WEB_PLAIN, e) != 0)
		return (err_prefix(e, "address"));
	if (strncmp(address, "https://", 8) != 0 && !web_url_is_here(address))
		return (err_set(e, EINVAL, "address must begin with https:// "
		    "(http:// for 127.0.0.0/8 and [::1] only)"));
	if (strchr(address + 8, '/') != NULL)
		return (err_set(e, EINVAL, "address must end with host and "
		    "port"));
	return (0);
}
