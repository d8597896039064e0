/* SPDX-License-Identifier: MIT */
/*
 * Reading an HAProxy configuration: lines, sections, and the few keywords
 * that matter.  Whatever else is there is passed over; HAProxy itself says
 * what is wrong with it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/haproxy_conf.h"

enum { LINE_MAX_SIZE = 4096 };

enum section { S_OTHER, S_GLOBAL, S_DEFAULTS, S_FRONTEND, S_BACKEND };

struct reader {
	struct haproxy_conf *c;
	const char *backend, *slots;
	enum section section;
	struct conf_proxy defaults; /* the last that was read */
	struct conf_proxy front;    /* the frontend that is being read */
};

/* One word, its quotes and backslashes taken out in place. */
static char *
take_word(char **at, char *out)
{
	char *p = *at, *word = out, quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote == '\0' && (*p == ' ' || *p == '\t' || *p == '#'))
			break;
		if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (*p == quote && quote != '\0')
			quote = '\0';
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			*out++ = *++p;
		else
			*out++ = *p;
	}
	*at = p;
	return (*out = '\0', word);
}

/* The words go to a buffer of their own: their ends are written. */
static void
split_line(char *text, char *buf, struct conf_line *l)
{
	char *p = text, *out = buf;

	l->n = 0;
	for (;;) {
		while (*p == ' ' || *p == '\t' || *p == '\r')
			p++;
		if (*p == '\0' || *p == '#' || l->n == CONF_WORDS)
			return;
		l->word[l->n] = take_word(&p, out);
		out += strlen(out) + 1;
		l->n++;
	}
}

static const char *
word(const struct conf_line *l, int i)
{
	return (i < l->n ? l->word[i] : "");
}

/* Where a keyword stands, from word `from` on; 0: nowhere. */
static int
find(const struct conf_line *l, int from, const char *keyword)
{
	int i;

	for (i = from; i < l->n; i++)
		if (strcmp(l->word[i], keyword) == 0)
			return (i);
	return (0);
}

static int
whole_number(const char *s, int otherwise)
{
	char *end;
	long v = strtol(s, &end, 10);

	return (end == s || v < 0 || v > 1000000000L ? otherwise : (int)v);
}

static void
read_template(const struct conf_line *l, struct conf_template *t)
{
	unsigned char ip[16];
	char address[256], *colon;
	const char *range = word(l, 2), *dash = strchr(range, '-');
	int at = find(l, 4, "init-addr"), from = 1, to;

	t->number = l->number;
	(void)snprintf(t->prefix, sizeof(t->prefix), "%.63s", word(l, 1));
	to = whole_number(range, 0);
	if (dash != NULL) {
		from = to;
		to = whole_number(dash + 1, 0);
	}
	t->slots = to >= from ? to - from + 1 : 0;
	(void)snprintf(address, sizeof(address), "%s", word(l, 3));
	colon = strrchr(address, ':');
	if (colon != NULL)
		*colon = '\0';
	t->address_is_ip = inet_pton(AF_INET, address, ip) == 1 ||
	    strchr(address, ':') != NULL;
	t->check = find(l, 4, "check") > 0;
	t->disabled = find(l, 4, "disabled") > 0;
	t->maxconn = find(l, 4, "maxconn") > 0;
	t->init_addr_ok = at > 0 && strncmp(word(l, at + 1), "last,", 5) == 0 &&
	    strstr(word(l, at + 1), ",none") != NULL;
}

/* A format that source haproxy reads: the HTTP log's, or our own. */
static bool
is_our_format(const char *s)
{
	return (strncmp(s, "%b %s %ST ", 10) == 0 ||
	    strstr(s, "%b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST") != NULL);
}

static void
read_proxy(const struct conf_line *l, struct conf_proxy *p)
{
	const char *w = word(l, 0), *v = word(l, 1);
	bool no = strcmp(w, "no") == 0;

	if (no) {
		w = v;
		v = word(l, 2);
	}
	if (strcmp(w, "option") == 0 && strcmp(v, "redispatch") == 0) {
		p->redispatch = !no;
		p->redispatch_every = whole_number(word(l, 2), 0);
	} else if (strcmp(w, "option") == 0 && strcmp(v, "httplog") == 0) {
		p->log_format = !no;
	} else if (strcmp(w, "log-format") == 0) {
		p->log_format = is_our_format(v);
	} else if (strcmp(w, "log") == 0) {
		p->log_target = !no;
	} else if (strcmp(w, "retries") == 0) {
		p->retries = whole_number(v, -1);
	} else if (strcmp(w, "timeout") == 0 && strcmp(v, "queue") == 0) {
		p->timeout_queue = true;
	} else if (strcmp(w, "load-server-state-from-file") == 0) {
		p->state_from = v[0];
	}
}

