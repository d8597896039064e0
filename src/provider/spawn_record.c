/* SPDX-License-Identifier: MIT */
/*
 * Records as lines of `key value`, so that a person can read them with cat.
 * The last line is a check sum of what stands above it: a file that a disk
 * damaged is told apart from one that says something else.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/must.h"
#include "provider/spawn_record.h"

#define RECORD_HEAD "plimsoll-server 1\n"

/* FNV-1a: finds damage, does not keep out a forger. */
static uint64_t
record_sum(const char *text, size_t n)
{
	uint64_t h = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (uint8_t)text[i]) * 1099511628211ULL;
	return (h);
}

/* One line per text: what could end it early is a blank. */
static void
record_line(const char *text, char *ret, size_t size)
{
	size_t i;

	(void)snprintf(ret, size, "%s", text);
	for (i = 0; ret[i] != '\0'; i++)
		if ((unsigned char)ret[i] < ' ')
			ret[i] = ' ';
}

size_t
spawn_record_text(const struct spawn_record *r, char ret[SPAWN_RECORD_MAX])
{
	char hex[SPAWN_TOKEN_HEX], text[REASON_SIZE];
	int n, m;

	spawn_token_hex(&r->token, hex);
	record_line(r->text, text, sizeof(text));
	n = snprintf(ret, SPAWN_RECORD_MAX, RECORD_HEAD
	    "token %s\ngroup %s\naddress %s\nport %u\nstate %d\npid %d\n"
	    "start %" PRIu64 "\nboot %s\ngrace_ms %" PRId64 "\nrest_ms %"
	    PRId64 "\nturn %" PRIu64 "\nended %" PRId64 "\ntext %s\n", hex,
	    r->group, r->address, r->port, (int)r->state, r->pid, r->start,
	    r->boot, r->grace_ms, r->rest_ms, r->turn, r->ended, text);
	MUST(n > 0 && n < SPAWN_RECORD_MAX - 32);
	m = snprintf(ret + n, (size_t)(SPAWN_RECORD_MAX - n),
	    "sum %016" PRIx64 "\n", record_sum(ret, (size_t)n));
	return ((size_t)(n + m));
}

/* The value of a line "key value", copied; false where it is not next. */
static bool
record_field(const char **p, const char *key, char *ret, size_t size)
{
	size_t n = strlen(key), len;

	if (strncmp(*p, key, n) != 0 || (*p)[n] != ' ')
		return (false);
	*p += n + 1;
	len = strcspn(*p, "\n");
	if ((*p)[len] != '\n' || len >= size)
		return (false);
	memcpy(ret, *p, len);
	ret[len] = '\0';
	*p += len + 1;
	return (true);
}

static bool
record_number(const char **p, const char *key, uint64_t max, uint64_t *ret)
{
	char text[32], *end;

	if (!record_field(p, key, text, sizeof(text)) || text[0] < '0' ||
	    text[0] > '9')
		return (false);
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return (errno == 0 && *end == '\0' && *ret <= max);
}

static bool
record_fields(const char *p, struct spawn_record *r)
{
	char hex[SPAWN_TOKEN_HEX];
	uint64_t port, state, pid, grace, rest, ended;

	if (!record_field(&p, "token", hex, sizeof(hex)) ||
	    spawn_token_parse(hex, &r->token) != 0 ||
	    !record_field(&p, "group", r->group, sizeof(r->group)) ||
	    !record_field(&p, "address", r->address, sizeof(r->address)) ||
	    !record_number(&p, "port", UINT16_MAX, &port) ||
	    !record_number(&p, "state", SPAWN_STATE_COUNT - 1, &state) ||
	    !record_number(&p, "pid", INT32_MAX, &pid) ||
	    !record_number(&p, "start", UINT64_MAX, &r->start) ||
	    !record_field(&p, "boot", r->boot, sizeof(r->boot)) ||
	    !record_number(&p, "grace_ms", INT32_MAX, &grace) ||
	    !record_number(&p, "rest_ms", INT32_MAX, &rest) ||
	    !record_number(&p, "turn", UINT64_MAX, &r->turn) ||
	    !record_number(&p, "ended", INT64_MAX, &ended) ||
	    !record_field(&p, "text", r->text, sizeof(r->text)))
		return (false);
	r->port = (uint16_t)port;
	r->state = (enum spawn_state)state;
	r->pid = (int)pid;
	r->grace_ms = (int64_t)grace;
	r->rest_ms = (int64_t)rest;
	r->ended = (ns_t)ended;
	return (true);
}

