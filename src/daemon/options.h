/* SPDX-License-Identifier: MIT */
/* The command line of plimsolld. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

struct options {
	const char *policy; /* file */
	int answered; /* --version, --help: done */
};

/* 0, or -1 after a sentence on stderr: usage. */
int	options_read(int argc, char **argv, struct options *ret);

#endif
