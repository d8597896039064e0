/* SPDX-License-Identifier: MIT */
/* Bytes to digits and back; what is no digit. */
#include <string.h>

#include "base/hex.h"
#include "unit.h"

START_TEST(test_every_byte_comes_back)
{
	uint8_t from[256], to[256] = { 0 };
	char text[513];
	int i;

	for (i = 0; i < 256; i++)
		from[i] = (uint8_t)i;
	hex_put(text, from, 256);
	ck_assert_uint_eq(strlen(text), 512);
	ck_assert(memcmp(text, "000102030405060708090a0b", 24) == 0);
	ck_assert(hex_get(text, to, 256));
	ck_assert_mem_eq(from, to, 256);
}
END_TEST

static const char *const wrong[] = { "", "0", "00", "000", "0g00", "00A0",
	"00-1", "0:00", "00/0", "`000", " 000" };

START_TEST(test_what_is_no_digit)
{
	uint8_t to[2];

	ck_assert_msg(!hex_get(wrong[_i], to, 2), "'%s'", wrong[_i]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hex");
	TCase *t = tcase_create("hex");

	tcase_add_test(t, test_every_byte_comes_back);
	tcase_add_loop_test(t, test_what_is_no_digit, 0,
	    sizeof(wrong) / sizeof(wrong[0]));
	suite_add_tcase(s, t);
	return (unit_run(s));
}