int
spawn_record_parse(const char *text, size_t n, struct spawn_record *ret,
    struct err *e)
{
	enum { SUM_LINE = 4 + 16 + 1 };
	struct spawn_record r = { 0 };
	char copy[SPAWN_RECORD_MAX], sum[32];

	if (n >= sizeof(copy) || n < SUM_LINE + sizeof(RECORD_HEAD) ||
	    memchr(text, '\0', n) != NULL ||
	    strncmp(text, RECORD_HEAD, sizeof(RECORD_HEAD) - 1) != 0)
		return (err_set(e, EINVAL, "no server's record"));
	memcpy(copy, text, n);
	copy[n] = '\0';
	(void)snprintf(sum, sizeof(sum), "sum %016" PRIx64 "\n",
	    record_sum(copy, n - SUM_LINE));
	if (strcmp(copy + n - SUM_LINE, sum) != 0)
		return (err_set(e, EINVAL, "damaged: its check sum differs"));
	if (!record_fields(copy + sizeof(RECORD_HEAD) - 1, &r))
		return (err_set(e, EINVAL, "damaged: a line is wrong"));
	*ret = r;
	return (0);
}

int
spawn_record_write(int dir_fd, const struct spawn_record *r, struct err *e)
{
	char text[SPAWN_RECORD_MAX], name[SPAWN_TOKEN_HEX];
	char next[SPAWN_TOKEN_HEX + 4];
	size_t n = spawn_record_text(r, text);
	int fd, rc = -1;

	spawn_token_hex(&r->token, name);
	(void)snprintf(next, sizeof(next), "%s.new", name);
	fd = openat(dir_fd, next,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return (err_set(e, errno, "the record of server %s cannot be "
		    "made: %s", name, strerror(errno)));
	errno = ENOSPC; /* of a write that was cut short */
	if (write(fd, text, n) != (ssize_t)n || fsync(fd) != 0)
		(void)err_set(e, errno, "the record of server %s cannot be "
		    "written: %s", name, strerror(errno));
	else if (renameat(dir_fd, next, dir_fd, name) != 0)
		(void)err_set(e, errno, "the record of server %s cannot be "
		    "renamed: %s", name, strerror(errno));
	else
		rc = 0;
	(void)close(fd);
	if (rc != 0)
		(void)unlinkat(dir_fd, next, 0);
	return (rc);
}

int
spawn_record_read(int dir_fd, const struct token *t, struct spawn_record *ret,
    struct err *e)
{
	char text[SPAWN_RECORD_MAX], name[SPAWN_TOKEN_HEX];
	ssize_t n;
	int fd, code;

	spawn_token_hex(t, name);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return (err_set(e, errno, "record '%s': %s", name,
		    strerror(errno)));
	n = read(fd, text, sizeof(text));
	code = errno;
	(void)close(fd);
	if (n < 0)
		return (err_set(e, code, "record '%s': %s", name,
		    strerror(code)));
	if (spawn_record_parse(text, (size_t)n, ret, e) != 0)
		return (err_prefix(e, "record '%s'", name));
	if (memcmp(&ret->token, t, sizeof(*t)) != 0)
		return (err_set(e, EINVAL, "record '%s' is of another token",
		    name));
	return (0);
}

void
spawn_record_unlink(int dir_fd, const struct token *t)
{
	char name[SPAWN_TOKEN_HEX];

	spawn_token_hex(t, name);
	(void)unlinkat(dir_fd, name, 0);
}
