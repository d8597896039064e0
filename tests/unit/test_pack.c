/* SPDX-License-Identifier: MIT */
/* Packed steps come back bit for bit; damaged ones never do harm. */
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "record/pack.h"
#include "unit.h"

enum { STEPS = 400, GROUPS = 5 };

static struct event made[MAX_INBOX];
static struct told told_of[64];
static struct pack_step got;

static double
some_double(struct rng *r)
{
	uint64_t u = rng_next(r);
	double d;

	switch (rng_below(r, 7)) {
	case 0:
		return (0.0);
	case 1:
		return ((double)rng_below(r, 1000));
	case 2:
		return (rng_unit(r) * 1e4);
	case 3:
		return (-0.0);
	case 4:
		return (5e-324); /* the smallest there is */
	case 5:
		return ((double)rng_below(r, 3000000) / 1000);
	default:
		memcpy(&d, &u, sizeof(d)); /* any bits at all, NaN too */
		return (d);
	}
}

static void
some_text(struct rng *r, char *buf, size_t size)
{
	size_t n = rng_below(r, size), i;

	memset(buf, 0, size);
	for (i = 0; i < n; i++)
		buf[i] = (char)(1 + rng_below(r, 255));
}

static void
some_told(struct rng *r, struct told *t)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	some_text(r, t->id.text, sizeof(t->id.text));
	for (i = 0; i < TOKEN_SIZE; i++)
		t->token.byte[i] = (uint8_t)rng_next(r);
	for (i = 0; i < 16; i++)
		t->address[i] = (uint8_t)rng_next(r);
	t->port = (uint16_t)rng_next(r);
	t->phase = (uint8_t)rng_below(r, PHASE_COUNT);
	t->sessions = (int)rng_below(r, 100) - 1;
	some_text(r, t->group, sizeof(t->group));
}

static void
some_sample(struct rng *r, struct sample *s)
{
	struct value *v[] = { &s->requests_rps, &s->errors_rps,
		&s->refused_rps, &s->connect_errors_rps, &s->queue,
		&s->inflight, &s->latency_s, &s->latency_mean_s, &s->up };
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (rng_below(r, 3) == 0)
			continue;
		v[i]->known = rng_below(r, 4) != 0;
		v[i]->v = some_double(r);
	}
	s->valid = rng_below(r, 10) != 0;
	s->age = (ns_t)rng_next(r);
	s->period = rng_below(r, 2) ? NS_S : (ns_t)rng_next(r);
	s->proof = (enum proof)rng_below(r, 3);
	s->censored = rng_below(r, 9) == 0;
	s->partial = rng_below(r, 9) == 0;
	s->has_epoch = rng_below(r, 2);
	s->epoch = rng_below(r, 5) ? s->epoch : rng_next(r);
}

static void
some_word(struct rng *r, struct word *w)
{
	memset(w, 0, sizeof(*w));
	w->kind = (enum word_kind)rng_below(r, WORD_KIND_COUNT);
	w->servers = (int)rng_below(r, 1000) - 3;
	w->until_wall_s = (int64_t)rng_next(r) >> 20;
	w->force = rng_below(r, 2);
	w->over_max = rng_below(r, 2);
	w->what = (enum hold_what)(1 + rng_below(r, 3));
	some_text(r, w->id.text, sizeof(w->id.text));
	some_text(r, w->who, sizeof(w->who));
	some_text(r, w->reason, sizeof(w->reason));
}

static void
some_event(struct rng *r, struct event *ev, const struct sample *last)
{
	uint64_t kind = rng_below(r, 8);

	memset(ev, 0, sizeof(*ev));
	ev->group = (int)rng_below(r, GROUPS);
	ev->kind = kind >= EVENT_KIND_COUNT ? EVENT_SAMPLE :
	    (enum event_kind)kind;
	switch (ev->kind) {
	case EVENT_ANSWER:
		ev->u.answer.op = rng_next(r);
		ev->u.answer.outcome = (enum outcome)rng_below(r,
		    OUTCOME_COUNT);
		some_text(r, ev->u.answer.text, REASON_SIZE);
		ev->u.answer.n_told = rng_below(r, 8);
		if (ev->u.answer.n_told > 0)
			ev->u.answer.told = &told_of[rng_below(r, 56)];
		break;
	case EVENT_HAPPENED:
		ev->u.happened.what = (enum happening)rng_below(r, 2);
		some_told(r, &ev->u.happened.told);
		break;
	case EVENT_HEALTH:
		some_text(r, ev->u.health.id.text, ID_SIZE);
		ev->u.health.up = rng_below(r, 2);
		break;
	case EVENT_WORD:
		some_word(r, &ev->u.word);
		break;
	case EVENT_JOURNAL:
		ev->u.journal = rng_below(r, 2) ? JOURNAL_BAD : JOURNAL_GOOD;
		break;
	default:
		ev->u.sample = last[ev->group];
		some_sample(r, &ev->u.sample);
	}
}

static void
same_event(const struct event *a, const struct event *b)
{
	struct event x = *a, y = *b;

	if (x.kind == EVENT_ANSWER) {
		ck_assert_uint_eq(x.u.answer.n_told, y.u.answer.n_told);
		if (x.u.answer.n_told > 0)
			ck_assert_int_eq(memcmp(x.u.answer.told,
			    y.u.answer.told, x.u.answer.n_told *
			    sizeof(struct told)), 0);
		x.u.answer.told = y.u.answer.told = NULL;
	}
	ck_assert_int_eq(memcmp(&x, &y, sizeof(x)), 0);
}

