/* SPDX-License-Identifier: MIT */
/*
 * What a cloud hands to a new machine: cloud-init text that writes the boot
 * file, in memory and for root alone, and runs plimsoll-boot.  It holds a
 * token that is worth one boot and nothing that is secret beyond it (I-35).
 * The image has plimsoll-boot, curl and cloud-init.
 */
#ifndef BOOT_BOOT_USER_DATA_H
#define BOOT_BOOT_USER_DATA_H

struct err;

enum { BOOT_USER_DATA_MAX = 16 << 10 }; /* bytes: the least of the clouds */

/*
 * Of a boot file's text: a malloc'd text for the caller to wipe and free;
 * NULL with a sentence, too: it does not fit.
 */
char	*boot_user_data(const char *boot_file, struct err *);

#endif
