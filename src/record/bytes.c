/* SPDX-License-Identifier: MIT */
/* Bytes out and in; see bytes.h. */
#include <stdlib.h>
#include <string.h>

#include "record/bytes.h"

static bool
bytes_room(struct bytes *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : 256;
	uint8_t *at;

	if (b->failed || n > BYTES_MAX - b->n) {
		b->failed = true;
		return (false);
	}
	if (b->n + n <= b->cap)
		return (true);
	while (cap < b->n + n)
		cap *= 2;
	at = realloc(b->at, cap);
	if (at == NULL) {
		b->failed = true;
		return (false);
	}
	b->at = at;
	b->cap = cap;
	return (true);
}

void
bytes_put(struct bytes *b, const void *p, size_t n)
{
	if (n == 0 || !bytes_room(b, n))
		return;
	memcpy(b->at + b->n, p, n);
	b->n += n;
}

void
bytes_u8(struct bytes *b, uint8_t v)
{
	bytes_put(b, &v, 1);
}

void
bytes_u64(struct bytes *b, uint64_t v)
{
	uint8_t raw[8];
	int i;

	for (i = 0; i < 8; i++)
		raw[i] = (uint8_t)(v >> (8 * i));
	bytes_put(b, raw, 8);
}

void
bytes_varint(struct bytes *b, uint64_t v)
{
	uint8_t raw[10];
	size_t n = 0;

	while (v >= 0x80) {
		raw[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	raw[n++] = (uint8_t)v;
	bytes_put(b, raw, n);
}

void
bytes_signed(struct bytes *b, int64_t v)
{
	bytes_varint(b, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

void
bytes_blob(struct bytes *b, const void *p, size_t n)
{
	bytes_varint(b, n);
	bytes_put(b, p, n);
}

void
bytes_text(struct bytes *b, const char *s)
{
	bytes_blob(b, s, strlen(s));
}

void
bytes_reset(struct bytes *b, size_t keep)
{
	if (b->cap > keep)
		bytes_free(b);
	b->n = 0;
	b->failed = false;
}

void
bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){ NULL, 0, 0, false };
}

void
reader_raw(struct reader *r, void *ret, size_t n)
{
	if (r->bad || n > r->n) {
		r->bad = true;
		memset(ret, 0, n);
		return;
	}
	memcpy(ret, r->at, n);
	r->at += n;
	r->n -= n;
}

uint8_t
reader_u8(struct reader *r)
{
	uint8_t v;

	reader_raw(r, &v, 1);
	return (v);
}

uint64_t
reader_u64(struct reader *r)
{
	uint8_t raw[8];
	uint64_t v = 0;
	int i;

	reader_raw(r, raw, 8);
	for (i = 0; i < 8; i++)
		v |= (uint64_t)raw[i] << (8 * i);
	return (v);
}

uint64_t
reader_varint(struct reader *r)
{
	uint64_t v = 0;
	int shift;
	uint8_t c;

	for (shift = 0; shift < 64; shift += 7) {
		c = reader_u8(r);
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return (r->bad ? 0 : v);
	}
	r->bad = true;
	return (0);
}

int64_t
reader_signed(struct reader *r)
{
	uint64_t v = reader_varint(r);

	return ((int64_t)((v >> 1) ^ (v & 1 ? UINT64_MAX : 0)));
}

uint64_t
reader_upto(struct reader *r, uint64_t max)
{
	uint64_t v = reader_varint(r);

	if (v > max) {
		r->bad = true;
		return (0);
	}
	return (v);
}

const void *
reader_blob(struct reader *r, size_t *ret_n)
{
	uint64_t n = reader_varint(r);
	const uint8_t *p = r->at;

	*ret_n = 0;
	if (r->bad || n > r->n) {
		r->bad = true;
		return (NULL);
	}
	r->at += n;
	r->n -= n;
	*ret_n = n;
	return (p);
}

void
reader_text(struct reader *r, char *ret, size_t size)
{
	size_t n;
	const void *p = reader_blob(r, &n);

	memset(ret, 0, size);
	if (p == NULL || n >= size || memchr(p, 0, n) != NULL) {
		r->bad = true;
		return;
	}
	memcpy(ret, p, n);
}

uint64_t
sum_add(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *c = p;
	size_t i;

	for (i = 0; i < n; i++)
		sum = (sum ^ c[i]) * UINT64_C(0x100000001b3);
	return (sum);
}

uint64_t
sum_end(uint64_t sum)
{
	sum = (sum ^ (sum >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	sum = (sum ^ (sum >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (sum ^ (sum >> 31));
}
