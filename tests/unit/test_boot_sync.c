/* SPDX-License-Identifier: MIT */
/* When a new server may copy from its peers. */
#include "boot/boot_sync.h"
#include "plimsoll/decision.h"
#include "unit.h"
#include <string.h>

/* Four servers that carry 100 each, half of it at most. */
static const struct row {
	const char *what;
	enum boot_sync sync;
	struct decision d;
	const char *verdict;
} rows[] = {
#define D(m, v, load, soon, n)                                         \
	{                                                              \
		.mode = (m), .verdict = (v), .load_rps = load,         \
		.forecast_rps = soon, .serving = (n),                  \
		.capacity_rps = 100                                    \
	}
#define IS(x) { true, x }
#define NONE { false, 0 }
	{ "calm", SYNC_IDLE, D(MODE_STEADY, VERDICT_OK, IS(100), IS(120), 4),
	    "go" },
	{ "never means never", SYNC_NEVER,
	    D(MODE_STEADY, VERDICT_OK, IS(100), IS(120), 4), "never" },
	{ "a rush", SYNC_IDLE, D(MODE_SPIKE, VERDICT_OK, IS(100), IS(120), 4),
	    "skip" },
	{ "always means always", SYNC_ALWAYS,
	    D(MODE_SPIKE, VERDICT_OK, IS(100), IS(120), 4), "go" },
	{ "a person's number says nothing of calm", SYNC_IDLE,
	    D(MODE_MANUAL, VERDICT_OK, IS(100), IS(120), 4), "skip" },
	{ "trouble of another kind", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_DEPENDENCY, IS(100), IS(120), 4), "skip" },
	{ "at the limit", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, IS(200), IS(120), 4), "go" },
	{ "above it", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, IS(201), IS(120), 4), "skip" },
	{ "soon above it", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, IS(100), IS(201), 4), "skip" },
	{ "a load that is not known", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, NONE, IS(120), 4), "skip" },
	{ "a forecast that is not known", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, IS(100), NONE, 4), "skip" },
	{ "nobody to copy from", SYNC_IDLE,
	    D(MODE_STEADY, VERDICT_OK, IS(0), IS(0), 0), "skip" },
};

START_TEST(test_verdict)
{
	const struct row *r = &rows[_i];

	ck_assert_msg(strcmp(boot_sync_verdict(r->sync, 0.5, &r->d),
	    r->verdict) == 0, "%s", r->what);
}
END_TEST

START_TEST(test_nothing_decided)
{
	ck_assert_str_eq(boot_sync_verdict(SYNC_IDLE, 0.5, NULL), "skip");
	ck_assert_str_eq(boot_sync_verdict(SYNC_ALWAYS, 0.5, NULL), "go");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("boot_sync");
	TCase *t = tcase_create("boot_sync");

	tcase_add_loop_test(t, test_verdict, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, test_nothing_decided);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
