/* SPDX-License-Identifier: MIT */
/*
 * What a command takes, for people.  The options are told of once, here; a
 * command shows those that stand in its own row of main.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct {
	const char *name, *help;
} options[] = {
	{ "--exact", "exactly N, not at least N" },
	{ "--at-most", "at most N, not at least N" },
	{ "--for D", "ends after so long, as 90s, 5m, 2h; without it after 2h, "
	    "a hold never" },
	{ "--over-max", "beyond the policy's max, up to its hard_max" },
	{ "--force", "lower it although the data is doubtful" },
	{ "--reason T", "why, for the journal and the next person" },
	{ "--wait", "stay, with progress, until it is done" },
	{ "--group G", "where two groups have a server of this name" },
	{ "--limit N", "at most so many lines" },
	{ "--since D", "not older than this, as 10m or 2h" },
	{ "--confirm ID", "do the plan that waits for this word" },
	{ "--policy FILE", "the policy file" },
	{ "--keys", "every key with its type, range and default" },
	{ "--json", "the whole answer as JSON" },
	{ "--control PATH", "the control socket (" CONTROL_PATH ")" },
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

static bool
takes(const struct command *c, const char *option)
{
	size_t n = strcspn(option, " ");
	const char *p = c->args;

	if (c->asks && (strcmp(option, "--json") == 0 ||
	    strncmp(option, "--control ", 10) == 0))
		return (true);
	while ((p = strstr(p, "--")) != NULL) {
		if (strncmp(p, option, n) == 0 && strchr(" |]", p[n]) != NULL)
			return (true);
		p += 2;
	}
	return (false);
}

void
command_help(const struct command *c)
{
	int i;

	(void)printf("usage: plimsoll %s %s%s\n\n%c%s.\n", c->name, c->args,
	    c->asks ? " [--json] [--control PATH]" : "", c->help[0] - 'a' +
	    'A', c->help + 1);
	if (strstr(c->args, "--") != NULL || c->asks)
		(void)printf("\n");
	for (i = 0; i < N_OPTIONS; i++)
		if (takes(c, options[i].name))
			(void)printf("  %-15s %s\n", options[i].name,
			    options[i].help);
}

int
command_usage(const struct command *c, const char *why, ...)
{
	va_list ap;

	(void)fprintf(stderr, "plimsoll %s: ", c->name);
	va_start(ap, why);
	(void)vfprintf(stderr, why, ap);
	va_end(ap);
	(void)fprintf(stderr, "\nusage: plimsoll %s %s\n", c->name, c->args);
	return (EXIT_USAGE);
}
