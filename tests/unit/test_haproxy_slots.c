/* SPDX-License-Identifier: MIT */
/* Slots: dumps in, commands out; each sentence is a rule of BASE 1.0. */
#include <string.h>

#include "balancer/haproxy_slots.h"
#include "base/err.h"
#include "unit.h"

#define HEAD "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state " \
	"srv_admin_state srv_uweight srv_iweight srv_time_since_last_change " \
	"srv_port\n"

static struct slots s;

static struct cursor
text(const char *t)
{
	return ((struct cursor){ t, t + strlen(t) });
}

static void
dump(int peer, const char *t)
{
	struct cursor in = text(t);
	struct state_reader r;
	struct server_row row;
	struct err e = { 0 };
	int said;

	ck_assert_msg(slots_detect(&s, in, &e) == 0, "%s", e.text);
	ck_assert_int_eq(state_open(&r, &in, "shop", &e), 0);
	slots_begin(&s, peer);
	while ((said = state_next(&r, &row, &e)) == 1)
		if (slots_row(&s, peer, &row))
			slots_rest_from(&s, &row, 1000, 100 * NS_S);
	ck_assert_msg(said == 0, "%s", e.text);
}

static struct backend_server
server(const char *id, int host, int port)
{
	struct backend_server b = { .port = (uint16_t)port };

	(void)snprintf(b.id.text, sizeof(b.id.text), "%s", id);
	b.address[10] = b.address[11] = 0xff;
	b.address[12] = 127;
	b.address[15] = (uint8_t)host;
	return (b);
}

static const char *
diff(int k, int peer, ns_t now)
{
	static struct command c;

	command_init(&c);
	(void)slots_diff(&s, k, peer, now, &c);
	ck_assert(!c.bad);
	return (c.text);
}

#define FREE3 HEAD "3 shop 1 hand 127.0.0.9 2 0 1 1 900 80\n" \
	"3 shop 2 w1 127.0.0.1 0 5 100 100 999 1\n" \
	"3 shop 3 w2 127.0.0.1 0 5 100 100 3 1\n" \
	"3 shop 4 w3 127.0.0.1 0 5 100 100 999 1\n\n"

static void
setup(void)
{
	slots_init(&s, 2, "shop", "", 6 * NS_S, 10 * NS_S);
	dump(0, FREE3);
	dump(1, FREE3);
}

static void
teardown(void)
{
	slots_fini(&s);
}

START_TEST(test_prefix_is_found)
{
	ck_assert_str_eq(s.prefix, "w");
	ck_assert_int_eq(s.n, 4);
	ck_assert_int_eq(slot_number("w12", "w"), 12);
	ck_assert_int_eq(slot_number("w012", "w"), 0);
	ck_assert_int_eq(slot_number("w", "w"), 0);
	ck_assert_int_eq(slot_number("w1x", "w"), 0);
	ck_assert_int_eq(slot_number("web1", "w"), 0);
	ck_assert_int_eq(slot_number("w99999999999", "w"), 0);
}
END_TEST

START_TEST(test_no_template_is_said)
{
	struct slots none;
	struct err e = { 0 };

	slots_init(&none, 1, "shop", "", 6 * NS_S, 0);
	ck_assert_int_eq(slots_detect(&none, text(HEAD
	    "3 shop 1 web1 127.0.0.9 2 0 1 1 900 80\n\n"), &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "server-template"));
}
END_TEST

START_TEST(test_emptied_slots_rest)
{
	bool rests;
	int a, b;

	/* w2 was emptied 3 s before we looked. */
	a = slots_pick(&s, 3, 100 * NS_S, &rests);
	slots_want(&s, a, WANT_READY, &(struct backend_server){ .port = 1 });
	b = slots_pick(&s, 3, 100 * NS_S, &rests);
	ck_assert(a != 0 && b != 0 && a != b && a != 2 && b != 2);
	slots_want(&s, b, WANT_READY, &(struct backend_server){ .port = 2 });
	ck_assert_int_eq(slots_pick(&s, 3, 102 * NS_S, &rests), 0);
	ck_assert(rests);
	ck_assert_int_eq(slots_pick(&s, 3, 103 * NS_S, &rests), 2);
}
END_TEST

START_TEST(test_from_empty_to_ready)
{
	struct backend_server b = server("a", 5, 8080);
	bool rests;
	int k;

	/* The one after the last, so that each rests long. */
	s.last = 1;
	k = slots_pick(&s, 3, 200 * NS_S, &rests);
	ck_assert_int_eq(k, 2);
	slots_ramp(&s, k, true, 200 * NS_S);
	slots_want(&s, k, WANT_READY, &b);
	ck_assert_str_eq(diff(k, 0, 200 * NS_S), "set server shop/w2 addr "
	    "127.0.0.5 port 8080;set server shop/w2 weight 10;"
	    "set server shop/w2 state ready");
	ck_assert(!slots_settled(&s, k, 0));
	dump(0, HEAD "3 shop 3 w2 127.0.0.5 2 4 10 100 0 8080\n\n");
	ck_assert(slots_settled(&s, k, 0));
	ck_assert(!slots_settled(&s, k, 1));
	ck_assert_str_eq(diff(k, 0, 200 * NS_S), "");
	ck_assert_str_eq(diff(k, 0, 205 * NS_S),
	    "set server shop/w2 weight 60");
	ck_assert_str_eq(diff(k, 0, 211 * NS_S),
	    "set server shop/w2 weight 100");
	/* Taken back from a drain, and from a reload that forgot it. */
	dump(0, HEAD "3 shop 3 w2 127.0.0.5 2 12 10 100 0 8080\n\n");
	ck_assert_str_eq(diff(k, 0, 200 * NS_S),
	    "set server shop/w2 state ready");
	dump(0, HEAD "3 shop 3 w2 127.0.0.7 2 4 10 100 0 8080\n\n");
	ck_assert_str_eq(diff(k, 0, 200 * NS_S),
	    "set server shop/w2 state maint;set server shop/w2 addr "
	    "127.0.0.5 port 8080;set server shop/w2 state ready");
}
END_TEST

