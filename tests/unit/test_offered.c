/* SPDX-License-Identifier: MIT */
/* Offered load: what a sample may be believed, and what retries make of it. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "signal/offered.h"
#include "unit.h"

#define NAN_V ((double)NAN)

static struct sample
sample(double rps)
{
	struct sample s;

	memset(&s, 0, sizeof(s));
	s.valid = true;
	s.requests_rps = value_of(rps);
	s.errors_rps = value_of(0);
	s.queue = value_of(0);
	s.inflight = value_of(rps * 0.05);
	s.latency_s = value_of(0.1);
	s.period = NS_S;
	s.proof = PROOF_ALIVE;
	return (s);
}

/* Half a minute of calm, no two seconds alike. */
static ns_t
calm(struct offered *o, double rps)
{
	ns_t now = NS_HOUR;
	struct sample s;
	int i;

	offered_init(o);
	for (i = 0; i < 30; i++, now += NS_S) {
		s = sample(rps * (1.0 + 0.01 * (i % 3)));
		(void)offered_feed(o, now, &s, 2 * rps);
	}
	return (now);
}

enum change { NOTHING, INVALID, NO_RATE, RATE_NAN, RATE_NEGATIVE, RATE_HUGE,
	OLD, NOT_YET_OLD, ZERO, ZERO_NO_PROOF, ZERO_UNSAID, NEW_EPOCH, SAME_EPOCH, PARTIAL,
	HIDDEN, WILD, NO_PROOF };

static const struct row {
	const char *says;
	enum change change;
	enum trust trust;
} rows[] = {
	{ "an ordinary sample is believed", NOTHING, TRUST_FULL },
	{ "a failed measurement says nothing (I-02)", INVALID, TRUST_NONE },
	{ "a sample without a rate says nothing", NO_RATE, TRUST_NONE },
	{ "NaN is not a number (I-03)", RATE_NAN, TRUST_NONE },
	{ "a rate is never negative (I-04)", RATE_NEGATIVE, TRUST_NONE },
	{ "nor beyond what can be (I-04)", RATE_HUGE, TRUST_NONE },
	{ "older than three periods is not now (I-01)", OLD, TRUST_NONE },
	{ "three periods old is", NOT_YET_OLD, TRUST_FULL },
	{ "a zero with proof of life is a zero", ZERO, TRUST_FULL },
	{ "a zero of a dead balancer is none (I-02)", ZERO_NO_PROOF,
	    TRUST_NONE },
	{ "a zero that nobody vouches for is none", ZERO_UNSAID, TRUST_NONE },
	{ "counters that began anew void an interval (I-04)", NEW_EPOCH,
	    TRUST_NONE },
	{ "the same counters do not", SAME_EPOCH, TRUST_FULL },
	{ "a part of the balancers may raise only (I-05)", PARTIAL,
	    TRUST_RAISE },
	{ "hidden arrivals may raise only", HIDDEN, TRUST_RAISE },
	{ "twenty times as much in one second waits for the next", WILD,
	    TRUST_NONE },
	{ "a figure without proof of life may raise only", NO_PROOF,
	    TRUST_RAISE },
};

START_TEST(test_trust)
{
	const struct row *r = &rows[_i];
	struct sample s = sample(503.0);
	struct offered o;
	ns_t now = calm(&o, 500.0);

	o.has_epoch = true;
	o.epoch = 7;
	s.valid = r->change != INVALID;
	if (r->change == NO_RATE)
		s.requests_rps = value_none();
	if (r->change == RATE_NAN)
		s.requests_rps = value_of(NAN_V);
	if (r->change == RATE_NEGATIVE)
		s.requests_rps = value_of(-1.0);
	if (r->change == RATE_HUGE)
		s.requests_rps = value_of(1e13);
	s.age = r->change == OLD ? 3 * NS_S + 1 :
	    r->change == NOT_YET_OLD ? 3 * NS_S : NS_S;
	if (r->change == ZERO || r->change == ZERO_NO_PROOF ||
	    r->change == ZERO_UNSAID)
		s.requests_rps = value_of(0.0);
	if (r->change == ZERO_NO_PROOF || r->change == NO_PROOF)
		s.proof = PROOF_NONE;
	if (r->change == ZERO_UNSAID)
		s.proof = PROOF_UNSAID;
	s.has_epoch = r->change == NEW_EPOCH || r->change == SAME_EPOCH;
	s.epoch = r->change == NEW_EPOCH ? 8 : 7;
	s.partial = r->change == PARTIAL;
	s.censored = r->change == HIDDEN;
	if (r->change == WILD)
		s.requests_rps = value_of(10000.0);
	ck_assert_msg(offered_feed(&o, now, &s, 1000.0).trust == r->trust,
	    "%s", r->says);
}
END_TEST

