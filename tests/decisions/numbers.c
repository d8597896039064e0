/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of signal, forecast and size, each module alone: what it
 * makes of random inputs that also go where a fleet seldom is.  A digest of
 * all that it answers and remembers, a line a trajectory; record compares.
 * No call has two arguments that are drawn: compilers differ in their order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"
#include "forecast/announced.h"
#include "forecast/calibrate.h"
#include "forecast/headroom.h"
#include "forecast/season.h"
#include "forecast/spike.h"
#include "signal/counters.h"
#include "signal/histogram.h"
#include "signal/level.h"
#include "signal/offered.h"
#include "size/benefit.h"
#include "size/capacity.h"
#include "size/diagnose.h"
#include "size/lead.h"

static struct rng rng;
static uint64_t digest;

static void
add(const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		digest = (digest ^ b[i]) * UINT64_C(1099511628211);
}

static void
add_number(double v)
{
	add(&v, sizeof(v));
}

static double
unit(void)
{
	return (rng_unit(&rng));
}

static int
below(int n)
{
	return ((int)rng_below(&rng, (uint64_t)n));
}

/* 0.01 to 10,000, each size as often. */
static double
any_size(void)
{
	return (num_exp(-4.6 + 13.8 * unit()));
}

/* A load that stays, wanders, leaps and falls, in turn. */
static double
load_next(double rps)
{
	switch (below(60)) {
	case 0:
		return (any_size());
	case 1:
		return (rps * (1.5 + 3.0 * unit()));
	case 2:
		return (below(4) == 0 ? 0.0 : rps * 0.3);
	default:
		return (rps * (0.97 + 0.0605 * unit()));
	}
}

static struct value
maybe(double v)
{
	return (below(12) == 0 ? value_none() : value_of(v));
}

static struct sample
any_sample(double rps, bool odd)
{
	struct sample s;
	double queue = below(3) == 0 ? any_size() : 0.0;
	double wait = 0.05 + 0.02 * unit() + (below(6) == 0 ? any_size() / 50 :
	    0.0);

	memset(&s, 0, sizeof(s));
	s.valid = !odd || below(15) != 0;
	s.requests_rps = odd && below(15) == 0 ? value_of(0.0) : maybe(rps);
	s.errors_rps = maybe(below(3) == 0 ? rps * unit() : 0.0);
	s.refused_rps = below(2) == 0 ? value_none() : value_of(rps * 0.1 *
	    unit());
	s.queue = maybe(queue);
	s.inflight = maybe(rps * wait * 0.5 + queue);
	s.latency_s = maybe(wait);
	s.period = (ns_t)(1 + below(3)) * NS_S;
	s.age = odd && below(10) == 0 ? (ns_t)(10.0 * unit() * 1e9) : 0;
	s.proof = (enum proof)(odd ? below(3) : PROOF_ALIVE);
	s.censored = odd && below(5) == 0;
	s.partial = odd && below(15) == 0;
	s.has_epoch = below(2) == 0;
	s.epoch = odd && below(40) == 0 ? 2 : 1;
	return (s);
}

static void
play_offered(void)
{
	static struct offered o;
	struct reading r;
	struct sample s = { 0 };
	ns_t now = NS_HOUR;
	double rps = any_size();
	bool odd = below(2) == 0;
	int i;

	memset(&o, 0xa5, sizeof(o));
	offered_init(&o);
	for (i = 0; i < 700; i++) {
		rps = load_next(rps);
		if (below(30) != 0)
			s = any_sample(rps, odd);
		else if (below(2) == 0)
			i += 2; /* the same figures again */
		now += below(25) == 0 ? 20 * NS_S : NS_S;
		r = offered_feed(&o, now, &s, rps * (0.5 + unit()));
		add_number(r.trust);
		add_number(r.dt_s);
		add_number(r.arrivals_rps);
		add_number(r.offered_rps);
		add_number(r.error_share);
		add_number(r.served_rps);
		add_number(r.wait_s);
		add_number(r.full + 2 * r.hidden);
		add(&o, sizeof(o));
		if (i % 50 == 0)
			add_number(offered_trusted(&o, (unsigned)below(400)));
	}
}

