/* SPDX-License-Identifier: MIT */
/* Times of boots: learned, faded, kept as text. */
#include <string.h>

#include "base/err.h"
#include "report/phases.h"
#include "unit.h"

static struct phases *p;

static void
begin(void)
{
	ck_assert_ptr_nonnull(p = phases_new());
}

static void
end(void)
{
	phases_free(p);
}

/* Accepted after 1, healthy after 10 + i, serving after 20 + 2 i tenths. */
static void
feed(int64_t wall_s, int i)
{
	struct phase_row r = { .wall_s = wall_s };

	r.ds[0] = 1;
	r.ds[PHASE_HEALTHY - PHASE_ACCEPTED] = (uint16_t)(10 + i);
	r.ds[PHASE_SERVING - PHASE_ACCEPTED] = (uint16_t)(20 + 2 * i);
	ck_assert_int_eq(phases_feed(p, "shop", "here", &r), 0);
}

static struct phase_times
times(enum phase phase)
{
	struct phase_times t = { 0 };

	ck_assert(phases_times(p, "shop", "here", phase, &t));
	return (t);
}

#define NEAR(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

START_TEST(test_quantiles)
{
	struct phase_times t;
	int i;

	ck_assert(!phases_times(p, "shop", "here", PHASE_SERVING, &t));
	for (i = 19; i >= 0; i--)
		feed(1000, i);
	t = times(PHASE_SERVING);
	ck_assert_int_eq(t.n, 20);
	NEAR(t.p50, 3.8); /* the 10th of 20: i is 9 */
	NEAR(t.p95, 5.6); /* the 19th */
	NEAR(t.took50, 1.9); /* since it was healthy: 10 + i */
	NEAR(t.took95, 2.8);
	t = times(PHASE_HEALTHY); /* since it was accepted */
	NEAR(t.p50, 1.9);
	NEAR(t.took50, 1.8);
	NEAR(times(PHASE_ACCEPTED).took50, 0.1);
	/* never said, so never known: missing is not zero */
	ck_assert(!phases_times(p, "shop", "here", PHASE_SECRETS, &t));
	ck_assert(!phases_times(p, "shop", "there", PHASE_SERVING, &t));
	ck_assert(!phases_times(p, "other", "here", PHASE_SERVING, &t));
}
END_TEST

START_TEST(test_old_ones_fade)
{
	int i;

	feed(0, 1000);
	feed(PHASES_KEEP_S, 0);
	ck_assert_int_eq(times(PHASE_SERVING).n, 2);
	feed(PHASES_KEEP_S + 1, 0); /* the first is a month old */
	ck_assert_int_eq(times(PHASE_SERVING).n, 2);
	NEAR(times(PHASE_SERVING).p95, 2.0);
	for (i = 0; i < PHASES_KEPT; i++)
		feed(PHASES_KEEP_S + 2, 40);
	ck_assert_int_eq(times(PHASE_SERVING).n, PHASES_KEPT);
	NEAR(times(PHASE_SERVING).p50, 10.0);
}
END_TEST

START_TEST(test_text)
{
	struct phases *q = phases_new();
	struct err e = { 0 };
	char *a, *b;
	size_t n, m;
	int i;

	for (i = 0; i < PHASES_KEPT + 5; i++)
		feed(1000 + i, i);
	ck_assert_ptr_nonnull(a = phases_text(p, &n));
	ck_assert_uint_eq(strlen(a), n);
	ck_assert_int_eq(phases_read(q, a, &e), 0);
	ck_assert_ptr_nonnull(b = phases_text(q, &m));
	ck_assert_str_eq(a, b);
	free(b);
	phases_free(q);
	/* cut anywhere it is nothing, and nothing of it stays */
	for (i = 0; i < (int)n; i += 7) {
		a[i] = '\0';
		ck_assert_int_eq(phases_read(p, a, &e), -1);
		ck_assert(!phases_times(p, "shop", "here", PHASE_SERVING,
		    &(struct phase_times){ 0 }));
		a[i] = ' ';
	}
	free(a);
}
END_TEST

static const char *const bad[] = {
	"", "5", "[]", "{}", "{\"version\":2,\"ways\":[]}",
	"{\"version\":1,\"ways\":{}}", "{\"version\":1,\"ways\":[5]}",
	"{\"version\":1,\"ways\":[{\"group\":\"a\",\"way\":\"b\"}]}",
	"{\"version\":1,\"ways\":[{\"group\":\"a\",\"way\":\"b\","
	"\"rows\":[[1,2]]}]}",
	"{\"version\":1,\"ways\":[{\"group\":\"a\",\"way\":\"b\","
	"\"rows\":[[1,0,0,0,0,0,65536]]}]}",
	"{\"version\":1,\"ways\":[{\"group\":\"a\",\"way\":\"b\","
	"\"rows\":[[1,0,0,0,0,0,-1]]}]}",
	"{\"version\":1,\"ways\":[{\"group\":\"a\",\"way\":\"b\","
	"\"rows\":[[1,0,0,0,0,0,\"1\"]]}]}",
};

START_TEST(test_bad_text)
{
	struct err e = { 0 };

	ck_assert_int_eq(phases_read(p, bad[_i], &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "times of boots"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phases");
	TCase *t = tcase_create("phases");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, test_quantiles);
	tcase_add_test(t, test_old_ones_fade);
	tcase_add_test(t, test_text);
	tcase_add_loop_test(t, test_bad_text, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	suite_add_tcase(s, t);
	return (unit_run(s));
}
