/* SPDX-License-Identifier: MIT */
/*
 * The answer to a new server as text, in memory that is wiped.  JSON with one
 * member a line; the order is always the same:
 *
 *	{
 *	"secrets":{
 *	"NAME":"base64",
 *	...
 *	"":""
 *	},
 *	"artifact_url":"...",
 *	"artifact_sha256":"...",
 *	"sync":"never"
 *	}
 */
#ifndef BOOT_BOOT_TEXT_H
#define BOOT_BOOT_TEXT_H

#include <stddef.h>

struct boot_text;

/* Bytes of an answer: a whole bundle of 64 kB in base64, and the rest. */
enum { BOOT_TEXT_MAX = 128 << 10 };

struct boot_text	*boot_text_new(void);
/* Wipes it.  NULL is allowed. */
void		boot_text_free(struct boot_text *);
/* A boot_put: one secret.  A name that is no identifier spoils the text. */
void		boot_text_secret(void *text, const char *name,
		    const void *bytes, size_t n);
/* The whole text, which stays ours; NULL: it did not fit or was spoilt. */
const char	*boot_text_end(struct boot_text *, const char *url,
		    const char *sha256, const char *sync, size_t *ret_n);

#endif
