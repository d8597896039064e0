/* SPDX-License-Identifier: MIT */
/*
 * The files of a state folder; see generations.h.  Only names of exactly our
 * form are looked at, so that nothing else that lies there is ever deleted.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "record/generations.h"
#include "record/store.h"

/* Drops the smallest where they are too many. */
static void
list_add(int *number, int *n, int one)
{
	int i;

	if (*n == GENERATIONS_MAX) {
		if (one < number[0])
			return;
		memmove(number, number + 1,
		    (size_t)--*n * sizeof(number[0]));
	}
	for (i = *n; i > 0 && number[i - 1] > one; i--)
		number[i] = number[i - 1];
	number[i] = one;
	(*n)++;
}

int
generations_list(const char *folder, int number[GENERATIONS_MAX], int *ret_n,
    struct err *e)
{
	DIR *d = opendir(folder);
	struct dirent *x;
	int one, n = 0;

	if (d == NULL)
		return (err_set(e, errno, "open folder '%s': %s", folder,
		    strerror(errno)));
	while ((x = readdir(d)) != NULL)
		if ((one = store_number_of(x->d_name)) > 0)
			list_add(number, &n, one);
	(void)closedir(d);
	*ret_n = n;
	return (0);
}

int
generations_next(const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	struct dirent *x;
	long one;
	int max = 0;

	if (d == NULL)
		return (err_set(e, errno, "open folder '%s': %s", folder,
		    strerror(errno)));
	while ((x = readdir(d)) != NULL) {
		if (strncmp(x->d_name, "journal.", 8) != 0)
			continue;
		one = strtol(x->d_name + 8, NULL, 10);
		if (one > max && one < INT_MAX - 1)
			max = (int)one;
	}
	(void)closedir(d);
	return (max + 1);
}

void
generations_delete(const char *folder, int number)
{
	static const char *const tails[] = { "-wal", "-shm", "-journal", "" };
	char name[PATH_MAX], path[PATH_MAX];
	size_t i;

	if (store_path(path, sizeof(path), folder, number) != 0)
		return;
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (snprintf(name, sizeof(name), "%s%s", path, tails[i]) <
		    (int)sizeof(name))
			(void)unlink(name);
}

void
generations_retain(const char *folder, int present, int64_t before_wall_s,
    int64_t max_bytes)
{
	int number[GENERATIONS_MAX], n, i, newer = 0;
	int64_t bytes = 0;
	char path[PATH_MAX];
	struct stat st;

	if (generations_list(folder, number, &n, NULL) != 0)
		return;
	for (i = n - 1; i >= 0; i--) {
		if (store_path(path, sizeof(path), folder, number[i]) != 0 ||
		    stat(path, &st) != 0 || number[i] > present)
			continue;
		bytes += st.st_size;
		if (newer > 2 && (newer >= GENERATIONS_KEPT ||
		    bytes > max_bytes || st.st_mtime < before_wall_s))
			generations_delete(folder, number[i]);
		newer++;
	}
}

int
generations_keep(const char *folder, int number, struct err *e)
{
	static const char *const tails[] = { "-wal", "" };
	char from[PATH_MAX], to[PATH_MAX], path[PATH_MAX];
	struct stat st;
	size_t i;

	if (store_path(path, sizeof(path), folder, number) != 0)
		return (err_set(e, ENAMETOOLONG, "'%s': the path is too long",
		    folder));
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		if (snprintf(from, sizeof(from), "%s%s", path, tails[i]) >=
		    (int)sizeof(from) ||
		    snprintf(to, sizeof(to), "%s.kept%s", path, tails[i]) >=
		    (int)sizeof(to))
			return (err_set(e, ENAMETOOLONG,
			    "'%s': the path is too long", folder));
		if (lstat(from, &st) != 0)
			continue;
		if (rename(from, to) != 0)
			return (err_set(e, errno, "rename '%s' to '%s': %s",
			    from, to, strerror(errno)));
	}
	return (0);
}