START_TEST(test_a_drain_ends_at_zero_twice)
{
	struct backend_server b = server("a", 5, 8080);

	slots_want(&s, 1, WANT_DRAIN, &b);
	dump(0, HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0 8080\n\n");
	ck_assert_str_eq(diff(1, 0, 0), "set server shop/w1 state drain");
	ck_assert(!slots_idle(&s, 1, 0, NS_S));
	dump(0, HEAD "3 shop 2 w1 127.0.0.5 2 12 100 100 0 8080\n\n");
	ck_assert_str_eq(diff(1, 0, 0), "");
	ck_assert(!slots_idle(&s, 1, 0, NS_S));
	slots_actual(&s, 1, 0)->idle_since = NS_S;
	ck_assert(!slots_idle(&s, 1, 0, NS_S + 50 * NS_MS));
	ck_assert(slots_idle(&s, 1, 0, NS_S + 100 * NS_MS));
	/* Another one's address: nothing of ours is left there. */
	dump(0, HEAD "3 shop 2 w1 127.0.0.6 2 4 100 100 0 8080\n\n");
	ck_assert_str_eq(diff(1, 0, 0), "");
	ck_assert(slots_idle(&s, 1, 0, NS_S));
}
END_TEST

START_TEST(test_emptied_on_all_then_nothing_is_wanted)
{
	struct backend_server b = server("a", 5, 8080);
	bool rests;

	slots_want(&s, 1, WANT_MAINT, &b);
	dump(0, HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0 8080\n\n");
	ck_assert_str_eq(diff(1, 0, 0), "set server shop/w1 state maint");
	slots_sweep(&s, 3, NS_S);
	ck_assert_int_eq(s.at[1].want, WANT_MAINT);
	dump(0, HEAD "3 shop 2 w1 127.0.0.5 0 5 100 100 0 8080\n"
	    "3 shop 3 w2 127.0.0.1 2 4 100 100 0 1\n"
	    "3 shop 4 w3 127.0.0.1 2 4 100 100 0 1\n\n");
	/* One is away: it may still have it, but does not hold the slot. */
	slots_sweep(&s, 1, NS_S);
	ck_assert_int_eq(s.at[1].want, WANT_MAINT);
	s.at[1].rest_until = 7 * NS_S;
	ck_assert_int_eq(slots_pick(&s, 1, 6 * NS_S, &rests), 0);
	ck_assert_int_eq(slots_pick(&s, 1, 7 * NS_S, &rests), 1);
	slots_sweep(&s, 3, NS_S);
	ck_assert_int_eq(s.at[1].want, WANT_NOTHING);
}
END_TEST

START_TEST(test_what_nobody_told_of_is_not_touched)
{
	struct backend_server b = server("a", 5, 8080);
	bool rests;
	int k;

	dump(0, HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0 8080\n"
	    "3 shop 3 w2 127.0.0.5 2 4 7 100 0 8081\n"
	    "3 shop 4 w3 127.0.0.1 0 5 100 100 999 1\n\n");
	for (k = 1; k < s.n; k++)
		ck_assert_str_eq(diff(k, 0, 0), "");
	ck_assert_int_eq(slots_pick(&s, 3, 200 * NS_S, &rests), 3);
	/* It is found by its address, unless its balancer is away. */
	ck_assert_int_eq(slots_by_address(&s, &b, 1), 1);
	ck_assert_int_eq(slots_by_address(&s, &b, 2), 0);
	/* Once it is somebody's, it is not another one's with its address. */
	slots_want(&s, 1, WANT_READY, &b);
	ck_assert_int_eq(slots_by_address(&s, &b, 1), 0);
	ck_assert_int_eq(slots_by_id(&s, &b.id), 1);
	b.port = 8082;
	ck_assert_int_eq(slots_by_address(&s, &b, 1), 0);
}
END_TEST

START_TEST(test_odd_dumps)
{
	static const char *const odd[] = { "", "2\n# be_name\n", "No.\n\n",
		HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0\n\n",
		HEAD "3 shop 2 w1 127.0.0.5 2 999 100 100 0 1\n\n",
		HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0 65536\n\n",
		HEAD "3 shop 2 w1 127.0.0.5 2 -4 100 100 0 1\n\n",
		HEAD "3 shop 2 w1 127.0.0.5 2 4 100 100 0 1\n" };
	struct cursor in = text(odd[_i]);
	struct state_reader r;
	struct server_row row;
	struct err e = { 0 };
	int said = -1;

	if (state_open(&r, &in, "shop", &e) == 0)
		while ((said = state_next(&r, &row, &e)) == 1)
			;
	ck_assert_int_eq(said, -1);
	ck_assert_str_ne(e.text, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("haproxy_slots");
	TCase *t = tcase_create("haproxy_slots");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_prefix_is_found);
	tcase_add_test(t, test_no_template_is_said);
	tcase_add_test(t, test_emptied_slots_rest);
	tcase_add_test(t, test_from_empty_to_ready);
	tcase_add_test(t, test_a_drain_ends_at_zero_twice);
	tcase_add_test(t, test_emptied_on_all_then_nothing_is_wanted);
	tcase_add_test(t, test_what_nobody_told_of_is_not_touched);
	tcase_add_loop_test(t, test_odd_dumps, 0, 8);
	suite_add_tcase(suite, t);
	return (unit_run(suite));
}
