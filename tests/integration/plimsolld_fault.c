/* SPDX-License-Identifier: MIT */
/*
 * plimsolld on a disk that fails when a test says so: SIGUSR1, the next sync
 * takes ten seconds; SIGUSR2, the next sync fails; SIGRTMIN, the loop goes no
 * further.  All else is the real one.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "../unit/fault_vfs.h"

enum { STALL_MS = 10000 };

static void
on_stall(int sig)
{
	(void)sig;
	fault.stall_ms = STALL_MS;
}

static void
on_fail(int sig)
{
	(void)sig;
	fault.sync_after = 0;
}

static void
on_stuck(int sig)
{
	(void)sig;
	for (;;)
		(void)pause();
}

int
main(int argc, char **argv)
{
	struct sigaction stall = { .sa_handler = on_stall,
		.sa_flags = SA_RESTART };
	struct sigaction fail = { .sa_handler = on_fail,
		.sa_flags = SA_RESTART };

	struct sigaction stuck = { .sa_handler = on_stuck };

	fault_register();
	(void)sqlite3_vfs_register(sqlite3_vfs_find(FAULT_VFS), 1);
	(void)sigaction(SIGUSR1, &stall, NULL);
	(void)sigaction(SIGUSR2, &fail, NULL);
	(void)sigaction(SIGRTMIN, &stuck, NULL);
	return (daemon_main(argc, argv));
}
