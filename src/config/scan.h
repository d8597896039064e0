/* SPDX-License-Identifier: MIT */
/*
 * What libconfig does not say about a text: numbers that it would wrap or
 * cut without a word, and, where it says "syntax error" one line late, what
 * is wrong and where.  One pass over the words of the text, no tree.
 */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum { SCAN_PROBLEMS = 32, SCAN_NAME = 64, SCAN_TEXT = 240 };

struct scan_problem {
	int line;
	int name_line;	      /* of the setting whose value it is */
	int name_nth;	      /* of this name in its line, from 0 */
	char name[SCAN_NAME]; /* fit to be shown; "" when there is none */
	int opened;	      /* line of the bracket that it is about, 0: none */
	bool syntax;	      /* there is no sense in parsing it */
	char text[SCAN_TEXT];
};

struct scan {
	int n;
	struct scan_problem at[SCAN_PROBLEMS];
	bool refused; /* some of them are about syntax */
};

void	scan_text(const char *text, struct scan *ret);
/*
 * Where the name that ends up twice at this line was set first: the line,
 * and the name into buf; 0 when it is not found.
 */
int	scan_twice(const char *text, int line, char *buf, size_t size);

#endif
