/* SPDX-License-Identifier: MIT */
/* The settings of the source `vault`. */
#ifndef SECRET_VAULT_H
#define SECRET_VAULT_H

#include "plimsoll/key.h"
#include "secret/reading.h"

/* Longer than that is for ever: the loop counts in nanoseconds. */
enum { VAULT_TEXT = 256, VAULT_LONGEST_S = 10 * 365 * 86400 };

struct vault_settings {
	char address[VAULT_TEXT];
	char path[VAULT_TEXT];
	char mount[VAULT_TEXT];
	char name_space[VAULT_TEXT];
	char ca_file[READING_PATH];
	char token_file[READING_PATH];
	char role_id_file[READING_PATH];
	char secret_id_file[READING_PATH];
	char auth_mount[VAULT_TEXT];
};

extern const struct key_table vault_keys;

#endif
