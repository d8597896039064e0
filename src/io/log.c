/* SPDX-License-Identifier: MIT */
/*
 * The log; see log.h.  A line of at most PIPE_BUF bytes goes into a pipe
 * whole or not at all, so only a socket can leave a rest, which is kept and
 * sent before the next line.  syslog(3) was rejected: it may block.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "io/log.h"

_Static_assert(LOG_LINE_SIZE <= PIPE_BUF, "a line must go in whole");

struct log {
	int fd;
	int file;		/* of the thread; -1: none */
	bool own_fd;
	bool socket;
	bool systemd;
	bool has_thread;
	enum level max;
	uint64_t dropped, told; /* of the dropped, so many were told of */
	pthread_t thread;
	size_t rest;		/* bytes of a line that a socket cut */
	char rest_text[LOG_LINE_SIZE];
};

static const char *const levels[] = { "error", "warn", "info", "debug" };

/* The thread of a plain file: the only one that may wait for its disk. */
static void *
log_thread(void *arg)
{
	int *fd = arg;
	char buf[4096];
	ssize_t n, m, k;

	while ((n = read(fd[0], buf, sizeof(buf))) > 0)
		for (k = 0; k < n; k += m) {
			m = write(fd[1], buf + k, (size_t)(n - k));
			if (m <= 0)
				break;
		}
	(void)close(fd[0]);
	(void)close(fd[1]);
	free(fd);
	return (NULL);
}

static int
log_thread_start(struct log *l, int fd, struct err *e)
{
	int p[2] = { -1, -1 }, *ends = malloc(2 * sizeof(int));
	pthread_attr_t a;
	int rc = -1;

	if (ends == NULL || pipe2(p, O_CLOEXEC) != 0)
		goto out;
	ends[0] = p[0];
	ends[1] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (ends[1] < 0 || fcntl(p[1], F_SETFL, O_NONBLOCK) != 0)
		goto out;
	(void)pthread_attr_init(&a);
	(void)pthread_attr_setstacksize(&a, 64 * 1024);
	rc = pthread_create(&l->thread, &a, log_thread, ends) == 0 ? 0 : -1;
	(void)pthread_attr_destroy(&a);
out:
	if (rc != 0) {
		(void)err_set(e, errno, "the log's thread did not start: %s",
		    strerror(errno));
		if (p[0] >= 0)
			(void)close(p[0]), (void)close(p[1]);
		free(ends);
		return (-1);
	}
	l->fd = p[1];
	l->own_fd = l->has_thread = true;
	return (0);
}

static int
log_open(struct log *l, int fd, struct err *e)
{
	char path[64];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (err_set(e, errno, "the log's descriptor: %s",
		    strerror(errno)));
	l->fd = fd;
	if (S_ISSOCK(st.st_mode)) {
		l->socket = true;
		return (0);
	}
	if (S_ISREG(st.st_mode))
		return (log_thread_start(l, fd, e));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	l->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	l->own_fd = l->fd >= 0;
	if (l->fd >= 0)
		return (0);
	/* Another user's terminal or pipe: a thread may wait for it. */
	return (log_thread_start(l, fd, e));
}

struct log *
log_new(int fd, enum level max, struct err *e)
{
	struct log *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_set(e, ENOMEM, "the log: out of memory");
		return (NULL);
	}
	l->max = max;
	l->systemd = getenv("JOURNAL_STREAM") != NULL;
	if (log_open(l, fd, e) == 0)
		return (l);
	free(l);
	return (NULL);
}

void
log_free(struct log *l)
{
	struct timespec until;

	if (l == NULL)
		return;
	if (l->own_fd)
		(void)close(l->fd);
	if (l->has_thread) {
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (pthread_timedjoin_np(l->thread, NULL, &until) != 0)
			(void)pthread_detach(l->thread);
	}
	free(l);
}

void
log_level_set(struct log *l, enum level max)
{
	l->max = max;
}

uint64_t
log_dropped(const struct log *l)
{
	return (l->dropped);
}

int
log_level_parse(const char *text, enum level *ret)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(text, levels[i]) == 0) {
			*ret = (enum level)i;
			return (0);
		}
	return (-1);
}

/* Room stays for " cut=true\n". */
static void
line_add(struct log_line *l, const char *text, size_t n)
{
	size_t room = sizeof(l->text) - 16 - l->n;

	if (n > room) {
		n = room;
		l->cut = true;
	}
	memcpy(l->text + l->n, text, n);
	l->n += n;
}

static bool
is_plain(const char *s)
{
	if (*s == '\0')
		return (false);
	for (; *s != '\0'; s++)
		if (!(*s >= '0' && *s <= '9') && !(*s >= 'a' && *s <= 'z') &&
		    !(*s >= 'A' && *s <= 'Z') && strchr("_-./:+@", *s) == NULL)
			return (false);
	return (true);
}

