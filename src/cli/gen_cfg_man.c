/* SPDX-License-Identifier: MIT */
/*
 * Writes plimsoll.cfg(5) from the rows of keys, at build time: the manual
 * page, the parser and its messages have one source.  Not installed.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "policy/keys.h"

/* Text for roff: no line of it begins a request, no escape is left. */
static void
put_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			(void)fputs("\\e", stdout);
		else if (*s == '-')
			(void)fputs("\\-", stdout);
		else if (*s == '"')
			(void)fputs("\\(dq", stdout);
		else if (*s == '\'')
			(void)fputs("\\(aq", stdout);
		else
			(void)putchar(*s);
	}
}

/* One sentence a line, as mandoc wants it. */
static void
put_help(const char *s)
{
	for (; *s != '\0'; s++) {
		char one[2] = { *s, '\0' };

		if (s[0] == '.' && s[1] == ' ' && isupper((unsigned char)s[2])) {
			(void)puts(".");
			s++;
		} else {
			put_text(one);
		}
	}
	(void)putchar('\n');
}

static void
put_key(const struct key *k)
{
	char expected[300];

	keys_expected(k, expected, sizeof(expected));
	(void)printf(".It Ic ");
	put_text(k->name);
	(void)printf("\n");
	if (isupper((unsigned char)expected[0]) == 0)
		expected[0] = (char)toupper((unsigned char)expected[0]);
	put_text(expected);
	if (k->def == NULL)
		(void)puts("; required.");
	else if (k->def[0] == '\0')
		(void)puts(".");
	else {
		(void)printf(";\ndefault ");
		put_text(k->def);
		(void)puts(".");
	}
	put_help(k->help);
	if (k->invalidates == INVALIDATES_START)
		(void)puts("Needs a restart of the daemon.");
}

static void
put_scope(const struct keys_scope *s)
{
	const char *p;
	size_t i;
	int k;

	(void)printf(".Ss ");
	for (p = s->where; *p != '\0'; p++)
		(void)putchar(p == s->where ? toupper((unsigned char)*p) : *p);
	(void)putchar('\n');
	if (s->help != NULL)
		put_help(s->help);
	if (s->example != NULL) {
		(void)puts(".Bd -literal -offset indent");
		put_text(s->example);
		(void)puts("\n.Ed");
	}
	for (k = 0; k < 4 && s->tables[k] != NULL; k++) {
		if (s->tables[k]->n == 0)
			continue;
		if (k == 0)
			(void)puts(".Bl -tag -width Ds");
		for (i = 0; i < s->tables[k]->n; i++)
			put_key(&s->tables[k]->rows[i]);
	}
	(void)puts(".El");
}

static const char head[] =
    ".\\\" Made from the rows of keys by src/cli/gen_cfg_man.c.\n"
    ".Dd November 24, 2026\n.Dt PLIMSOLL.CFG 5\n.Os\n.Sh NAME\n.Nm plimsoll.cfg\n"
    ".Nd the policy of plimsolld\n.Sh DESCRIPTION\n"
    "The policy says what servers there may be, what they carry, and how\n"
    "careful\n.Xr plimsolld 8\nis.\n"
    ".Ql plimsoll check FILE\n"
    "says what is wrong with one, or what it means.\n.Pp\n"
    "The file is a list of settings, each\n.Ql NAME = VALUE;\n"
    "or a group\n.Ql NAME: { ... };\n"
    "Strings stand in double quotes, lists in\n.Ql \\&[ \\&]\nor\n.Ql \\&( \\&) ,\n"
    "comments after\n.Ql #\nor\n.Ql // .\n"
    "A whole number may stand where a number is wanted; nothing else is\n"
    "converted.\n"
    "Durations and sizes are strings with a unit:\n"
    ".Ql \\(dq500ms\\(dq ,\n.Ql \\(dq30s\\(dq ,\n.Ql \\(dq5m\\(dq ,\n"
    ".Ql \\(dq24h\\(dq ,\n.Ql \\(dq7d\\(dq ;\n.Ql \\(dq64MB\\(dq .\n"
    "A line\n.Ql @include \\(dqFILE\\(dq\n"
    "takes in another file, looked for beside the one that names it.\n"
    "An unknown key is an error, and all errors are told at once.\n.Pp\n"
    "A reload\n.Po\n.Ql plimsoll reload\nor SIGHUP\n.Pc\n"
    "is all or nothing.\n"
    "A change of a group\\(aqs capacity beyond\n.Ic reload.confirm_pct\n"
    "waits for\n.Ql plimsoll reload \\-\\-confirm ID .\n.Sh KEYS\n";

static const char foot[] =
    ".Sh EXAMPLES\n.Bd -literal\n"
    "providers: { main: { type = \\(dqlocal\\(dq; }; };\n"
    "groups: (\n"
    "  { name = \\(dqshop\\(dq;\n"
    "    min = 2;  max = 40;\n"
    "    server:   { rate = 100.0; utilization = 0.75; };\n"
    "    source:   { type = \\(dqhaproxy\\(dq; backend = \\(dqshop\\(dq;\n"
    "                sockets = [\\(dq/run/haproxy/admin.sock\\(dq]; };\n"
    "    balancer: { type = \\(dqhaproxy\\(dq; backend = \\(dqshop\\(dq;\n"
    "                sockets = [\\(dq/run/haproxy/admin.sock\\(dq]; };\n"
    "    launch:   { providers = [\\(dqmain\\(dq];\n"
    "                main: { ... }; };\n"
    "  }\n);\n.Ed\n.Sh SEE ALSO\n.Xr plimsoll 1 ,\n.Xr plimsolld 8\n";

int
main(void)
{
	struct keys_scope s;
	int i;

	(void)fputs(head, stdout);
	for (i = 0; keys_scope(i, &s); i++)
		if (s.tables[0] != NULL)
			put_scope(&s);
	(void)fputs(foot, stdout);
	return (ferror(stdout) || fflush(stdout) != 0 ? 1 : 0);
}
