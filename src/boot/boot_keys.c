/* SPDX-License-Identifier: MIT */
/* Rows of the boot endpoint's settings. */
#include <errno.h>
#include <string.h>

#include <event2/util.h>

#include "base/err.h"
#include "boot/boot_keys.h"
#include "plimsoll/key.h"

#define B(f) KEY_FIELD(boot_policy, f)

static const struct key rows[] = {
	{ "boot.listen", KEY_STRING, B(listen), 0, 127, "", "", NULL,
	    INVALIDATES_START,
	    "Address and port of the boot endpoint, by TLS, as in "
	    "\"10.0.0.5:8738\". New servers get their secrets there, with a "
	    "token that is worth one boot; see plimsoll-boot(8). Not given: "
	    "there is none." },
	{ "boot.address", KEY_STRING, B(address), 0, 127, "", "", NULL,
	    INVALIDATES_START,
	    "What servers are told: a name or an address, and the port. The "
	    "certificate must be for it. Not given: boot.listen." },
	{ "boot.certificate", KEY_PATH, B(certificate), 0, 255, "", "", NULL,
	    INVALIDATES_START,
	    "The endpoint's certificate, PEM, with its chain. Servers are "
	    "told this file and believe nothing else: with the private CA in "
	    "it, a new certificate of that CA is believed by servers that "
	    "were told of the old one. Read again when it changes." },
	{ "boot.key", KEY_PATH, B(key), 0, 255, "", "", NULL,
	    INVALIDATES_START,
	    "Its key, PEM, which nobody but the daemon's user and group may "
	    "read." },
};

/* Of a name or an address: no blank, no quote, and a port. */
static int
address_check(const char *text, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
	const char *port = strrchr(text, ':');

	if (port != NULL && port != text && port[1] != '\0' &&
	    strspn(port + 1, "0123456789") == strlen(port + 1) &&
	    strspn(text, plain) == strlen(text))
		return (0);
	return (err_set(e, EINVAL, "boot.address is '%.80s', expected a name "
	    "or an address and a port, as in \"boot.example:8738\"", text));
}

static int
boot_check(const void *settings, struct err *e)
{
	const struct boot_policy *b = settings;
	struct sockaddr_storage ss;
	int n = sizeof(ss);

	if (b->listen[0] == '\0' && b->address[0] == '\0' &&
	    b->certificate[0] == '\0' && b->key[0] == '\0')
		return (0);
	if (evutil_parse_sockaddr_port(b->listen, (struct sockaddr *)&ss,
	    &n) != 0 || address_check(b->listen, NULL) != 0)
		return (err_set(e, EINVAL, "boot.listen is '%.80s', expected "
		    "an address and a port, as in \"10.0.0.5:8738\"",
		    b->listen));
	if (b->certificate[0] == '\0' || b->key[0] == '\0')
		return (err_set(e, EINVAL, "boot.listen without %s, expected "
		    "the path of a PEM file", b->certificate[0] == '\0' ?
		    "boot.certificate" : "boot.key"));
	return (b->address[0] == '\0' ? 0 : address_check(b->address, e));
}

const struct key_table boot_keys = { "boot", rows, KEY_COUNT(rows),
	sizeof(struct boot_policy), boot_check };
