/* SPDX-License-Identifier: MIT */
/* The whole daemon: started in order, run, stopped in mirror order. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

enum { DAEMON_DONE = 0, DAEMON_FAILED = 1, DAEMON_USAGE = 2 };

/* Exit status. */
int	daemon_main(int argc, char **argv);

#endif
