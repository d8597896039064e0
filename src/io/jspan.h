/* SPDX-License-Identifier: MIT */
/*
 * JSON read where it stands: places in a text that is checked once, so that
 * a secret is decoded to where it belongs and is copied nowhere else.  For
 * anything that is no secret json.h is simpler.
 */
#ifndef IO_JSPAN_H
#define IO_JSPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { JSPAN_DEPTH = 32 };

/* A value in the text, without blanks around; the text is the caller's. */
struct jspan {
	const char *p;
	size_t n;
};

/*
 * One value and nothing behind it, of bounded depth: 0 and the whole, or -1
 * with a sentence that holds none of it.  A byte from 0x80 on may stand in a
 * string, whatever it means; an escape may be any but half a pair.
 */
int	jspan_check(const char *text, size_t n, struct jspan *ret,
	    struct err *);

/* All below: of what jspan_check() took. */
bool	jspan_is_object(struct jspan);
bool	jspan_is_string(struct jspan);
/* Number, true or false: the text of the span is its value. */
bool	jspan_is_plain(struct jspan);
/* Down these names, NULL at the end; false: there is none. */
bool	jspan_find(struct jspan, const char *const *names, struct jspan *ret);
/*
 * The members of an object one by one, *at 0 at first.  name: with its
 * quotes, as a string.
 */
bool	jspan_next(struct jspan object, size_t *at, struct jspan *ret_name,
	    struct jspan *ret_value);
/* The items of a list, likewise. */
bool	jspan_item(struct jspan list, size_t *at, struct jspan *ret);
bool	jspan_is_list(struct jspan);
/* The decoded bytes of a string, at most its n - 2; how many. */
size_t	jspan_string(struct jspan, char *to);
/* A string that fits with its NUL and holds none; false: it does not. */
bool	jspan_text(struct jspan, char *to, size_t size);
/* A whole number; false: it is none, or does not fit. */
bool	jspan_int(struct jspan, int64_t *ret);

#endif
