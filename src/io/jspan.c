/* SPDX-License-Identifier: MIT */
/*
 * See jspan.h.  The check is a descent with a depth that is bounded; all that
 * walks afterwards may trust the text and only steps over it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/jspan.h"

struct scan {
	const char *p, *end;
	int depth;
};

static bool	scan_value(struct scan *);

static void
scan_blank(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
	    *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool
scan_is(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return (false);
	s->p++;
	return (true);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

/* Four digits at p, or -1. */
static int
hex_four(const char *p, const char *end)
{
	int i, d, v = 0;

	if (end - p < 4)
		return (-1);
	for (i = 0; i < 4; i++) {
		d = hex_digit(p[i]);
		if (d < 0)
			return (-1);
		v = v << 4 | d;
	}
	return (v);
}

/* Behind "\u": the character, and *p behind it; -1: none. */
static int32_t
hex_char(const char **p, const char *end)
{
	int hi = hex_four(*p, end), lo;

	if (hi < 0 || (hi >= 0xdc00 && hi <= 0xdfff))
		return (-1);
	*p += 4;
	if (hi < 0xd800 || hi > 0xdbff)
		return (hi);
	if (end - *p < 2 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return (-1);
	lo = hex_four(*p + 2, end);
	if (lo < 0xdc00 || lo > 0xdfff)
		return (-1);
	*p += 6;
	return (0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00));
}

static bool
scan_string(struct scan *s)
{
	if (!scan_is(s, '"'))
		return (false);
	while (s->p < s->end && *s->p != '"') {
		if ((unsigned char)*s->p < 0x20)
			return (false);
		if (*s->p++ != '\\')
			continue;
		if (s->p == s->end)
			return (false);
		if (*s->p == 'u') {
			s->p++;
			if (hex_char(&s->p, s->end) < 0)
				return (false);
		} else if (strchr("\"\\/bfnrt", *s->p) != NULL &&
		    *s->p != '\0') {
			s->p++;
		} else {
			return (false);
		}
	}
	return (scan_is(s, '"'));
}

static bool
scan_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (s->p > from);
}

static bool
scan_number(struct scan *s)
{
	(void)scan_is(s, '-');
	if (!scan_is(s, '0') && !scan_digits(s))
		return (false);
	if (scan_is(s, '.') && !scan_digits(s))
		return (false);
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (!scan_is(s, '+'))
			(void)scan_is(s, '-');
		return (scan_digits(s));
	}
	return (true);
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return (false);
	s->p += n;
	return (true);
}

/* Behind '{' or '['. */
static bool
scan_inside(struct scan *s, char close)
{
	scan_blank(s);
	if (scan_is(s, close))
		return (true);
	do {
		scan_blank(s);
		if (close == '}') {
			if (!scan_string(s))
				return (false);
			scan_blank(s);
			if (!scan_is(s, ':'))
				return (false);
			scan_blank(s);
		}
		if (!scan_value(s))
			return (false);
		scan_blank(s);
	} while (scan_is(s, ','));
	return (scan_is(s, close));
}

static bool
scan_value(struct scan *s)
{
	bool ok;

	if (s->p == s->end)
		return (false);
	switch (*s->p) {
	case '{':
	case '[':
		if (++s->depth > JSPAN_DEPTH)
			return (false);
		s->p++;
		ok = scan_inside(s, s->p[-1] == '{' ? '}' : ']');
		s->depth--;
		return (ok);
	case '"':
		return (scan_string(s));
	case 't':
		return (scan_word(s, "true"));
	case 'f':
		return (scan_word(s, "false"));
	case 'n':
		return (scan_word(s, "null"));
	default:
		return (scan_number(s));
	}
}

int
jspan_check(const char *text, size_t n, struct jspan *ret, struct err *e)
{
	struct scan s = { text, text + n, 0 };
	struct jspan whole;

	scan_blank(&s);
	whole.p = s.p;
	if (!scan_value(&s))
		return (err_set(e, EBADMSG, "no JSON: wrong at byte %zu of "
		    "%zu", (size_t)(s.p - text), n));
	whole.n = (size_t)(s.p - whole.p);
	scan_blank(&s);
	if (s.p != s.end)
		return (err_set(e, EBADMSG, "no JSON: something behind it at "
		    "byte %zu", (size_t)(s.p - text)));
	*ret = whole;
	return (0);
}

