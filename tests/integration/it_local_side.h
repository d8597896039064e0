/* SPDX-License-Identifier: MIT */
/*
 * One side of the provider `local` on a real loop, for the tests of it: what
 * it asks, what it is told, and the processes that there really are.
 */
#ifndef IT_LOCAL_SIDE_H
#define IT_LOCAL_SIDE_H

#include <check.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "io/loop.h"
#include "plimsoll/driver.h"
#include "provider/local.h"
#include "provider/spawn_record.h"

/* How long a condition is waited for: a busy machine is no failure. */
enum { MANY = 50, TOLD_MAX = 600, OPS_MAX = 4096, PATIENCE_S = 60 };

/* One driver and what it said last. */
struct side {
	struct loop *loop;
	struct host host;
	void *self;
	op_t op; /* the last */
	bool answered;
	enum outcome outcome;
	size_t n_told;
	struct told told[TOLD_MAX];
	char text[REASON_SIZE];
	int exits;
	struct told exit;
	bool had[OPS_MAX];
};

/* Of one test: its folders, its settings, its side. */
extern char dir[64], folder[80], self_path[PATH_MAX], spawner[512];
extern struct local_settings set;
extern struct local_way_settings way;
extern struct side a;

/* Turns the loop until it is true; false after PATIENCE_S. */
bool	until(struct side *s, bool (*is)(struct side *, const void *),
	    const void *arg);
void	asked(struct side *s);
/* Until the spawner has answered: what is asked now is sent at once. */
void	known(struct side *s);
void	list(struct side *s);
void	lookup(struct side *s, int i);
/* These ask and wait for the answer, which is in the side then. */
void	launch(struct side *s, int from, int n);
void	launch_well(struct side *s, int from, int n);
void	terminate(struct side *s, int from, int n);
int	side_try(struct side *s, struct err *e);
void	side_open(struct side *s); /* and is known() */
void	side_close(struct side *s);
struct token	token(int i);
/* What the disk says of a server: pid and start time. */
struct spawn_record	record(int i);
bool	lives(pid_t pid, uint64_t start);
pid_t	spawner_pid(void);
/* And waits for the next one, where it is the driver's to start. */
void	spawner_kill(struct side *s);
void	command(const char *one, const char *two);
/* The shop with one more option. */
void	command_shop(const char *option);
/* How many processes carry this token's id. */
int	processes_of(int i);
int	mine(pid_t *pids, int most);
/* it_local_odd.c: mains of odd servers. */
int	odd_escape(void);
_Noreturn void	odd_naked(char **argv);
/* All that runs of ours, the spawner too; into pids, at most so many. */
/* Until the server of the last launch answers its health check. */
void	healthy(struct side *s);
bool	is_gone(struct side *s, const void *arg);
/* The server of a token, as *(const int *), with its escaped grandchild. */
bool	is_escaped(struct side *s, const void *arg);
bool	is_exits(struct side *s, const void *arg);

/* A test case with the fixtures. */
TCase	*side_case(const char *name);
/* The main of both programs: plays, ends what failed tests left, removes. */
int	side_main(int argc, char **argv, Suite *(*suite)(void));

#endif
