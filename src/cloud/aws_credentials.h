/* SPDX-License-Identifier: MIT */
/*
 * Who we are for AWS: a key, its secret and maybe a session's token, of the
 * environment or of a credentials file.  Whose memory it is locks and wipes.
 */
#ifndef CLOUD_AWS_CREDENTIALS_H
#define CLOUD_AWS_CREDENTIALS_H

#include <stddef.h>

struct err;

enum { AWS_USER_SIZE = 320, AWS_TOKEN_SIZE = 3072 };

struct aws_credentials {
	char user[AWS_USER_SIZE];	/* "KEY:SECRET" */
	char token[AWS_TOKEN_SIZE];	/* "X-Amz-Security-Token: ..."; "" */
};

/* No sentence of these holds any of it; -1 leaves *ret wiped. */
int	aws_credentials_env(struct aws_credentials *ret, struct err *);
/* The text of a file of sections [profile]. */
int	aws_credentials_text(const char *text, size_t n, const char *profile,
	    struct aws_credentials *ret, struct err *);

#endif
