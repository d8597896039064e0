/* SPDX-License-Identifier: MIT */
/* The settings of the source `aws`. */
#ifndef SECRET_AWS_H
#define SECRET_AWS_H

#include "plimsoll/key.h"
#include "secret/reading.h"

enum { AWS_TEXT = 256, AWS_NAME = 64 };

struct aws_settings {
	char region[AWS_NAME];
	char secret[AWS_TEXT];	   /* of Secrets Manager */
	char parameters[AWS_TEXT]; /* a path of SSM */
	char address[AWS_TEXT];
	char ca_file[READING_PATH];
	char credentials_file[READING_PATH];
	char profile[AWS_NAME];
};

extern const struct key_table aws_keys;

#endif
