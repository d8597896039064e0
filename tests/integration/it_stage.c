/* SPDX-License-Identifier: MIT */
/* Processes of the stage; see it_stage.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "it_stage.h"

enum { MAX_PIDS = 256 };

char stage_dir[64];
static pid_t pids[MAX_PIDS];
static int n_pids;
static pid_t customers[64];
static int n_customers;
static struct counts *counts;

static void
nap_ms(int ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000L };

	(void)nanosleep(&t, NULL);
}

static pid_t
child(void)
{
	pid_t p;

	(void)fflush(stdout);
	p = fork();
	CHECK(p >= 0, "fork: %s", strerror(errno));
	if (p == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		return (0);
	}
	if (n_pids < MAX_PIDS)
		pids[n_pids++] = p;
	return (p);
}

void
process_end(pid_t p, int sig)
{
	int i;

	(void)kill(p, sig);
	(void)kill(p, SIGCONT);
	(void)waitpid(p, NULL, 0);
	for (i = 0; i < n_pids; i++)
		if (pids[i] == p)
			pids[i] = pids[--n_pids];
}

void
stage_begin(const char *name)
{
	(void)snprintf(stage_dir, sizeof(stage_dir), "/tmp/plimsoll-it.XXXXXX");
	CHECK(mkdtemp(stage_dir) != NULL, "mkdtemp");
	printf("%s\n", name);
}

void
stage_end(void)
{
	char cmd[4096];
	static const char *const files[] = { "a", "b", "log" };
	static const char *const ends[] = { ".sock", "-master.sock", ".cfg",
		".state", ".log", ".out", "" };
	size_t i, k;

	while (n_pids > 0)
		process_end(pids[n_pids - 1], SIGKILL);
	n_customers = 0;
	for (i = 0; i < 3; i++)
		for (k = 0; k < 7; k++) {
			(void)snprintf(cmd, sizeof(cmd), "%s/%s%s", stage_dir,
			    files[i], ends[k]);
			(void)unlink(cmd);
		}
	(void)rmdir(stage_dir);
}

/* ---- servers ---- */

struct reply {
	struct evhttp_request *req;
	struct event *ev;
	bool bad;
};
static struct event_base *server_base;
static int server_delay_ms;

static void
reply_now(evutil_socket_t fd, short what, void *arg)
{
	struct reply *r = arg;
	struct evbuffer *b = evbuffer_new();

	(void)fd, (void)what;
	evbuffer_add(b, "ok", 2);
	evhttp_send_reply(r->req, r->bad ? 500 : 200, "x", b);
	evbuffer_free(b);
	event_free(r->ev);
	free(r);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct reply *r = calloc(1, sizeof(*r));
	struct timeval tv = { server_delay_ms / 1000,
		(server_delay_ms % 1000) * 1000 };

	(void)arg;
	r->req = req;
	r->bad = strncmp(evhttp_request_get_uri(req), "/500", 4) == 0;
	r->ev = event_new(server_base, -1, 0, reply_now, r);
	event_add(r->ev, &tv);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	_exit(0);
}

struct backend_server
server_start(int host, int delay_ms, pid_t *ret_pid)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000000u + (unsigned)host) };
	socklen_t len = sizeof(in);
	struct backend_server b = { 0 };
	struct evhttp *h;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0, "bind: %s",
	    strerror(errno));
	CHECK(listen(fd, 512) == 0, "listen");
	(void)getsockname(fd, (struct sockaddr *)&in, &len);
	b.port = ntohs(in.sin_port);
	b.address[10] = b.address[11] = 0xff;
	memcpy(b.address + 12, &in.sin_addr, 4);
	(void)snprintf(b.id.text, sizeof(b.id.text), "srv-%d-%d", host, b.port);
	*ret_pid = child();
	if (*ret_pid == 0) {
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		server_base = event_base_new();
		server_delay_ms = delay_ms;
		h = evhttp_new(server_base);
		evhttp_set_gencb(h, on_request, NULL);
		(void)evhttp_accept_socket(h, fd);
		event_add(evsignal_new(server_base, SIGTERM, on_term, NULL),
		    NULL);
		(void)event_base_dispatch(server_base);
		_exit(1);
	}
	(void)close(fd);
	return (b);
}

