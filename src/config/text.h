/* SPDX-License-Identifier: MIT */
/*
 * Text of a policy: what came from outside made fit to be shown (I-37),
 * names that may go into commands, metrics and files, values with units.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plimsoll/units.h"

enum { SHOWN_SIZE = 120 };

/* Outside text in quotes, every odd byte as \xNN, cut at SHOWN_SIZE. */
struct shown {
	char text[SHOWN_SIZE];
};

/* text_quote("a\nb").text is "\"a\\x0ab\"". */
struct shown	text_quote(const char *);
/* The same without the quotes, for paths and names. */
struct shown	text_plain(const char *);
/* Not empty, and letters, digits, '-' and '_' only. */
bool	text_is_name(const char *);
/* UTF-8 without control characters. */
bool	text_is_clean(const char *);
/* Edits (insert, drop, change, swap of neighbours) from a to b. */
int	text_distance(const char *a, const char *b);

/* "64MB" "1GB" "512kB" "100B", of 1024; false when it is none. */
bool	text_to_size(const char *, uint64_t *ret);
/* As one would write it in the file, to the last bit: "90m". */
void	text_duration(ns_t, char *buf, size_t size);
void	text_size(uint64_t, char *buf, size_t size);

#endif