static void
read_global(const struct conf_line *l, struct haproxy_conf *c)
{
	int level;

	if (strcmp(word(l, 0), "stats") == 0 &&
	    strcmp(word(l, 1), "socket") == 0) {
		c->stats_any = l->number;
		level = find(l, 3, "level");
		if (level > 0 && strcmp(word(l, level + 1), "admin") == 0)
			c->stats_admin = l->number;
		level = find(l, 3, "expose-fd");
		if (level > 0 && strcmp(word(l, level + 1), "listeners") == 0)
			c->expose_fd = true;
	} else if (strcmp(word(l, 0), "server-state-file") == 0) {
		(void)snprintf(c->state_file, sizeof(c->state_file), "%s",
		    word(l, 1));
	} else if (strcmp(word(l, 0), "maxconn") == 0) {
		c->maxconn = whole_number(word(l, 1), -1);
	} else if (strcmp(word(l, 0), "log") == 0) {
		c->global.log_target = true;
	}
}

static void
end_section(struct reader *r)
{
	if (r->section == S_FRONTEND && r->front.log_target &&
	    r->front.log_format)
		r->c->frontend_log = true;
}

/* True: the line begins a section. */
static bool
begin_section(struct reader *r, const struct conf_line *l)
{
	static const char *const others[] = { "peers", "resolvers", "userlist",
		"mailers", "program", "cache", "ring", "http-errors",
		"fcgi-app", "log-forward" };
	const char *w = word(l, 0);
	enum section s = S_OTHER;
	size_t i;

	if (strcmp(w, "global") == 0)
		s = S_GLOBAL;
	else if (strcmp(w, "defaults") == 0)
		s = S_DEFAULTS;
	else if (strcmp(w, "frontend") == 0)
		s = S_FRONTEND;
	else if (strcmp(w, "backend") == 0 || strcmp(w, "listen") == 0)
		s = strcmp(word(l, 1), r->backend) == 0 ? S_BACKEND : S_OTHER;
	else {
		for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (strcmp(w, others[i]) == 0)
				break;
		if (i == sizeof(others) / sizeof(others[0]))
			return (false);
	}
	end_section(r);
	r->section = s;
	if (s == S_DEFAULTS)
		r->defaults = (struct conf_proxy){ .retries = -1 };
	if (s == S_FRONTEND)
		r->front = r->defaults;
	if (s == S_BACKEND) {
		r->c->backend = true;
		r->c->proxy = r->defaults;
		r->front = r->defaults;
	}
	return (true);
}

static void
read_backend(struct reader *r, const struct conf_line *l)
{
	struct haproxy_conf *c = r->c;

	read_proxy(l, &c->proxy);
	if (strcmp(word(l, 0), "server-template") == 0 &&
	    (r->slots[0] == '\0' ? c->template.number == 0 :
		strcmp(word(l, 1), r->slots) == 0))
		read_template(l, &c->template);
	if (strcmp(word(l, 0), "server-state-file-name") == 0)
		(void)snprintf(c->state_file, sizeof(c->state_file), "%s",
		    word(l, 1));
}

static void
read_line(struct reader *r, const struct conf_line *l)
{
	if (l->n == 0 || begin_section(r, l))
		return;
	switch (r->section) {
	case S_GLOBAL:
		read_global(l, r->c);
		break;
	case S_DEFAULTS:
		read_proxy(l, &r->defaults);
		break;
	case S_FRONTEND:
		read_proxy(l, &r->front);
		break;
	case S_BACKEND:
		read_backend(r, l);
		break;
	default:
		break;
	}
}

void
haproxy_conf_read(struct haproxy_conf *c, const char *text, size_t n,
    const char *backend, const char *slots)
{
	struct reader r = { .c = c, .backend = backend, .slots = slots,
		.defaults = { .retries = -1 } };
	char line[LINE_MAX_SIZE], words[LINE_MAX_SIZE + CONF_WORDS];
	const char *p = text, *end = text + n, *nl;
	struct conf_line l = { 0 };
	size_t k;

	memset(c, 0, sizeof(*c));
	c->maxconn = -1;
	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		k = (size_t)((nl != NULL ? nl : end) - p);
		if (k >= sizeof(line))
			k = sizeof(line) - 1;
		memcpy(line, p, k);
		line[k] = '\0';
		l.number++;
		split_line(line, words, &l);
		read_line(&r, &l);
		p = nl != NULL ? nl + 1 : end;
	}
	end_section(&r);
}
