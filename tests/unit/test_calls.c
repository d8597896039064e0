/* SPDX-License-Identifier: MIT */
/* Calls to an account: again where it is harmless, and how each ends. */
#include <arpa/inet.h>

#include "cloud/calls.h"
#include "cloud_rig.h"

static struct calls *calls;
static struct calls_settings set;
static struct {
	int n, wanted;
	enum outcome outcome[RIG_MAX];
	int status[RIG_MAX];
	bool taken;
	char body[256], text[REASON_SIZE];
} got;

/* The body's first word says what it means. */
static void
judge(int status, const char *body, size_t n, struct verdict *v)
{
	(void)n;
	v->outcome = status < 300 ? OUTCOME_DONE : OUTCOME_PERMANENT;
	if (strcmp(body, "quota") == 0)
		v->outcome = OUTCOME_QUOTA;
	if (strcmp(body, "busy") == 0 || status == 429)
		v->outcome = OUTCOME_THROTTLED;
	if (status >= 500)
		v->outcome = OUTCOME_UNKNOWN;
	v->taken = strcmp(body, "taken") == 0;
	v->again = v->outcome == OUTCOME_THROTTLED || status >= 500;
	(void)snprintf(v->text, sizeof(v->text), "%d %s", status, body);
}

static void
on_end(void *arg, const struct call_end *e)
{
	got.outcome[got.n] = e->outcome;
	got.status[got.n++] = e->status;
	got.taken = e->taken;
	(void)snprintf(got.body, sizeof(got.body), "%s", e->body);
	(void)snprintf(got.text, sizeof(got.text), "%s", e->text);
	(void)arg;
	if (got.n == got.wanted)
		loop_stop(rig.loop);
}

static void
begin(void)
{
	rig_begin();
	memset(&got, 0, sizeof(got));
	got.wanted = 1;
	set = (struct calls_settings){ .address = rig.address, .ca_file = "",
		.per_s = 100.0, .burst = 100.0, .timeout = 10 * NS_S,
		.seed = 1, .judge = judge };
	calls = NULL;
}

static void
end(void)
{
	calls_free(calls);
	rig_end();
}

static void
make(void)
{
	struct err e = { 0 };

	calls = calls_new(rig.loop, &set, &e);
	ck_assert_msg(calls != NULL, "%s", e.text);
	ck_assert_msg(calls_key(calls, rig.key, &e) == 0, "%s", e.text);
}

static void
ask(bool write, bool harmless, ns_t within)
{
	struct call q = { write ? "POST" : "GET", "/servers?a=1",
		write ? "{\"a\":1}" : NULL, write, harmless,
		loop_now(rig.loop).mono + within };

	calls_ask(calls, &q, on_end, NULL);
	ck_assert_int_eq(got.n, 0); /* never from inside */
}

#define PLAY(...) do { \
	static const struct rig_row play_rows[] = { __VA_ARGS__ }; \
	rig_play(play_rows, sizeof(play_rows) / sizeof(play_rows[0])); \
} while (0)

