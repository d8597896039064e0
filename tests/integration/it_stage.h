/* SPDX-License-Identifier: MIT */
/*
 * The stage of it_haproxy: real HAProxy processes, small real HTTP servers
 * and customers, each a process of its own on 127.0.0.0/8.  What is started
 * is ended by its process id, whatever happens.
 */
#ifndef TESTS_IT_STAGE_H
#define TESTS_IT_STAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "plimsoll/balancer.h"

#define CHECK(cond, ...)                                                    \
	do {                                                                \
		if (!(cond)) {                                              \
			printf("FAILED %s:%d: %s: ", __FILE__, __LINE__,    \
			    #cond);                                         \
			printf(__VA_ARGS__);                                \
			printf("\n");                                       \
			stage_end();                                        \
			exit(1);                                            \
		}                                                           \
	} while (0)

/* Shared with the customers' processes. */
struct counts {
	atomic_long ok, bad;
	atomic_bool stop;
	atomic_int pause_us; /* between a customer's requests */
	char first_bad[200];
};

struct lb {
	char name[16];
	char sock[100], master[100], config[100], state[100], log[100];
	int port;
	pid_t pid;
};

struct lb_options {
	int slots;		/* 0: no template */
	const char *level;	/* NULL: admin */
	bool state_file;	/* HAProxy loads it */
	bool latency_log;
	int frontend_maxconn;	/* 0: as much as it takes */
	const char *more;	/* lines of the backend */
};

extern char stage_dir[64];

void	stage_begin(const char *name);
void	stage_end(void);

/* Begins with path /500: answers 500; takes delay_ms to answer. */
struct backend_server	server_start(int host, int delay_ms, pid_t *ret_pid);
void	process_end(pid_t, int signal);

void	lb_start(struct lb *, const char *name, const struct lb_options *);
void	lb_run(struct lb *); /* again, after its process was ended */
void	lb_reload(struct lb *);
pid_t	lb_worker(struct lb *);
/* Its answer to a command, as a person would give it. */
const char	*lb_ask(struct lb *, const char *command);

struct counts	*customers_start(const struct lb *, int n, const char *path);
void	customers_stop(void);

#endif
