/* SPDX-License-Identifier: MIT */
/*
 * Bytes out and in: a buffer that grows up to a bound, and a reader that
 * never reads beyond the end.  Both remember a failure, so that callers
 * check once, at the end.  Numbers are varints: seven bits a byte.
 */
#ifndef RECORD_BYTES_H
#define RECORD_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BYTES_MAX = 128 * 1024 * 1024 }; /* beyond it `failed` */

struct bytes {
	uint8_t *at; /* malloc'd */
	size_t n, cap;
	bool failed; /* out of memory or beyond the bound */
};

void	bytes_put(struct bytes *, const void *, size_t n);
void	bytes_u8(struct bytes *, uint8_t);
void	bytes_u64(struct bytes *, uint64_t); /* eight bytes, as they are */
void	bytes_varint(struct bytes *, uint64_t);
void	bytes_signed(struct bytes *, int64_t);
/* A length and so many bytes. */
void	bytes_blob(struct bytes *, const void *, size_t n);
void	bytes_text(struct bytes *, const char *);
/* Empty again; the memory stays, unless it had grown beyond keep bytes. */
void	bytes_reset(struct bytes *, size_t keep);
void	bytes_free(struct bytes *);

struct reader {
	const uint8_t *at;
	size_t n;
	bool bad; /* it ended too early, or what was there cannot be */
};

uint8_t		reader_u8(struct reader *);
uint64_t	reader_u64(struct reader *);
uint64_t	reader_varint(struct reader *);
int64_t		reader_signed(struct reader *);
/* At most max, or bad and 0. */
uint64_t	reader_upto(struct reader *, uint64_t max);
void		reader_raw(struct reader *, void *ret, size_t n);
/* Points into the read memory; NULL and 0 where bad. */
const void	*reader_blob(struct reader *, size_t *ret_n);
/* A NUL-ended copy; what is longer than size - 1 is bad. */
void		reader_text(struct reader *, char *ret, size_t size);

/* FNV-1a of 64 bits, with an avalanche at its end: a checksum of rows. */
#define SUM_BEGIN UINT64_C(0xcbf29ce484222325)
uint64_t	sum_add(uint64_t sum, const void *, size_t n);
uint64_t	sum_end(uint64_t sum);

#endif
