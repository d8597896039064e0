/* SPDX-License-Identifier: MIT */
/* Who we are for AWS: a file of profiles, and the environment. */
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "cloud/aws_credentials.h"
#include "unit.h"

static struct aws_credentials c;
static struct err e;

static const struct {
	const char *text, *user, *token; /* user NULL: refused */
} files[] = {
	{ "[shop]\naws_access_key_id=A\naws_secret_access_key=B/=+\n",
	  "A:B/=+", "" },
	{ "# c\r\n[ shop ]\r\n aws_access_key_id = A \r\n"
	  "aws_secret_access_key = B\r\naws_session_token = T=\r\nx = y",
	  "A:B", "X-Amz-Security-Token: T=" },
	{ "[default]\naws_access_key_id=X\naws_secret_access_key=Y\n[shop]\n"
	  "aws_access_key_id=A\naws_secret_access_key=B\n[z]\n"
	  "aws_access_key_id=Z\n", "A:B", "" },
	{ "[shop]\naws_access_key_id=canary\n", NULL, NULL },
	{ "[other]\naws_access_key_id=canary\naws_secret_access_key=canary\n",
	  NULL, NULL },
	{ "aws_access_key_id=canary\naws_secret_access_key=canary\n[shop]",
	  NULL, NULL },
	{ "[shop]\naws_access_key_id=can:ary\naws_secret_access_key=canary\n",
	  NULL, NULL },
	{ "[shop]\naws_access_key_id=can ary\naws_secret_access_key=canary\n",
	  NULL, NULL },
	{ "", NULL, NULL }, { "[", NULL, NULL }, { "[shop", NULL, NULL },
};

START_TEST(a_file)
{
	int rc = aws_credentials_text(files[_i].text, strlen(files[_i].text),
	    "shop", &c, &e);

	if (files[_i].user == NULL) {
		ck_assert_int_eq(rc, -1);
		ck_assert_ptr_nonnull(strstr(e.text, "profile [shop]"));
		ck_assert_ptr_null(strstr(e.text, "can"));
		ck_assert_int_eq(c.user[0], 0);
		return;
	}
	ck_assert_msg(rc == 0, "%s", e.text);
	ck_assert_str_eq(c.user, files[_i].user);
	ck_assert_str_eq(c.token, files[_i].token);
}
END_TEST

START_TEST(longer_than_any_key)
{
	char text[8192];
	int n;

	n = snprintf(text, sizeof(text), "[shop]\naws_access_key_id=A\n"
	    "aws_secret_access_key=%0400d\n", 0);
	ck_assert_int_eq(aws_credentials_text(text, (size_t)n, "shop", &c,
	    &e), -1);
	err_clear(&e);
	n = snprintf(text, sizeof(text), "[shop]\naws_access_key_id=A\n"
	    "aws_secret_access_key=B\naws_session_token=%03500d\n", 0);
	ck_assert_int_eq(aws_credentials_text(text, (size_t)n, "shop", &c,
	    &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "longer than any key"));
}
END_TEST

START_TEST(the_environment)
{
	(void)unsetenv("AWS_ACCESS_KEY_ID");
	(void)unsetenv("AWS_SECRET_ACCESS_KEY");
	(void)unsetenv("AWS_SESSION_TOKEN");
	ck_assert_int_eq(aws_credentials_env(&c, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "AWS_ACCESS_KEY_ID"));
	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "B", 1);
	ck_assert_int_eq(aws_credentials_env(&c, NULL), 0);
	ck_assert_str_eq(c.user, "A:B");
	ck_assert_str_eq(c.token, "");
	(void)setenv("AWS_SESSION_TOKEN", "T", 1);
	ck_assert_int_eq(aws_credentials_env(&c, NULL), 0);
	ck_assert_str_eq(c.token, "X-Amz-Security-Token: T");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws_credentials");
	TCase *t = tcase_create("aws_credentials");

	tcase_add_loop_test(t, a_file, 0, sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, longer_than_any_key);
	tcase_add_test(t, the_environment);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
