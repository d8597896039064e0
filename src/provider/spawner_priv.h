/* SPDX-License-Identifier: MIT */
/* What the parts of the spawner share; nobody else includes this. */
#ifndef PROVIDER_SPAWNER_PRIV_H
#define PROVIDER_SPAWNER_PRIV_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include "io/child.h"
#include "io/loop.h"
#include "plimsoll/units.h"
#include "provider/spawn_msg.h"
#include "provider/spawn_record.h"

struct bufferevent;
struct err;
struct evconnlistener;
struct event;
struct log;

enum {
	SPAWNER_LIVE_MAX = 4096,  /* servers of a machine; twice: memory */
	/*
	 * Tokens of ended servers that are remembered, so that one is never
	 * started twice.  The daemon repeats a launch for minutes; at 400
	 * launches an hour this is 40 hours.
	 */
	SPAWNER_ENDED_MAX = 16384,
	SPAWNER_LOGS_MAX = 256,	  /* folders of ended servers that are kept */
	SPAWNER_CLIENTS_MAX = 16,
	SPAWNER_OUTPUT_MAX = 16 << 20, /* bytes that a client may leave unread */
	SPAWNER_BUCKETS = 8192
};

/* A server, or what is left to know of one. */
struct served {
	TAILQ_ENTRY(served) link;  /* live, or ended in their turn */
	LIST_ENTRY(served) bucket;
	struct spawner *sp;
	struct spawn_record r;
	bool damaged;	/* the record: nothing is known but the token */
	bool ours;	/* our child: its pid stays its own until we reap it */
	bool starting;	/* its program has not begun, or we do not know */
	bool waits;	/* for the folder's sync, its gate is closed */
	bool failed;	/* r.text says why it never ran */
	bool sweeping;	/* what is left of it is killed */
	int sweeps;
	struct child child;
	int pidfd;
	struct event *exit_ev, *status_ev;
	struct timer deadline; /* of SIGTERM */
	uint64_t client, ref;  /* who asked for it, while starting */
};

TAILQ_HEAD(served_list, served);

struct client {
	TAILQ_ENTRY(client) link;
	struct spawner *sp;
	struct bufferevent *bev;
	uint64_t id;
	bool welcome;
};

struct spawner {
	struct loop *loop;
	struct log *log;
	char folder[SPAWN_PATH_SIZE];
	char boot[CHILD_BOOT_SIZE];
	int lock_fd, dir_fd, records_fd, servers_fd;
	struct rlimit files; /* as they were: a server's */
	struct evconnlistener *listener;
	struct event *chld_ev;
	TAILQ_HEAD(, client) clients;
	int n_clients;
	uint64_t last_client;
	struct spawn_msg *in, *out; /* one message at a time */
	LIST_HEAD(, served) buckets[SPAWNER_BUCKETS];
	struct served_list live, ended;
	int n_live, n_ended, n_waiting;
	int n_logs; /* ended ones from first_logs on */
	struct served *first_logs;
	uint64_t turn;
	struct timer sweep, logs;
	bool sweep_set, logs_set;
};

/* spawner_table.c: who there is. */
struct served	*served_find(struct spawner *, const struct token *);
struct served	*served_new(struct spawner *, const struct token *);
/* From live to ended; forgets the oldest that ended when they are many. */
void		served_end(struct spawner *, struct served *);
void		served_forget(struct spawner *, struct served *);
/* Every record of the folder; the living are watched, if they still are. */
int		spawner_load(struct spawner *, struct err *);
void		spawner_unload(struct spawner *);

/* spawner_start.c */
void	spawner_start(struct spawner *, struct client *,
	    const struct spawn_msg *);
/* Whether its program runs is known now, perhaps: then who asked is told. */
void	spawner_begun(struct served *);
/* Syncs the folder once for all that wait, and opens their gates. */
void	spawner_commit(struct spawner *);

/* spawner_end.c */
/* 0, or -1: it is gone. */
int	spawner_watch(struct spawner *, struct served *);
void	spawner_ended(struct spawner *, struct served *, const char *text);
void	spawner_stop(struct spawner *, struct served *);
/* Soon kills what ended servers left, again and again until nothing is. */
void	spawner_sweep(struct spawner *);
/* Orphans of our servers that ended. */
void	spawner_reap(struct spawner *);
/* Looks at the logs of living servers, each second. */
void	spawner_logs(struct spawner *);
void	served_logs_remove(struct spawner *, struct served *);

/* spawner.c: answers.  A client that has gone is none. */
struct client	*client_find(struct spawner *, uint64_t id);
void	client_server(struct client *, uint64_t ref, const struct served *);
void	client_refuse(struct client *, uint64_t ref, const struct token *,
	    enum outcome, const char *text);
void	clients_exit(struct spawner *, const struct served *);
void	spawner_say(struct spawner *, const struct served *, const char *what);

#endif
