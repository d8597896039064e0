/* SPDX-License-Identifier: MIT */
/*
 * The boot tokens of all intents.  Pure but for memory: the caller brings the
 * random bytes, keeps the rows (a change must be durable before anybody is
 * told of it) and says when an intent is over.
 *
 *	ISSUED --a nonce--> BOUND --"I have my secrets"--> SPENT
 *	   \__________________\_____ intent over ____________\--> ENDED
 */
#ifndef BOOT_BOOT_TOKENS_H
#define BOOT_BOOT_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/boot.h"
#include "plimsoll/server.h"

struct boot_tokens;

enum boot_verdict {
	BOOT_OK,
	BOOT_OK_FIRST,	  /* the row has changed: make it durable first */
	BOOT_FOREIGN,	  /* none of ours, or not its secret */
	BOOT_OTHER_NONCE, /* somebody else has redeemed it: an alarm */
	BOOT_REPLAYED,	  /* after the server had its secrets: an alarm */
	BOOT_LATE,	  /* its intent is over */
	BOOT_UNBOUND,	  /* a report before anybody redeemed it */
	BOOT_VERDICT_COUNT
};

const char	*boot_verdict_name(enum boot_verdict);

struct boot_tokens	*boot_tokens_new(void);
void			boot_tokens_free(struct boot_tokens *);
size_t			boot_tokens_count(const struct boot_tokens *);

/*
 * One for this intent, as text; the caller wipes it.  random:
 * BOOT_SECRET_SIZE bytes that nobody can guess.  *ret_row is what to keep.
 * -1: out of memory, or the intent has one.
 */
int	boot_tokens_issue(struct boot_tokens *, const struct token *,
	    const uint8_t *random, char ret_text[BOOT_TEXT_SIZE],
	    struct boot_row *ret_row);
/* At a start, as it was kept. */
int	boot_tokens_restore(struct boot_tokens *, const struct token *,
	    const struct boot_row *);

/*
 * Who shows text (any bytes, n of them) and a nonce wants its bundle.
 * *ret is the intent's token unless FOREIGN.
 */
enum boot_verdict	boot_tokens_redeem(struct boot_tokens *,
			    const char *text, size_t n, const char *nonce,
			    size_t n_nonce, struct token *ret);
/*
 * The same for a report, which a SPENT token may make, too.
 */
enum boot_verdict	boot_tokens_report(const struct boot_tokens *,
			    const char *text, size_t n, const char *nonce,
			    size_t n_nonce, struct token *ret);
/* It has its secrets.  False: that was known. */
bool	boot_tokens_spend(struct boot_tokens *, const struct token *);
/* Its intent is over; false: that was known. */
bool	boot_tokens_end(struct boot_tokens *, const struct token *);
/* Nothing is known of it any more. */
void	boot_tokens_drop(struct boot_tokens *, const struct token *);
/* NULL: none. */
const struct boot_row	*boot_tokens_row(const struct boot_tokens *,
			    const struct token *);

#endif
