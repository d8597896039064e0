/* SPDX-License-Identifier: MIT */
/* Tokens, hashes and ids as text; see hex.h. */
#include "base/hex.h"

void
hex_put(char *to, const uint8_t *from, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		to[2 * i] = digits[from[i] >> 4];
		to[2 * i + 1] = digits[from[i] & 15];
	}
	to[2 * n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

bool
hex_get(const char *from, uint8_t *to, size_t n)
{
	int hi, lo;
	size_t i;

	for (i = 0; i < n; i++) {
		hi = hex_digit(from[2 * i]);
		lo = hi < 0 ? -1 : hex_digit(from[2 * i + 1]);
		if (lo < 0)
			return (false);
		to[i] = (uint8_t)(hi << 4 | lo);
	}
	return (true);
}