static void
play_level(void)
{
	static const double steps[] = { 0.1, 0.3, 1.0, 1.0, 1.0, 2.7, 30.0,
		700.0 };
	static struct level l;
	static struct spike s;
	static struct calibrate c;
	double rps = any_size(), dt = steps[below(7)], x;
	double rps_noise = 0.0;
	unsigned ago;
	bool rush;
	int i, k;

	memset(&l, below(256), sizeof(l));
	level_init(&l);
	ago = (unsigned)below(3);
	add_number(level_mean(&l, ago, (unsigned)below(3)));
	add_number(level_slope(&l, 4) + level_change(&l, 0));
	spike_init(&s, any_size());
	calibrate_init(&c, 0.0001 + 0.2 * unit());
	for (i = 0; i < 900; i++) {
		rps = load_next(rps);
		if (!level_feed(&l, rps, below(60) == 0 ? steps[below(8)] :
		    dt))
			continue;
		rush = below(20) == 0 ? !s.on : s.on;
		spike_step(&s, &l);
		level_learn(&l, rush);
		calibrate_step(&c, &l, 3.0 + 300.0 * unit(), rush);
		ago = (unsigned)below(600);
		add_number(level_mean(&l, ago, (unsigned)below(600)));
		ago = (unsigned)below(4);
		add_number(level_mean(&l, ago, (unsigned)below(4)));
		add_number(level_slope(&l, (unsigned)below(70)));
		k = below(LEVEL_SCALES);
		add_number(level_change(&l, k));
		add_number(level_noise(&l, k, any_size()));
		x = 0.0;
		add_number(level_part(&l, &x, &rps_noise) + x);
		add_number(level_length(&l) + l.part_s);
		add(&s, sizeof(s));
		add(&c, sizeof(c));
		add(l.spread, sizeof(l.spread));
		add_number(l.heard);
		x = 200.0 * unit();
		add_number(spike_forecast(&s, x, 1.0 + unit()));
		add_number(calibrate_upper(&c, &l, 300.0 * unit()));
	}
}

static void
play_histogram(void)
{
	static struct histogram h;
	struct value v;
	ns_t now = (ns_t)below(1000) * NS_S;
	int i, n, k;

	memset(&h, 0, sizeof(h));
	for (i = 0; i < 120; i++) {
		now += below(12) == 0 ? (ns_t)below(40) * NS_S :
		    (ns_t)(unit() * 1.2e9);
		n = below(3) == 0 ? below(150) : below(12);
		for (k = 0; k < n; k++)
			histogram_feed(&h, now, (uint64_t)(below(9) == 0 ?
			    any_size() * 500.0 : any_size()));
		v = histogram_quantile(&h, now, below(4) == 0 ? below(2) :
		    unit());
		add_number(v.known ? v.v : -1.0);
	}
}

static struct reading
any_reading(double rps)
{
	struct reading r;

	memset(&r, 0, sizeof(r));
	r.trust = (enum trust)(below(8) == 0 ? below(3) : TRUST_FULL);
	r.dt_s = below(8) == 0 ? 5.0 * unit() : 1.0;
	r.arrivals_rps = rps;
	r.offered_rps = rps * (1.0 - 0.2 * unit() * (below(3) == 0));
	r.error_share = below(4) == 0 ? unit() : below(2) == 0 ? 0.015 : 0.0;
	r.errors_rps = r.error_share * rps;
	r.served_rps = rps * (0.8 + 0.2 * unit());
	r.full = below(6) == 0;
	r.hidden = below(25) == 0;
	r.wait_s = r.full ? 0.3 + unit() * 5.0 : 0.0;
	r.latency_s = maybe(0.1 + (below(20) == 0 ? 0.3 * unit() : 0.0));
	r.inflight = maybe(rps * 0.1);
	return (r);
}

