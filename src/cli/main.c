/* SPDX-License-Identifier: MIT */
/* plimsoll: everything that a person types.  A table of commands. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"

static int	help_run(const struct command *, int argc, char **argv);

static char help[] = "help";

static const struct command commands[] = {
	{ "status", "[GROUP]", "groups, load, servers and why", status_run, true },
	{ "watch", "[GROUP]", "the same, every second", watch_run, true },
	{ "explain", "GROUP", "the last decision in sentences", explain_run, true },
	{ "servers", "GROUP", "each server and its phase", servers_run, true },
	{ "ready", "[GROUP]", "is there all that a launch will need", ready_run,
	    true },
	{ "phases", "GROUP", "how long a launch takes, phase by phase",
	    phases_run, true },
	{ "history", "[GROUP] [--limit N] [--since D]",
	    "what was decided, done and said", history_run, true },
	{ "scale", "GROUP N [--exact|--at-most] [--for D] [--over-max] "
	    "[--force] [--reason T] [--wait]",
	    "at least N servers for a while", word_run, true },
	{ "hold", "GROUP [in|out|all] [--for D] [--reason T]",
	    "nothing is removed, launched, or both", word_run, true },
	{ "resume", "GROUP [--reason T]",
	    "ends holds, words and breakers", word_run, true },
	{ "note", "GROUP TEXT", "marks a deploy or a campaign", word_run, true },
	{ "drill", "GROUP [--wait] [--reason T]",
	    "one server through the launch path, out of service", word_run,
	    true },
	{ "drain", "ID [--group G] [--reason T]",
	    "takes one server away", word_run, true },
	{ "replace", "ID [--group G] [--reason T]",
	    "a new server in its place", word_run, true },
	{ "protect", "ID [--for D] [--group G] [--reason T]",
	    "is not taken away", word_run, true },
	{ "adopt", "ID [--group G] [--reason T]",
	    "a server of others becomes ours", word_run, true },
	{ "reload", "[--confirm ID]", "reads the policy again", reload_run, true },
	{ "check", "FILE [--json] | --keys", "what is wrong with a policy, or "
	    "what it means", check_run, false },
	{ "drive", "--policy FILE", "the deciding core alone, JSON Lines in and out",
	    drive_run, false },
	{ "replay", "JOURNAL [--policy FILE] [--json]",
	    "decides again what a journal recorded", replay_run, false },
	{ "help", "[COMMAND]", "this list, or what a command takes", help_run, false },
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
list_commands(FILE *f)
{
	const struct command *c;

	(void)fprintf(f, "usage: plimsoll COMMAND [ARGUMENTS]\n"
	    "       plimsoll --version\n\n");
	for (c = commands; c < commands + N_COMMANDS; c++)
		(void)fprintf(f, "  %-9s %s\n", c->name, c->help);
	(void)fprintf(f, "\n`plimsoll help COMMAND` says what one takes.  Exit "
	    "status: 0 done, 1 refused or failed,\n2 wrong usage.\n");
}

static const struct command *
find(const char *name)
{
	const struct command *c;

	for (c = commands; c < commands + N_COMMANDS; c++)
		if (strcmp(name, c->name) == 0)
			return (c);
	(void)fprintf(stderr, "plimsoll: there is no command '%s' "
	    "(see `plimsoll help`)\n", safe(name));
	return (NULL);
}

static int
help_run(const struct command *c, int argc, char **argv)
{
	if (argc > 2)
		return (command_usage(c, "one command at a time"));
	if (argc == 2 && (c = find(argv[1])) == NULL)
		return (EXIT_USAGE);
	if (argc == 2)
		command_help(c);
	else
		list_commands(stdout);
	return (EXIT_DONE);
}

static bool
asks_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return (true);
	return (false);
}

/* An answer that nobody could read was not given. */
static int
finish(int rc)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (rc);
	(void)fprintf(stderr, "plimsoll: standard output: %s\n",
	    strerror(errno));
	return (rc == EXIT_DONE ? EXIT_REFUSED : rc);
}

int
main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		list_commands(stderr);
		return (EXIT_USAGE);
	}
	if (strcmp(argv[1], "--version") == 0 && argc == 2) {
		(void)printf("plimsoll %s\n", PACKAGE_VERSION);
		return (finish(EXIT_DONE));
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = help;
	c = find(argv[1]);
	if (c == NULL)
		return (EXIT_USAGE);
	if (!asks_help(argc - 1, argv + 1))
		return (finish(c->run(c, argc - 1, argv + 1)));
	command_help(c);
	return (finish(EXIT_DONE));
}
