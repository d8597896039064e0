/* SPDX-License-Identifier: MIT */
/* The settings that clouds share. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "cloud/cloud.h"

const struct key cloud_way_rows[CLOUD_WAY_ROWS] = {
	{ "image", KEY_STRING, KEY_FIELD(cloud_way_settings, image), 1, 127,
	    NULL, "", NULL, INVALIDATES_PHASES,
	    "What a server boots: the name of one of the provider's images, "
	    "or the number of any; a snapshot of yours has a number only." },
	{ "size", KEY_STRINGS, KEY_FIELD(cloud_way_settings, size), 0, 0,
	    NULL, "", NULL, INVALIDATES_CAPACITY,
	    "The provider's kind of server; of several the next one is taken "
	    "where every location is out of the first." },
	{ "locations", KEY_STRINGS, KEY_FIELD(cloud_way_settings, locations),
	    0, 0, "", "", NULL, INVALIDATES_PHASES,
	    "Where servers start, in turn; one that has none left is passed "
	    "over for a minute. Without it the provider chooses, if it can." },
	{ "ssh_keys", KEY_STRINGS, KEY_FIELD(cloud_way_settings, ssh_keys), 0,
	    0, "", "", NULL, INVALIDATES_NOTHING,
	    "Names or numbers of keys that may log in. Without any the "
	    "provider may make a password and mail it." },
	{ "network", KEY_NAME, KEY_FIELD(cloud_way_settings, network), 0, 63,
	    "", "", NULL, INVALIDATES_NOTHING,
	    "The private network to join, as the provider's id of it: a "
	    "number at Hetzner, a UUID at DigitalOcean." },
	{ "use", KEY_CHOICE, KEY_FIELD(cloud_way_settings, use), 0, 0,
	    "public", "", "public|private", INVALIDATES_NOTHING,
	    "Which address of a server the balancer sends to." },
	{ "port", KEY_INT, KEY_FIELD(cloud_way_settings, port), 1, 65535,
	    "80", "", NULL, INVALIDATES_NOTHING,
	    "Port that servers listen on. Counts for servers started from "
	    "then on." },
	{ "user_data", KEY_PATH, KEY_FIELD(cloud_way_settings, user_data), 0,
	    0, "", "", NULL, INVALIDATES_PHASES,
	    "File that a new server is given as its user data, at most 32 "
	    "kB; without it, where boot.listen is set, what plimsoll-boot(8) "
	    "needs as cloud-init text. Any process on the server may read "
	    "it: no secret." },
};

#define WORD "0123456789abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

/* Labels begin and end with a letter or digit. */
static bool
is_label(const char *s)
{
	return (isalnum((unsigned char)s[0]) &&
	    isalnum((unsigned char)s[strlen(s) - 1]));
}

int
cloud_check(const void *settings, struct err *e)
{
	const struct cloud_settings *s = settings;

	if (!is_label(s->owner))
		return (err_set(e, EINVAL, "owner is '%s', expected a name "
		    "that begins and ends with a letter or digit", s->owner));
	return (calls_address_check(s->address, e));
}

int
cloud_way_check(const void *settings, struct err *e)
{
	const struct cloud_way_settings *w = settings;

	/* It is a part of an address, too. */
	if (strspn(w->image, WORD ".") != strlen(w->image))
		return (err_set(e, EINVAL, "image is '%.60s', expected letters, "
		    "digits, '.', '-' and '_'", w->image));
	if (w->size.n == 0)
		return (err_set(e, EINVAL, "size is empty"));
	if (w->use == CLOUD_PRIVATE && w->network[0] == '\0')
		return (err_set(e, EINVAL, "use is \"private\", but no "
		    "network is given"));
	return (0);
}