/* Bytes beyond printable ASCII are said in hex: a log is no terminal's boss. */
static void
line_quote(struct log_line *l, const char *s)
{
	char hex[8];

	line_add(l, "\"", 1);
	for (; *s != '\0' && !l->cut; s++) {
		if (*s == '"' || *s == '\\') {
			line_add(l, "\\", 1);
			line_add(l, s, 1);
		} else if (*s == '\n') {
			line_add(l, "\\n", 2);
		} else if ((unsigned char)*s < 0x20 ||
		    (unsigned char)*s >= 0x7f) {
			(void)snprintf(hex, sizeof(hex), "\\x%02x",
			    (unsigned)(unsigned char)*s);
			line_add(l, hex, 4);
		} else {
			line_add(l, s, 1);
		}
	}
	line_add(l, "\"", 1);
}

static void
line_key(struct log_line *l, const char *key)
{
	line_add(l, " ", 1);
	line_add(l, key, strlen(key));
	line_add(l, "=", 1);
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	if (l->log == NULL)
		return;
	line_key(l, key);
	if (value == NULL)
		line_add(l, "none", 4);
	else if (is_plain(value))
		line_add(l, value, strlen(value));
	else
		line_quote(l, value);
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	char b[32];

	if (l->log == NULL)
		return;
	line_key(l, key);
	line_add(l, b, (size_t)snprintf(b, sizeof(b), "%" PRId64, value));
}

void
log_num(struct log_line *l, const char *key, double value)
{
	char b[48];

	if (l->log == NULL)
		return;
	line_key(l, key);
	line_add(l, b, (size_t)snprintf(b, sizeof(b), "%.6g", value));
}

void
log_begin(struct log_line *l, struct log *log, enum level level,
    const char *msg)
{
	static const char prefix[][4] = { "<3>", "<4>", "<6>", "<7>" };
	struct timespec now;
	struct tm tm;
	char b[64];

	MUST(level <= LEVEL_DEBUG);
	l->log = log != NULL && level <= log->max ? log : NULL;
	l->level = level;
	l->n = 0;
	l->cut = false;
	if (l->log == NULL)
		return;
	if (log->systemd) {
		line_add(l, prefix[level], 3);
	} else {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		(void)gmtime_r(&now.tv_sec, &tm);
		line_add(l, b, strftime(b, sizeof(b), "t=%Y-%m-%dT%H:%M:%S",
		    &tm));
		line_add(l, b, (size_t)snprintf(b, sizeof(b), ".%03ldZ ",
		    now.tv_nsec / 1000000));
	}
	line_add(l, "level=", 6);
	line_add(l, levels[level], strlen(levels[level]));
	log_str(l, "msg", msg);
}

/* The bytes that the descriptor took now; 0 when it takes none. */
static size_t
log_write(struct log *l, const char *text, size_t n)
{
	ssize_t m;

	do {
		m = l->socket ? send(l->fd, text, n,
		    MSG_DONTWAIT | MSG_NOSIGNAL) : write(l->fd, text, n);
	} while (m < 0 && errno == EINTR);
	return (m > 0 ? (size_t)m : 0);
}

/* False: nothing of it left.  What a socket cuts off is kept. */
static bool
log_put(struct log *l, const char *text, size_t n)
{
	size_t m;

	if (l->rest > 0) {
		m = log_write(l, l->rest_text, l->rest);
		l->rest -= m;
		memmove(l->rest_text, l->rest_text + m, l->rest);
		if (l->rest > 0)
			return (false);
	}
	m = log_write(l, text, n);
	if (m == 0)
		return (false);
	l->rest = n - m;
	memcpy(l->rest_text, text + m, l->rest);
	return (true);
}

static bool
log_tell_dropped(struct log *log)
{
	struct log_line l;

	log_begin(&l, log, LEVEL_WARN, "log lines were dropped");
	log_int(&l, "lines", (int64_t)(log->dropped - log->told));
	if (l.log == NULL)
		return (true);
	l.text[l.n++] = '\n';
	if (!log_put(log, l.text, l.n))
		return (false);
	log->told = log->dropped;
	return (true);
}

void
log_end(struct log_line *l)
{
	struct log *log = l->log;

	if (log == NULL)
		return;
	if (l->cut) {
		memcpy(l->text + l->n, " cut=true", 9);
		l->n += 9;
	}
	l->text[l->n++] = '\n';
	if ((log->dropped > log->told && !log_tell_dropped(log)) ||
	    !log_put(log, l->text, l->n))
		log->dropped++;
	l->log = NULL;
}

void
log_alarm(struct log_line *l, struct log *log, bool is, const char *name)
{
	log_begin(l, log, is ? LEVEL_WARN : LEVEL_INFO, is ? "alarm" :
	    "alarm is over");
	log_str(l, "alarm", name);
}

void
log_say(struct log *log, enum level level, const char *msg, const char *key,
    const char *value)
{
	struct log_line l;

	log_begin(&l, log, level, msg);
	if (key != NULL)
		log_str(&l, key, value);
	log_end(&l);
}
