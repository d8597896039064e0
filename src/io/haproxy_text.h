/* SPDX-License-Identifier: MIT */
/*
 * What HAProxy's runtime API prints, read by names: `show info`, and tables
 * with a header (`show stat` in CSV, `show servers state`).  An answer to
 * several commands is several sections, each ended by an empty line; each
 * reader takes its own section from the cursor.  Pure: text in, cells out.
 * A server can put text of its own into some cells (the check's last
 * words), so quotes are honoured and nothing is cut at a bare newline.
 */
#ifndef IO_HAPROXY_TEXT_H
#define IO_HAPROXY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct cursor {
	const char *p, *end;
};

struct cell {
	const char *p; /* NULL: there is no such column */
	size_t n;
};

enum { TABLE_WANT_MAX = 24, TABLE_COLUMNS_MAX = 400 };

struct table {
	struct cursor *in;
	char sep;
	int columns, n_want;
	int16_t want_at[TABLE_WANT_MAX]; /* -1: not in this table */
};

/* Facts of one process.  Each number is 0 where it was not said. */
struct haproxy_info {
	uint64_t pid, start_s, uptime_s;
	uint64_t conns, max_conns;
	uint64_t sess_rate, sess_rate_limit, conn_rate, conn_rate_limit;
	char version[32]; /* printable, or "" */
};

/* Fails unless pid, start and uptime are there. */
int	haproxy_info_read(struct cursor *, struct haproxy_info *ret,
	    struct err *);
/* pid and start time in one number: another process, another epoch. */
uint64_t	haproxy_epoch(const struct haproxy_info *);

/*
 * Takes the header ("# a,b,c"); the rows will have these names' cells, in
 * this order.  names lives as long as nobody asks for more.
 */
int	table_open(struct table *, struct cursor *, char sep,
	    const char *const *names, int n, struct err *);
/* 1: a row; 0: the section ended; -1: odd, nothing of it is to be used. */
int	table_row(struct table *, struct cell *ret, struct err *);
/* Takes one line, without its newline; false at the end of the text. */
bool	cursor_line(struct cursor *, struct cell *ret);

bool	cell_is(const struct cell *, const char *);
/* Digits only and within 64 bits. */
bool	cell_u64(const struct cell *, uint64_t *ret);
/* A name that a command may hold, copied; false where it is none. */
bool	cell_name(const struct cell *, char *ret, size_t size);
/* IPv4 (mapped) or IPv6; false where it is neither. */
bool	cell_address(const struct cell *, uint8_t ret[16]);

#endif
