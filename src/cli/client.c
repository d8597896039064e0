/* SPDX-License-Identifier: MIT */
/*
 * Asking the daemon; see client.h.  One connection a request: the socket is
 * local, and a daemon that restarts in between is no special case.
 */
#include "config.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/client.h"
#include "cli/command.h"

enum { ANSWER_MAX = 16 << 20, ANSWER_WITHIN_MS = 30000 };

static int
client_connect(const char *path, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return (err_set(e, ENAMETOOLONG, "--control: the path is "
		    "longer than %zu bytes", sizeof(sa.sun_path) - 1));
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return (err_set(e, errno, "socket: %s", strerror(errno)));
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
		return (fd);
	if (errno == ENOENT || errno == ECONNREFUSED)
		(void)err_set(e, errno, "plimsolld does not run: nobody "
		    "listens at '%s' (start it, or name its socket with "
		    "--control)", path);
	else if (errno == EACCES)
		(void)err_set(e, errno, "you may not open '%s' (its owner and "
		    "its group may)", path);
	else
		(void)err_set(e, errno, "'%s': %s", path, strerror(errno));
	(void)close(fd);
	return (-1);
}

static int
client_send(int fd, const char *text, size_t n, struct err *e)
{
	ssize_t m;

	for (; n > 0; text += m, n -= (size_t)m) {
		m = send(fd, text, n, MSG_NOSIGNAL);
		if (m < 0 && errno == EINTR)
			m = 0;
		else if (m < 0)
			return (err_set(e, errno, "plimsolld hung up: %s",
			    strerror(errno)));
	}
	return (0);
}

/* A whole line into *buf, which grows. */
static int
client_line(int fd, char **buf, struct err *e)
{
	size_t n = 0, cap = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t m;
	char *more;

	for (;;) {
		if (n + 1 >= cap) {
			cap = cap == 0 ? 16384 : cap * 2;
			more = cap > ANSWER_MAX ? NULL : realloc(*buf, cap);
			if (more == NULL)
				return (err_set(e, EFBIG, "the answer of "
				    "plimsolld is too long"));
			*buf = more;
		}
		if (poll(&p, 1, ANSWER_WITHIN_MS) == 0)
			return (err_set(e, ETIMEDOUT, "plimsolld did not "
			    "answer within %d s", ANSWER_WITHIN_MS / 1000));
		m = read(fd, *buf + n, cap - 1 - n);
		if (m < 0 && errno == EINTR)
			continue;
		if (m <= 0)
			return (err_set(e, EPIPE, "plimsolld hung up without "
			    "an answer"));
		n += (size_t)m;
		(*buf)[n] = '\0';
		if ((*buf)[n - 1] == '\n')
			return (0);
	}
}

struct json_object *
client_ask(const char *path, struct json_object *request, struct err *e)
{
	struct json_object *answer = NULL;
	const char *text;
	char *line = NULL;
	size_t n;
	int fd;

	fd = client_connect(path, e);
	if (fd < 0)
		goto out;
	text = json_object_to_json_string_length(request,
	    JSON_C_TO_STRING_PLAIN, &n);
	if (client_send(fd, text, n, e) != 0 || client_send(fd, "\n", 1, e) !=
	    0 || client_line(fd, &line, e) != 0)
		goto out;
	answer = json_tokener_parse(line);
	if (!json_object_is_type(answer, json_type_object)) {
		json_object_put(answer);
		answer = NULL;
		(void)err_set(e, EPROTO, "plimsolld answered what is no JSON "
		    "object");
	}
out:
	if (fd >= 0)
		(void)close(fd);
	free(line);
	json_object_put(request);
	return (answer);
}

int
client_call(const struct args *a, struct json_object *request,
    struct json_object **ret)
{
	struct err e = { 0 };

	return (client_show(a, client_ask(a->control, request, &e), &e, ret));
}

int
client_show(const struct args *a, struct json_object *answer,
    const struct err *e, struct json_object **ret)
{
	bool ok;

	if (answer == NULL) {
		answer = json_object_new_object();
		(void)json_object_object_add(answer, "ok",
		    json_object_new_boolean(0));
		(void)json_object_object_add(answer, "error",
		    json_object_new_string(e->text));
	}
	ok = field_bool(answer, "ok");
	*ret = NULL;
	if (a->json)
		(void)printf("%s\n", json_object_to_json_string_ext(answer,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (!ok)
		(void)fprintf(stderr, "plimsoll: %s\n",
		    safe(field_text(answer, "error")));
	if (ok && !a->json)
		*ret = answer;
	else
		json_object_put(answer);
	return (ok ? EXIT_DONE : EXIT_REFUSED);
}

struct json_object *
client_request(const char *call)
{
	struct json_object *o = json_object_new_object();

	(void)json_object_object_add(o, "call", json_object_new_string(call));
	return (o);
}
