/* SPDX-License-Identifier: MIT */
/* The control socket with real clients, on a real loop. */
#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/control.h"
#include "api/desk.h"
#include "api/http.h"
#include "io/loop.h"
#include "world.h"

static struct world world;
static struct loop *loop;
static struct control *control;
static char dir[] = "/tmp/plimsoll-control-XXXXXX";
static char path[64];
static struct word said;
static int said_group;
static desk_done *wait_done;
static void *wait_arg;

static const struct facts *
facts(void *ctx)
{
	(void)ctx;
	return (&world.facts);
}

/* Answers later, when the test says so. */
static void
word(void *ctx, int group, const struct word *w, desk_done *done, void *arg)
{
	(void)ctx;
	said = *w;
	said_group = group;
	wait_done = done;
	wait_arg = arg;
}

static void
word_durable(void)
{
	struct desk_answer a = { true, NULL, json_object_new_object() };

	ck_assert_ptr_nonnull(wait_done);
	wait_done(wait_arg, &a);
	wait_done = NULL;
}

static const struct desk desk = { NULL, facts, word, NULL, NULL };

static void
setup(void)
{
	struct control_rights rights = { 0 };
	struct err e = { 0 };

	(void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	world_init(&world);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/c.sock", dir);
	loop = loop_new(NULL);
	control = control_new(loop, path, &rights, &desk, &e);
	ck_assert_msg(control != NULL, "%s", e.text);
	wait_done = NULL;
}

static void
teardown(void)
{
	struct desk_answer no = { false, "the end", NULL };

	control_free(control);
	if (wait_done != NULL)
		wait_done(wait_arg, &no);
	loop_free(loop);
	ck_assert_int_eq(access(path, F_OK), -1);
	(void)rmdir(dir);
	world_fini(&world);
}

static int
dial(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(sa.sun_path, path, strlen(path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return (fd);
}

static void
turn(void)
{
	(void)event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
}

/* What comes until a line, or the end, is there: -1 for the end. */
static ssize_t
hear(int fd, char *buf, size_t size)
{
	size_t n = 0;
	ssize_t m;
	int i;

	for (i = 0; i < 200000; i++) {
		turn();
		m = read(fd, buf + n, size - 1 - n);
		if (m == 0 || (m < 0 && errno != EAGAIN))
			return (-1);
		if (m < 0)
			continue;
		n += (size_t)m;
		buf[n] = '\0';
		if (buf[n - 1] == '\n')
			return ((ssize_t)n);
	}
	ck_abort_msg("no answer");
	return (-1);
}

static struct json_object *
ask(const char *line)
{
	static char buf[1 << 20];
	struct json_object *o;
	int fd = dial();

	ck_assert_int_eq(write(fd, line, strlen(line)), (ssize_t)strlen(line));
	ck_assert_int_eq(write(fd, "\n", 1), 1);
	ck_assert_int_gt(hear(fd, buf, sizeof(buf)), 0);
	(void)close(fd);
	o = json_tokener_parse(buf);
	ck_assert_msg(o != NULL, "no JSON: %s", buf);
	return (o);
}

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	(void)json_object_object_get_ex(o, key, &v);
	return (v == NULL ? "" : json_object_get_string(v));
}

static void
refused(const char *line, const char *why)
{
	struct json_object *o = ask(line);

	ck_assert_str_eq(text_of(o, "ok"), "false");
	ck_assert_msg(strstr(text_of(o, "error"), why) != NULL,
	    "'%s': said '%s', not '%s'", line, text_of(o, "error"), why);
	json_object_put(o);
}

START_TEST(test_status)
{
	struct json_object *o = ask("{\"call\":\"status\",\"group\":\"web\"}");
	struct json_object *a = NULL, *g;

	ck_assert_str_eq(text_of(o, "ok"), "true");
	ck_assert(json_object_object_get_ex(o, "groups", &a));
	ck_assert_uint_eq(json_object_array_length(a), 1);
	g = json_object_array_get_idx(a, 0);
	ck_assert_str_eq(text_of(g, "group"), "web");
	ck_assert_str_eq(text_of(g, "serving"), "2");
	ck_assert_str_eq(text_of(g, "min"), "2");
	ck_assert_str_ne(text_of(g, "reason"), "");
	json_object_put(o);
	o = ask("{\"call\":\"servers\",\"group\":\"web\"}");
	ck_assert(json_object_object_get_ex(o, "servers", &a));
	ck_assert_uint_eq(json_object_array_length(a), 2);
	g = json_object_array_get_idx(a, 0);
	ck_assert_str_eq(text_of(g, "id"), "a1");
	ck_assert_str_eq(text_of(g, "phase"), "serving");
	ck_assert_str_eq(text_of(g, "address"), "127.0.0.2:80");
	json_object_put(o);
}
END_TEST

START_TEST(test_refused)
{
	char deep[64];

	refused("", "not a line of JSON");
	refused("{", "not a line of JSON");
	refused("[1]", "expected a JSON object");
	refused("{\"call\":\"status\"} x", "not a line of JSON");
	refused("{}", "expected a field 'call'");
	refused("{\"call\":7}", "expected a string");
	refused("{\"call\":\"nope\"}", "there is no call 'nope'");
	refused("{\"call\":\"status\",\"grup\":\"web\"}", "reads no 'grup'");
	refused("{\"call\":\"status\",\"group\":\"x\"}", "no group 'x'");
	refused("{\"call\":\"servers\"}", "expected a field 'group'");
	refused("{\"call\":\"word\",\"group\":\"web\",\"word\":"
	    "{\"scale\":-1}}", "expected 0 to");
	refused("{\"call\":\"word\",\"word\":{\"drain\":\"zz\"}}",
	    "there is no server 'zz'");
	refused("{\"call\":\"word\",\"word\":{\"hold\":\"all\"}}",
	    "expected a field 'group'");
	memset(deep, '[', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	refused(deep, "not a line of JSON");
	ck_assert_ptr_null(wait_done);
}
END_TEST

/* Who said it comes from the socket, whatever the request claims. */
START_TEST(test_word)
{
	static const char line[] = "{\"call\":\"word\",\"word\":{\"drain\":"
	    "\"b2\",\"who\":\"somebody else\",\"reason\":\"why\"}}\n";
	char buf[256], who[64];
	int i, fd = dial();

	ck_assert_int_gt(write(fd, line, strlen(line)), 0);
	for (i = 0; i < 200000 && wait_done == NULL; i++)
		turn();
	ck_assert_int_eq(said.kind, WORD_DRAIN);
	ck_assert_str_eq(said.id.text, "b2");
	ck_assert_str_eq(said.reason, "why");
	ck_assert_int_eq(said_group, 0);
	(void)snprintf(who, sizeof(who), "uid %u", (unsigned)getuid());
	ck_assert_str_eq(said.who, who);
	/* nothing before it is in the journal */
	for (i = 0; i < 100; i++)
		turn();
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), -1);
	word_durable();
	ck_assert_int_gt(hear(fd, buf, sizeof(buf)), 0);
	ck_assert_str_eq(buf, "{\"ok\":true}\n");
	(void)close(fd);
}
END_TEST

/* The client is gone when the answer comes; and when the daemon stops. */
START_TEST(test_client_gone)
{
	static const char line[] =
	    "{\"call\":\"word\",\"group\":\"web\",\"word\":{\"hold\":true}}\n";
	int i, fd = dial();

	ck_assert_int_gt(write(fd, line, strlen(line)), 0);
	for (i = 0; i < 200000 && wait_done == NULL; i++)
		turn();
	ck_assert_int_eq(said.kind, WORD_HOLD);
	ck_assert_int_eq(said.what, HOLD_ALL);
	(void)close(fd);
	for (i = 0; i < 100; i++)
		turn();
	word_durable();
	fd = dial();
	ck_assert_int_gt(write(fd, line, strlen(line)), 0);
	for (i = 0; i < 200000 && wait_done == NULL; i++)
		turn();
	ck_assert_ptr_nonnull(wait_done); /* teardown answers it */
	(void)close(fd);
}
END_TEST

/* It shuts its side at once, and still gets both answers. */
START_TEST(test_half_closed)
{
	static const char lines[] = "{\"call\":\"x\"}\n{\"call\":\"y\"}\n";
	char buf[512] = "";
	size_t n = 0;
	ssize_t m = 0;
	int i, fd = dial();

	ck_assert_int_gt(write(fd, lines, strlen(lines)), 0);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	for (i = 0; i < 200000; i++) {
		turn();
		m = read(fd, buf + n, sizeof(buf) - 1 - n);
		if (m > 0)
			n += (size_t)m;
		else if (m == 0)
			break;
	}
	ck_assert_int_eq(m, 0);
	ck_assert_ptr_nonnull(strstr(buf, "no call 'x'"));
	ck_assert_ptr_nonnull(strstr(buf, "no call 'y'"));
	(void)close(fd);
}
END_TEST

/* A line without an end is not kept for ever. */
START_TEST(test_endless_line)
{
	char junk[4096], buf[64];
	int i, fd = dial(), end = 0;

	memset(junk, 'x', sizeof(junk));
	for (i = 0; i < 100000 && !end; i++) {
		(void)send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
		turn();
		end = recv(fd, buf, sizeof(buf), 0) == 0 || errno == ECONNRESET;
	}
	ck_assert_msg(end, "it takes a line without an end");
	(void)close(fd);
}
END_TEST

/* Asks and never reads: dropped, and nobody else waits. */
START_TEST(test_never_reads)
{
	static const char line[] = "{\"call\":\"status\"}\n";
	int i, fd = dial(), end = 0;

	for (i = 0; i < 300000 && !end; i++) {
		if (send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
			end = errno == EPIPE || errno == ECONNRESET;
		turn();
	}
	json_object_put(ask("{\"call\":\"status\"}"));
	ck_assert_msg(end, "its answers pile up without an end");
	(void)close(fd);
}
END_TEST

START_TEST(test_many_clients)
{
	int fd[CONTROL_CLIENTS], i;

	for (i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = dial();
		turn();
	}
	/* one leaves, the next one is served */
	(void)close(fd[0]);
	json_object_put(ask("{\"call\":\"status\"}"));
	for (i = 1; i < CONTROL_CLIENTS; i++)
		(void)close(fd[i]);
}
END_TEST

START_TEST(test_path)
{
	struct control_rights rights = { 0 };
	struct err e = { 0 };
	struct stat st;
	FILE *f;
	char other[80];
	int fd;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_ptr_null(control_new(loop, path, &rights, &desk, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "another plimsolld answers"));
	(void)snprintf(other, sizeof(other), "%s/file", dir);
	f = fopen(other, "w");
	(void)fclose(f);
	err_clear(&e);
	ck_assert_ptr_null(control_new(loop, other, &rights, &desk, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "something else is there"));
	(void)unlink(other);
	/* one that a dead daemon left behind is replaced */
	control_free(control);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	{
		struct sockaddr_un sa = { .sun_family = AF_UNIX };

		memcpy(sa.sun_path, path, strlen(path));
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa,
		    sizeof(sa)), 0);
	}
	(void)close(fd);
	err_clear(&e);
	rights.has_group = true;
	rights.group = getgid();
	control = control_new(loop, path, &rights, &desk, &e);
	ck_assert_msg(control != NULL, "%s", e.text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0660);
}
END_TEST