bool
jspan_is_object(struct jspan v)
{
	return (v.p[0] == '{');
}

bool
jspan_is_string(struct jspan v)
{
	return (v.p[0] == '"');
}

bool
jspan_is_plain(struct jspan v)
{
	return (strchr("{[\"n", v.p[0]) == NULL);
}

bool
jspan_next(struct jspan o, size_t *at, struct jspan *ret_name,
    struct jspan *ret_value)
{
	struct scan s = { o.p + (*at == 0 ? 1 : *at), o.p + o.n, 0 };
	struct jspan name, value;

	scan_blank(&s);
	(void)scan_is(&s, ',');
	scan_blank(&s);
	if (s.p == s.end || *s.p == '}')
		return (false);
	name.p = s.p;
	(void)scan_string(&s);
	name.n = (size_t)(s.p - name.p);
	scan_blank(&s);
	(void)scan_is(&s, ':');
	scan_blank(&s);
	value.p = s.p;
	MUST(scan_value(&s));
	value.n = (size_t)(s.p - value.p);
	*at = (size_t)(s.p - o.p);
	*ret_name = name;
	*ret_value = value;
	return (true);
}

bool
jspan_is_list(struct jspan v)
{
	return (v.p[0] == '[');
}

bool
jspan_item(struct jspan l, size_t *at, struct jspan *ret)
{
	struct scan s = { l.p + (*at == 0 ? 1 : *at), l.p + l.n, 0 };

	scan_blank(&s);
	(void)scan_is(&s, ',');
	scan_blank(&s);
	if (s.p == s.end || *s.p == ']')
		return (false);
	ret->p = s.p;
	MUST(scan_value(&s));
	ret->n = (size_t)(s.p - ret->p);
	*at = (size_t)(s.p - l.p);
	return (true);
}

/* Is the string, as decoded, this text? */
static bool
string_is(struct jspan s, const char *text)
{
	char buf[64];

	return (jspan_text(s, buf, sizeof(buf)) && strcmp(buf, text) == 0);
}

bool
jspan_find(struct jspan v, const char *const *names, struct jspan *ret)
{
	struct jspan name, value;
	size_t at;

	for (; *names != NULL; names++) {
		if (!jspan_is_object(v))
			return (false);
		at = 0;
		do {
			if (!jspan_next(v, &at, &name, &value))
				return (false);
		} while (!string_is(name, *names));
		v = value;
	}
	*ret = v;
	return (true);
}

/* UTF-8 of a character; how many bytes. */
static size_t
put_char(int32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return (1);
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return (2);
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return (3);
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return (4);
}

size_t
jspan_string(struct jspan v, char *to)
{
	static const char from[] = "bfnrt", is[] = "\b\f\n\r\t";
	const char *p = v.p + 1, *end = v.p + v.n - 1, *k;
	size_t n = 0;

	MUST(jspan_is_string(v));
	while (p < end) {
		if (*p != '\\') {
			to[n++] = *p++;
			continue;
		}
		p++;
		if (*p == 'u') {
			p++;
			n += put_char(hex_char(&p, end), to + n);
			continue;
		}
		k = strchr(from, *p);
		to[n++] = k != NULL ? is[k - from] : *p;
		p++;
	}
	return (n);
}

bool
jspan_text(struct jspan v, char *to, size_t size)
{
	size_t n;

	/* decoding never makes it longer */
	if (!jspan_is_string(v) || v.n - 2 >= size)
		return (false);
	n = jspan_string(v, to);
	to[n] = '\0';
	return (memchr(to, '\0', n) == NULL);
}

bool
jspan_int(struct jspan v, int64_t *ret)
{
	char buf[24], *end;
	long long n;

	if (!jspan_is_plain(v) || v.n >= sizeof(buf))
		return (false);
	memcpy(buf, v.p, v.n);
	buf[v.n] = '\0';
	errno = 0;
	n = strtoll(buf, &end, 10);
	if (end == buf || *end != '\0' || errno != 0)
		return (false);
	*ret = n;
	return (true);
}