/* One step out and in again. */
static void
step(struct rng *r, struct pack *w, struct pack *rd, struct sample *last,
    struct now *now)
{
	struct bytes b = { NULL, 0, 0, false };
	uint64_t hashes[GROUPS] = { 0 };
	bool has[GROUPS] = { false };
	struct reader in;
	struct err e = { 0 };
	int i, n = (int)rng_below(r, 30), h = 0;

	now->mono += rng_below(r, 9) ? NS_S + (ns_t)rng_below(r, NS_MS) :
	    (ns_t)rng_next(r) >> 20;
	now->wall_s += (int64_t)rng_below(r, 3) - 1;
	for (i = 0; i < n; i++) {
		some_event(r, &made[i], last);
		if (made[i].kind == EVENT_SAMPLE)
			last[made[i].group] = made[i].u.sample;
	}
	for (i = 0; i < GROUPS; i++) {
		has[i] = rng_below(r, 2);
		hashes[i] = rng_next(r);
	}
	pack_inbox(w, &b, now, made, (size_t)n);
	pack_hashes(&b, hashes, has, GROUPS);
	ck_assert(!b.failed);
	in = (struct reader){ b.at, b.n, false };
	ck_assert_msg(pack_read(rd, &in, &got, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(in.n, 0);
	ck_assert_int_eq(got.now.mono, now->mono);
	ck_assert_int_eq(got.now.wall_s, now->wall_s);
	ck_assert_int_eq(got.n_events, n);
	for (i = 0; i < n; i++)
		same_event(&made[i], &got.events[i]);
	for (i = 0; i < GROUPS; i++)
		if (has[i]) {
			ck_assert_int_eq(got.hashes[h].group, i);
			ck_assert_uint_eq(got.hashes[h].hash, hashes[i]);
			h++;
		}
	ck_assert_int_eq(got.n_hashes, h);
	bytes_free(&b);
}

START_TEST(test_steps_come_back_bit_for_bit)
{
	static struct sample last[GROUPS];
	static struct pack w, rd;
	struct now now = { 12345, 1700000000 };
	struct rng r;
	int i;

	rng_init(&r, unit_seed("pack", 20261127));
	for (i = 0; i < 64; i++)
		some_told(&r, &told_of[i]);
	memset(last, 0, sizeof(last));
	pack_reset(&w);
	pack_reset(&rd);
	for (i = 0; i < STEPS; i++)
		step(&r, &w, &rd, last, &now);
	pack_step_free(&got);
}
END_TEST

START_TEST(test_servers_come_back)
{
	struct bytes b = { NULL, 0, 0, false };
	struct server s, t;
	struct reader in;
	struct rng r;
	int i;

	rng_init(&r, unit_seed("pack servers", 7));
	for (i = 0; i < 1000; i++) {
		memset(&s, 0, sizeof(s));
		some_text(&r, s.id.text, sizeof(s.id.text));
		s.token.byte[i % TOKEN_SIZE] = (uint8_t)i;
		s.phase = (uint8_t)rng_below(&r, PHASE_COUNT);
		s.way = (uint8_t)rng_below(&r, MAX_WAYS);
		s.flags = (uint16_t)rng_next(&r);
		s.port = (uint16_t)rng_next(&r);
		s.address[3] = (uint8_t)rng_next(&r);
		s.tries = (uint8_t)rng_next(&r);
		s.misses = (uint8_t)rng_next(&r);
		s.since = (ns_t)rng_next(&r);
		s.phase_since = -5;
		s.serving_since = 17;
		s.deadline = NS_NEVER;
		s.retry = INT64_MIN;
		s.protect_until = (ns_t)rng_next(&r);
		s.op = rng_next(&r);
		bytes_reset(&b, SIZE_MAX);
		pack_server(&b, &s);
		in = (struct reader){ b.at, b.n, false };
		pack_server_read(&in, &t);
		ck_assert(!in.bad);
		ck_assert_uint_eq(in.n, 0);
		ck_assert_int_eq(memcmp(&s, &t, sizeof(s)), 0);
	}
	bytes_free(&b);
}
END_TEST

START_TEST(test_damaged_steps_are_refused_or_bounded)
{
	static struct pack w, rd;
	static struct sample last[GROUPS];
	struct bytes b = { NULL, 0, 0, false };
	struct now now = { 5, 1700000000 };
	struct reader in;
	struct err e;
	struct rng r;
	int i, k, refused = 0;
	size_t at;

	rng_init(&r, unit_seed("pack damage", 3));
	for (i = 0; i < 64; i++)
		some_told(&r, &told_of[i]);
	for (k = 0; k < 3000; k++) {
		pack_reset(&w);
		pack_reset(&rd);
		memset(last, 0, sizeof(last));
		bytes_reset(&b, SIZE_MAX);
		for (i = 0; i < 5; i++)
			some_event(&r, &made[i], last);
		pack_inbox(&w, &b, &now, made, 5);
		pack_hashes(&b, NULL, NULL, 0);
		at = rng_below(&r, b.n);
		b.at[at] = (uint8_t)rng_next(&r);
		in = (struct reader){ b.at, rng_below(&r, 3) ? b.n : at,
			false };
		err_clear(&e);
		if (pack_read(&rd, &in, &got, &e) != 0) {
			ck_assert(e.text[0] != '\0');
			refused++;
		}
	}
	ck_assert_int_gt(refused, 100);
	pack_step_free(&got);
	bytes_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pack");
	TCase *t = tcase_create("pack");

	tcase_add_test(t, test_steps_come_back_bit_for_bit);
	tcase_add_test(t, test_servers_come_back);
	tcase_add_test(t, test_damaged_steps_are_refused_or_bounded);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
