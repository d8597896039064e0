/* SPDX-License-Identifier: MIT */
/*
 * The log: one line of key=value pairs an event.  It never blocks its
 * caller: what the descriptor does not take at once is dropped, counted, and
 * told of by the next line that gets through.  Text from outside is quoted.
 *
 *	log_begin(&l, log, LEVEL_INFO, "server launched");
 *	log_str(&l, "group", name);
 *	log_int(&l, "way", way);
 *	log_end(&l);
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct log;

enum level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

enum { LOG_LINE_SIZE = 2048 };

struct log_line {
	struct log *log; /* NULL: a line of no interest */
	enum level level;
	size_t n;
	bool cut;
	char text[LOG_LINE_SIZE];
};

/*
 * Lines to fd, which stays the caller's.  A socket is written to without
 * waiting; a pipe or terminal is opened again, so that the flag of whoever
 * shares it stays as it was; a plain file, whose disk may hang, gets a
 * thread of its own behind a pipe.  Under systemd (`JOURNAL_STREAM`) lines
 * carry its level prefix and no time.
 */
struct log	*log_new(int fd, enum level max, struct err *);
/* Waits up to a second for a file's thread. */
void		log_free(struct log *);
void		log_level_set(struct log *, enum level max);
/* Lines lost since log_new(). */
uint64_t	log_dropped(const struct log *);
/* 0, or -1 where it is none of error, warn, info, debug. */
int		log_level_parse(const char *text, enum level *ret);

void	log_begin(struct log_line *, struct log *, enum level, const char *msg);
/* Of an alarm that begins, or is over. */
void	log_alarm(struct log_line *, struct log *, bool is, const char *name);
/* Quoted where it holds more than plain letters; NULL is said as none. */
void	log_str(struct log_line *, const char *key, const char *value);
void	log_int(struct log_line *, const char *key, int64_t value);
void	log_num(struct log_line *, const char *key, double value);
/* Says it.  A line that was too long ends in cut=true. */
void	log_end(struct log_line *);

/* A line of a message and one text, for most errors. */
void	log_say(struct log *, enum level, const char *msg, const char *key,
	    const char *value);

#endif
