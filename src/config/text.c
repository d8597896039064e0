/* SPDX-License-Identifier: MIT */
/* Text of a policy; see text.h. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/text.h"

struct unit {
	const char *name;
	int64_t n;
};

/* The largest first, so that printing finds the shortest text. */
static const struct unit durations[] = { { "d", NS_DAY }, { "h", NS_HOUR },
	{ "m", NS_MIN }, { "s", NS_S }, { "ms", NS_MS } };
static const struct unit sizes[] = { { "TB", INT64_C(1) << 40 },
	{ "GB", 1 << 30 }, { "MB", 1 << 20 }, { "kB", 1 << 10 }, { "B", 1 } };
enum { N_DURATIONS = 5, N_SIZES = 5 };

static struct shown
text_show(const char *s, bool quotes)
{
	struct shown r;
	size_t n = 0;
	/* room for the longest piece, dots, the quote and NUL */
	const size_t room = sizeof(r.text) - 10;

	if (quotes)
		r.text[n++] = '"';
	for (; *s != '\0' && n < room; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c > 0x7e) {
			(void)snprintf(r.text + n, 5, "\\x%02x", c);
			n += 4;
			continue;
		}
		if (quotes && (c == '"' || c == '\\'))
			r.text[n++] = '\\';
		r.text[n++] = (char)c;
	}
	if (*s != '\0') {
		memcpy(r.text + n, "...", 3);
		n += 3;
	}
	if (quotes)
		r.text[n++] = '"';
	r.text[n] = '\0';
	return (r);
}

struct shown
text_quote(const char *s)
{
	return (text_show(s, true));
}

struct shown
text_plain(const char *s)
{
	return (text_show(s, false));
}

bool
text_is_name(const char *s)
{
	if (*s == '\0')
		return (false);
	for (; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			(*s >= '0' && *s <= '9') || *s == '-' || *s == '_'))
			return (false);
	return (true);
}

/* Bytes of the UTF-8 character at s, 0 when it is none. */
static int
text_utf8(const unsigned char *s)
{
	uint32_t c;
	int i, n;

	if (s[0] < 0x80)
		return (1);
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return (0);
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return (0);
		c = c << 6 | (s[i] & 0x3fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return (0);
	/* C1 controls, and what turns the direction of writing around */
	if (c < 0xa0 || (c >= 0x200e && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return (0);
	return (n);
}

bool
text_is_clean(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n;

	for (; *s != '\0'; s += n) {
		n = text_utf8(s);
		if (n == 0 || *s < 0x20 || *s == 0x7f)
			return (false);
	}
	return (true);
}

int
text_distance(const char *a, const char *b)
{
	enum { LONG = 64 };
	int row[3][LONG + 1], cost, i, j, na, nb;
	int *p2 = row[0], *p1 = row[1], *p0 = row[2], *t;

	na = (int)strnlen(a, LONG);
	nb = (int)strnlen(b, LONG);
	for (j = 0; j <= nb; j++)
		p1[j] = p2[j] = j;
	for (i = 1; i <= na; i++) {
		p0[0] = i;
		for (j = 1; j <= nb; j++) {
			cost = a[i - 1] != b[j - 1];
			p0[j] = p1[j - 1] + cost;
			if (p1[j] + 1 < p0[j])
				p0[j] = p1[j] + 1;
			if (p0[j - 1] + 1 < p0[j])
				p0[j] = p0[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && p2[j - 2] + 1 < p0[j])
				p0[j] = p2[j - 2] + 1;
		}
		t = p2, p2 = p1, p1 = p0, p0 = t;
	}
	return (p1[nb]);
}

bool
text_to_size(const char *s, uint64_t *ret)
{
	uint64_t n = 0;
	int i;

	if (*s < '0' || *s > '9')
		return (false);
	for (; *s >= '0' && *s <= '9'; s++)
		if ((n = n * 10 + (uint64_t)(*s - '0')) > UINT32_MAX)
			return (false);
	for (i = 0; i < N_SIZES; i++) {
		if (strcmp(s, sizes[i].name) != 0)
			continue;
		if (n > (uint64_t)INT64_MAX / (uint64_t)sizes[i].n)
			return (false);
		*ret = n * (uint64_t)sizes[i].n;
		return (true);
	}
	return (false);
}

void
text_duration(ns_t t, char *buf, size_t size)
{
	int i;

	for (i = 0; i < N_DURATIONS - 1; i++)
		if (t != 0 && t % durations[i].n == 0)
			break;
	if (t == 0)
		i = 3;
	if (t % durations[i].n != 0)
		(void)snprintf(buf, size, "%.6gms", (double)t / NS_MS);
	else
		(void)snprintf(buf, size, "%" PRId64 "%s", t / durations[i].n,
		    durations[i].name);
}

void
text_size(uint64_t n, char *buf, size_t size)
{
	int i;

	for (i = 0; i < N_SIZES - 1; i++)
		if (n != 0 && n % (uint64_t)sizes[i].n == 0)
			break;
	(void)snprintf(buf, size, "%" PRIu64 "%s", n / (uint64_t)sizes[i].n,
	    sizes[i].name);
}
