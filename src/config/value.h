/* SPDX-License-Identifier: MIT */
/*
 * One setting of the file to one field of a settings struct, as its row
 * says, and back.  Nothing is converted but an int where a number is wanted.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

struct config_setting_t;
struct key;

/* 0, or -1 with "found ..., expected ..." in why; the field is as before. */
int	value_read(const struct config_setting_t *, const struct key *,
	    void *settings, char *why, size_t size);
/* The row's default; false when the key is required. */
bool	value_default(const struct key *, void *settings);
/* As in the file; "" when it is not given. */
void	value_print(const struct key *, const void *settings, char *buf,
	    size_t size);
bool	value_same(const struct key *, const void *a, const void *b);
/* "a whole number from 1 to 10000 (servers)". */
void	value_expected(const struct key *, char *buf, size_t size);

#endif
