/* SPDX-License-Identifier: MIT */
/* Boot tokens: who may redeem one, how often, and until when. */
#include <string.h>

#include "boot/boot_tokens.h"
#include "base/rng.h"
#include "unit.h"

#define NONCE_A "0123456789abcdef0123456789abcdef"
#define NONCE_B "fedcba9876543210fedcba9876543210"

static struct token
intent(uint8_t i)
{
	struct token k;

	memset(&k, i, sizeof(k));
	return (k);
}

static struct boot_tokens *
one(uint8_t i, char text[BOOT_TEXT_SIZE])
{
	struct boot_tokens *t = boot_tokens_new();
	uint8_t random[BOOT_SECRET_SIZE];
	struct boot_row row;
	struct token k = intent(i);

	memset(random, 0xa5, sizeof(random));
	ck_assert_int_eq(boot_tokens_issue(t, &k, random, text, &row), 0);
	ck_assert_int_eq(row.state, BOOT_ISSUED);
	ck_assert_int_eq(strlen(text), BOOT_TEXT_SIZE - 1);
	return (t);
}

static enum boot_verdict
redeem(struct boot_tokens *t, const char *text, const char *nonce)
{
	struct token k;

	return (boot_tokens_redeem(t, text, strlen(text), nonce,
	    strlen(nonce), &k));
}

static enum boot_verdict
report(struct boot_tokens *t, const char *text, const char *nonce)
{
	struct token k;

	return (boot_tokens_report(t, text, strlen(text), nonce,
	    strlen(nonce), &k));
}

/* The same nonce until the server has its secrets, nobody after that. */
START_TEST(test_life)
{
	char text[BOOT_TEXT_SIZE];
	struct boot_tokens *t = one(7, text);
	struct token k = intent(7), got;

	ck_assert_int_eq(report(t, text, NONCE_A), BOOT_UNBOUND);
	ck_assert_int_eq(boot_tokens_redeem(t, text, strlen(text), NONCE_A,
	    strlen(NONCE_A), &got), BOOT_OK_FIRST);
	ck_assert_mem_eq(&got, &k, sizeof(k));
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_OK);
	ck_assert_int_eq(redeem(t, text, NONCE_B), BOOT_OTHER_NONCE);
	ck_assert_int_eq(report(t, text, NONCE_B), BOOT_OTHER_NONCE);
	ck_assert_int_eq(report(t, text, NONCE_A), BOOT_OK);
	ck_assert(boot_tokens_spend(t, &k));
	ck_assert(!boot_tokens_spend(t, &k));
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_REPLAYED);
	ck_assert_int_eq(redeem(t, text, NONCE_B), BOOT_OTHER_NONCE);
	ck_assert_int_eq(report(t, text, NONCE_A), BOOT_OK);
	ck_assert(boot_tokens_end(t, &k));
	ck_assert(!boot_tokens_end(t, &k));
	ck_assert(!boot_tokens_spend(t, &k));
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_LATE);
	ck_assert_int_eq(report(t, text, NONCE_A), BOOT_LATE);
	boot_tokens_drop(t, &k);
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_FOREIGN);
	ck_assert_uint_eq(boot_tokens_count(t), 0);
	boot_tokens_free(t);
}
END_TEST

/* A token that nobody redeemed dies with its intent as well. */
START_TEST(test_late)
{
	char text[BOOT_TEXT_SIZE];
	struct boot_tokens *t = one(7, text);
	struct token k = intent(7);

	ck_assert(boot_tokens_end(t, &k));
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_LATE);
	boot_tokens_free(t);
}
END_TEST

