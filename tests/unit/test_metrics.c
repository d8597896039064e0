/* SPDX-License-Identifier: MIT */
/*
 * The metrics' text: every line, names that need escaping, and that what is
 * not known is absent.  A real parser reads them in tests/integration.
 */
#include <event2/buffer.h>

#include "report/launch.h"
#include "report/metrics.h"
#include "report/phases.h"
#include "world.h"

static struct world world;
static char *text;

static void
setup(void)
{
	struct evbuffer *b = evbuffer_new();
	size_t n;

	world_init(&world);
	ck_assert_int_eq(metrics_write(&world.facts, b), 0);
	n = evbuffer_get_length(b);
	text = calloc(1, n + 1);
	ck_assert_int_eq(evbuffer_remove(b, text, n), (int)n);
	evbuffer_free(b);
}

static void
teardown(void)
{
	free(text);
	world_fini(&world);
}

#define HAS(line)                                                        \
	ck_assert_msg(strstr(text, line "\n") != NULL, "lacks %s in\n%s", \
	    line, text)

START_TEST(test_lines)
{
	HAS("plimsoll_servers_serving{group=\"web\"} 2");
	HAS("plimsoll_servers_min{group=\"web\"} 2");
	HAS("plimsoll_samples_total{group=\"web\"} 1");
	HAS("plimsoll_sample_age_seconds{group=\"web\"} 1");
	HAS("plimsoll_mode{group=\"web\",plimsoll_mode=\"steady\"} 1");
	HAS("plimsoll_mode{group=\"web\",plimsoll_mode=\"manual\"} 0");
	HAS("plimsoll_alarm{group=\"web\",name=\"breaker\"} 0");
	HAS("plimsoll_journal_good 1");
	HAS("plimsoll_last_decision_seconds 1010");
	HAS("plimsoll_decisions_total 1");
	HAS("plimsoll_step_seconds_bucket{le=\"2.5e-05\"} 0");
	HAS("plimsoll_step_seconds_bucket{le=\"5e-05\"} 1");
	HAS("plimsoll_step_seconds_bucket{le=\"+Inf\"} 1");
	HAS("plimsoll_step_seconds_count 1");
	HAS("# TYPE plimsoll_decisions counter");
	ck_assert_str_eq(text + strlen(text) - 6, "# EOF\n");
}
END_TEST

/* Of boots, once some came to serve. */
START_TEST(test_phases)
{
	struct phase_row r = { .wall_s = 1000, .ds = { 1, [5] = 25 } };
	struct phases *p = phases_new();
	struct evbuffer *b = evbuffer_new();
	size_t n;

	ck_assert_ptr_null(strstr(text, "boot_phase"));
	ck_assert_int_eq(phases_feed(p, "web", "main", &r), 0);
	world.facts.phases = p;
	ck_assert_int_eq(metrics_write(&world.facts, b), 0);
	world.facts.phases = NULL;
	phases_free(p);
	n = evbuffer_get_length(b);
	free(text);
	text = calloc(1, n + 1);
	ck_assert_int_eq(evbuffer_remove(b, text, n), (int)n);
	evbuffer_free(b);
	HAS("plimsoll_boot_phase_seconds{group=\"web\",way=\"main\","
	    "phase=\"serving\",quantile=\"0.95\"} 2.5");
	HAS("phase=\"accepted\",quantile=\"0.5\"} 0.1");
	ck_assert_ptr_null(strstr(text, "phase=\"secrets\""));
}
END_TEST

/* Of bundles of secrets; and none of these lines where there is none. */
START_TEST(test_secrets)
{
	static const struct ready_facts ready[2] = {
		{ .known = true, .ready = true },
		{ .known = true, .n_not = 3 } };
	struct launch_facts launch = { .n_secrets = 2, .ready = ready };
	struct evbuffer *b = evbuffer_new();
	size_t n;

	ck_assert_ptr_null(strstr(text, "plimsoll_secret"));
	ck_assert_ptr_null(strstr(text, "plimsoll_launch_ready{"));
	ck_assert_ptr_null(strstr(text, "plimsoll_boot"));
	launch.secret[0] = (struct secret_facts){ .name = "shop",
		.complete = true, .fresh = false, .age = 3 * NS_S,
		.ends_in = NS_MIN, .access_in = NS_HOUR, .rotations = 2 };
	launch.secret[1] = (struct secret_facts){ .name = "db",
		.age = NS_NEVER, .ends_in = NS_NEVER, .access_in = NS_NEVER };
	launch.boot = (struct boot_facts){ .on = true, .tokens = 7,
		.refused = { [2] = 3, [4] = 1 },
		.certificate_ends = 1800000000 };
	world.facts.launch = &launch;
	ck_assert_int_eq(metrics_write(&world.facts, b), 0);
	world.facts.launch = NULL;
	n = evbuffer_get_length(b);
	free(text);
	text = calloc(1, n + 1);
	ck_assert_int_eq(evbuffer_remove(b, text, n), (int)n);
	evbuffer_free(b);
	HAS("plimsoll_launch_ready{group=\"web\"} 1");
	HAS("plimsoll_launch_not_ready{group=\"web\"} 0");
	HAS("plimsoll_launch_not_ready{group=\"o\\\"dd\\\\\"} 3");
	HAS("plimsoll_secret_complete{secret=\"shop\"} 1");
	HAS("plimsoll_secret_fresh{secret=\"shop\"} 0");
	HAS("plimsoll_secret_age_seconds{secret=\"shop\"} 3");
	HAS("plimsoll_secret_ends_seconds{secret=\"shop\"} 60");
	HAS("plimsoll_secret_access_ends_seconds{secret=\"shop\"} 3600");
	HAS("plimsoll_secret_rotations_total{secret=\"shop\"} 2");
	HAS("plimsoll_secret_complete{secret=\"db\"} 0");
	HAS("plimsoll_boot_tokens 7");
	HAS("plimsoll_boot_refused_total 4");
	HAS("plimsoll_boot_certificate_end_seconds 1800000000");
	ck_assert_ptr_null(strstr(text, "age_seconds{secret=\"db\"}"));
	ck_assert_ptr_null(strstr(text, "ends_seconds{secret=\"db\"}"));
}
END_TEST

/* A name cannot end its label. */
START_TEST(test_escaped)
{
	HAS("plimsoll_servers_serving{group=\"o\\\"dd\\\\\"} 0");
}
END_TEST

/* I-02: the second group was never measured. */
START_TEST(test_absent)
{
	ck_assert_ptr_nonnull(strstr(text, "plimsoll_sample_age_seconds{"));
	ck_assert_ptr_null(strstr(text,
	    "plimsoll_sample_age_seconds{group=\"o"));
	ck_assert_ptr_null(strstr(text, "plimsoll_load_rps{group=\"o"));
	ck_assert_ptr_null(strstr(text, "plimsoll_advice_servers{"));
	ck_assert_ptr_null(strstr(text, " nan"));
	ck_assert_ptr_null(strstr(text, "inf\n"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_lines);
	tcase_add_test(t, test_phases);
	tcase_add_test(t, test_secrets);
	tcase_add_test(t, test_escaped);
	tcase_add_test(t, test_absent);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