/* Troubles last; a part of a trajectory is all full, all strained, or calm. */
static void
play_size(void)
{
	static struct capacity c;
	static struct diagnose d;
	static struct benefit b;
	struct diagnose_in in;
	struct reading r;
	double rps = 50.0 + any_size() / 20.0, servers = 1.0 + below(30), slow;
	char text[200];
	int i, part = 0;

	memset(&c, 0xa5, sizeof(c));
	memset(&d, 0xa5, sizeof(d));
	memset(&b, 0xa5, sizeof(b));
	slow = 20.0 + 200.0 * unit();
	capacity_init(&c, slow, 0.5 + unit() / 2.0);
	diagnose_init(&d);
	benefit_init(&b);
	for (i = 0; i < 2500; i++) {
		rps = num_clamp(load_next(rps), 0.1, 20000.0);
		if (below(120) == 0)
			part = below(7);
		if (below(200) == 0)
			servers = num_max(0.0, servers + below(21) - 8);
		r = any_reading(rps);
		slow = part == 3 ? 0.02 : part == 4 ? 0.09 : part == 5 ? 0.3 :
		    0.0;
		r.full = part == 1 || part == 2 || (part == 6 && r.full);
		r.wait_s = r.full ? 0.3 + 3.0 * unit() : 0.0;
		if (part != 2 && part != 6)
			r.error_share = r.errors_rps = 0.0;
		r.latency_s = maybe(0.1 + slow + 0.001 * unit());
		capacity_feed(&c, &r, servers, below(10) != 0);
		in = (struct diagnose_in){ &r, &c, servers, 0.01,
			below(30) == 0 };
		diagnose_feed(&d, &in);
		benefit_feed(&b, &r, servers, below(10) != 0);
		add(&c, sizeof(c));
		add(&d, sizeof(d));
		add(&b, sizeof(b));
		add_number(benefit_most(&b, 1 + below(40)) + 100.0 *
		    diagnose_scales(&d));
		if (i % 25 == 0) {
			diagnose_evidence(&d, text, sizeof(text));
			add(text, strlen(text));
			benefit_evidence(&b, text, sizeof(text));
			add(text, strlen(text));
		}
	}
}

static void
play_lead(void)
{
	struct lead l;
	double x;
	int i;

	lead_init(&l, below(3) == 0 ? 0 : (ns_t)(any_size() * 1e9));
	for (i = 0; i < 300; i++) {
		if (below(3) != 0)
			lead_arrived(&l, any_size() / 30.0);
		if (below(9) == 0)
			lead_failed(&l);
		if (below(3) == 0)
			lead_fade(&l, below(20) == 0 ? 2000.0 : unit() * 60.0);
		lead_pending_begin(&l);
		x = any_size() / 10.0;
		lead_pending(&l, x - 0.1, 1 + below(5));
		x = any_size() / 10.0;
		lead_pending(&l, x, below(3));
		lead_pending_end(&l);
		add_number(lead_share(&l, any_size() - 1.0));
		add_number(lead_quantile_s(&l, 1.0 + unit()));
		x = any_size();
		add_number(lead_chance(&l, x, any_size()));
		add(&l, sizeof(l));
	}
}

static void
play_announced(void)
{
	struct calendar_window w[4];
	struct announced a;
	struct usual u = { 0.0, false };
	int i, k, n, at;

	for (i = 0; i < 200; i++) {
		memset(w, 0, sizeof(w));
		for (k = 0; k < 4; k++) {
			w[k].from_wall_s = 1000 + below(100);
			w[k].to_wall_s = w[k].from_wall_s + below(60);
			w[k].times = below(2) * (1.0 + below(3));
			w[k].min = below(2) * below(10);
			w[k].max = below(2) * below(10);
			(void)snprintf(w[k].note, sizeof(w[k].note), "%d of", k);
		}
		n = below(5);
		at = 980 + below(180);
		a = announced_at(w, n, at, below(5) == 0 ? -5.0 : below(40));
		add_number(a.times + 10 * a.min + 100 * a.max);
		if (a.note != NULL)
			add(a.note, strlen(a.note));
		k = below(5);
		usual_step(&u, any_size(), k == 0);
		add_number(u.rps + u.frozen);
	}
}

