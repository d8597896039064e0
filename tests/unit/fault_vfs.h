/* SPDX-License-Identifier: MIT */
/*
 * A file system for SQLite that fails on demand: the real one underneath, so
 * that what succeeds is real.  For tests only.
 */
#ifndef TESTS_FAULT_VFS_H
#define TESTS_FAULT_VFS_H

#include <stdatomic.h>

#define FAULT_VFS "plimsoll-fault"

/* Set by the test's thread, read by the journal's. */
struct fault {
	_Atomic int write_after; /* this many writes go well; -1: all */
	_Atomic int write_rc;	 /* then SQLITE_FULL or an SQLITE_IOERR */
	_Atomic int sync_after;
	_Atomic int sync_rc;
	_Atomic int once;	 /* then all goes well again */
	_Atomic int stall_ms;	 /* of the next sync, once */
	_Atomic int hold;	 /* every sync waits until it is 0 */
	_Atomic int fails;	 /* how often it did */
	_Atomic int writes_after_fail; /* to a file after it failed */
};

extern struct fault fault;

void	fault_register(void);
void	fault_reset(void);

#endif
