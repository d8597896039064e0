/* SPDX-License-Identifier: MIT */
/*
 * The words of a policy's text, looked at one by one; see scan.h.  The words
 * are libconfig's, told apart a little more generously, so that what it
 * would only call a syntax error has a name.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/scan.h"
#include "config/text.h"

enum kind { END, NAME, NUMBER, TEXT, MARK, ODD };
enum { DEEP = 64, ON_LINE = 32 };

struct word {
	enum kind kind;
	const char *p;
	size_t n;
	int line;
};

struct scanner {
	const char *p;
	int line;
	struct word prev, now;
	char name[SCAN_NAME]; /* of the setting that we are in */
	int name_line;
	int name_nth;
	struct word on_line[ON_LINE]; /* names of the present line */
	int n_on_line;
	bool named;
	int depth;
	struct word open[DEEP];
	struct scan *out;
};

static void	problem(struct scanner *, int line, bool syntax,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));

static void
problem(struct scanner *s, int line, bool syntax, const char *fmt, ...)
{
	struct scan_problem *p;
	va_list ap;

	if (s->out->n == SCAN_PROBLEMS)
		return;
	p = &s->out->at[s->out->n++];
	p->line = line;
	p->name_line = s->name_line;
	p->name_nth = s->name_nth;
	p->opened = 0;
	p->syntax = syntax;
	s->out->refused = s->out->refused || syntax;
	(void)snprintf(p->name, sizeof(p->name), "%s", s->name);
	va_start(ap, fmt);
	(void)vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
}

/* The word as it stands in the file, fit to be shown. */
static struct shown
word_shown(const struct word *w)
{
	char buf[SHOWN_SIZE];
	size_t n = w->n < sizeof(buf) - 1 ? w->n : sizeof(buf) - 1;

	memcpy(buf, w->p, n);
	buf[n] = '\0';
	return (text_plain(buf));
}

static bool
word_is(const struct word *w, const char *mark)
{
	return (w->kind == MARK && w->n == 1 && *w->p == *mark);
}

static bool
char_in(char c, const char *set)
{
	return (c != '\0' && strchr(set, c) != NULL);
}

static bool
char_is_name(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || char_in(c, "-_*"));
}

/* Blanks and comments.  False: a comment does not end. */
static bool
scan_blank(struct scanner *s)
{
	for (;; s->p++) {
		if (*s->p == '\n') {
			s->line++;
		} else if (*s->p == '#' || (s->p[0] == '/' &&
			s->p[1] == '/')) {
			s->p += strcspn(s->p, "\n");
			s->p--;
		} else if (s->p[0] == '/' && s->p[1] == '*') {
			for (s->p += 2; *s->p != '\0' &&
			     !(s->p[0] == '*' && s->p[1] == '/'); s->p++)
				s->line += *s->p == '\n';
			if (*s->p == '\0')
				return (false);
			s->p++;
		} else if (!char_in(*s->p, " \t\r\f")) {
			return (true);
		}
	}
}

/* A string, with its quotes; it must end in its line. */
static void
scan_string(struct scanner *s)
{
	const char *q = s->p + 1;
	bool nul = false;

	while (*q != '\0' && *q != '"' && *q != '\n') {
		if (q[0] == '\\' && q[1] == 'x' && q[2] == '0' && q[3] == '0')
			nul = true;
		q += q[0] == '\\' && q[1] != '\0' && q[1] != '\n' ? 2 : 1;
	}
	if (*q != '"') {
		problem(s, s->line, true, "a string is not closed at the end "
		    "of its line: a \" is missing");
		s->now.kind = END; /* what follows would be guessed */
	} else {
		q++;
	}
	if (nul)
		problem(s, s->line, false, "found the escape \\x00 in a "
		    "string, expected text: it would cut the string there");
	s->p = q;
}

static void
scan_word(struct scanner *s)
{
	int begun;

	s->prev = s->now;
	begun = s->line;
	s->now.kind = END;
	if (!scan_blank(s)) {
		problem(s, begun, true, "a comment after this line is not "
		    "closed: a */ is missing");
		return;
	}
	s->now = (struct word){ MARK, s->p, 1, s->line };
	if (*s->p == '\0') {
		s->now.kind = END;
		return;
	}
	if (*s->p == '"') {
		s->now.kind = TEXT;
		scan_string(s);
	} else if (char_in(*s->p, "={}()[],;:")) {
		s->p++;
	} else if ((*s->p >= '0' && *s->p <= '9') || char_in(*s->p, "+-.")) {
		s->now.kind = NUMBER;
		s->p++;
		/* 1.0e-5: a sign belongs to it after its e */
		while (char_is_name(*s->p) || *s->p == '.' ||
		    (*s->p == '+' && char_in(s->p[-1], "eE")))
			s->p++;
	} else if (char_is_name(*s->p)) {
		s->now.kind = NAME;
		while (char_is_name(*s->p))
			s->p++;
	} else {
		s->now.kind = ODD;
		s->p++;
	}
	s->now.n = (size_t)(s->p - s->now.p);
}

