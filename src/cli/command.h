/* SPDX-License-Identifier: MIT */
/*
 * The commands of `plimsoll`: one row in main.c and one file each.  run()
 * gets argv with the command's own name at argv[0] and returns the exit
 * status.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#define CONTROL_PATH "/run/plimsoll/control.sock"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *args; /* as the usage line shows them */
	const char *help; /* half a line, in lower case */
	int (*run)(const struct command *, int argc, char **argv);
	bool asks; /* plimsolld: takes --json and --control, too */
};

/* What is wrong and how it is used, on stderr; returns EXIT_USAGE. */
int	command_usage(const struct command *, const char *why, ...)
	    __attribute__((format(printf, 2, 3)));
/* How it is used and what its options are, on stdout. */
void	command_help(const struct command *);

int	check_run(const struct command *, int argc, char **argv);
int	drive_run(const struct command *, int argc, char **argv);
int	explain_run(const struct command *, int argc, char **argv);
int	history_run(const struct command *, int argc, char **argv);
int	phases_run(const struct command *, int argc, char **argv);
int	ready_run(const struct command *, int argc, char **argv);
int	reload_run(const struct command *, int argc, char **argv);
int	replay_run(const struct command *, int argc, char **argv);
int	servers_run(const struct command *, int argc, char **argv);
int	status_run(const struct command *, int argc, char **argv);
int	watch_run(const struct command *, int argc, char **argv);
int	word_run(const struct command *, int argc, char **argv);

#endif
