/* SPDX-License-Identifier: MIT */
/*
 * All errors of one policy at once, each a sentence with its place, so that
 * a person mends the file in one go.  Bounded: what does not fit is counted.
 */
#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

#include <stdio.h>

enum { MAX_ERRORS = 64, ERROR_LINE_SIZE = 640 };

struct errors {
	int n;	     /* in at[] */
	int dropped; /* did not fit */
	struct {
		int order; /* errors are told in the order of the file */
		char text[ERROR_LINE_SIZE];
	} at[MAX_ERRORS];
};

void	errors_init(struct errors *);
void	errors_add(struct errors *, int order, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* In the order of the file; equal sentences once. */
void	errors_sort(struct errors *);
/* One a line; the number of those that did not fit at the end. */
void	errors_print(const struct errors *, FILE *);

#endif