START_TEST(what_is_sent)
{
	make();
	ask(true, true, 10 * NS_S);
	PLAY({ 201, "fine", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_DONE);
	ck_assert_int_eq(got.status[0], 201);
	ck_assert_str_eq(got.body, "fine");
	ck_assert_str_eq(rig.uri[0], "/v1/servers?a=1");
	ck_assert_str_eq(rig.method[0], "POST");
	ck_assert_str_eq(rig.body[0], "{\"a\":1}");
	ck_assert_str_eq(rig.auth[0], "Bearer k-1234");
}
END_TEST

START_TEST(trouble_then_success)
{
	make();
	ask(true, true, 20 * NS_S);
	PLAY({ 500, "", NULL }, { 0, NULL, NULL }, { 200, "fine", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_DONE);
	ck_assert_int_eq(rig.n, 3);
}
END_TEST

START_TEST(what_may_have_happened_is_not_done_twice)
{
	make();
	ask(true, false, 20 * NS_S);
	PLAY({ 0, NULL, NULL }, { 200, "fine", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

/* libcurl, left alone, sends it again where a kept connection is closed. */
START_TEST(nor_on_a_kept_connection)
{
	static const struct rig_row fine = { 200, "", NULL };
	static const struct rig_row cut[] = { { 200, "", NULL },
		{ 0, NULL, NULL }, { 200, "fine", NULL } };

	make();
	ask(false, true, 20 * NS_S);
	rig_play(&fine, 1);
	got.n = 0;
	ask(true, false, 20 * NS_S);
	rig_play(cut, 3);
	ck_assert_int_eq(got.outcome[0], OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 2);
}
END_TEST

START_TEST(surely_nothing_happened_so_again)
{
	make();
	ask(true, false, 20 * NS_S);
	PLAY({ 409, "busy", NULL }, { 200, "fine", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_DONE);
	ck_assert_int_eq(rig.n, 2);
}
END_TEST

/* The first try may have used up what the second one is refused for. */
START_TEST(a_refusal_after_a_doubt_is_unknown)
{
	make();
	ask(true, true, 20 * NS_S);
	PLAY({ 502, "", NULL }, { 403, "quota", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 2);
}
END_TEST

START_TEST(a_plain_refusal_is_what_it_is)
{
	make();
	ask(true, true, 20 * NS_S);
	PLAY({ 403, "quota", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_QUOTA);
	ck_assert_int_eq(got.status[0], 403);
	ck_assert_str_eq(got.text, "403 quota");
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(a_taken_name_is_told_after_a_doubt_too)
{
	make();
	ask(true, true, 20 * NS_S);
	PLAY({ 0, NULL, NULL }, { 409, "taken", NULL });
	ck_assert(got.taken);
}
END_TEST

static struct timer half_a_second;

static void
ask_one_more(void *arg)
{
	struct call q = { "GET", "/more", NULL, false, true,
		loop_now(rig.loop).mono + 20 * NS_S };

	calls_ask(calls, &q, on_end, arg);
}

/* It asked for two seconds: nor does another call come before. */
START_TEST(the_account_waits_as_it_is_told)
{
	int i;

	memset(&half_a_second, 0, sizeof(half_a_second));
	make();
	got.wanted = 2;
	ask(true, true, 20 * NS_S);
	loop_timer_set(rig.loop, &half_a_second, NS_S / 2, ask_one_more, NULL);
	PLAY({ 429, "", "2" }, { 200, "", NULL });
	loop_timer_stop(&half_a_second);
	ck_assert_int_eq(got.outcome[0], OUTCOME_DONE);
	ck_assert_int_eq(got.outcome[1], OUTCOME_DONE);
	ck_assert_int_eq(rig.n, 3);
	for (i = 1; i < rig.n; i++)
		ck_assert_int_ge(rig.at[i] - rig.at[0], 1900 * NS_MS);
}
END_TEST

START_TEST(too_long_a_wait_is_throttled)
{
	make();
	ask(true, true, 3 * NS_S);
	PLAY({ 429, "", "60" });
	ck_assert_int_eq(got.outcome[0], OUTCOME_THROTTLED);
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(no_more_than_the_rate)
{
	int i;

	set.per_s = 4.0;
	set.burst = 4.0;
	make();
	got.wanted = 8;
	for (i = 0; i < 8; i++)
		ask(true, true, 30 * NS_S);
	PLAY({ 200, "", NULL });
	ck_assert_int_eq(rig.n, 8);
	ck_assert_int_ge(rig.at[7] - rig.at[0], 900 * NS_MS);
}
END_TEST

START_TEST(writes_go_first)
{
	int i;

	set.per_s = 2.0;
	set.burst = 4.0;
	make();
	got.wanted = 8;
	for (i = 0; i < 8; i++)
		ask(i >= 4, true, 30 * NS_S);
	PLAY({ 200, "", NULL });
	for (i = 0; i < 4; i++)
		ck_assert_str_eq(rig.method[i], "POST");
}
END_TEST

/* Surely nothing happened: it never left. */
START_TEST(one_that_finds_no_turn_is_throttled)
{
	int i, throttled = 0;

	set.per_s = 0.01;
	set.burst = 4.0;
	make();
	got.wanted = 6;
	for (i = 0; i < 6; i++)
		ask(true, true, NS_S);
	PLAY({ 200, "", NULL });
	for (i = 0; i < 6; i++)
		throttled += got.outcome[i] == OUTCOME_THROTTLED;
	ck_assert_int_eq(throttled, 2);
	ck_assert_int_eq(rig.n, 4);
}
END_TEST

START_TEST(retries_are_few)
{
	int i;

	make();
	got.wanted = 20;
	for (i = 0; i < 20; i++)
		ask(true, true, 30 * NS_S);
	PLAY({ 500, "", NULL });
	for (i = 0; i < 20; i++)
		ck_assert_int_eq(got.outcome[i], OUTCOME_UNKNOWN);
	/* A handful at first, and one in ten. */
	ck_assert_int_ge(rig.n, 20 + 8);
	ck_assert_int_le(rig.n, 20 + 10);
}
END_TEST

START_TEST(nobody_there)
{
	set.address = "http://127.0.0.1:1";
	make();
	ask(true, false, NS_S);
	PLAY({ 200, "", NULL });
	ck_assert_int_eq(got.outcome[0], OUTCOME_CAPACITY);
	ck_assert_int_eq(got.status[0], 0);
}
END_TEST

START_TEST(an_end_with_calls_under_way)
{
	static const struct rig_row row = { 200, "", NULL };

	rig.rows = &row;
	rig.n_rows = 1;
	make();
	ask(true, true, 10 * NS_S);
	ask(false, true, 10 * NS_S);
	(void)event_base_loop(loop_base(rig.loop), EVLOOP_NONBLOCK);
}
END_TEST

static const struct {
	const char *address;
	bool fine;
} addresses[] = {
	{ "https://api.hetzner.cloud/v1", true },
	{ "http://127.0.0.1:8080", true }, { "http://127.9.0.1/v1", true },
	{ "http://[::1]:80/v1", true }, { "http://api.hetzner.cloud", false },
	{ "http://127.evil.example/v1", false },
	{ "http://[::1].example:80", false },
	{ "http://127.0.0.1.example", false }, { "http://127.1:80", true },
	{ "http://localhost:80", false }, { "http://0177.0.0.1/", false },
	{ "https://a.example/", false }, { "https://a.example/?x", false },
	{ "ftp://a.example", false }, { "https://me@a.example", false },
	{ "", false },
};

START_TEST(addresses_that_a_key_may_go_to)
{
	struct err e = { 0 };

	ck_assert_msg((calls_address_check(addresses[_i].address, &e) == 0) ==
	    addresses[_i].fine, "%s: %s", addresses[_i].address, e.text);
	ck_assert(addresses[_i].fine || e.text[0] != '\0');
}
END_TEST

static void
key_is_refused(const char *text, mode_t mode, const char *why)
{
	struct err e = { 0 };
	FILE *f = fopen(rig.key, "w");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
	(void)chmod(rig.key, mode);
	ck_assert_int_eq(calls_key(calls, rig.key, &e), -1);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
	ck_assert_msg(strstr(e.text, "s3cret") == NULL, "%s", e.text);
}

START_TEST(keys_that_are_refused)
{
	char large[5000];

	make();
	key_is_refused("s3cret", 0644, "mode 644");
	key_is_refused("s3cret", 0620, "mode 620");
	key_is_refused("", 0600, "empty");
	key_is_refused("s3cret\nX-Other: 1", 0600, "one line");
	key_is_refused("s3cret\x7f", 0600, "one line");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	key_is_refused(large, 0600, "expected a key");
	/* The one from before is still the key. */
	ask(false, true, 10 * NS_S);
	PLAY({ 200, "", NULL });
	ck_assert_str_eq(rig.auth[0], "Bearer k-1234");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("calls");
	TCase *t = tcase_create("calls");

	tcase_set_timeout(t, 90);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, what_is_sent);
	tcase_add_test(t, trouble_then_success);
	tcase_add_test(t, what_may_have_happened_is_not_done_twice);
	tcase_add_test(t, nor_on_a_kept_connection);
	tcase_add_test(t, surely_nothing_happened_so_again);
	tcase_add_test(t, a_refusal_after_a_doubt_is_unknown);
	tcase_add_test(t, a_plain_refusal_is_what_it_is);
	tcase_add_test(t, a_taken_name_is_told_after_a_doubt_too);
	tcase_add_test(t, the_account_waits_as_it_is_told);
	tcase_add_test(t, too_long_a_wait_is_throttled);
	tcase_add_test(t, no_more_than_the_rate);
	tcase_add_test(t, writes_go_first);
	tcase_add_test(t, one_that_finds_no_turn_is_throttled);
	tcase_add_test(t, retries_are_few);
	tcase_add_test(t, nobody_there);
	tcase_add_test(t, an_end_with_calls_under_way);
	tcase_add_loop_test(t, addresses_that_a_key_may_go_to, 0,
	    sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(t, keys_that_are_refused);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
