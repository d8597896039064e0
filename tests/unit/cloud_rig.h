/* SPDX-License-Identifier: MIT */
/*
 * An account for unit tests: an HTTP server on the loop that plays a script,
 * one row a request, and a file with a key.  A stand-in, since no cloud is
 * to be called from a test; what it says is what the test's row says.
 */
#ifndef TESTS_CLOUD_RIG_H
#define TESTS_CLOUD_RIG_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"
#include "unit.h"

struct rig_row {
	int status; /* 0: the connection is cut */
	const char *body, *retry_after;
};

enum { RIG_MAX = 64, RIG_TEXT = 4096 };

static struct {
	struct loop *loop;
	struct evhttp *http;
	char address[64], key[64];
	const struct rig_row *rows; /* the last one stays */
	int n_rows, n;
	char uri[RIG_MAX][512], body[RIG_MAX][RIG_TEXT];
	char method[RIG_MAX][8], auth[RIG_MAX][64];
	ns_t at[RIG_MAX];
	struct timer late;
	bool too_late;
} rig;

static void
rig_answer(struct evhttp_request *r, void *arg)
{
	const struct rig_row *row = &rig.rows[rig.n < rig.n_rows ? rig.n :
	    rig.n_rows - 1];
	struct evbuffer *in = evhttp_request_get_input_buffer(r), *out;
	const char *auth = evhttp_find_header(
	    evhttp_request_get_input_headers(r), "Authorization");
	ev_ssize_t n;

	(void)arg;
	ck_assert_int_lt(rig.n, RIG_MAX);
	(void)snprintf(rig.uri[rig.n], 512, "%s", evhttp_request_get_uri(r));
	(void)snprintf(rig.method[rig.n], 8, "%s",
	    evhttp_request_get_command(r) == EVHTTP_REQ_POST ? "POST" :
	    evhttp_request_get_command(r) == EVHTTP_REQ_DELETE ? "DELETE" :
	    "GET");
	(void)snprintf(rig.auth[rig.n], 64, "%s", auth != NULL ? auth : "");
	n = evbuffer_copyout(in, rig.body[rig.n], RIG_TEXT - 1);
	rig.body[rig.n][n > 0 ? n : 0] = '\0';
	rig.at[rig.n++] = loop_now(rig.loop).mono;
	if (row->status == 0) {
		evhttp_connection_free(evhttp_request_get_connection(r));
		return;
	}
	out = evbuffer_new();
	(void)evbuffer_add(out, row->body, strlen(row->body));
	if (row->retry_after != NULL)
		(void)evhttp_add_header(evhttp_request_get_output_headers(r),
		    "Retry-After", row->retry_after);
	evhttp_send_reply(r, row->status, "x", out);
	evbuffer_free(out);
}

static void
rig_late(void *arg)
{
	(void)arg;
	rig.too_late = true;
	loop_stop(rig.loop);
}

static void
rig_begin(void)
{
	struct evhttp_bound_socket *s;
	struct sockaddr_in in;
	socklen_t n = sizeof(in);
	int fd;

	memset(&rig, 0, sizeof(rig));
	rig.loop = loop_new(NULL);
	rig.http = evhttp_new(loop_base(rig.loop));
	evhttp_set_allowed_methods(rig.http, EVHTTP_REQ_GET | EVHTTP_REQ_POST |
	    EVHTTP_REQ_DELETE);
	evhttp_set_gencb(rig.http, rig_answer, NULL);
	s = evhttp_bind_socket_with_handle(rig.http, "127.0.0.1", 0);
	ck_assert_ptr_nonnull(s);
	(void)getsockname(evhttp_bound_socket_get_fd(s),
	    (struct sockaddr *)&in, &n);
	(void)snprintf(rig.address, sizeof(rig.address),
	    "http://127.0.0.1:%d/v1", ntohs(in.sin_port));
	(void)snprintf(rig.key, sizeof(rig.key), "/tmp/cloud-key-XXXXXX");
	fd = mkstemp(rig.key);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "k-1234\n", 7), 7);
	(void)close(fd);
}

/* Plays; the loop runs until the test's own callback stops it. */
static void
rig_play(const struct rig_row *rows, int n)
{
	rig.rows = rows;
	rig.n_rows = n;
	loop_timer_set(rig.loop, &rig.late, 60 * NS_S, rig_late, NULL);
	ck_assert_int_eq(loop_run(rig.loop), 0);
	loop_timer_stop(&rig.late);
	ck_assert(!rig.too_late);
}

static void
rig_end(void)
{
	evhttp_free(rig.http);
	(void)event_base_loop(loop_base(rig.loop), EVLOOP_NONBLOCK);
	loop_free(rig.loop);
	(void)unlink(rig.key);
}

#endif
