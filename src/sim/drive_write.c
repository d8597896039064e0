/* SPDX-License-Identifier: MIT */
/* A decision as a line of JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/drive_line.h"

static bool
text_room(struct text *t, size_t more)
{
	size_t cap = t->cap;
	char *p;

	if (t->fail || t->n + more < t->cap)
		return (!t->fail);
	while (cap <= t->n + more)
		cap = cap < 4096 ? 4096 : cap * 2;
	p = realloc(t->at, cap);
	if (p == NULL) {
		t->fail = true;
		return (false);
	}
	t->at = p;
	t->cap = cap;
	return (true);
}

void
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!text_room(t, 1024))
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->at + t->n, t->cap - t->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->n)
		t->fail = true;
	else
		t->n += (size_t)n;
}

void
text_string(struct text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c;
	char *p;

	if (!text_room(t, 6 * strlen(s) + 3))
		return;
	p = t->at + t->n;
	*p++ = '"';
	for (; (c = (unsigned char)*s) != '\0'; s++) {
		if (c == '"' || c == '\\') {
			*p++ = '\\';
			*p++ = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			memcpy(p, "\\u00", 4);
			p[4] = hex[c >> 4];
			p[5] = hex[c & 15];
			p += 6;
		} else
			*p++ = (char)c;
	}
	*p++ = '"';
	*p = '\0';
	t->n = (size_t)(p - t->at);
}

/* The shortest text that reads back as the same double. */
static void
text_time(struct text *t, double v)
{
	char buf[40];
	int digits;

	for (digits = 12; digits <= 17; digits++) {
		(void)snprintf(buf, sizeof(buf), "%.*g", digits, v);
		if (strtod(buf, NULL) == v)
			break;
	}
	text_add(t, "%s", buf);
}

static void
text_value(struct text *t, const char *name, struct value v)
{
	if (v.known)
		text_add(t, ", \"%s\": %.10g", name, v.v);
	else
		text_add(t, ", \"%s\": null", name);
}

static void
text_holds(struct text *t, const struct decision *d)
{
	int i;

	text_add(t, ", \"holds\": [");
	for (i = 0; i < d->n_holds; i++) {
		text_add(t, "%s{\"what\": \"%s\", \"by\": \"%s\", \"reason\": ",
		    i > 0 ? ", " : "", hold_what_name(d->holds[i].what),
		    hold_by_name(d->holds[i].by));
		text_string(t, d->holds[i].reason);
		text_add(t, "}");
	}
	text_add(t, "]");
}

void
line_write(struct text *t, double t_s, const char *group,
    const struct decision *d)
{
	int i;

	text_add(t, "{\"t\": ");
	text_time(t, t_s);
	text_add(t, ", \"group\": ");
	text_string(t, group);
	text_add(t, ", \"desired\": %d, \"terminate\": [", d->desired);
	for (i = 0; i < d->n_terminate; i++) {
		if (i > 0)
			text_add(t, ", ");
		text_string(t, d->terminate[i].text);
	}
	text_add(t, "], \"launch\": %d, \"mode\": \"%s\"", d->launch,
	    mode_name(d->mode));
	text_holds(t, d);
	text_add(t, ", \"diagnosis\": \"%s\"", verdict_name(d->verdict));
	text_value(t, "load", d->load_rps);
	text_value(t, "forecast", d->forecast_rps);
	text_add(t, ", \"reason\": ");
	text_string(t, d->reason);
	text_add(t, "}\n");
}
