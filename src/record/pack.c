/* SPDX-License-Identifier: MIT */
/*
 * Steps in few bytes; see pack.h.  A changed double is written as the bytes
 * that differ from the last one (their exclusive or, without the zero bytes
 * at either end): noisy rates cost seven bytes, whole numbers two or three,
 * and what did not change a bit of the mask.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/must.h"
#include "record/pack.h"

/*
 * Whoever adds a field meets this: it must be written here, too, and
 * PACK_VERSION raised, or a replay would go another way without a word.
 */
_Static_assert(sizeof(struct sample) == 184, "pack.c: code the new field");
_Static_assert(sizeof(struct told) == 168, "pack.c: code the new field");

enum {
	S_VALUES = 9,	     /* bits 0 to 8: this value changed */
	S_FLAGS = 1 << 9,    /* valid, proof and the other marks changed */
	S_PERIOD = 1 << 10,
	S_EPOCH = 1 << 11,
	MILLI = 15 /* in place of the zero bytes in front */
};

void
pack_reset(struct pack *p)
{
	memset(p, 0, sizeof(*p));
}

/* Differences that wrap instead of overflowing: any pair comes back. */
static int64_t
plus(int64_t a, int64_t b)
{
	return ((int64_t)((uint64_t)a + (uint64_t)b));
}

static int64_t
minus(int64_t a, int64_t b)
{
	return ((int64_t)((uint64_t)a - (uint64_t)b));
}

/* The values of a sample, in the order of their bits. */
static void
sample_values(struct sample *s, struct value *v[S_VALUES])
{
	v[0] = &s->requests_rps;
	v[1] = &s->errors_rps;
	v[2] = &s->refused_rps;
	v[3] = &s->connect_errors_rps;
	v[4] = &s->queue;
	v[5] = &s->inflight;
	v[6] = &s->latency_s;
	v[7] = &s->latency_mean_s;
	v[8] = &s->up;
}

static uint64_t
double_bits(double d)
{
	uint64_t u;

	memcpy(&u, &d, sizeof(u));
	return (u);
}

/*
 * Whole thousandths (milliseconds, counts) are shorter as a number, where
 * the division gives the very same bits back.  0: not such a one.
 */
static uint64_t
value_milli(double v)
{
	uint64_t k;

	if (!(v > 0.0 && v < 1e6))
		return (0);
	k = (uint64_t)(v * 1000.0 + 0.5);
	return (double_bits((double)k / 1000.0) == double_bits(v) ? k : 0);
}

/*
 * A head (known, zero bytes in front, zero bytes behind) and the bytes
 * between; or, with MILLI in front, a number of thousandths.
 */
static void
value_write(struct bytes *b, const struct value *old, const struct value *v)
{
	uint64_t x = double_bits(v->v) ^ double_bits(old->v);
	uint64_t milli = value_milli(v->v);
	int front = 8, behind = 0, i;

	if (x != 0) {
		front = __builtin_clzll(x) / 8;
		behind = __builtin_ctzll(x) / 8;
	}
	if (milli != 0 && 8 - front - behind > (64 -
	    __builtin_clzll(milli) + 6) / 7) {
		bytes_u8(b, (uint8_t)((v->known ? 0x80 : 0) | MILLI << 3));
		bytes_varint(b, milli);
		return;
	}
	bytes_u8(b, (uint8_t)((v->known ? 0x80 : 0) | front << 3 | behind));
	for (i = behind; i < 8 - front; i++)
		bytes_u8(b, (uint8_t)(x >> (8 * i)));
}

static void
value_read(struct reader *r, struct value *v)
{
	uint8_t head = reader_u8(r);
	int front = head >> 3 & 15, behind = head & 7, i;
	uint64_t x = 0, u;

	v->known = (head & 0x80) != 0;
	if (front == MILLI) {
		v->v = (double)reader_varint(r) / 1000.0;
		return;
	}
	if (front > 8) {
		r->bad = true;
		return;
	}
	for (i = behind; i < 8 - front; i++)
		x |= (uint64_t)reader_u8(r) << (8 * i);
	u = double_bits(v->v) ^ x;
	memcpy(&v->v, &u, sizeof(u));
}

static unsigned
sample_flags(const struct sample *s)
{
	return ((unsigned)s->valid | (unsigned)s->censored << 1 |
	    (unsigned)s->partial << 2 | (unsigned)s->has_epoch << 3 |
	    (unsigned)s->proof << 4);
}

