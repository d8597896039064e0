/* SPDX-License-Identifier: MIT */
/* Bytes as hexadecimal digits, small letters only: one text for one value. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2 n digits and a NUL into `to`. */
void	hex_put(char *to, const uint8_t *from, size_t n);
/* n bytes of 2 n digits; false at anything else, an early end too. */
bool	hex_get(const char *from, uint8_t *to, size_t n);

#endif
