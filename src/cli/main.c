/* SPDX-License-Identifier: MIT */
/* plimsoll: everything that a person types.  A table of commands. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int	help_run(const struct command *, int argc, char **argv);

static const struct command commands[] = {
	{ "status", "[GROUP]", "groups, load, servers and why", status_run },
	{ "watch", "[GROUP]", "the same, every second", watch_run },
	{ "explain", "GROUP", "the last decision in sentences", explain_run },
	{ "servers", "GROUP", "each server and its phase", servers_run },
	{ "history", "[GROUP] [--limit N] [--since D]",
	    "what was decided, done and said", history_run },
	{ "scale", "GROUP N [--exact|--at-most] [--for D] [--over-max] "
	    "[--force] [--reason T] [--wait]",
	    "at least N servers for a while", word_run },
	{ "hold", "GROUP [in|out|all] [--for D] [--reason T]",
	    "nothing is removed, launched, or both", word_run },
	{ "resume", "GROUP", "ends holds, words and breakers", word_run },
	{ "note", "GROUP TEXT", "marks a deploy or a campaign", word_run },
	{ "drain", "ID [--group G]", "takes one server away", word_run },
	{ "replace", "ID [--group G]", "a new server in its place", word_run },
	{ "protect", "ID [--for D]", "is not taken away", word_run },
	{ "adopt", "ID [--group G]", "a server of others becomes ours",
	    word_run },
	{ "reload", "[--confirm ID]", "reads the policy again", reload_run },
	{ "check", "FILE [--json] | --keys", "what is wrong with a policy, or "
	    "what it means", check_run },
	{ "drive", "--policy FILE", "the deciding core alone, JSON Lines in and out",
	    drive_run },
	{ "replay", "JOURNAL [--policy FILE] [--json]",
	    "decides again what a journal recorded", replay_run },
	{ "help", "", "this list", help_run },
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
list_commands(FILE *f)
{
	const struct command *c;

	(void)fprintf(f, "usage: plimsoll COMMAND [ARGUMENTS]\n"
	    "       plimsoll --version\n\n");
	for (c = commands; c < commands + N_COMMANDS; c++)
		(void)fprintf(f, "  %-8s %s%s%s\n", c->name, c->args,
		    c->args[0] != '\0' ? ": " : "", c->help);
	(void)fprintf(f, "\nThose that ask plimsolld also take --json and "
	    "--control PATH.\n");
}

static int
help_run(const struct command *c, int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return (command_usage(c));
	list_commands(stdout);
	return (EXIT_DONE);
}

int
command_usage(const struct command *c)
{
	(void)fprintf(stderr, "usage: plimsoll %s %s\n", c->name, c->args);
	return (EXIT_USAGE);
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
		return (EXIT_DONE);
	}
	if (strcmp(argv[1], "--help") == 0)
		argv[1] += 2;
	for (c = commands; c < commands + N_COMMANDS; c++)
		if (strcmp(argv[1], c->name) == 0)
			return (c->run(c, argc - 1, argv + 1));
	(void)fprintf(stderr, "plimsoll: there is no command '%s' "
	    "(see `plimsoll help`)\n", argv[1]);
	return (EXIT_USAGE);
}
