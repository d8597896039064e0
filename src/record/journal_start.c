/* SPDX-License-Identifier: MIT */
/*
 * A start: the folder is ours, nobody else works in it, and the newest
 * generation that is whole says who exists.  A file that cannot be taken is
 * set aside, never deleted and never written to; whatever then is not sure
 * makes the start a safe one (I-28).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/clock.h"
#include "io/file.h"
#include "record/generations.h"
#include "record/journal_priv.h"
#include "record/restore.h"
#include "record/store.h"

enum { STALE_S = 3600, AHEAD_S = 300 };

static int
folder_check(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0 && errno == ENOENT &&
	    mkdir(path, 0700) != 0)
		return (err_set(e, errno, "make the state folder '%s': %s",
		    path, strerror(errno)));
	if (stat(path, &st) != 0)
		return (err_set(e, errno, "the state folder '%s': %s", path,
		    strerror(errno)));
	if (!S_ISDIR(st.st_mode))
		return (err_set(e, ENOTDIR, "the state folder '%s' is not a "
		    "folder", path));
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return (err_set(e, EPERM, "the state folder '%s' belongs to "
		    "user %u, expected %u", path, (unsigned)st.st_uid,
		    (unsigned)geteuid()));
	if (st.st_mode & 0022)
		return (err_set(e, EPERM, "the state folder '%s' may be "
		    "written by others (mode %03o), expected 700 or 755", path,
		    (unsigned)st.st_mode & 0777));
	return (0);
}

/* The lock is on the folder itself: it needs no room on a full disk. */
int
journal_lock(struct journal *j, struct err *e)
{
	char path[PATH_MAX + 16], *pid = NULL, text[32];
	size_t n;

	if (folder_check(j->folder, e) != 0)
		return (-1);
	(void)snprintf(path, sizeof(path), "%s/plimsolld.pid", j->folder);
	j->folder_fd = open(j->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->folder_fd < 0)
		return (err_set(e, errno, "open the state folder '%s': %s",
		    j->folder, strerror(errno)));
	if (flock(j->folder_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return (err_set(e, errno, "lock the state folder "
			    "'%s': %s", j->folder, strerror(errno)));
		if (file_read(path, sizeof(text), &pid, &n, NULL) != 0)
			pid = NULL;
		(void)err_set(e, EBUSY, "another plimsolld (process %.*s) "
		    "works on the state folder '%s'",
		    pid != NULL ? (int)strcspn(pid, "\n") : 7,
		    pid != NULL ? pid : "unknown", j->folder);
		free(pid);
		return (-1);
	}
	n = (size_t)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	(void)file_replace(path, text, n, NULL);
	return (0);
}

static void
begin_doubt(struct past *p, const char *why)
{
	if (p->why[0] == '\0')
		(void)snprintf(p->why, sizeof(p->why), "%.*s",
		    (int)sizeof(p->why) - 1, why);
	p->safe_mode = true;
}

/* One generation: taken, or set aside with a sentence. */
static struct store *
begin_try(struct journal *j, int number, struct past *p)
{
	struct store *s = NULL;
	struct err e = { 0 };
	enum store_is is = store_open(&s, j->folder, number, j->o.vfs, &e);

	if (is == STORE_GOOD && restore_read(s, &j->mirror, &e) == 0)
		return (s);
	if (is == STORE_GOOD) {
		is = e.code == EILSEQ ? STORE_DAMAGED : STORE_FAILED;
		store_close(s, false);
		mirror_free(&j->mirror);
	}
	if (is == STORE_UNFINISHED)
		(void)err_set(&e, EILSEQ, "journal.%d.db in '%s' was never "
		    "finished: what came last may be missing", number,
		    j->folder);
	begin_doubt(p, e.text);
	if (is != STORE_FAILED)
		(void)generations_keep(j->folder, number, NULL);
	return (NULL);
}

/* ret_older: it is not the newest; a new one must begin with what it says. */
static struct store *
begin_find(struct journal *j, struct past *p, bool *ret_older, struct err *e)
{
	int number[GENERATIONS_MAX], n, i;
	struct store *s = NULL;
	char why[PATH_MAX + 64];

	if (generations_list(j->folder, number, &n, e) != 0)
		return (NULL);
	for (i = n - 1; i >= 0 && s == NULL; i--)
		s = begin_try(j, number[i], p);
	*ret_older = s != NULL && i < n - 2;
	p->first = n == 0;
	if (s == NULL) {
		(void)snprintf(why, sizeof(why), "no journal in '%s': a first "
		    "start, or the state was lost", j->folder);
		begin_doubt(p, why);
	}
	return (s);
}

/* Is the last record as young as it should be? */
static void
begin_age(struct journal *j, const struct now *now, const char *boot,
    struct past *p)
{
	const struct run *last = &j->mirror.runs[j->mirror.n_runs - 1];
	int64_t age_s;
	char why[160];

	p->last_wall_s = last->last_wall_s;
	p->rebooted = strcmp(last->boot, boot) != 0;
	age_s = p->rebooted ? now->wall_s - last->last_wall_s :
	    (now->mono - last->last) / NS_S;
	if (age_s > STALE_S || age_s < -AHEAD_S) {
		(void)snprintf(why, sizeof(why), "the journal's last record "
		    "is %lld minutes %s: it may be an old copy",
		    (long long)(age_s < 0 ? -age_s : age_s) / 60,
		    age_s < 0 ? "ahead of the clock" : "old");
		begin_doubt(p, why);
	}
	if (p->rebooted)
		restore_shift(&j->mirror, now, last);
}

static void
begin_run(struct journal *j, const struct now *now, const char *boot)
{
	struct mirror *m = &j->mirror;
	struct run r = { .begun_wall_s = now->wall_s,
		.last_wall_s = now->wall_s, .begun = now->mono,
		.last = now->mono };

	r.id = m->n_runs > 0 ? m->runs[m->n_runs - 1].id + 1 : 1;
	(void)snprintf(r.boot, sizeof(r.boot), "%s", boot);
	(void)snprintf(r.build, sizeof(r.build), "%s", j->build);
	mirror_run_put(m, &r);
}

/* The start itself is the first record.  -1: it could not be written. */
static int
begin_write(struct journal *j, struct store **s, bool anew,
    const struct now *now, struct err *e)
{
	struct bytes b = { NULL, 0, 0, false };
	int number, rc = -1;

	mirror_lines(&j->mirror, &b, now);
	if (b.failed) {
		(void)err_set(e, ENOMEM, "journal: out of memory");
		goto out;
	}
	if (anew) {
		store_close(*s, false);
		*s = NULL;
		number = generations_next(j->folder, e);
		if (number < 0 || store_create(s, j->folder, number, j->o.vfs,
		    e) != 0)
			goto out;
	}
	if (store_begin(*s, e) == 0 &&
	    store_apply(*s, b.at, b.n, anew, e) == 0 &&
	    store_commit(*s, e) == 0)
		rc = 0;
out:
	if (rc != 0) {
		number = anew && *s != NULL ? store_number(*s) : 0;
		store_close(*s, false);
		*s = NULL;
		if (number != 0)
			generations_delete(j->folder, number);
	}
	bytes_free(&b);
	return (rc);
}

static void
begin_boot_id(char *ret, size_t size)
{
	char *text = NULL;
	size_t n;

	if (file_read("/proc/sys/kernel/random/boot_id", 256, &text, &n,
	    NULL) == 0)
		(void)snprintf(ret, size, "%.*s",
		    (int)strcspn(text, "\n"), text);
	free(text);
}

/*
 * Fills mirror and past.  NULL with e->code 0: nothing can be written now,
 * the writer goes on trying.
 */
struct store *
journal_begin(struct journal *j, struct past *p, struct err *e)
{
	struct now now = clock_now();
	struct err broken = { 0 };
	bool older = false;
	struct store *s = begin_find(j, p, &older, e);
	char boot[40] = "unknown";

	if (e->code != 0)
		return (NULL);
	begin_boot_id(boot, sizeof(boot));
	if (j->mirror.n_runs > 0) {
		begin_age(j, &now, boot, p);
		p->fast_crashes = restore_fast_crashes(&j->mirror,
		    j->o.fast_crash);
	}
	begin_run(j, &now, boot);
	if (restore_past(&j->mirror, &now, j->build, p, e) != 0) {
		store_close(s, false);
		return (NULL);
	}
	p->writable = begin_write(j, &s, s == NULL || older, &now, &broken) ==
	    0;
	if (!p->writable)
		(void)snprintf(j->why, sizeof(j->why), "%s", broken.text);
	return (s);
}