/* ---- HAProxy ---- */

/*
 * Below those that the kernel gives to clients: a customer's connection
 * cannot take it while HAProxy is started again.
 */
static int
free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint16_t r;
	int i, fd, rc;

	for (i = 0; i < 200; i++) {
		CHECK(getrandom(&r, sizeof(r), 0) == sizeof(r), "getrandom");
		in.sin_port = htons((uint16_t)(10000 + r % 21000));
		fd = socket(AF_INET, SOCK_STREAM, 0);
		rc = bind(fd, (struct sockaddr *)&in, sizeof(in));
		(void)close(fd);
		if (rc == 0)
			return (ntohs(in.sin_port));
	}
	CHECK(false, "no free port");
	return (0);
}

static int
dial_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0)
		return (fd);
	(void)close(fd);
	return (-1);
}

static const char *
ask(const char *path, const char *command)
{
	static char buf[65536];
	size_t n = 0;
	ssize_t k;
	int fd = dial_unix(path);

	CHECK(fd >= 0, "connect %s: %s", path, strerror(errno));
	(void)snprintf(buf, sizeof(buf), "%s\n", command);
	CHECK(write(fd, buf, strlen(buf)) > 0, "write");
	while (n < sizeof(buf) - 1 &&
	    (k = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)k;
	buf[n] = '\0';
	(void)close(fd);
	return (buf);
}

const char *
lb_ask(struct lb *l, const char *command)
{
	return (ask(l->sock, command));
}

void
lb_run(struct lb *l)
{
	char out[128];
	int i, fd;

	(void)snprintf(out, sizeof(out), "%s/%s.out", stage_dir, l->name);
	l->pid = child();
	if (l->pid == 0) {
		fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0600);
		(void)dup2(fd, 1);
		(void)dup2(fd, 2);
		(void)execlp("haproxy", "haproxy", "-W", "-db", "-S",
		    l->master, "-f", l->config, (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < 3000 && (fd = dial_unix(l->sock)) < 0; i++)
		nap_ms(20);
	CHECK(fd >= 0, "HAProxy did not start, see %s", out);
	(void)close(fd);
}

void
lb_start(struct lb *l, const char *name, const struct lb_options *o)
{
	char maxconn[64] = "";
	FILE *f;

	memset(l, 0, sizeof(*l));
	(void)snprintf(l->name, sizeof(l->name), "%s", name);
	(void)snprintf(l->sock, sizeof(l->sock), "%s/%s.sock", stage_dir, name);
	(void)snprintf(l->master, sizeof(l->master), "%s/%s-master.sock",
	    stage_dir, name);
	(void)snprintf(l->config, sizeof(l->config), "%s/%s.cfg", stage_dir,
	    name);
	(void)snprintf(l->state, sizeof(l->state), "%s/%s.state", stage_dir,
	    name);
	(void)snprintf(l->log, sizeof(l->log), "%s/log", stage_dir);
	l->port = free_port();
	if (o->frontend_maxconn > 0)
		(void)snprintf(maxconn, sizeof(maxconn), "    maxconn %d\n",
		    o->frontend_maxconn);
	f = fopen(l->config, "w");
	CHECK(f != NULL, "fopen %s", l->config);
	(void)fprintf(f, "global\n    maxconn 400\n    nbthread 2\n"
	    "    stats socket %s mode 600 level %s expose-fd listeners\n"
	    "    stats timeout 60s\n", l->sock,
	    o->level != NULL ? o->level : "admin");
	if (o->state_file)
		(void)fprintf(f, "    server-state-file %s\n", l->state);
	(void)fprintf(f, "defaults\n    mode http\n    retries 3\n"
	    "    retry-on conn-failure empty-response\n"
	    "    option redispatch 1\n    timeout connect 2s\n"
	    "    timeout client 20s\n    timeout server 20s\n"
	    "    timeout queue 10s\n");
	if (o->state_file)
		(void)fprintf(f, "    load-server-state-from-file global\n");
	if (o->latency_log)
		(void)fprintf(f, "    log %s len 1024 format raw sample 1:2 "
		    "local0\n    log-format \"%%b %%s %%ST %%Tq %%Tw %%Tc "
		    "%%Tr %%Ta %%TR\"\n", l->log);
	(void)fprintf(f, "frontend web\n    bind 127.0.0.1:%d\n%s"
	    "    default_backend shop\nbackend shop\n    balance leastconn\n%s",
	    l->port, maxconn, o->more != NULL ? o->more : "");
	if (o->slots > 0)
		(void)fprintf(f, "    server-template w 1-%d localhost:1 "
		    "check inter 500 fall 2 rise 1 maxconn 50 weight 100 "
		    "init-addr last,libc,none disabled\n", o->slots);
	(void)fclose(f);
	lb_run(l);
}

/* The master takes no call while it still works on the last reload. */
void
lb_reload(struct lb *l)
{
	int i, fd = -1;

	for (i = 0; i < 500 && (fd = dial_unix(l->master)) < 0; i++)
		nap_ms(20);
	CHECK(fd >= 0, "connect %s: %s", l->master, strerror(errno));
	(void)close(fd);
	(void)ask(l->master, "reload");
}

/* One that leaves may close a connection without an answer. */
pid_t
lb_worker(struct lb *l)
{
	const char *p = NULL;
	int i;

	for (i = 0; i < 500 && p == NULL; i++) {
		p = strstr(lb_ask(l, "show info"), "\nPid: ");
		if (p == NULL)
			nap_ms(20);
	}
	CHECK(p != NULL, "no Pid");
	return ((pid_t)atol(p + 6));
}

/* ---- customers ---- */

static bool
customer_once(int port, const char *path, char *why, size_t size)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval tv = { 30, 0 };
	char buf[1024];
	size_t n = 0;
	ssize_t k;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0) {
		(void)snprintf(why, size, "connect: %s", strerror(errno));
		(void)close(fd);
		return (false);
	}
	(void)snprintf(buf, sizeof(buf), "GET %s HTTP/1.1\r\nHost: x\r\n"
	    "Connection: close\r\n\r\n", path);
	(void)send(fd, buf, strlen(buf), MSG_NOSIGNAL);
	while (n < sizeof(buf) - 1 &&
	    (k = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)k;
	buf[n] = '\0';
	(void)close(fd);
	(void)snprintf(why, size, "answered '%.60s'", buf);
	return (strncmp(buf, "HTTP/1.1 200", 12) == 0 && n > 2 &&
	    strcmp(buf + n - 2, "ok") == 0);
}

struct counts *
customers_start(const struct lb *l, int n, const char *path)
{
	char why[160];
	int i;

	if (counts == NULL)
		counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counts != MAP_FAILED, "mmap");
	memset(counts, 0, sizeof(*counts));
	counts->pause_us = 4000;
	for (i = 0; i < n; i++) {
		customers[n_customers] = child();
		if (customers[n_customers] != 0) {
			n_customers++;
			continue;
		}
		while (!counts->stop) {
			if (customer_once(l->port, path, why, sizeof(why)))
				counts->ok++;
			else if (counts->bad++ == 0)
				memcpy(counts->first_bad, why, sizeof(why));
			nap_ms(counts->pause_us / 1000);
		}
		_exit(0);
	}
	return (counts);
}

void
customers_stop(void)
{
	int i;

	counts->stop = true;
	for (i = 0; i < n_customers; i++)
		process_end(customers[i], SIGCONT);
	n_customers = 0;
}
