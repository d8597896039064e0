/* SPDX-License-Identifier: MIT */
/*
 * The HTTP client against a real server in a child process, and a name
 * server that never answers.  A beat of 10 ms goes on beside every call: a
 * pause in it would be a step that came late.
 */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/web.h"

enum { BODY = 4096 };

static char dir[] = "/tmp/it_web.XXXXXX";
static char cert[64], key[64], other[64], other_key[64];
static pid_t server;
static int hold = -1, http_port, https_port;
static struct loop *loop;
static struct web *web;
static struct timer beat;
static int beats;

static struct {
	int n;
	enum web_result result;
	bool sent, reused;
	int status;
	ns_t retry_after;
	char body[BODY], why[512];
} got;

static bool
run(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static bool
certificate(char *c, char *k, const char *name)
{
	(void)snprintf(c, 64, "%s/%s.pem", dir, name);
	(void)snprintf(k, 64, "%s/%s.key", dir, name);
	return (run((const char *[]){ "openssl", "req", "-x509", "-newkey", "ec",
	    "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
	    "-subj", "/CN=it-web", "-addext", "subjectAltName=IP:127.0.0.1",
	    "-keyout", k, "-out", c, NULL }));
}

static void
server_start(void)
{
	const char *src = getenv("top_srcdir");
	char path[512], line[64] = "";
	int in[2], out[2];
	FILE *f;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	(void)snprintf(path, sizeof(path), "%s/tests/integration/web_server.py",
	    src != NULL ? src : ".");
	server = fork();
	if (server == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		(void)execlp("python3", "python3", path, cert, key, NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	hold = in[1];
	f = fdopen(out[0], "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_int_eq(sscanf(line, "%d %d", &http_port, &https_port), 2);
	(void)fclose(f);
}

static void
on_beat(void *arg)
{
	(void)arg;
	beats++;
	loop_timer_set(loop, &beat, 10 * NS_MS, on_beat, NULL);
}

static void
on_done(void *arg, const struct web_answer *a)
{
	got.n++;
	got.result = a->result;
	got.sent = a->sent;
	got.reused = a->reused;
	got.status = a->status;
	got.retry_after = a->retry_after;
	(void)snprintf(got.body, BODY, "%s", a->body);
	(void)snprintf(got.why, sizeof(got.why), "%s", a->why);
	(void)arg;
	loop_stop(loop);
}

static struct web_request
request(const char *scheme, const char *host, int port, const char *path)
{
	static char url[256];

	(void)snprintf(url, sizeof(url), "%s://%s:%d%s", scheme, host, port,
	    path);
	return ((struct web_request){ .url = url, .deadline = 20 * NS_S,
	    .max = BODY - 1, .flags = WEB_PLAIN });
}

static void
ask(const struct web_request *q)
{
	struct err e = { 0 };

	memset(&got, 0, sizeof(got));
	ck_assert_msg(web_ask(web, q, on_done, NULL, &e) != NULL, "%s", e.text);
	ck_assert_int_eq(got.n, 0); /* never from inside */
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(got.n, 1);
}

static void
get(const char *path)
{
	struct web_request q = request("http", "127.0.0.1", http_port, path);

	ask(&q);
}

static void
open_with(const char *nameserver)
{
	struct err e = { 0 };

	loop = loop_new(NULL);
	web = web_new(loop, nameserver, &e);
	ck_assert_msg(web != NULL, "%s", e.text);
	beats = 0;
	on_beat(NULL);
}

static void
begin(void)
{
	server_start();
	open_with(NULL);
}

static void
end(void)
{
	web_free(web);
	loop_timer_stop(&beat);
	(void)event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
	loop_free(loop);
	if (hold < 0)
		return;
	(void)close(hold);
	hold = -1;
	(void)kill(server, SIGTERM);
	(void)waitpid(server, NULL, 0);
}

START_TEST(bodies_and_statuses)
{
	static const char *const headers[] = { "X-Key: k1", NULL };
	struct web_request q;

	get("/hello");
	ck_assert_msg(got.result == WEB_OK, "%s", got.why);
	ck_assert_int_eq(got.status, 200);
	ck_assert_str_eq(got.body, "hello");
	ck_assert(got.sent && !got.reused);
	get("/hello");
	ck_assert(got.reused); /* the connection was kept */
	get("/busy");
	ck_assert_int_eq(got.result, WEB_OK);
	ck_assert_int_eq(got.status, 503);
	ck_assert_int_eq(got.retry_after, 7 * NS_S);
	q = request("http", "127.0.0.1", http_port, "/post");
	q.method = "POST";
	q.headers = headers;
	q.body = "a=b";
	q.n_body = 3;
	ask(&q);
	ck_assert_str_eq(got.body, "k1:a=b");
}
END_TEST

START_TEST(answers_are_bounded)
{
	get("/big");
	ck_assert_int_eq(got.result, WEB_TOO_LARGE);
	ck_assert_str_eq(got.body, "");
	get("/cut");
	ck_assert_int_eq(got.result, WEB_BROKEN);
	ck_assert_str_eq(got.body, "");
}
END_TEST

START_TEST(redirects)
{
	get("/near");
	ck_assert_int_eq(got.result, WEB_OK);
	ck_assert_str_eq(got.body, "hello");
	/* the same server under another name; another port */
	get("/away");
	ck_assert_int_eq(got.result, WEB_ELSEWHERE);
	get("/port");
	ck_assert_int_eq(got.result, WEB_ELSEWHERE);
	get("/round");
	ck_assert_int_eq(got.result, WEB_ELSEWHERE);
	get("/count/round");
	ck_assert_str_eq(got.body, "4"); /* the first and WEB_REDIRECTS */
}
END_TEST

START_TEST(a_server_hangs)
{
	struct web_request q = request("http", "127.0.0.1", http_port, "/hang");

	q.deadline = NS_S;
	ask(&q);
	ck_assert_int_eq(got.result, WEB_TIMEOUT);
	ck_assert(got.sent);
	/* of 100; a loop that waited for the server would have had none */
	ck_assert_int_ge(beats, 10);
}
END_TEST

START_TEST(who_answers_is_verified)
{
	struct web_request q = request("https", "127.0.0.1", https_port, "/a");
	char *pem;
	size_t n;

	ask(&q);
	ck_assert_int_eq(got.result, WEB_TLS);
	ck_assert(!got.sent);
	q.ca_file = other;
	ask(&q);
	ck_assert_int_eq(got.result, WEB_TLS);
	q.ca_file = cert;
	ask(&q);
	ck_assert_msg(got.result == WEB_OK, "%s", got.why);
	q.ca_file = NULL;
	ck_assert_int_eq(file_read(cert, 65536, &pem, &n, NULL), 0);
	q.ca_pem = pem;
	q.n_ca_pem = n;
	ask(&q);
	ck_assert_msg(got.result == WEB_OK, "%s", got.why);
	free(pem);
	/* the right CA, but another name */
	q = request("https", "localhost", https_port, "/a");
	q.ca_file = cert;
	ask(&q);
	ck_assert_int_eq(got.result, WEB_TLS);
}
END_TEST

START_TEST(what_may_not_happen_twice)
{
	struct web_request q;

	get("/hello");
	q = request("http", "127.0.0.1", http_port, "/drop");
	q.method = "POST";
	q.body = "x";
	q.n_body = 1;
	q.flags |= WEB_ONCE;
	ask(&q);
	ck_assert_int_eq(got.result, WEB_BROKEN);
	ck_assert(got.sent);
	get("/count/drop");
	ck_assert_str_eq(got.body, "1");
}
END_TEST

START_TEST(nobody_listens)
{
	struct web_request q = request("http", "127.0.0.1", 1, "/");

	ask(&q);
	ck_assert_int_eq(got.result, WEB_CONNECT);
	ck_assert(!got.sent);
	ck_assert_ptr_nonnull(strstr(got.why, "http://127.0.0.1:1: "));
}
END_TEST

START_TEST(a_cancelled_call_is_silent)
{
	struct web_request q = request("http", "127.0.0.1", http_port,
	    "/hello");
	struct web_call *c;

	memset(&got, 0, sizeof(got));
	c = web_ask(web, &q, on_done, NULL, NULL);
	ck_assert_ptr_nonnull(c);
	web_cancel(c);
	web_cancel(NULL);
	get("/hello");
	ck_assert_int_eq(got.n, 1);
	/* and one that is under way */
	q = request("http", "127.0.0.1", http_port, "/hang");
	c = web_ask(web, &q, on_done, NULL, NULL);
	get("/hello");
	web_cancel(c);
	get("/hello");
	ck_assert_int_eq(got.result, WEB_OK);
	/* left to web_free() */
	(void)web_ask(web, &q, on_done, NULL, NULL);
}
END_TEST

START_TEST(urls_that_are_not_taken)
{
	static const char *const bad[] = { "", "example", "ftp://a/",
		"http://a/", "https://u:p@a/", "https://", "file:///etc/x" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(web_url_check(bad[i], 0, NULL) == -1, "%s",
		    bad[i]);
	ck_assert_int_eq(web_url_check("https://a.example:8200/v1", 0, NULL),
	    0);
	ck_assert_int_eq(web_url_check("http://a/", WEB_PLAIN, NULL), 0);
}
END_TEST

START_TEST(a_name_server_hangs)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct web_request q;
	char ns[32];

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)snprintf(ns, sizeof(ns), "127.0.0.1:%d", ntohs(a.sin_port));
	open_with(ns);
	q = request("http", "shop.invalid", 80, "/");
	q.deadline = NS_S;
	ask(&q);
	ck_assert_int_eq(got.result, WEB_NAME);
	ck_assert(!got.sent);
	ck_assert_int_ge(beats, 10);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("web");
	TCase *t = tcase_create("server"), *n = tcase_create("names");
	SRunner *r;
	int failed;

	(void)signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(dir) == NULL || !certificate(cert, key, "own") ||
	    !certificate(other, other_key, "other")) {
		(void)fprintf(stderr, "no certificates\n");
		return (1);
	}
	tcase_set_timeout(t, 120);
	tcase_set_timeout(n, 120);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_checked_fixture(n, NULL, end);
	tcase_add_test(t, bodies_and_statuses);
	tcase_add_test(t, answers_are_bounded);
	tcase_add_test(t, redirects);
	tcase_add_test(t, a_server_hangs);
	tcase_add_test(t, who_answers_is_verified);
	tcase_add_test(t, what_may_not_happen_twice);
	tcase_add_test(t, nobody_listens);
	tcase_add_test(t, a_cancelled_call_is_silent);
	tcase_add_test(t, urls_that_are_not_taken);
	tcase_add_test(n, a_name_server_hangs);
	suite_add_tcase(s, t);
	suite_add_tcase(s, n);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	(void)unlink(cert), (void)unlink(key);
	(void)unlink(other), (void)unlink(other_key);
	(void)rmdir(dir);
	return (failed == 0 ? 0 : 1);
}