static void
sample_write(struct bytes *b, struct sample *last, const struct sample *sample)
{
	struct sample s = *sample;
	struct value *old[S_VALUES], *new[S_VALUES];
	unsigned mask = 0;
	int i;

	sample_values(last, old);
	sample_values(&s, new);
	for (i = 0; i < S_VALUES; i++)
		if (old[i]->known != new[i]->known ||
		    double_bits(old[i]->v) != double_bits(new[i]->v))
			mask |= 1u << i;
	if (sample_flags(last) != sample_flags(&s))
		mask |= S_FLAGS;
	if (last->period != s.period)
		mask |= S_PERIOD;
	if (last->epoch != s.epoch)
		mask |= S_EPOCH;
	bytes_varint(b, mask);
	for (i = 0; i < S_VALUES; i++)
		if (mask & 1u << i)
			value_write(b, old[i], new[i]);
	if (mask & S_FLAGS)
		bytes_u8(b, (uint8_t)sample_flags(&s));
	if (mask & S_PERIOD)
		bytes_signed(b, s.period);
	if (mask & S_EPOCH)
		bytes_u64(b, s.epoch);
	bytes_signed(b, minus(s.age, last->age));
	*last = s;
}

static void
sample_read(struct reader *r, struct sample *s)
{
	struct value *v[S_VALUES];
	unsigned mask = (unsigned)reader_upto(r, 0xfff);
	uint8_t flags;
	int i;

	sample_values(s, v);
	for (i = 0; i < S_VALUES; i++)
		if (mask & 1u << i)
			value_read(r, v[i]);
	if (mask & S_FLAGS) {
		flags = reader_u8(r);
		s->valid = flags & 1;
		s->censored = flags >> 1 & 1;
		s->partial = flags >> 2 & 1;
		s->has_epoch = flags >> 3 & 1;
		s->proof = flags >> 4;
		if (flags >> 4 > PROOF_NONE)
			r->bad = true;
	}
	if (mask & S_PERIOD)
		s->period = reader_signed(r);
	if (mask & S_EPOCH)
		s->epoch = reader_u64(r);
	s->age = plus(s->age, reader_signed(r));
}

static void
told_write(struct bytes *b, const struct told *t)
{
	bytes_text(b, t->id.text);
	bytes_put(b, t->token.byte, TOKEN_SIZE);
	bytes_put(b, t->address, sizeof(t->address));
	bytes_varint(b, t->port);
	bytes_u8(b, t->phase);
	bytes_signed(b, t->sessions);
	bytes_text(b, t->group);
}

static void
told_read(struct reader *r, struct told *t)
{
	memset(t, 0, sizeof(*t));
	reader_text(r, t->id.text, sizeof(t->id.text));
	reader_raw(r, t->token.byte, TOKEN_SIZE);
	reader_raw(r, t->address, sizeof(t->address));
	t->port = (uint16_t)reader_upto(r, UINT16_MAX);
	t->phase = reader_u8(r);
	t->sessions = (int)reader_signed(r);
	reader_text(r, t->group, sizeof(t->group));
}

static void
event_write(struct pack *p, struct bytes *b, const struct event *ev)
{
	size_t i;

	bytes_u8(b, (uint8_t)ev->kind);
	bytes_varint(b, (uint64_t)ev->group);
	switch (ev->kind) {
	case EVENT_SAMPLE:
		MUST(ev->group >= 0 && ev->group < MAX_GROUPS);
		sample_write(b, &p->samples[ev->group], &ev->u.sample);
		break;
	case EVENT_ANSWER:
		bytes_u64(b, ev->u.answer.op);
		bytes_u8(b, (uint8_t)ev->u.answer.outcome);
		bytes_text(b, ev->u.answer.text);
		bytes_varint(b, ev->u.answer.n_told);
		for (i = 0; i < ev->u.answer.n_told; i++)
			told_write(b, &ev->u.answer.told[i]);
		break;
	case EVENT_HAPPENED:
		bytes_u8(b, (uint8_t)ev->u.happened.what);
		told_write(b, &ev->u.happened.told);
		break;
	case EVENT_HEALTH:
		bytes_text(b, ev->u.health.id.text);
		bytes_u8(b, ev->u.health.up);
		break;
	case EVENT_WORD:
		pack_word(b, &ev->u.word);
		break;
	case EVENT_JOURNAL:
		bytes_u8(b, (uint8_t)ev->u.journal);
		break;
	case EVENT_KIND_COUNT:
		MUST(ev->kind != EVENT_KIND_COUNT);
	}
}

