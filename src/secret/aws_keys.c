/* SPDX-License-Identifier: MIT */
/* The rows of the source `aws`. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "secret/address.h"
#include "secret/aws.h"

#define F(f) KEY_FIELD(aws_settings, f)

static const struct key rows[] = {
	{ "region", KEY_NAME, F(region), 1, AWS_NAME - 1, NULL, "", NULL,
	    INVALIDATES_NOTHING, "The region: \"eu-west-1\"." },
	{ "secret", KEY_STRING, F(secret), 0, AWS_TEXT - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "Name or ARN of a secret of Secrets Manager that holds a JSON "
	    "object of keys, or lines KEY=value." },
	{ "parameters", KEY_STRING, F(parameters), 0, AWS_TEXT - 1, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "Or a path of parameters of Systems Manager, \"/shop\": "
	    "/shop/DB_PASSWORD is the key DB_PASSWORD." },
	{ "address", KEY_STRING, F(address), 0, AWS_TEXT - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "Where it is asked, as \"https://vpce-1.example\". Not given: "
	    "the service's own address in this region." },
	{ "ca_file", KEY_PATH, F(ca_file), 0, READING_PATH - 1, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "PEM of who vouches for it. Not given: the system's." },
	{ "credentials_file", KEY_PATH, F(credentials_file), 0,
	    READING_PATH - 1, "", "", NULL, INVALIDATES_NOTHING,
	    "A file of sections [profile] with aws_access_key_id, "
	    "aws_secret_access_key and maybe aws_session_token, read at each "
	    "fetch. Not given: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
	    "AWS_SESSION_TOKEN of the daemon's environment." },
	{ "profile", KEY_STRING, F(profile), 1, AWS_NAME - 1, "default", "",
	    NULL, INVALIDATES_NOTHING, "The section of the file." },
};

/* Nothing that JSON would have to escape. */
static bool
is_name(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+=.@-:!";

	return (s[strspn(s, ok)] == '\0');
}

static int
aws_check(const void *settings, struct err *e)
{
	const struct aws_settings *s = settings;
	size_t n = strlen(s->parameters);

	if ((s->secret[0] == '\0') == (s->parameters[0] == '\0'))
		return (err_set(e, EINVAL, "either secret must be given, or "
		    "parameters"));
	if (!is_name(s->secret) || !is_name(s->parameters))
		return (err_set(e, EINVAL, "secret and parameters must be of "
		    "letters, digits and '/_+=.@-:!'"));
	if (n > 0 && (s->parameters[0] != '/' || n == 1 ||
		s->parameters[n - 1] == '/'))
		return (err_set(e, EINVAL, "parameters must be a path such as "
		    "\"/shop\""));
	return (s->address[0] != '\0' ? address_check(s->address, e) : 0);
}

const struct key_table aws_keys = { "secret aws", rows, KEY_COUNT(rows),
	sizeof(struct aws_settings), aws_check };
