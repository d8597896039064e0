/* SPDX-License-Identifier: MIT */
/* Polls of HAProxy to samples, log lines to times: the pure parts. */
#include <string.h>

#include "base/err.h"
#include "signal/histogram.h"
#include "source/haproxy_reading.h"
#include "source/latency_log.h"
#include "unit.h"

#define HEAD "# pxname,svname,qcur,scur,slim,stot,econ,eresp,wretr,wredis," \
	"act,bck,rate,rate_lim,hrsp_5xx,srv_abrt,qtime,ctime,rtime,mode,\n"

struct poll {
	double at_s;
	int pid, uptime_s;
	int stot, econ, r5xx, qcur, scur, act;
};

static char buf[4096];

static const char *
answer(const struct poll *p, int fe_conns)
{
	(void)snprintf(buf, sizeof(buf), "\nPid: %d\nUptime_sec: %d\n"
	    "Start_time_sec: 1795518452\nMaxconn: 1000\nCurrConns: 3\n\n"
	    HEAD "fe,FRONTEND,,%d,100,5,,,,,,,1,0,0,0,,,,http,\n\n"
	    HEAD "shop,BACKEND,%d,%d,10,%d,%d,0,0,0,%d,0,1,,%d,0,1,2,30,http,"
	    "\n\n", p->pid, p->uptime_s, fe_conns, p->qcur, p->scur, p->stot,
	    p->econ, p->act, p->r5xx);
	return (buf);
}

static void
feed(struct balancer_view *v, const struct poll *p, int fe_conns)
{
	const char *text = answer(p, fe_conns);
	struct reading r;
	struct err e = { 0 };

	ck_assert_msg(reading_parse(text, strlen(text), "shop", &r, &e) == 0,
	    "%s", e.text);
	view_feed(v, ns_from_s(p->at_s), NS_S, &r);
}

START_TEST(test_a_poll_becomes_a_sample)
{
	struct balancer_view v = { 0 };
	struct poll a = { 1, 7, 10, 100, 5, 20, 0, 2, 3 };
	struct poll b = { 2, 7, 11, 180, 9, 30, 4, 9, 3 };
	struct servers_reading rows = { 1, 2 }, more = { 2, 2 };
	struct sample s;

	feed(&v, &a, 1);
	s = views_sample(&v, 1, NS_S, NS_S);
	ck_assert(s.valid && !s.requests_rps.known && s.inflight.known);
	ck_assert(view_wants_servers(&v, NS_S));
	view_feed_servers(&v, NS_S, &rows);
	feed(&v, &b, 1);
	ck_assert(view_wants_servers(&v, 2 * NS_S));
	view_feed_servers(&v, 2 * NS_S, &more);
	s = views_sample(&v, 1, 2 * NS_S, NS_S);
	ck_assert(s.valid && !s.partial && !s.censored);
	ck_assert_int_eq(s.proof, PROOF_ALIVE);
	ck_assert_double_eq_tol(s.requests_rps.v, 80, 1e-9);
	ck_assert_double_eq_tol(s.errors_rps.v, 10, 1e-9);
	ck_assert_double_eq_tol(s.connect_errors_rps.v, 1, 1e-9);
	ck_assert_double_eq_tol(s.refused_rps.v, 3, 1e-9);
	ck_assert_double_eq_tol(s.queue.v, 6, 1e-9);
	ck_assert_double_eq_tol(s.inflight.v, 9, 1e-9);
	ck_assert_double_eq_tol(s.latency_mean_s.v, 0.033, 1e-9);
	ck_assert_double_eq_tol(s.up.v, 3, 1e-9);
	ck_assert(!s.latency_s.known);
}
END_TEST

START_TEST(test_a_reload_is_no_zero)
{
	struct balancer_view v = { 0 };
	struct poll a = { 1, 7, 10, 1000, 0, 0, 0, 0, 3 };
	struct poll b = { 2, 8, 0, 50, 0, 0, 0, 0, 3 };
	struct poll c = { 3, 8, 1, 90, 0, 0, 0, 0, 3 };
	struct sample s, s2;

	feed(&v, &a, 1);
	s = views_sample(&v, 1, NS_S, NS_S);
	feed(&v, &b, 1);
	s2 = views_sample(&v, 1, 2 * NS_S, NS_S);
	ck_assert(!s2.requests_rps.known);
	ck_assert(s2.has_epoch && s2.epoch != s.epoch);
	ck_assert_int_eq(s2.proof, PROOF_NONE);
	feed(&v, &c, 1);
	s = views_sample(&v, 1, 3 * NS_S, NS_S);
	ck_assert_double_eq_tol(s.requests_rps.v, 40, 1e-9);
	ck_assert_int_eq(s.proof, PROOF_ALIVE);
}
END_TEST

START_TEST(test_zero_needs_uptime_that_moves)
{
	struct balancer_view v = { 0 };
	struct poll p = { 1, 7, 10, 1000, 0, 0, 0, 0, 3 };
	struct sample s;
	int i;

	for (i = 0; i < 6; i++, p.at_s++) {
		feed(&v, &p, 1);
		s = views_sample(&v, 1, ns_from_s(p.at_s), NS_S);
		if (i > 0)
			ck_assert_int_eq(s.proof,
			    i < 3 ? PROOF_ALIVE : PROOF_NONE);
	}
}
END_TEST

