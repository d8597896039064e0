/* SPDX-License-Identifier: MIT */
/*
 * Time zones; see tz.h.  A TZif file holds moments of change and, for the
 * time after the last of them, a rule as text ("CET-1CEST,M3.5.0,M10.5.0/3").
 * Everything in the file is bounded and doubted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/err.h"
#include "config/tz.h"

enum { ZONE_CHANGES = 2000, ZONE_TYPES = 256, OFFSET_MAX = 26 * 3600 };

/* A day of the year on which the clocks change, as the rule says. */
struct change {
	char kind;	/* 'M': m.w.d; 'J': day without Feb 29; '0': day */
	int month, week, day;
	int at_s;	/* of the wall before the change */
};

struct rule {
	bool given, summer;
	int std_s, dst_s; /* offsets */
	struct change begin, end;
};

struct tz {
	int n;		/* changes */
	int64_t *at;	/* UTC, rising */
	int *offset;	/* from at[i] on */
	int first_s;	/* offset before all of them */
	struct rule rule; /* after the last */
};

static int
tz_bad(struct err *e, const char *why)
{
	return (err_set(e, EINVAL, "the file is damaged: %s", why));
}

static int64_t
tz_big_endian(const unsigned char *p, int n)
{
	uint64_t v = (p[0] & 0x80) != 0 ? UINT64_MAX : 0;

	for (; n > 0; n--)
		v = v << 8 | *p++;
	return ((int64_t)v);
}

/* "CET" or "<+03>"; NULL when it is none. */
static const char *
rule_name(const char *p)
{
	const char *begin = p;

	if (*p == '<') {
		p = strchr(p, '>');
		return (p != NULL ? p + 1 : NULL);
	}
	while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
		p++;
	return (p - begin >= 3 ? p : NULL);
}

