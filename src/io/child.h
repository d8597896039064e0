/* SPDX-License-Identifier: MIT */
/*
 * Processes of this machine: started behind a gate, known by pid and start
 * time together, signalled through a pidfd, so that a pid that was given to
 * somebody else is never taken for ours.
 */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct err;

/* What /proc/PID/stat says. */
struct child_stat {
	pid_t pid, ppid, pgrp, session;
	char state;	/* R, S, D, Z, ... */
	uint64_t start; /* clock ticks since this boot */
};

enum { CHILD_BOOT_SIZE = 40 };

/* The text of /proc/PID/stat; 0, or -1 where it is none. */
int	child_stat_parse(const char *text, struct child_stat *ret);
/* 0, or -1 where there is no such process. */
int	child_stat_read(pid_t, struct child_stat *ret);
/* This boot's id: a start time means nothing in another one. */
int	child_boot_id(char ret[CHILD_BOOT_SIZE], struct err *);
/*
 * The value of a variable in the environment that a process was started
 * with.  False where it has none, or may not be read.
 */
bool	child_env(pid_t, const char *name, char *ret, size_t n);

/* A descriptor of the process that began at start, or -1: it is gone. */
int	child_pidfd(pid_t, uint64_t start);
/* 0, or -1 with errno; ESRCH: gone. */
int	child_signal(int pidfd, int sig);

/* How a server is started. */
struct child_start {
	const char *const *argv; /* argv[0] is a path; NULL at the end */
	const char *const *env;  /* all of its environment; NULL at the end */
	const char *dir;   /* its working folder */
	/*
	 * What it writes, appended; made 0600.  NULL: its standard output is
	 * `out`, and what it says on standard error nobody reads.
	 */
	const char *log;
	const struct rlimit *files; /* its limit of descriptors; NULL: ours */
	int out;
};

/* A child that waits at its gate: it has run nothing yet. */
struct child {
	pid_t pid;
	int gate;   /* ours: one byte lets it go, closing it ends it */
	int status; /* ours: end of file once it runs, else child_failed() */
};

/*
 * Forks.  The child has a session of its own, default signals, umask 027
 * and no descriptor but 0, 1, 2; then it waits.  Its process group is its
 * own too, so that kill(-pid) ends what it started, until it is waited for.
 */
int	child_fork(const struct child_start *, struct child *ret, struct err *);
/* Lets it run, or ends it without having run.  The gate is closed. */
void	child_release(struct child *, bool run);
/*
 * What stands in the status pipe: 0 it runs, -1 with a sentence it could
 * not, 1 nothing yet.  Does not block.
 */
int	child_outcome(struct child *, struct err *);

/*
 * Starts a program in a session of its own that is no child of ours, so that
 * no signal to our process group reaches it.  Its standard error goes to
 * log; its environment is empty.
 */
int	child_detach(const char *const *argv, const char *log, struct err *);

#endif
