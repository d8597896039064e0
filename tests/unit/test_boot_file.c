/* SPDX-License-Identifier: MIT */
/* Boot files: what a server is told, for its eyes alone. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "boot/boot_file.h"
#include "io/file.h"
#include "unit.h"

#define PEM "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

static char folder[64], cert[96], key[96], path[96];
static struct boot_pem pem;

static void
put(const char *to, const char *text)
{
	FILE *f = fopen(to, "we");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void
begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/plimsoll-bf-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(cert, sizeof(cert), "%s/cert", folder);
	(void)snprintf(key, sizeof(key), "%s/key", folder);
	(void)snprintf(path, sizeof(path), "%s/local-1", folder);
	memset(&pem, 0, sizeof(pem));
	put(cert, PEM);
	put(key, "key");
}

static void
end(void)
{
	(void)unlink(cert);
	(void)unlink(key);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing was left beside it */
}

static int
written(const char *to, struct err *e)
{
	char *text = boot_file_make("a:1", "secret", &pem, e);
	int rc;

	ck_assert_ptr_nonnull(text);
	rc = boot_file_write(to, text, e);
	free(text);
	return (rc);
}

START_TEST(test_written)
{
	struct err e = { 0 };
	struct stat st;
	char *text;
	size_t n;
	mode_t was = umask(0);

	ck_assert_int_eq(boot_pem_read(&pem, cert, key, &e), 0);
	ck_assert_int_eq(written(path, &e), 0);
	(void)umask(was);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(file_read(path, 4096, &text, &n, &e), 0);
	ck_assert_str_eq(text, "address=a:1\ntoken=secret\n" PEM);
	free(text);
}
END_TEST

/* A link where the file would go is not followed. */
START_TEST(test_no_link)
{
	struct err e = { 0 };
	char new[128], *text;
	size_t n;

	ck_assert_int_eq(boot_pem_read(&pem, cert, key, &e), 0);
	(void)snprintf(new, sizeof(new), "%s.new", path);
	ck_assert_int_eq(symlink(key, new), 0);
	ck_assert_int_eq(written(path, &e), 0);
	ck_assert_int_eq(file_read(key, 4096, &text, &n, &e), 0);
	ck_assert_str_eq(text, "key");
	free(text);
	(void)snprintf(new, sizeof(new), "%s/none/f", folder);
	ck_assert_int_eq(written(new, &e), -1);
	ck_assert_ptr_null(strstr(e.text, "secret"));
}
END_TEST

START_TEST(test_pem)
{
	struct err e = { 0 };

	ck_assert_int_eq(boot_pem_read(&pem, cert, key, &e), 0);
	ck_assert(!boot_pem_changed(&pem, cert, key));
	put(cert, PEM "-----BEGIN PRIVATE KEY-----\n");
	ck_assert(boot_pem_changed(&pem, cert, key));
	ck_assert_int_eq(boot_pem_read(&pem, cert, key, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "holds a private key"));
	ck_assert_str_eq(pem.text, PEM);
	ck_assert(!boot_pem_changed(&pem, cert, key)); /* told once */
	ck_assert_int_eq(chmod(key, 0640), 0);
	ck_assert(boot_pem_changed(&pem, cert, key)); /* its rights count */
	(void)boot_pem_read(&pem, cert, key, &e);
	(void)unlink(key);
	ck_assert(boot_pem_changed(&pem, cert, key));
	err_clear(&e);
	ck_assert_int_eq(boot_pem_read(&pem, "/nonexistent", key, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "boot.certificate"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("boot_file");
	TCase *t = tcase_create("boot_file");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, test_written);
	tcase_add_test(t, test_no_link);
	tcase_add_test(t, test_pem);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