static void
play_counters(void)
{
	struct counters c;
	uint64_t at[3] = { 5, 7, 0 };
	double rates[3];
	ns_t now = NS_HOUR;
	int i, k;

	counters_init(&c, 3, 5 * NS_S);
	for (i = 0; i < 200; i++) {
		memset(rates, 0, sizeof(rates));
		now += below(20) == 0 ? 0 : (ns_t)(unit() * 6e9);
		for (k = 0; k < 3; k++)
			at[k] = below(30) == 0 ? (uint64_t)below(4) : at[k] +
			    (uint64_t)(below(40) == 0 ? 1e10 : below(90));
		add_number(counters_feed(&c, now, 1 + (below(30) == 0), at,
		    rates));
		add(rates, sizeof(rates));
		if (below(20) == 0)
			counters_gap(&c, (ns_t)(1 + below(9)) * NS_S);
	}
}

static void
play_headroom(void)
{
	static struct headroom h;
	double rps = any_size(), times, share, window;
	int i;

	memset(&h, 0xa5, sizeof(h));
	times = 0.0001 + 0.1 * unit();
	headroom_init(&h, times, 0.5 + unit() / 2.0);
	for (i = 0; i < 30000; i++) {
		rps = i % 400 == 0 ? any_size() : rps * (0.97 + 0.0605 *
		    unit());
		headroom_step(&h, rps, rps * (0.8 + unit()), 20.0 + 400.0 *
		    (i / 5000), 60.0 * (1 + i / 9000));
		if (i % 97 != 0)
			continue;
		headroom_rule(&h, &times, &share, &window);
		add_number(headroom_floor(&h));
		add_number(times + share + window);
		add_number(h.episodes + h.quiet_s + h.episode_s);
		add(h.rule, sizeof(h.rule));
		add(h.peak_cache, sizeof(h.peak_cache));
	}
}

static void
play_season(void)
{
	static struct season s;
	struct season_says says;
	int64_t wall = 1700000000 + below(86400);
	double day, rps = 0.0, high = 100.0 + any_size();
	double width = 0.05 + 1.5 * unit(), off = 0.4 + 0.5 * unit();
	int i;

	memset(&s, 0xa5, sizeof(s));
	season_init(&s);
	for (i = 0; i < 4 * 86400 / 20; i++) {
		wall += below(900) == 0 ? 600 : 20;
		day = (double)(wall % 86400) / 86400.0;
		rps = high * (0.3 + 4.0 * day * (1.0 - day)) *
		    (1.0 + width * (unit() - 0.5)) *
		    (wall % 1800 < 180 ? 1.7 : 1.0) *
		    (i > 13000 ? off : 1.0);
		season_feed(&s, wall, rps, 20.0, 30.0 + 10.0 * (i / 3000));
		if (i % 40 == 0)
			season_feed(&s, wall, rps, 0.5, 60.0);
		if (i % 31 != 0)
			continue;
		says = season_at(&s, wall, below(9) == 0 ? 4000.0 : 300.0 *
		    unit(), rps);
		add_number(says.times + says.trust);
		add_number(says.clock);
		add_number(s.level + s.base_rps + s.judged);
		add(&s.long_season, 4 * sizeof(double));
		add(s.clock, sizeof(s.clock));
	}
}

static const struct {
	const char *name;
	void (*play)(void);
	int times;
} all[] = {
	{ "offered", play_offered, 30 },   { "level", play_level, 40 },
	{ "histogram", play_histogram, 8 }, { "size", play_size, 30 },
	{ "lead", play_lead, 6 },	    { "announced", play_announced, 3 },
	{ "counters", play_counters, 3 },   { "headroom", play_headroom, 3 },
	{ "season", play_season, 6 },
};

int
main(void)
{
	size_t i;
	int k;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (k = 0; k < all[i].times; k++) {
			rng_init(&rng, (uint64_t)k * 1000 + i);
			digest = UINT64_C(14695981039346656037);
			all[i].play();
			(void)printf("%s %d %016" PRIx64 "\n", all[i].name, k,
			    digest);
		}
	return (0);
}
