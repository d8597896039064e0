/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the JSON or the lines of a bundle: refused with a sentence,
 * or walked without a step outside, decoded to no more than was there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "io/jspan.h"
#include "secret/arena.h"
#include "secret/bundle.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
walk(struct jspan v)
{
	struct jspan name, value;
	size_t at = 0, n;
	int64_t whole;
	char *buf;

	(void)jspan_int(v, &whole);
	if (jspan_is_string(v)) {
		buf = malloc(v.n);
		n = jspan_string(v, buf);
		MUST(n <= v.n - 2);
		free(buf);
	} else if (jspan_is_object(v)) {
		while (jspan_next(v, &at, &name, &value)) {
			walk(name);
			walk(value);
		}
	} else if (jspan_is_list(v)) {
		while (jspan_item(v, &at, &value))
			walk(value);
	}
}

static void
look(const struct bundle *b)
{
	const char *key;
	struct secret s;
	int i;

	for (i = 0; i < bundle_count(b); i++) {
		s = bundle_at(b, i, &key);
		MUST(bundle_key_ok(key));
		MUST(bundle_find(b, key)->bytes == s.bytes);
		MUST(s.n == 0 || memchr(s.bytes, 0, s.n) != s.bytes + s.n);
	}
	MUST(bundle_same(b, b));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const down[] = { "data", "data", NULL };
	static struct arena *arena;
	struct bundle *b = NULL;
	struct err e = { 0 };
	struct jspan all, in;
	char *copy;

	if (arena == NULL)
		MUST((arena = arena_new(&e)) != NULL);
	if (jspan_check((const char *)data, n, &all, &e) == 0) {
		walk(all);
		if (jspan_find(all, down, &in))
			walk(in);
		if (bundle_members(arena, all, &b, &e) == 0)
			look(b);
		bundle_drop(arena, b);
		b = NULL;
	} else {
		MUST(e.code != 0);
	}
	copy = malloc(n + 1);
	memcpy(copy, data, n);
	if (bundle_parse(arena, copy, n, &b, &e) == 0)
		look(b);
	bundle_drop(arena, b);
	free(copy);
	return (0);
}
