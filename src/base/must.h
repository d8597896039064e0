/* SPDX-License-Identifier: MIT */
/*
 * Asserts for our own mistakes, always on.  Never for input.  When one
 * fires the daemon dies and restarts without changing the fleet.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

_Noreturn void	must_fail(const char *what, const char *file, int line);

#define MUST(cond)                                                     \
	do {                                                           \
		if (__builtin_expect(!(cond), 0))                      \
			must_fail(#cond, __FILE__, __LINE__);          \
	} while (0)

#endif
