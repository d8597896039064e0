/* SPDX-License-Identifier: MIT */
/*
 * An error is a code and a sentence.  The caller owns the struct, so that
 * telling of "out of memory" needs none.  The first failure wins; outer
 * layers put context in front; only the top logs.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum { ERR_SIZE = 512 };

struct err {
	int code; /* errno's numbers; 0: no error */
	char text[ERR_SIZE];
};

/* NULL e is allowed everywhere.  Always returns -1, for `return err_set()`. */
int	err_set(struct err *e, int code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Puts "context: " in front of what is there. */
int	err_prefix(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	err_clear(struct err *e);

#endif
