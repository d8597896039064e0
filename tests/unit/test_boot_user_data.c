/* SPDX-License-Identifier: MIT */
/* User data for clouds: a boot file, and nothing that breaks out. */
#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "boot/boot_user_data.h"
#include "unit.h"

#define FILE_TEXT "address=boot.example:8738\ntoken=0a.0b\n" \
		  "-----BEGIN CERTIFICATE-----\nMA==\n" \
		  "-----END CERTIFICATE-----\n"

static char *
made(const char *file)
{
	struct err e = { 0 };
	char *t = boot_user_data(file, &e);

	ck_assert_msg(t != NULL, "%s", e.text);
	return (t);
}

/* The text behind a key, up to the line's end. */
static char *
behind(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	ck_assert_msg(at != NULL, "no %s in %s", key, text);
	at += strlen(key);
	return (strndup(at, strcspn(at, "\n")));
}

START_TEST(test_boot_file)
{
	unsigned char file[1024];
	char *t = made(FILE_TEXT), *b64 = behind(t, "content: ");
	int n = EVP_DecodeBlock(file, (unsigned char *)b64,
	    (int)strlen(b64));

	ck_assert_int_eq(strncmp(t, "#cloud-config\n", 14), 0);
	ck_assert_ptr_nonnull(strstr(t, "path: /run/plimsoll-boot.conf\n"));
	ck_assert_ptr_nonnull(strstr(t, "permissions: \"0600\"\n"));
	ck_assert_int_gt(n, 0);
	file[n] = '\0';
	ck_assert_str_eq((char *)file, FILE_TEXT);
	free(b64);
	b64 = behind(t, "runcmd:\n  - ");
	ck_assert_str_eq(b64, "[ \"plimsoll-boot\" ]");
	ck_assert_ptr_null(strstr(t, "0a.0b")); /* not in passing */
	free(b64);
	free(t);
}
END_TEST

START_TEST(test_too_long)
{
	static char file[13000];
	struct err e = { 0 };
	size_t n;
	char *t;

	/* 4 bytes of each 3 that are begun */
	memset(file, 'x', sizeof(file) - 1);
	t = made("");
	n = (BOOT_USER_DATA_MAX - strlen(t)) / 4 * 3;
	free(t);
	file[n] = '\0';
	t = made(file);
	ck_assert_uint_le(strlen(t), BOOT_USER_DATA_MAX);
	free(t);
	file[n] = 'x';
	file[n + 1] = '\0';
	ck_assert_ptr_null(boot_user_data(file, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "over 16384 bytes"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("boot_user_data");
	TCase *t = tcase_create("boot_user_data");

	tcase_add_test(t, test_boot_file);
	tcase_add_test(t, test_too_long);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
