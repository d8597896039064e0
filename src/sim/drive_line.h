/* SPDX-License-Identifier: MIT */
/*
 * A line of `drive`, read and checked but not yet applied, so that it
 * applies whole or not at all.
 */
#ifndef SIM_DRIVE_LINE_H
#define SIM_DRIVE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "plimsoll/decision.h"
#include "plimsoll/driver.h"
#include "plimsoll/sample.h"
#include "plimsoll/server.h"
#include "plimsoll/word.h"

struct err;
struct json_object;

struct line_server {
	struct server_id id;
	enum phase phase;
	bool ours;
	double since_s;
};

struct drive_in {
	double t_s;
	char group[NAME_SIZE];
	struct sample sample; /* valid is false when there were no metrics */
	bool has_servers;
	int n_servers;
	struct line_server *servers; /* [MAX_SERVERS], the caller's */
	bool has_answers;
	int accepted, refused;
	enum outcome why;
	bool has_note;
	struct word note;
	bool has_word;
	struct word word;
};

struct line_reader;

int	line_reader_new(struct line_reader **ret, struct err *);
void	line_reader_free(struct line_reader *);
/* Fills *ret but for ret->servers, which points to room for MAX_SERVERS. */
int	line_read(struct line_reader *, const char *text, size_t n,
	    struct drive_in *ret, struct err *);

/* A growing text; fail stays set when memory ran out. */
struct text {
	char *at;
	size_t n, cap;
	bool fail;
};

void	text_add(struct text *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes. */
void	text_string(struct text *, const char *);
void	line_write(struct text *, double t_s, const char *group,
	    const struct decision *);

/*
 * A word as the control API takes it: {"scale": 12, "for": 7200}.  Its end is
 * wall_s + for; hold, resume, note, drain, replace, protect, adopt likewise.
 */
int	word_read(struct json_object *, int64_t wall_s, struct word *ret,
	    struct err *);
/* A short text of a JSON string without control characters; cut to fit. */
int	word_text(struct json_object *, char *buf, size_t size, struct err *,
	    const char *what);

#endif
