/* SPDX-License-Identifier: MIT */
/* Where a source of secrets may be: by TLS, or on this machine. */
#ifndef SECRET_ADDRESS_H
#define SECRET_ADDRESS_H

struct err;

/* "https://host:port", or http:// to 127.0.0.0/8 and [::1]; no path. */
int	address_check(const char *, struct err *);

#endif
