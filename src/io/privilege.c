/* SPDX-License-Identifier: MIT */
/* Giving rights away; see privilege.h.  Only before the loop: it may wait. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"

/* Descriptors: a probe for each server of a rush, and clients. */
enum { FILES_WANTED = 8192 };

static int
make_folder(const char *path, const struct passwd *owner, struct err *e)
{
	struct stat st;

	if (mkdir(path, 0750) != 0) {
		if (errno != EEXIST)
			return (err_set(e, errno, "folder '%s': %s", path,
			    strerror(errno)));
		if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
			return (err_set(e, ENOTDIR, "'%s' is no folder",
			    path));
		return (0); /* as it was set up */
	}
	if (owner != NULL && chown(path, owner->pw_uid, owner->pw_gid) != 0)
		return (err_set(e, errno, "folder '%s': %s", path,
		    strerror(errno)));
	return (0);
}

int
privilege_drop(const char *user, const char *const *folders, struct err *e)
{
	const struct passwd *pw = NULL;

	if (geteuid() == 0) {
		if (user[0] == '\0')
			return (err_set(e, EPERM, "it does not run as root: "
			    "set `user` in the policy, or start it as "
			    "another user"));
		pw = getpwnam(user);
		if (pw == NULL || pw->pw_uid == 0)
			return (err_set(e, ENOENT, "user '%s': %s", user,
			    pw == NULL ? "there is none" : "is root"));
	}
	for (; *folders != NULL; folders++)
		if (make_folder(*folders, pw, e) != 0)
			return (-1);
	if (pw == NULL)
		return (0);
	if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
	    setuid(pw->pw_uid) != 0)
		return (err_set(e, errno, "becoming user '%s': %s", user,
		    strerror(errno)));
	if (setuid(0) == 0)
		return (err_set(e, EPERM, "becoming user '%s' could be taken "
		    "back", user));
	return (0);
}

int
privilege_harden(struct err *e)
{
	struct rlimit none = { 0, 0 }, files;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return (err_set(e, errno, "giving rights away: %s",
		    strerror(errno)));
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur < FILES_WANTED) {
		files.rlim_cur = files.rlim_max < FILES_WANTED ?
		    files.rlim_max : FILES_WANTED;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	return (0);
}

int
privilege_group(const char *name, gid_t *ret, struct err *e)
{
	const struct group *g = getgrnam(name);

	if (g == NULL)
		return (err_set(e, ENOENT, "group of users '%s': there is "
		    "none", name));
	*ret = g->gr_gid;
	return (0);
}
