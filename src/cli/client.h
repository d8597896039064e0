/* SPDX-License-Identifier: MIT */
/* The control socket from the other side, and what every command shares. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;
struct err;
struct json_object;

enum { ARGS_MAX = 3 };

/* What the command line said. */
struct args {
	const char *control;
	bool json;
	bool wait;
	int n;
	const char *at[ARGS_MAX];
	struct json_object *options; /* the rest, as the calls take it */
};

/*
 * Reads argv against the options that the command takes, " for reason " with
 * spaces around each, and min to max plain arguments.  EXIT_DONE, or
 * EXIT_USAGE after a sentence.
 */
int	args_read(const struct command *, int argc, char **argv,
	    const char *takes, int min, int max, struct args *ret);
void	args_fini(struct args *);

/*
 * One request and its answer, which is NULL after a sentence in e when the
 * daemon is not there.  Takes the request.
 */
struct json_object	*client_ask(const char *path, struct json_object *request,
			    struct err *);
/*
 * The same for a command: prints why it was refused, or the whole answer
 * with --json.  EXIT_DONE: *ret is the answer, to be freed; it is NULL when
 * it was printed.
 */
int	client_call(const struct args *, struct json_object *request,
	    struct json_object **ret);
/* The second half of it; takes the answer, NULL: e says why there is none. */
int	client_show(const struct args *, struct json_object *answer,
	    const struct err *, struct json_object **ret);
/* {"call": name} */
struct json_object	*client_request(const char *call);

/* Fields of an answer; "", 0 and false where they are missing. */
const char		*field_text(struct json_object *, const char *key);
int64_t			field_int(struct json_object *, const char *key);
bool			field_bool(struct json_object *, const char *key);
struct json_object	*field(struct json_object *, const char *key);
/* Of an array; 0 where it is none. */
size_t			field_length(struct json_object *, const char *key);
/* False: unknown. */
bool			field_number(struct json_object *, const char *key,
			    double *ret);

/*
 * Outside text for a terminal: control bytes and what is no UTF-8 become
 * '?'.  One of eight buffers in turn.
 */
const char	*safe(const char *);
/* A figure for people, "-" where it is unknown; as safe(). */
const char	*figure(struct json_object *, const char *key);
/* A span in seconds as "1m 30s", "-" where it is unknown; as safe(). */
const char	*span(struct json_object *, const char *key);

#endif