static const char *
rule_number(const char *p, int max, int *ret)
{
	int v = 0;

	if (p == NULL || *p < '0' || *p > '9')
		return (NULL);
	for (; *p >= '0' && *p <= '9'; p++)
		if ((v = v * 10 + (*p - '0')) > max)
			return (NULL);
	*ret = v;
	return (p);
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static const char *
rule_time(const char *p, int *ret)
{
	int sign = 1, h = 0, m = 0, s = 0;

	if (p == NULL)
		return (NULL);
	if (*p == '-' || *p == '+')
		sign = *p++ == '-' ? -1 : 1;
	p = rule_number(p, 167, &h);
	if (p != NULL && *p == ':')
		p = rule_number(p + 1, 59, &m);
	if (p != NULL && *p == ':')
		p = rule_number(p + 1, 59, &s);
	*ret = sign * (h * 3600 + m * 60 + s);
	return (p);
}

/* ",M3.5.0/3" */
static const char *
rule_change(const char *p, struct change *c)
{
	if (p == NULL || *p != ',')
		return (NULL);
	p++;
	c->kind = '0';
	c->at_s = 2 * 3600;
	if (*p == 'M') {
		c->kind = 'M';
		p = rule_number(p + 1, 12, &c->month);
		p = p != NULL && *p == '.' ?
		    rule_number(p + 1, 5, &c->week) : NULL;
		p = p != NULL && *p == '.' ?
		    rule_number(p + 1, 6, &c->day) : NULL;
		if (p == NULL || c->month < 1 || c->week < 1)
			return (NULL);
	} else {
		if (*p == 'J')
			c->kind = *p++;
		p = rule_number(p, 365, &c->day);
		if (p == NULL || (c->kind == 'J' && c->day < 1))
			return (NULL);
	}
	return (*p == '/' ? rule_time(p + 1, &c->at_s) : p);
}

static int
rule_parse(const char *text, struct rule *r, struct err *e)
{
	const char *p = rule_name(text);

	p = rule_time(p, &r->std_s);
	if (p == NULL)
		return (tz_bad(e, "its rule is none"));
	r->std_s = -r->std_s; /* the rule counts to the west */
	r->given = true;
	if (*p == '\0')
		return (r->std_s > -OFFSET_MAX && r->std_s < OFFSET_MAX ? 0 :
		    tz_bad(e, "its rule's offset"));
	r->summer = true;
	r->dst_s = r->std_s + 3600;
	p = rule_name(p);
	if (p != NULL && *p != ',' && *p != '\0') {
		p = rule_time(p, &r->dst_s);
		r->dst_s = -r->dst_s;
	}
	p = rule_change(p, &r->begin);
	p = rule_change(p, &r->end);
	if (p == NULL || *p != '\0' || r->std_s <= -OFFSET_MAX ||
	    r->std_s >= OFFSET_MAX || r->dst_s <= -OFFSET_MAX ||
	    r->dst_s >= OFFSET_MAX)
		return (tz_bad(e, "its rule for summer"));
	return (0);
}

/* The change's moment on the wall before it, in this year. */
static int64_t
change_wall(const struct change *c, int year)
{
	struct civil d = { .year = year, .month = 1, .day = 1 };
	int64_t wall;
	int day;

	if (c->kind != 'M') {
		wall = civil_to_wall(&d);
		day = c->kind == 'J' ? c->day - 1 : c->day;
		if (c->kind == 'J' && c->day >= 60 &&
		    civil_month_days(year, 2) == 29)
			day++;
		return (wall + (int64_t)day * CIVIL_DAY_S + c->at_s);
	}
	d.month = c->month;
	wall = civil_to_wall(&d);
	civil_from_wall(wall, &d);
	day = (c->day - d.weekday + 7) % 7 + (c->week - 1) * 7;
	while (day >= civil_month_days(year, c->month))
		day -= 7; /* week 5 is the last one */
	return (wall + (int64_t)day * CIVIL_DAY_S + c->at_s);
}

static int
rule_offset(const struct rule *r, int64_t utc)
{
	struct civil d;
	int64_t begin, end;

	if (!r->summer)
		return (r->std_s);
	civil_from_wall(utc + r->std_s, &d);
	if (d.year < 1 || d.year > 9999)
		return (r->std_s);
	begin = change_wall(&r->begin, d.year) - r->std_s;
	end = change_wall(&r->end, d.year) - r->dst_s;
	if (begin < end)
		return (utc >= begin && utc < end ? r->dst_s : r->std_s);
	/* the south: summer is around the new year */
	return (utc >= begin || utc < end ? r->dst_s : r->std_s);
}

/* The counts of a header, in the order of the file. */
struct counts {
	int64_t isut, isstd, leap, time, type, chars;
};

static int
tz_header(const unsigned char *p, size_t n, struct counts *c, struct err *e)
{
	if (n < 44 || memcmp(p, "TZif", 4) != 0)
		return (tz_bad(e, "it is no TZif file"));
	if (p[4] < '2')
		return (tz_bad(e, "it is of version 1"));
	c->isut = tz_big_endian(p + 20, 4);
	c->isstd = tz_big_endian(p + 24, 4);
	c->leap = tz_big_endian(p + 28, 4);
	c->time = tz_big_endian(p + 32, 4);
	c->type = tz_big_endian(p + 36, 4);
	c->chars = tz_big_endian(p + 40, 4);
	if (c->isut < 0 || c->isut > ZONE_TYPES || c->isstd < 0 ||
	    c->isstd > ZONE_TYPES || c->leap < 0 || c->leap > ZONE_CHANGES ||
	    c->time < 0 || c->time > ZONE_CHANGES || c->type < 1 ||
	    c->type > ZONE_TYPES || c->chars < 0 || c->chars > 1024)
		return (tz_bad(e, "its counts are out of bounds"));
	return (0);
}

/* Bytes after the header, with times of so many bytes. */
static size_t
tz_body(const struct counts *c, int time)
{
	return ((size_t)(c->time * (time + 1) + c->type * 6 + c->chars +
	    c->leap * (time + 4) + c->isstd + c->isut));
}

static int
tz_changes(struct tz *z, const unsigned char *p, const struct counts *c,
    struct err *e)
{
	const unsigned char *types = p + c->time * 9;
	int64_t offset;
	int i, k;

	z->n = (int)c->time;
	z->at = calloc((size_t)c->time + 1, sizeof(*z->at));
	z->offset = calloc((size_t)c->time + 1, sizeof(*z->offset));
	if (z->at == NULL || z->offset == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	for (i = -1; i < z->n; i++) {
		k = i < 0 ? 0 : p[c->time * 8 + i];
		if (k >= c->type)
			return (tz_bad(e, "a type that there is not"));
		offset = tz_big_endian(types + k * 6, 4);
		if (offset <= -OFFSET_MAX || offset >= OFFSET_MAX)
			return (tz_bad(e, "an offset of over a day"));
		if (i < 0) {
			z->first_s = (int)offset;
			continue;
		}
		z->offset[i] = (int)offset;
		z->at[i] = tz_big_endian(p + i * 8, 8);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return (tz_bad(e, "its times do not rise"));
	}
	return (0);
}

/* "\nRULE\n" at the end. */
static int
tz_footer(struct tz *z, const char *p, size_t n, struct err *e)
{
	const char *end = n > 1 ? memchr(p + 1, '\n', n - 1) : NULL;
	char text[128];

	if (n < 2 || *p != '\n' || end == NULL)
		return (tz_bad(e, "its rule is cut off"));
	n = (size_t)(end - p - 1);
	if (n == 0)
		return (0);
	if (n >= sizeof(text) || memchr(p + 1, '\0', n) != NULL)
		return (tz_bad(e, "its rule is too long"));
	memcpy(text, p + 1, n);
	text[n] = '\0';
	return (rule_parse(text, &z->rule, e));
}

int
tz_parse(const void *bytes, size_t n, struct tz **ret, struct err *e)
{
	const unsigned char *p = bytes;
	struct counts c;
	struct tz *z;
	size_t skip;

	/* the first block is for readers of 32 bit times */
	if (tz_header(p, n, &c, e) != 0)
		return (-1);
	skip = 44 + tz_body(&c, 4);
	if (skip > n)
		return (tz_bad(e, "it is cut off"));
	p += skip;
	n -= skip;
	if (tz_header(p, n, &c, e) != 0)
		return (-1);
	skip = 44 + tz_body(&c, 8);
	if (skip > n)
		return (tz_bad(e, "it is cut off"));
	z = calloc(1, sizeof(*z));
	if (z == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	if (tz_changes(z, p + 44, &c, e) != 0 ||
	    tz_footer(z, (const char *)p + skip, n - skip, e) != 0) {
		tz_free(z);
		return (-1);
	}
	*ret = z;
	return (0);
}

/* Names like "America/Argentina/Ushuaia", never a way out of the folder. */
static bool
tz_is_name(const char *s)
{
	size_t n = strlen(s);

	return (n > 0 && n < TZ_NAME_SIZE && s[0] != '/' && s[0] != '.' &&
	    strstr(s, "..") == NULL &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789_+-/") == n);
}

int
tz_open(const char *name, struct tz **ret, struct err *e)
{
	char path[TZ_NAME_SIZE + 32];
	unsigned char *buf;
	ssize_t n, k;
	int fd, rc;

	if (!tz_is_name(name))
		return (err_set(e, EINVAL, "expected the name of a time zone "
		    "such as \"Europe/Berlin\""));
	(void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return (err_set(e, errno, "the time zone %s is not in "
		    "/usr/share/zoneinfo (package tzdata): %s", name,
		    strerror(errno)));
	buf = malloc(TZ_FILE_MAX);
	for (n = 0, k = 1; buf != NULL && n < TZ_FILE_MAX && k > 0; n += k) {
		k = read(fd, buf + n, (size_t)(TZ_FILE_MAX - n));
		if (k < 0)
			k = 0;
	}
	(void)close(fd);
	if (buf == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	rc = tz_parse(buf, (size_t)n, ret, e);
	free(buf);
	return (rc == 0 ? 0 : err_prefix(e, "the time zone %s", name));
}

void
tz_free(struct tz *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->offset);
	free(z);
}

int
tz_offset(const struct tz *z, int64_t utc)
{
	int lo = 0, hi = z->n, mid;

	if (z->n == 0 && z->rule.given)
		return (rule_offset(&z->rule, utc));
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (z->at[mid] <= utc)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return (z->first_s);
	if (lo == z->n && z->rule.given)
		return (rule_offset(&z->rule, utc));
	return (z->offset[lo - 1]);
}

/* When the offset changes between two moments that differ in it. */
static int64_t
tz_change_between(const struct tz *z, int64_t lo, int64_t hi)
{
	const int before = tz_offset(z, lo);

	while (hi - lo > 1) {
		int64_t mid = lo + (hi - lo) / 2;

		if (tz_offset(z, mid) == before)
			lo = mid;
		else
			hi = mid;
	}
	return (hi);
}

/* Which of the moments that show this wall time: the first or the last. */
static int64_t
tz_moment(const struct tz *z, int64_t wall, bool last)
{
	/* before and after any change that can matter */
	int64_t before = wall - tz_offset(z, wall - OFFSET_MAX);
	int64_t after = wall - tz_offset(z, wall + OFFSET_MAX);
	bool is_before = before + tz_offset(z, before) == wall;
	bool is_after = after + tz_offset(z, after) == wall;

	if (is_before && is_after)
		return ((before < after) == last ? after : before);
	if (is_before || is_after)
		return (is_before ? before : after);
	if (after < before) /* skipped */
		return (tz_change_between(z, after, before));
	return (before);
}

int64_t
tz_first(const struct tz *z, int64_t wall)
{
	return (tz_moment(z, wall, false));
}

int64_t
tz_last(const struct tz *z, int64_t wall)
{
	return (tz_moment(z, wall, true));
}