/* One wrong byte anywhere, one byte more or less: not ours. */
START_TEST(test_foreign)
{
	char text[BOOT_TEXT_SIZE], bad[BOOT_TEXT_SIZE + 1];
	struct boot_tokens *t = one(7, text);
	struct token k;
	size_t i;

	for (i = 0; i < sizeof(text) - 1; i++) {
		memcpy(bad, text, sizeof(text));
		bad[i] = bad[i] == '1' ? '2' : '1';
		ck_assert_int_eq(redeem(t, bad, NONCE_A), BOOT_FOREIGN);
		ck_assert_int_eq(report(t, bad, NONCE_A), BOOT_FOREIGN);
	}
	for (i = 0; i < sizeof(text) - 1; i++)
		ck_assert_int_eq(boot_tokens_redeem(t, text, i, NONCE_A, 32,
		    &k), BOOT_FOREIGN);
	(void)snprintf(bad, sizeof(bad), "%s0", text);
	ck_assert_int_eq(redeem(t, bad, NONCE_A), BOOT_FOREIGN);
	ck_assert_int_eq(redeem(t, "", NONCE_A), BOOT_FOREIGN);
	ck_assert_int_eq(redeem(t, text, "short"), BOOT_FOREIGN);
	/* none of this has bound it */
	k = intent(7);
	ck_assert_int_eq(boot_tokens_row(t, &k)->state, BOOT_ISSUED);
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_OK_FIRST);
	boot_tokens_free(t);
}
END_TEST

/* Neither secret nor nonce can be read from what is kept. */
START_TEST(test_hash_only)
{
	char text[BOOT_TEXT_SIZE];
	struct boot_tokens *t = one(7, text);
	struct token k = intent(7);
	const struct boot_row *row = boot_tokens_row(t, &k);
	uint8_t random[BOOT_SECRET_SIZE];

	memset(random, 0xa5, sizeof(random));
	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_OK_FIRST);
	ck_assert_mem_ne(row->hash, random, sizeof(random));
	ck_assert_mem_ne(row->nonce, NONCE_A, sizeof(row->nonce));
	boot_tokens_free(t);
}
END_TEST

/* After a restart from its row it is as before. */
START_TEST(test_restore)
{
	char text[BOOT_TEXT_SIZE];
	struct boot_tokens *t = one(7, text), *u = boot_tokens_new();
	struct token k = intent(7);

	ck_assert_int_eq(redeem(t, text, NONCE_A), BOOT_OK_FIRST);
	ck_assert_int_eq(boot_tokens_restore(u, &k, boot_tokens_row(t, &k)),
	    0);
	ck_assert_int_eq(boot_tokens_restore(u, &k, boot_tokens_row(t, &k)),
	    -1);
	ck_assert_int_eq(redeem(u, text, NONCE_B), BOOT_OTHER_NONCE);
	ck_assert_int_eq(redeem(u, text, NONCE_A), BOOT_OK);
	boot_tokens_free(u);
	boot_tokens_free(t);
}
END_TEST

/* The table against a plain one, with every intent in a few homes. */
START_TEST(test_table)
{
	struct boot_tokens *t = boot_tokens_new();
	bool is[512] = { false };
	uint8_t random[BOOT_SECRET_SIZE] = { 0 };
	char text[BOOT_TEXT_SIZE];
	struct boot_row row;
	struct token k;
	struct rng r;
	size_t n = 0, i, at;

	rng_init(&r, 4711);
	for (i = 0; i < 20000; i++) {
		at = (size_t)rng_next(&r) % 512;
		memset(&k, 0, sizeof(k));
		k.byte[0] = (uint8_t)(at & 7); /* its home */
		memcpy(k.byte + 8, &at, sizeof(at));
		if (rng_next(&r) & 1) {
			ck_assert_int_eq(boot_tokens_issue(t, &k, random,
			    text, &row), is[at] ? -1 : 0);
			n += !is[at];
			is[at] = true;
		} else {
			boot_tokens_drop(t, &k);
			n -= is[at];
			is[at] = false;
		}
		ck_assert_uint_eq(boot_tokens_count(t), n);
		at = (size_t)rng_next(&r) % 512;
		k.byte[0] = (uint8_t)(at & 7);
		memcpy(k.byte + 8, &at, sizeof(at));
		ck_assert_int_eq(boot_tokens_row(t, &k) != NULL, is[at]);
	}
	boot_tokens_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("boot_tokens");
	TCase *t = tcase_create("boot_tokens");

	tcase_add_test(t, test_life);
	tcase_add_test(t, test_late);
	tcase_add_test(t, test_foreign);
	tcase_add_test(t, test_hash_only);
	tcase_add_test(t, test_restore);
	tcase_add_test(t, test_table);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
