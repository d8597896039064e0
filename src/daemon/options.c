/* SPDX-License-Identifier: MIT */
/* The command line of plimsolld; see options.h. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/options.h"

static const struct option longs[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "foreground", no_argument, NULL, 'F' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(FILE *f)
{
	(void)fprintf(f, "usage: plimsolld [[-f] FILE]\n"
	    "       plimsolld --version\n\n"
	    "  -f, --file FILE   the policy (%s/plimsoll.cfg)\n"
	    "  --foreground      as always: it never goes to the background\n",
	    PLIMSOLL_SYSCONF);
}

int
options_read(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ PLIMSOLL_SYSCONF "/plimsoll.cfg", 0 };
	while ((c = getopt_long(argc, argv, "f:h", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			o->policy = optarg;
			break;
		case 'F':
			break;
		case 'h':
			usage(stdout);
			o->answered = 1;
			return (0);
		case 'V':
			(void)printf("plimsolld %s\n", PACKAGE_VERSION);
			o->answered = 1;
			return (0);
		default:
			usage(stderr);
			return (-1);
		}
	}
	if (optind < argc)
		o->policy = argv[optind++];
	if (optind == argc)
		return (0);
	(void)fprintf(stderr, "plimsolld: one policy is enough\n");
	usage(stderr);
	return (-1);
}
