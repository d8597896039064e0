/* SPDX-License-Identifier: MIT */
/* The rows of the source `vault`. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "secret/address.h"
#include "secret/vault.h"

#define F(f) KEY_FIELD(vault_settings, f)

static const struct key rows[] = {
	{ "address", KEY_STRING, F(address), 1, VAULT_TEXT - 1, NULL, "", NULL,
	    INVALIDATES_NOTHING,
	    "Where the server is: \"https://vault.internal:8200\". http:// is "
	    "taken for an address of this machine only." },
	{ "path", KEY_STRING, F(path), 1, VAULT_TEXT - 1, NULL, "", NULL,
	    INVALIDATES_NOTHING,
	    "The secret: the mount of a key-value engine of version 2, '/', "
	    "and its name there, \"kv/shop\"." },
	{ "mount", KEY_STRING, F(mount), 0, VAULT_TEXT - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "The mount, where it has a '/' in it; then path is the name "
	    "alone." },
	{ "namespace", KEY_STRING, F(name_space), 0, VAULT_TEXT - 1, "", "",
	    NULL, INVALIDATES_NOTHING, "The namespace, where there are some." },
	{ "ca_file", KEY_PATH, F(ca_file), 0, READING_PATH - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "PEM of who vouches for the server. Not given: the system's." },
	{ "token_file", KEY_PATH, F(token_file), 0, READING_PATH - 1, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "A file with a token. It is read at each fetch, and the token "
	    "renewed in time. An alarm says when one ends that cannot be." },
	{ "role_id_file", KEY_PATH, F(role_id_file), 0, READING_PATH - 1, "",
	    "", NULL, INVALIDATES_NOTHING,
	    "In place of a token: a file with the role id of AppRole." },
	{ "secret_id_file", KEY_PATH, F(secret_id_file), 0, READING_PATH - 1,
	    "", "", NULL, INVALIDATES_NOTHING,
	    "And one with its secret id." },
	{ "auth_mount", KEY_STRING, F(auth_mount), 1, VAULT_TEXT - 1,
	    "approle", "", NULL, INVALIDATES_NOTHING,
	    "Where AppRole is mounted." },
};

/* What may stand in a URL as it is; no way up. */
static bool
is_path(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/";

	return (s[strspn(s, ok)] == '\0' && s[0] != '/' &&
	    strstr(s, "//") == NULL && strstr(s, "..") == NULL &&
	    (s[0] == '\0' || s[strlen(s) - 1] != '/'));
}

static int
vault_check(const void *settings, struct err *e)
{
	const struct vault_settings *s = settings;
	bool token = s->token_file[0] != '\0';
	bool role = s->role_id_file[0] != '\0', id = s->secret_id_file[0] != 0;

	if (address_check(s->address, e) != 0)
		return (-1);
	if (!is_path(s->path) || !is_path(s->mount) ||
	    !is_path(s->auth_mount) || !is_path(s->name_space))
		return (err_set(e, EINVAL, "path, mount, namespace and "
		    "auth_mount must be of letters, digits and '-_.~/', "
		    "without '/' at an end"));
	if (s->mount[0] == '\0' && strchr(s->path, '/') == NULL)
		return (err_set(e, EINVAL, "path must be MOUNT/NAME, or mount "
		    "be given"));
	if (token == role || role != id)
		return (err_set(e, EINVAL, "either token_file must be given, "
		    "or role_id_file and secret_id_file"));
	return (0);
}

const struct key_table vault_keys = { "secret vault", rows, KEY_COUNT(rows),
	sizeof(struct vault_settings), vault_check };