START_TEST(test_figures_that_never_move_are_stuck)
{
	struct offered o;
	ns_t now = calm(&o, 500.0);
	struct sample s = sample(512.25);
	int i, believed = 0;

	for (i = 0; i < 20; i++, now += NS_S)
		believed += offered_feed(&o, now, &s, 1000.0).trust ==
		    TRUST_FULL;
	ck_assert_int_le(believed, 6);
	/* The first that moves is believed again. */
	s = sample(513.0);
	ck_assert_int_eq(offered_feed(&o, now, &s, 1000.0).trust, TRUST_FULL);
}
END_TEST

START_TEST(test_few_requests_may_well_repeat)
{
	struct offered o;
	ns_t now = calm(&o, 3.0);
	struct sample s = sample(3.0);
	int i;

	for (i = 0; i < 20; i++, now += NS_S)
		ck_assert_int_eq(offered_feed(&o, now, &s, 1000.0).trust,
		    TRUST_FULL);
}
END_TEST

START_TEST(test_share_of_trust_in_the_window)
{
	struct offered o;
	ns_t now = calm(&o, 500.0);
	struct sample s = sample(500.5);
	int i;

	s.valid = false;
	for (i = 0; i < 3; i++, now += NS_S)
		(void)offered_feed(&o, now, &s, 1000.0);
	ck_assert_double_eq_tol(offered_trusted(&o, 30), 0.9, 1e-9);
	ck_assert_double_eq_tol(offered_trusted(&o, 10), 0.7, 1e-9);
}
END_TEST

/* Customers 1000/s, 30 % fail from t = 100 on, so much of it comes back. */
static double
offered_after(double share, int delay)
{
	double back[512] = { 0 }, arrive, errors;
	struct reading r = { 0 };
	struct offered o;
	struct sample s;
	struct rng rng;
	int t;

	rng_init(&rng, 11);
	offered_init(&o);
	for (t = 0; t < 200; t++) {
		arrive = 1000.0 + 100.0 * (rng_unit(&rng) - 0.5) + back[t];
		errors = t >= 100 ? 0.3 * arrive : 0.0;
		back[t + delay] = errors * share;
		s = sample(arrive);
		s.errors_rps = value_of(errors);
		r = offered_feed(&o, NS_HOUR + t * NS_S, &s, 3000.0);
	}
	return (r.offered_rps);
}

static const struct {
	double share;
	int delay;
} retries[] = { { 0.0, 3 }, { 0.3, 1 }, { 0.5, 3 }, { 0.7, 2 }, { 0.9, 5 },
	{ 0.5, 9 } };

START_TEST(test_retries_are_not_customers)
{
	double got = offered_after(retries[_i].share, retries[_i].delay);

	ck_assert_msg(fabs(got - 1000.0) < 90.0,
	    "share %.1f after %d s: offered %.0f, not 1000",
	    retries[_i].share, retries[_i].delay, got);
}
END_TEST

START_TEST(test_hidden_arrivals_from_time_and_number_in_flight)
{
	struct reading r = { 0 };
	struct offered o;
	ns_t now = calm(&o, 500.0);
	struct sample s;
	int i;

	/* 2000/s reach servers that have time to spare; 800 are shown. */
	for (i = 0; i < 10; i++, now += NS_S) {
		s = sample(800.0);
		s.censored = true;
		s.inflight = value_of(2000.0 * 0.05 + 0.01 * i);
		r = offered_feed(&o, now, &s, 5000.0);
	}
	ck_assert_double_eq_tol(r.arrivals_rps, 2000.0, 100.0);
	/* At full work they finish 5000/s, 300 fail, the wait grows. */
	for (i = 0; i < 10; i++, now += NS_S) {
		s = sample(800.0);
		s.censored = true;
		s.errors_rps = value_of(300.0);
		s.latency_s = value_of(2.0 + 0.1 * i);
		s.inflight = value_of(9000.0);
		r = offered_feed(&o, now, &s, 5000.0);
	}
	ck_assert_double_eq_tol(r.arrivals_rps, 5800.0, 100.0);
	ck_assert(r.full);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("offered");
	TCase *t = tcase_create("offered");

	tcase_add_loop_test(t, test_trust, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_figures_that_never_move_are_stuck);
	tcase_add_test(t, test_few_requests_may_well_repeat);
	tcase_add_test(t, test_share_of_trust_in_the_window);
	tcase_add_loop_test(t, test_retries_are_not_customers, 0,
	    sizeof(retries) / sizeof(retries[0]));
	tcase_add_test(t, test_hidden_arrivals_from_time_and_number_in_flight);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
