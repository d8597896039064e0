/* SPDX-License-Identifier: MIT */
/*
 * What the daemon and the spawner say to each other: one JSON object a line
 * over a unix socket, so that a person can read along.
 *
 *	daemon                        spawner
 *	hello version                 welcome version, or refused
 *	start token, what, where      server (also of a token known before),
 *	                              or refused
 *	stop token                    server, once it has ended
 *	lookup token                  server, or end where there is none
 *	list                          a server each, then end
 *	                              exit: a server ended, unasked
 *
 * Every answer carries the ref of its question.  No message holds a secret.
 */
#ifndef PROVIDER_SPAWN_MSG_H
#define PROVIDER_SPAWN_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/driver.h"
#include "plimsoll/key.h"
#include "provider/ports.h"

struct err;

enum {
	SPAWN_VERSION = 1,
	SPAWN_LINE_MAX = 65536, /* bytes of a line; all of a long command */
	SPAWN_PATH_SIZE = 256,
	SPAWN_TOKEN_HEX = 2 * TOKEN_SIZE + 1
};

enum spawn_say {
	SPAWN_HELLO,
	SPAWN_START,
	SPAWN_STOP,
	SPAWN_LOOKUP,
	SPAWN_LIST,
	SPAWN_WELCOME,
	SPAWN_SERVER,
	SPAWN_END,
	SPAWN_REFUSED,
	SPAWN_EXIT,
	SPAWN_SAY_COUNT
};

enum spawn_state {
	SPAWN_STARTED,  /* its process runs */
	SPAWN_STOPPING, /* and was asked to end */
	SPAWN_ENDED,    /* for good */
	SPAWN_STATE_COUNT
};

/* Each kind uses the fields that it needs; the others are zero. */
struct spawn_msg {
	enum spawn_say say;
	uint64_t ref;
	struct token token;
	int version;	       /* hello, welcome */
	char group[NAME_SIZE]; /* start, server, exit */
	char address[ADDRESS_SIZE];
	enum spawn_state state; /* server, exit */
	uint16_t port;
	int pid;
	enum outcome outcome;  /* refused */
	char text[REASON_SIZE]; /* refused, or how a server ended */
	/* start only */
	struct ports ports;
	int64_t rest_ms;       /* a port's, after its last server */
	int64_t grace_ms;      /* from SIGTERM to SIGKILL */
	int most;	       /* servers of this spawner; 0: its own bound */
	bool drill;
	char dir[SPAWN_PATH_SIZE]; /* "": a folder of its own */
	struct key_strings argv, env;
};

/*
 * One line with its newline, to be freed; NULL where it is over
 * SPAWN_LINE_MAX.
 */
char	*spawn_msg_line(const struct spawn_msg *, size_t *ret_n, struct err *);
/* A line without its newline.  *ret is of no use on failure. */
int	spawn_msg_parse(const char *line, size_t n, struct spawn_msg *ret,
	    struct err *);

void	spawn_token_hex(const struct token *, char ret[SPAWN_TOKEN_HEX]);
/* Exactly 32 digits; 0 or -1. */
int	spawn_token_parse(const char *hex, struct token *ret);
/* The server's id: "local-" and the token. */
void	spawn_id(const struct token *, char *ret, size_t size);
/* 0, or -1 where it is none of ours. */
int	spawn_id_parse(const char *id, struct token *ret);

#endif
