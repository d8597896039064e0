/* SPDX-License-Identifier: MIT */
/* See aws_credentials.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cloud/aws_credentials.h"

static const char token_header[] = "X-Amz-Security-Token: ";

/* A piece of somebody's text. */
struct piece {
	const char *p;
	size_t n;
};

static struct piece
trimmed(struct piece s)
{
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	while (s.n > 0 && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	return (s);
}

static bool
is(struct piece s, const char *text)
{
	return (s.n == strlen(text) && memcmp(s.p, text, s.n) == 0);
}

/* Printable, no blank, and in a key no ':', which would end it. */
static bool
is_plain(struct piece s, bool key)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || (key && s.p[i] == ':'))
			return (false);
	return (s.n > 0);
}

static int
make(struct piece key, struct piece secret, struct piece token,
    const char *where, struct aws_credentials *ret, struct err *e)
{
	explicit_bzero(ret, sizeof(*ret));
	if (!is_plain(key, true) || !is_plain(secret, false) ||
	    (token.n > 0 && !is_plain(token, false)))
		return (err_set(e, EINVAL, "%s: expected a key and its secret, "
		    "printable and without blanks", where));
	if (key.n + secret.n + 2 > sizeof(ret->user) ||
	    token.n + sizeof(token_header) > sizeof(ret->token))
		return (err_set(e, EFBIG, "%s: longer than any key is",
		    where));
	(void)snprintf(ret->user, sizeof(ret->user), "%.*s:%.*s", (int)key.n,
	    key.p, (int)secret.n, secret.p);
	if (token.n > 0)
		(void)snprintf(ret->token, sizeof(ret->token), "%s%.*s",
		    token_header, (int)token.n, token.p);
	return (0);
}

static struct piece
of_env(const char *name)
{
	const char *s = getenv(name);

	return ((struct piece){ s, s != NULL ? strlen(s) : 0 });
}

int
aws_credentials_env(struct aws_credentials *ret, struct err *e)
{
	return (make(of_env("AWS_ACCESS_KEY_ID"),
	    of_env("AWS_SECRET_ACCESS_KEY"), of_env("AWS_SESSION_TOKEN"),
	    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment",
	    ret, e));
}

int
aws_credentials_text(const char *text, size_t n, const char *profile,
    struct aws_credentials *ret, struct err *e)
{
	struct piece key = { 0 }, secret = { 0 }, token = { 0 }, line, name;
	const char *p = text, *end = text + n, *eol, *eq;
	char where[96];
	bool in = false;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		line = trimmed((struct piece){ p, (size_t)(eol - p) });
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (line.p[0] == '[') {
			name = trimmed((struct piece){ line.p + 1,
				line.n - 1 - (line.p[line.n - 1] == ']') });
			in = is(name, profile);
			continue;
		}
		eq = memchr(line.p, '=', line.n);
		if (!in || eq == NULL)
			continue;
		name = trimmed((struct piece){ line.p,
			(size_t)(eq - line.p) });
		line = trimmed((struct piece){ eq + 1,
			line.n - (size_t)(eq - line.p) - 1 });
		if (is(name, "aws_access_key_id"))
			key = line;
		else if (is(name, "aws_secret_access_key"))
			secret = line;
		else if (is(name, "aws_session_token"))
			token = line;
	}
	(void)snprintf(where, sizeof(where), "profile [%.64s]", profile);
	return (make(key, secret, token, where, ret, e));
}
