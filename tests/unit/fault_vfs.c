/* SPDX-License-Identifier: MIT */
/* The failing file system; see fault_vfs.h. */
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "fault_vfs.h"

struct fault fault;

struct file {
	sqlite3_file base;
	int failed;
	sqlite3_file real[];
};

static sqlite3_vfs vfs;
static sqlite3_vfs *under;

#define REAL(f) (((struct file *)(f))->real)

void
fault_reset(void)
{
	fault.write_after = -1;
	fault.sync_after = -1;
	fault.once = 0;
	fault.hold = 0;
	fault.stall_ms = 0;
	fault.fails = 0;
	fault.writes_after_fail = 0;
	fault.write_rc = SQLITE_FULL;
	fault.sync_rc = SQLITE_IOERR_FSYNC;
}

/* Counts down; SQLITE_OK until it is there. */
static int
due(_Atomic int *after, int rc, sqlite3_file *f)
{
	int n = *after;

	if (n < 0)
		return (SQLITE_OK);
	if (n > 0) {
		(*after)--;
		return (SQLITE_OK);
	}
	fault.fails++;
	if (fault.once)
		*after = -1;
	((struct file *)f)->failed = 1;
	return (rc);
}

static int
v_close(sqlite3_file *f)
{
	return (REAL(f)->pMethods != NULL ?
	    REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK);
}

static int
v_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return (REAL(f)->pMethods->xRead(REAL(f), p, n, at));
}

static int
v_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc;

	if (((struct file *)f)->failed)
		fault.writes_after_fail++;
	rc = due(&fault.write_after, fault.write_rc, f);
	if (rc != SQLITE_OK)
		return (rc);
	return (REAL(f)->pMethods->xWrite(REAL(f), p, n, at));
}

static int
v_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	if (((struct file *)f)->failed)
		fault.writes_after_fail++;
	return (REAL(f)->pMethods->xTruncate(REAL(f), n));
}

static int
v_sync(sqlite3_file *f, int flags)
{
	int ms = atomic_exchange(&fault.stall_ms, 0);
	int rc;

	while (fault.hold)
		(void)poll(NULL, 0, 1);
	if (ms > 0)
		(void)poll(NULL, 0, ms);
	rc = due(&fault.sync_after, fault.sync_rc, f);
	if (rc != SQLITE_OK)
		return (rc);
	return (REAL(f)->pMethods->xSync(REAL(f), flags));
}

static int
v_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return (REAL(f)->pMethods->xFileSize(REAL(f), n));
}

static int
v_lock(sqlite3_file *f, int how)
{
	return (REAL(f)->pMethods->xLock(REAL(f), how));
}

static int
v_unlock(sqlite3_file *f, int how)
{
	return (REAL(f)->pMethods->xUnlock(REAL(f), how));
}

static int
v_check(sqlite3_file *f, int *ret)
{
	return (REAL(f)->pMethods->xCheckReservedLock(REAL(f), ret));
}

static int
v_control(sqlite3_file *f, int op, void *arg)
{
	return (REAL(f)->pMethods->xFileControl(REAL(f), op, arg));
}

static int
v_sector(sqlite3_file *f)
{
	return (REAL(f)->pMethods->xSectorSize(REAL(f)));
}

static int
v_device(sqlite3_file *f)
{
	return (REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)));
}

/* Version 1: no shared memory, which the journal does not use either. */
static const sqlite3_io_methods methods = { 1, v_close, v_read, v_write,
	v_truncate, v_sync, v_size, v_lock, v_unlock, v_check, v_control,
	v_sector, v_device, NULL, NULL, NULL, NULL, NULL, NULL };

static int
v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	int rc = under->xOpen(under, name, REAL(f), flags, out);

	(void)v;
	((struct file *)f)->failed = 0;
	f->pMethods = rc == SQLITE_OK ? &methods : NULL;
	return (rc);
}

void
fault_register(void)
{
	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = FAULT_VFS;
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + under->szOsFile;
	vfs.xOpen = v_open;
	(void)sqlite3_vfs_register(&vfs, 0);
	fault_reset();
}
