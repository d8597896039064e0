/* SPDX-License-Identifier: MIT */
/*
 * What a new server proves itself with.  Its boot token is the intent's token,
 * which is no secret and says whose it is, and a secret that only the user
 * data of that one server holds:
 *
 *	32 digits "." 64 digits
 *
 * We keep a hash of the secret.  Who redeems it first sends a nonce of its
 * own, and the token is that one's from then on.
 */
#ifndef PLIMSOLL_BOOT_H
#define PLIMSOLL_BOOT_H

#include <stdint.h>

#include "plimsoll/limits.h"

enum {
	BOOT_SECRET_SIZE = 32,
	BOOT_HASH_SIZE = 32, /* SHA-256 */
	BOOT_TEXT_SIZE = 2 * TOKEN_SIZE + 1 + 2 * BOOT_SECRET_SIZE + 1
};

enum boot_state {
	BOOT_NONE,
	BOOT_ISSUED, /* nobody has redeemed it */
	BOOT_BOUND,  /* one nonce has, and may again */
	BOOT_SPENT,  /* the server has its secrets: nobody may */
	BOOT_ENDED,  /* its intent is over */
	BOOT_STATE_COUNT
};

/* What is kept of a token, also over a restart. */
struct boot_row {
	uint8_t state; /* enum boot_state */
	uint8_t hash[BOOT_HASH_SIZE];
	uint8_t nonce[BOOT_HASH_SIZE]; /* likewise a hash */
};

#endif