/* Digits of an integer in its base; false when it has others. */
static bool
integer_value(const char *p, size_t n, uint64_t *ret)
{
	unsigned base = 10, d;
	uint64_t v = 0;

	if (n > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2, n -= 2, base = 16;
	if (n == 0)
		return (false);
	for (; n > 0; p++, n--) {
		if (*p >= '0' && *p <= '9')
			d = (unsigned)(*p - '0');
		else if (base == 16 && (*p | 32) >= 'a' && (*p | 32) <= 'f')
			d = (unsigned)((*p | 32) - 'a' + 10);
		else
			return (false);
		v = v > (UINT64_MAX - d) / base ? UINT64_MAX : v * base + d;
	}
	*ret = v;
	return (true);
}

/* A float as libconfig reads it: digits, a point, an exponent. */
static bool
float_shaped(const char *p, size_t n)
{
	size_t digits = 0, i = 0;

	for (; i < n && ((p[i] >= '0' && p[i] <= '9') || p[i] == '.'); i++)
		digits += p[i] != '.';
	if (digits == 0 || i - digits > 1)
		return (false);
	if (i == n)
		return (i > digits);
	if (char_in(p[i], "eE") && ++i < n && char_in(p[i], "+-"))
		i++;
	for (digits = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		digits++;
	return (i == n && digits > 0);
}

static void
check_number(struct scanner *s)
{
	const struct word *w = &s->now;
	size_t sign = char_in(*w->p, "+-") ? 1 : 0, n = w->n - sign;
	const char *p = w->p + sign;
	bool minus = *w->p == '-', wide = false;
	char said[SHOWN_SIZE];
	uint64_t v, limit;

	(void)snprintf(said, sizeof(said), "%s", word_shown(w).text);
	if (float_shaped(p, n))
		return;
	while (n > 1 && p[n - 1] == 'L')
		wide = true, n--;
	if (!integer_value(p, n, &v)) {
		problem(s, w->line, true, "found %s, expected a number, or a "
		    "string in quotes such as \"%s\"", said, said);
		return;
	}
	if (sign == 1 && n > 1 && (p[1] == 'x' || p[1] == 'X'))
		problem(s, w->line, true, "found %s, expected a hexadecimal "
		    "number without a sign", said);
	else if (n > 1 && p[0] == '0' && p[1] != 'x' && p[1] != 'X')
		problem(s, w->line, false, "found %s, expected a number "
		    "without a leading zero: it would be read as decimal",
		    said);
	limit = (wide ? (uint64_t)INT64_MAX : INT32_MAX) + (minus ? 1 : 0);
	if (v > limit)
		problem(s, w->line, false, "found %s, expected a whole number "
		    "that fits %s%s", said, wide ? "64 bits" : "32 bits: it "
		    "would be wrapped to another number",
		    wide ? ": it would be cut" : "");
}

static void
check_close(struct scanner *s)
{
	const char *want;
	const struct word *o;

	if (s->depth == 0) {
		problem(s, s->now.line, true, "'%c' closes nothing: one is "
		    "too many", *s->now.p);
		s->now.kind = END;
		return;
	}
	o = &s->open[--s->depth];
	want = *o->p == '{' ? "}" : *o->p == '(' ? ")" : "]";
	if (!word_is(&s->now, want)) {
		problem(s, s->now.line, true, "'%c' does not close the '%c' "
		    "that is open: a '%s' is missing before it", *s->now.p,
		    *o->p, want);
		s->out->at[s->out->n - 1].opened = o->line;
		s->now.kind = END;
	} else if (word_is(&s->prev, ",")) {
		problem(s, s->prev.line, true, "found a comma before '%s', "
		    "expected none after the last element", want);
	}
}

/* A value begins here, and no value begins like this. */
static void
check_value(struct scanner *s)
{
	const struct word *w = &s->now;
	const struct shown said = word_shown(w);

	if (w->kind != NAME ||
	    (w->n == 4 && strncasecmp(w->p, "true", 4) == 0) ||
	    (w->n == 5 && strncasecmp(w->p, "false", 5) == 0))
		return;
	if ((w->n == 3 && strncasecmp(w->p, "yes", 3) == 0) ||
	    (w->n == 2 && strncasecmp(w->p, "on", 2) == 0))
		problem(s, w->line, true, "found %s, expected true", said.text);
	else if ((w->n == 2 && strncasecmp(w->p, "no", 2) == 0) ||
	    (w->n == 3 && strncasecmp(w->p, "off", 3) == 0))
		problem(s, w->line, true, "found %s, expected false",
		    said.text);
	else
		problem(s, w->line, true, "found the word %s, expected a "
		    "value: write strings in quotes", said.text);
}

static bool
in_group(const struct scanner *s)
{
	return (s->depth == 0 || *s->open[s->depth - 1].p == '{');
}

/* A setting's name: what follows belongs to it. */
static void
take_name(struct scanner *s)
{
	const struct word *w = &s->now;
	int i;

	if (s->name_line != w->line)
		s->n_on_line = 0;
	for (i = 0, s->name_nth = 0; i < s->n_on_line; i++)
		s->name_nth += s->on_line[i].n == w->n &&
		    memcmp(s->on_line[i].p, w->p, w->n) == 0;
	if (s->n_on_line < ON_LINE)
		s->on_line[s->n_on_line++] = *w;
	(void)snprintf(s->name, sizeof(s->name), "%.*s", SCAN_NAME - 1,
	    word_shown(w).text);
	s->name_line = w->line;
	s->named = true;
}

static void
check_word(struct scanner *s)
{
	struct word *w = &s->now;
	bool value = word_is(&s->prev, "=") || word_is(&s->prev, ":");
	bool named = s->named; /* the word before is the name of a setting */

	s->named = false;
	if (w->kind == ODD && *w->p == '\'')
		problem(s, w->line, true, "found a single quote, expected "
		    "strings in double quotes");
	else if (w->kind == ODD)
		problem(s, w->line, true, "found the odd character '%s'",
		    word_shown(w).text);
	if (w->kind == ODD)
		w->kind = END;
	if (w->kind == NUMBER)
		check_number(s);
	if (value || (!in_group(s) && w->kind == NAME))
		check_value(s);
	else if (w->kind == NAME)
		take_name(s);
	if (named && in_group(s) && (w->kind == NUMBER || w->kind == TEXT ||
		word_is(w, "{") || word_is(w, "(")))
		problem(s, w->line, true, "found %s right after the name "
		    "%s, expected '=' between them", word_shown(w).text,
		    s->name);
	if (word_is(w, "}") || word_is(w, ")") || word_is(w, "]"))
		check_close(s);
	if (!word_is(w, "{") && !word_is(w, "(") && !word_is(w, "["))
		return;
	if (s->depth == DEEP) {
		problem(s, w->line, true, "found '%c' inside 64 others, "
		    "expected fewer", *w->p);
		w->kind = END;
		return;
	}
	s->open[s->depth++] = *w;
}

void
scan_text(const char *text, struct scan *ret)
{
	struct scanner s;

	memset(&s, 0, sizeof(s));
	ret->n = 0;
	ret->refused = false;
	s.p = text;
	s.line = 1;
	s.out = ret;
	do {
		scan_word(&s);
		if (s.now.kind != END)
			check_word(&s);
	} while (s.now.kind != END);
	s.name[0] = '\0';
	if (*s.p == '\0' && s.depth > 0 && ret->n == 0)
		problem(&s, s.open[s.depth - 1].line, true, "the '%c' of this "
		    "line is not closed at the end of the file: a '%c' is "
		    "missing", *s.open[s.depth - 1].p,
		    *s.open[s.depth - 1].p == '{' ? '}' :
		    *s.open[s.depth - 1].p == '(' ? ')' : ']');
}

/* Names of the groups that are open at the line, and those set in them. */
int
scan_twice(const char *text, int line, char *buf, size_t size)
{
	enum { NAMES = 4096 };
	struct { struct word w; int scope; } *names;
	struct scan out = { .n = 0 };
	struct scanner s;
	int scope[DEEP + 1] = { 0 }, scopes = 0, n = 0, i, found = 0;

	names = calloc(NAMES, sizeof(*names));
	if (names == NULL)
		return (0);
	memset(&s, 0, sizeof(s));
	s.p = text, s.line = 1, s.out = &out;
	for (scan_word(&s); s.now.kind != END && s.now.line <= line &&
	     found == 0; scan_word(&s)) {
		if (word_is(&s.now, "{") || word_is(&s.now, "("))
			scope[s.depth < DEEP ? ++s.depth : DEEP] = ++scopes;
		else if (word_is(&s.now, "}") || word_is(&s.now, ")"))
			s.depth -= s.depth > 0;
		if (s.now.kind != NAME || word_is(&s.prev, "=") ||
		    word_is(&s.prev, ":"))
			continue;
		for (i = 0; i < n && found == 0; i++)
			if (names[i].scope == scope[s.depth] &&
			    names[i].w.n == s.now.n &&
			    memcmp(names[i].w.p, s.now.p, s.now.n) == 0 &&
			    s.now.line == line)
				found = names[i].w.line;
		if (found != 0)
			(void)snprintf(buf, size, "%s",
			    word_shown(&s.now).text);
		else if (n < NAMES)
			names[n].w = s.now, names[n++].scope =
			    scope[s.depth];
	}
	free(names);
	return (found);
}