void
pack_inbox(struct pack *p, struct bytes *b, const struct now *now,
    const struct event *events, size_t n)
{
	ns_t stride = minus(now->mono, p->last.mono);
	size_t i;

	MUST(n <= MAX_INBOX);
	bytes_signed(b, minus(stride, p->stride));
	bytes_signed(b, minus(now->wall_s, p->last.wall_s));
	p->last = *now;
	p->stride = stride;
	bytes_varint(b, n);
	for (i = 0; i < n; i++)
		event_write(p, b, &events[i]);
}

void
pack_hashes(struct bytes *b, const uint64_t *hashes, const bool *has, int n)
{
	int i, count = 0;

	for (i = 0; i < n; i++)
		count += has[i];
	bytes_varint(b, (uint64_t)count);
	for (i = 0; i < n; i++) {
		if (!has[i])
			continue;
		bytes_varint(b, (uint64_t)i);
		bytes_u64(b, hashes[i]);
	}
}

/* Room for n more. */
static int
told_room(struct pack_step *s, size_t n)
{
	struct told *t;

	t = realloc(s->told, ((size_t)s->n_told + n) * sizeof(*t));
	if (t == NULL)
		return (-1);
	s->told = t;
	return (0);
}

/* Once the array does not move any more: who points where. */
static void
told_point(struct pack_step *s)
{
	struct event *ev;
	size_t next = 0;
	int i;

	for (i = 0; i < s->n_events; i++) {
		ev = &s->events[i];
		if (ev->kind != EVENT_ANSWER || ev->u.answer.n_told == 0)
			continue;
		ev->u.answer.told = &s->told[next];
		next += ev->u.answer.n_told;
	}
}

static void
answer_read(struct reader *r, struct pack_step *s, struct event *ev)
{
	size_t i, n;

	ev->u.answer.op = reader_u64(r);
	ev->u.answer.outcome = reader_u8(r);
	if (ev->u.answer.outcome >= OUTCOME_COUNT)
		r->bad = true;
	reader_text(r, ev->u.answer.text, sizeof(ev->u.answer.text));
	n = reader_upto(r, r->n); /* each takes more than a byte */
	if (n == 0)
		return;
	if (r->bad || told_room(s, n) != 0) {
		r->bad = true;
		return;
	}
	for (i = 0; i < n && !r->bad; i++)
		told_read(r, &s->told[s->n_told + (int)i]);
	ev->u.answer.n_told = n;
	s->n_told += (int)n;
}

static void
event_read(struct pack *p, struct reader *r, struct pack_step *s)
{
	struct event *ev = &s->events[s->n_events];

	memset(ev, 0, sizeof(*ev));
	ev->kind = reader_u8(r);
	ev->group = (int)reader_upto(r, MAX_GROUPS - 1);
	switch (ev->kind) {
	case EVENT_SAMPLE:
		sample_read(r, &p->samples[ev->group]);
		ev->u.sample = p->samples[ev->group];
		break;
	case EVENT_ANSWER:
		answer_read(r, s, ev);
		break;
	case EVENT_HAPPENED:
		ev->u.happened.what = reader_u8(r);
		told_read(r, &ev->u.happened.told);
		break;
	case EVENT_HEALTH:
		reader_text(r, ev->u.health.id.text,
		    sizeof(ev->u.health.id.text));
		ev->u.health.up = reader_u8(r) & 1;
		break;
	case EVENT_WORD:
		pack_word_read(r, &ev->u.word);
		break;
	case EVENT_JOURNAL:
		ev->u.journal = reader_u8(r);
		break;
	default:
		r->bad = true;
	}
	s->n_events++;
}

int
pack_read(struct pack *p, struct reader *r, struct pack_step *s,
    struct err *e)
{
	int i, n;

	s->n_told = s->n_events = 0;
	p->stride = plus(p->stride, reader_signed(r));
	p->last.mono = plus(p->last.mono, p->stride);
	p->last.wall_s = plus(p->last.wall_s, reader_signed(r));
	s->now = p->last;
	n = (int)reader_upto(r, MAX_INBOX);
	for (i = 0; i < n && !r->bad; i++)
		event_read(p, r, s);
	s->n_hashes = (int)reader_upto(r, MAX_GROUPS);
	for (i = 0; i < s->n_hashes && !r->bad; i++) {
		s->hashes[i].group = (int)reader_upto(r, MAX_GROUPS - 1);
		s->hashes[i].hash = reader_u64(r);
	}
	if (r->bad)
		return (err_set(e, EILSEQ,
		    "a recorded step ends too early or is damaged"));
	told_point(s);
	return (0);
}

void
pack_step_free(struct pack_step *s)
{
	free(s->told);
	s->told = NULL;
}
