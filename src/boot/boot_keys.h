/* SPDX-License-Identifier: MIT */
/* The policy's `boot`: where new servers ask, and how we prove who we are. */
#ifndef BOOT_BOOT_KEYS_H
#define BOOT_BOOT_KEYS_H

struct key_table;

struct boot_policy {
	char listen[128];      /* "10.0.0.5:8738"; "": no endpoint */
	char address[128];     /* as servers reach it; "": listen */
	char certificate[256]; /* PEM, with its chain */
	char key[256];
};

extern const struct key_table boot_keys;

#endif