START_TEST(test_several_are_added)
{
	struct balancer_view v[3] = { 0 };
	struct poll a = { 1, 7, 10, 100, 0, 0, 1, 2, 3 };
	struct poll b = { 2, 7, 11, 150, 0, 5, 1, 2, 3 };
	struct poll idle = { 1, 9, 10, 0, 0, 0, 0, 0, 5 };
	struct poll idle2 = { 2, 9, 11, 0, 0, 0, 0, 0, 5 };
	struct sample s;

	feed(&v[0], &a, 1);
	feed(&v[1], &idle, 1);
	feed(&v[0], &b, 1);
	feed(&v[1], &idle2, 1);
	s = views_sample(v, 2, 2 * NS_S, NS_S);
	ck_assert(s.valid && !s.partial);
	ck_assert_int_eq(s.proof, PROOF_ALIVE);
	ck_assert_double_eq_tol(s.requests_rps.v, 50, 1e-9);
	ck_assert_double_eq_tol(s.up.v, 3, 1e-9);
	view_failed(&v[2]);
	s = views_sample(v, 3, 2 * NS_S, NS_S);
	ck_assert(s.valid && s.partial);
	view_failed(&v[0]);
	view_failed(&v[1]);
	s = views_sample(v, 3, 2 * NS_S, NS_S);
	ck_assert(!s.valid && !s.requests_rps.known && !s.queue.known);
}
END_TEST

START_TEST(test_at_a_limit_is_censored)
{
	struct balancer_view v = { 0 };
	struct poll a = { 1, 7, 10, 100, 0, 0, 1, 2, 3 };

	feed(&v, &a, 95);
	ck_assert(!views_sample(&v, 1, NS_S, NS_S).censored);
	a.at_s = 2;
	feed(&v, &a, 97);
	ck_assert(views_sample(&v, 1, 2 * NS_S, NS_S).censored);
}
END_TEST

START_TEST(test_odd_answers)
{
	static const struct poll p = { 1, 7, 10, 100, 0, 0, 1, 2, 3 };
	char cut[4096];
	struct reading r = { 0 };
	struct err e;
	size_t i, n;

	(void)snprintf(cut, sizeof(cut), "%s", answer(&p, 1));
	n = strlen(cut);
	for (i = 0; i < n - 1; i++) {
		err_clear(&e);
		if (reading_parse(cut, i, "shop", &r, &e) == 0)
			ck_abort_msg("taken when cut at %zu of %zu", i, n);
		ck_assert_str_ne(e.text, "");
		ck_assert_uint_eq(r.info.pid, 0);
	}
	err_clear(&e);
	ck_assert_int_eq(reading_parse(cut, n, "other", &r, &e), -1);
	ck_assert_str_eq(e.text, "HAProxy has no backend 'other'");
}
END_TEST

static const struct line {
	const char *proves, *line;
	bool taken;
	uint64_t ms;
} lines[] = {
	{ "our own format", "shop w1 200 3 1 2 30 40 5\n", true, 33 },
	{ "another backend", "shop2 w1 200 3 1 2 30 40 5", false, 0 },
	{ "no answer came", "shop w1 503 3 900 -1 -1 901 5", false, 0 },
	{ "HTTP log format", "10.0.0.1:33317 [06/Feb/2026:12:14:14.655] fe "
	    "shop/w1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "
	    "\"GET / HTTP/1.1\"", true, 99 },
	{ "HTTP log format behind a syslog header",
	    "<134>Feb  6 12:14:14 haproxy[14389]: 10.0.0.1:33317 "
	    "[06/Feb/2026:12:14:14.655] fe shop/w1 10/5/30/69/109 200 2750 - - "
	    "---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"", true, 104 },
	{ "no server was reached", "10.0.0.1:33317 "
	    "[06/Feb/2026:12:14:14.655] fe shop/<NOSRV> 0/-1/-1/-1/0 503 2 - - "
	    "SC-- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"", false, 0 },
	{ "too few words", "shop w1 200 3", false, 0 },
	{ "nothing", "", false, 0 },
	{ "a time beyond reason", "shop w1 200 3 1 2 99999999999 40 5", false,
	    0 },
};

START_TEST(test_line)
{
	const struct line *l = &lines[_i];
	uint64_t ms = 0;

	ck_assert_msg(latency_log_line(l->line, strlen(l->line), "shop",
	    &ms) == l->taken && ms == l->ms, "%s: %d", l->proves, (int)ms);
}
END_TEST

START_TEST(test_histogram)
{
	static struct histogram h;
	struct value v;
	int i;

	memset(&h, 0, sizeof(h));
	for (i = 0; i < HISTOGRAM_LEAST - 1; i++)
		histogram_feed(&h, 5 * NS_S, 10);
	ck_assert(!histogram_quantile(&h, 5 * NS_S, 0.95).known);
	for (i = 0; i < 1000; i++)
		histogram_feed(&h, 6 * NS_S, (uint64_t)i);
	v = histogram_quantile(&h, 6 * NS_S, 0.95);
	ck_assert_double_eq_tol(v.v, 0.950, 0.06);
	/* What is older than its seconds is gone, quietly. */
	ck_assert(!histogram_quantile(&h, 40 * NS_S, 0.95).known);
	histogram_feed(&h, 40 * NS_S, UINT64_MAX);
	for (i = 0; i < 99; i++)
		histogram_feed(&h, 40 * NS_S, 3);
	v = histogram_quantile(&h, 40 * NS_S, 0.95);
	ck_assert_double_eq_tol(v.v, 0.0035, 0.0006);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("haproxy_source");
	TCase *t = tcase_create("haproxy_source");

	tcase_add_test(t, test_a_poll_becomes_a_sample);
	tcase_add_test(t, test_a_reload_is_no_zero);
	tcase_add_test(t, test_zero_needs_uptime_that_moves);
	tcase_add_test(t, test_several_are_added);
	tcase_add_test(t, test_at_a_limit_is_censored);
	tcase_add_test(t, test_odd_answers);
	tcase_add_loop_test(t, test_line, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, test_histogram);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