/* DNS rebinding: a page of somebody else's name must not read along. */
START_TEST(test_http_host)
{
	static const struct {
		const char *header;
		bool ok;
	} rows[] = {
		{ "localhost", true }, { "LOCALHOST:8737", true },
		{ "127.0.0.1:8737", true }, { "127.9.9.9", true },
		{ "[::1]:8737", true }, { "[::1]", true },
		{ "10.0.0.5:80", true }, { "10.0.0.6", false },
		{ "evil.example", false }, { "localhost.evil.example", false },
		{ "127.0.0.1.evil.example", false }, { "", false },
		{ ":80", false }, { "[::1", false }, { "localhost:80x", false },
		{ "localhost ", false }, { "::1", false }, { NULL, false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(http_host_ok(rows[i].header, "10.0.0.5") ==
		    rows[i].ok, "Host: %s", rows[i].header);
}
END_TEST

START_TEST(test_http_address)
{
	char host[64];
	int port = 0;

	ck_assert_int_eq(http_address("127.0.0.1:80", host, 64, &port, NULL),
	    0);
	ck_assert_str_eq(host, "127.0.0.1");
	ck_assert_int_eq(port, 80);
	ck_assert_int_eq(http_address("[::1]:81", host, 64, &port, NULL), 0);
	ck_assert_str_eq(host, "::1");
	ck_assert_int_eq(http_address("127.0.0.1", host, 64, &port, NULL), -1);
	ck_assert_int_eq(http_address("host:80", host, 64, &port, NULL), -1);
	ck_assert_int_eq(http_address("127.0.0.1:0", host, 64, &port, NULL),
	    -1);
	ck_assert_int_eq(http_address("127.0.0.1:80x", host, 64, &port, NULL),
	    -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control"), *h = tcase_create("http");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_status);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_word);
	tcase_add_test(t, test_client_gone);
	tcase_add_test(t, test_half_closed);
	tcase_add_test(t, test_endless_line);
	tcase_add_test(t, test_never_reads);
	tcase_add_test(t, test_many_clients);
	tcase_add_test(t, test_path);
	suite_add_tcase(s, t);
	tcase_add_test(h, test_http_host);
	tcase_add_test(h, test_http_address);
	suite_add_tcase(s, h);
	return (unit_run(s));
}
