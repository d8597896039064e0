/* SPDX-License-Identifier: MIT */
/* User data for clouds: a boot file, a command, and nothing that breaks out. */
#include <json-c/json.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "boot/boot_file.h"
#include "boot/boot_user_data.h"
#include "plimsoll/key.h"
#include "unit.h"

static struct boot_pem pem;
static struct key_strings command;

static void
begin(void)
{
	memset(&command, 0, sizeof(command));
	pem.n = (size_t)snprintf(pem.text, sizeof(pem.text), "-----BEGIN "
	    "CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
}

static char *
made(void)
{
	struct err e = { 0 };
	char *t = boot_user_data("boot.example:8738", "0a.0b", &pem, &command,
	    &e);

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
	char *t = made(), *b64 = behind(t, "content: ");
	int n = EVP_DecodeBlock(file, (unsigned char *)b64,
	    (int)strlen(b64));

	ck_assert_int_eq(strncmp(t, "#cloud-config\n", 14), 0);
	ck_assert_ptr_nonnull(strstr(t, "path: /run/plimsoll-boot.conf\n"));
	ck_assert_ptr_nonnull(strstr(t, "permissions: \"0600\"\n"));
	ck_assert_int_gt(n, 0);
	file[n] = '\0';
	ck_assert_ptr_eq(strstr((char *)file, "address=boot.example:8738\n"
	    "token=0a.0b\n-----BEGIN CERTIFICATE-----\nMA==\n"), file);
	free(b64);
	b64 = behind(t, "runcmd:\n  - ");
	ck_assert_str_eq(b64, "[ \"plimsoll-boot\" ]");
	ck_assert_ptr_null(strstr(t, "0a.0b")); /* not in passing */
	free(b64);
	free(t);
}
END_TEST

/* As JSON, which this line of YAML is, each word comes back as it was. */
START_TEST(test_words)
{
	static const char *const words[] = { "/usr/bin/shop", "a b",
		"\"]\nruncmd: [x", "\\", "\x7f\t", "{port}: #", "\xc3\xa9" };
	enum { N = sizeof(words) / sizeof(words[0]) };
	struct json_object *a;
	char *t, *line;
	size_t i;

	for (i = 0; i < N; i++)
		(void)snprintf(command.text[command.n++], KEY_STRING_SIZE,
		    "%s", words[i]);
	t = made();
	line = behind(t, "runcmd:\n  - ");
	ck_assert_ptr_nonnull(a = json_tokener_parse(line));
	ck_assert_uint_eq(json_object_array_length(a), N + 2);
	for (i = 0; i < N; i++)
		ck_assert_str_eq(json_object_get_string(
		    json_object_array_get_idx(a, i + 2)), words[i]);
	json_object_put(a);
	free(line);
	free(t);
}
END_TEST

START_TEST(test_too_long)
{
	struct err e = { 0 };

	memset(pem.text, 'x', 12000);
	pem.text[12000] = '\0';
	pem.n = 12000;
	free(made());
	pem.n = 13000;
	memset(pem.text, 'x', pem.n);
	pem.text[pem.n] = '\0';
	ck_assert_ptr_null(boot_user_data("a:1", "t", &pem, &command, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "over 16384 bytes"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("boot_user_data");
	TCase *t = tcase_create("boot_user_data");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_test(t, test_boot_file);
	tcase_add_test(t, test_words);
	tcase_add_test(t, test_too_long);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
