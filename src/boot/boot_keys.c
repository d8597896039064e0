/* SPDX-License-Identifier: MIT */
/* Rows of the boot endpoint's settings. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "boot/boot_keys.h"
#include "io/address_parse.h"
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
	    "certificate must be for it. Not given: boot.listen, which then "
	    "is no wildcard such as 0.0.0.0." },
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

/* A name and a port, or an address and a port as it must be written. */
static bool
name_and_port(const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";
	size_t n = strspn(text, plain);
	struct sockaddr_storage ss;
	socklen_t len;

	return (address_parse(text, &ss, &len) || (n > 0 && text[n] == ':' &&
	    text[n + 1] != '\0' && strspn(text + n + 1, "0123456789") ==
	    strlen(text + n + 1)));
}

/* What servers are told: somebody must be there. */
static int
told_check(const struct boot_policy *b, const struct sockaddr_storage *listen,
    struct err *e)
{
	if (b->address[0] == '\0' && address_is_any(listen))
		return (err_set(e, EINVAL, "boot.listen is '%.80s', where no "
		    "server can ask, expected boot.address to say where",
		    b->listen));
	if (b->address[0] != '\0' && !name_and_port(b->address))
		return (err_set(e, EINVAL, "boot.address is '%.80s', expected "
		    "a name or an address and a port, as in "
		    "\"boot.example:8738\" or \"[fd00::5]:8738\"", b->address));
	return (0);
}

static int
boot_check(const void *settings, struct err *e)
{
	const struct boot_policy *b = settings;
	struct sockaddr_storage ss;
	socklen_t len;

	if (b->listen[0] == '\0' && b->address[0] == '\0' &&
	    b->certificate[0] == '\0' && b->key[0] == '\0')
		return (0);
	if (!address_parse(b->listen, &ss, &len))
		return (err_set(e, EINVAL, "boot.listen is '%.80s', expected "
		    "an address and a port, as in \"10.0.0.5:8738\" or "
		    "\"[fd00::5]:8738\"", b->listen));
	if (b->certificate[0] == '\0' || b->key[0] == '\0')
		return (err_set(e, EINVAL, "boot.listen without %s, expected "
		    "the path of a PEM file", b->certificate[0] == '\0' ?
		    "boot.certificate" : "boot.key"));
	return (told_check(b, &ss, e));
}

const struct key_table boot_keys = { "boot", rows, KEY_COUNT(rows),
	sizeof(struct boot_policy), boot_check };
