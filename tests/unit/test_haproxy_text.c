/* SPDX-License-Identifier: MIT */
/* HAProxy's answers and commands: what is read, what is refused. */
#include <string.h>

#include "base/err.h"
#include "io/command.h"
#include "io/haproxy_text.h"
#include "unit.h"

static const char *const stat_names[] = { "svname", "scur", "status", "none" };
enum { SVNAME, SCUR, STATUS, NONE, N_NAMES };

static struct cursor
text(const char *s)
{
	return ((struct cursor){ s, s + strlen(s) });
}

static const struct row {
	const char *proves, *text;
	int rows; /* read before the end; -1: odd at the header */
	int last; /* what the last call said */
	const char *svname, *scur; /* of the last row */
} rows[] = {
	{ "columns are found by name", "# a,scur,svname,status,\n"
	    "x,5,BACKEND,UP,\n\n", 1, 0, "BACKEND", "5" },
	{ "another order, the same answer", "# svname,status,scur\n"
	    "w1,UP 1/3,7\nw2,UP,8\n\n", 2, 0, "w2", "8" },
	{ "no rows", "# svname,scur\n\n", 0, 0, NULL, NULL },
	{ "quoted cells hold commas, quotes and lines",
	    "# a,svname,scur\n\"x,\"\"y\"\"\n\nevil,BACKEND,9\",w1,3\n\n", 1, 0,
	    "w1", "3" },
	{ "a row too short is odd", "# svname,scur\nw1\n\n", 0, -1, NULL, NULL },
	{ "a row too long is odd", "# svname,scur\nw1,2,3\n\n", 0, -1, NULL,
	    NULL },
	{ "an answer that broke off in a row", "# svname,scur\nw1,2\nw2", 1, -1,
	    "w1", "2" },
	{ "an answer that broke off after a row", "# svname,scur\nw1,2\n", 1,
	    -1, "w1", "2" },
	{ "a quote without end", "# svname,scur\n\"w1,2\n\n", 0, -1, NULL,
	    NULL },
	{ "a sentence is no table", "No such proxy.\n\n", -1, 0, NULL, NULL },
	{ "nothing is no table", "", -1, 0, NULL, NULL },
	{ "half a header is no table", "# svname,sc", -1, 0, NULL, NULL },
};

START_TEST(test_table)
{
	const struct row *r = &rows[_i];
	struct cursor c = text(r->text);
	struct cell cell[N_NAMES], kept[N_NAMES];
	struct err e = { 0 };
	struct table t;
	int n, said;

	if (table_open(&t, &c, ',', stat_names, N_NAMES, &e) != 0) {
		ck_assert_msg(r->rows == -1, "%s", r->proves);
		ck_assert_msg(e.text[0] != '\0', "%s: no sentence", r->proves);
		return;
	}
	for (n = 0; (said = table_row(&t, cell, &e)) == 1; n++)
		memcpy(kept, cell, sizeof(kept));
	ck_assert_msg(n == r->rows && said == r->last, "%s: %d %d", r->proves,
	    n, said);
	if (r->svname == NULL)
		return;
	ck_assert_msg(cell_is(&kept[SVNAME], r->svname), "%s", r->proves);
	ck_assert_msg(cell_is(&kept[SCUR], r->scur), "%s", r->proves);
	ck_assert_ptr_null(kept[NONE].p);
}
END_TEST

START_TEST(test_sections_follow_each_other)
{
	struct cursor c = text("Name: HAProxy\nVersion: 2.6.12\nPid: 42\n"
	    "Uptime_sec: 7\nCurrConns: 3\nMaxconn: 100\n"
	    "Unstoppable Jobs: 1\nnode: a:b\nStart_time_sec: 1795518452\n\n"
	    "# svname,scur\nBACKEND,5\n\n");
	struct haproxy_info info;
	struct cell cell[N_NAMES];
	struct table t;

	ck_assert_int_eq(haproxy_info_read(&c, &info, NULL), 0);
	ck_assert_uint_eq(info.pid, 42);
	ck_assert_uint_eq(info.uptime_s, 7);
	ck_assert_uint_eq(info.start_s, 1795518452);
	ck_assert_uint_eq(info.max_conns, 100);
	ck_assert_str_eq(info.version, "2.6.12");
	ck_assert_int_eq(table_open(&t, &c, ',', stat_names, N_NAMES, NULL), 0);
	ck_assert_int_eq(table_row(&t, cell, NULL), 1);
	ck_assert(cell_is(&cell[SVNAME], "BACKEND"));
	ck_assert_int_eq(table_row(&t, cell, NULL), 0);
	ck_assert_ptr_eq(c.p, c.end);
}
END_TEST

START_TEST(test_info_odd)
{
	static const char *const odd[] = { "", "Pid: 1\n",
	    "Pid: 1\nUptime_sec: 2\n\n",
	    "Pid: x\nUptime_sec: 2\nStart_time_sec: 3\n\n",
	    "Pid: 99999999999999999999\nUptime_sec: 2\nStart_time_sec: 3\n\n",
	    "Permission denied\n\n", "Pid: 1\nUptime_sec: 2\nStart_time_sec: 3"
	};
	struct haproxy_info info;
	struct cursor c = text(odd[_i]);
	struct err e = { 0 };

	ck_assert_int_eq(haproxy_info_read(&c, &info, &e), -1);
	ck_assert_str_ne(e.text, "");
}
END_TEST

START_TEST(test_epoch_tells_processes_apart)
{
	struct haproxy_info a = { .pid = 10, .start_s = 1795518452 }, b = a;

	ck_assert_uint_eq(haproxy_epoch(&a), haproxy_epoch(&b));
	b.pid = 11;
	ck_assert_uint_ne(haproxy_epoch(&a), haproxy_epoch(&b));
	b = a;
	b.start_s++;
	ck_assert_uint_ne(haproxy_epoch(&a), haproxy_epoch(&b));
}
END_TEST

START_TEST(test_address)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 127, 0, 0, 2 };
	struct cell c = { "127.0.0.2", 9 };
	uint8_t a[16];

	ck_assert(cell_address(&c, a));
	ck_assert_mem_eq(a, v4, 16);
	c = (struct cell){ "::1", 3 };
	ck_assert(cell_address(&c, a));
	ck_assert_uint_eq(a[15], 1);
	c = (struct cell){ "localhost", 9 };
	ck_assert(!cell_address(&c, a));
	c = (struct cell){ "-", 1 };
	ck_assert(!cell_address(&c, a));
}
END_TEST

START_TEST(test_command)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 127, 0, 0, 2 };
	static const uint8_t v6[16] = { 0xfd, [15] = 9 };
	struct command c;

	command_init(&c);
	command_user(&c);
	command_info(&c);
	command_stat(&c, "shop", STAT_BACKEND | STAT_FRONTEND);
	command_servers(&c, NULL);
	ck_assert_str_eq(c.text, "user;show info;show stat shop 3 -1;"
	    "show servers state");
	command_init(&c);
	command_address(&c, "shop", "w1", v4, 8080);
	command_weight(&c, "shop", "w1", 10);
	command_admin(&c, "shop", "w1", ADMIN_READY);
	command_address(&c, "shop", "w2", v6, 1);
	ck_assert_str_eq(c.text, "set server shop/w1 addr 127.0.0.2 port 8080;"
	    "set server shop/w1 weight 10;set server shop/w1 state ready;"
	    "set server shop/w2 addr fd00::9 port 1");
	ck_assert(!c.bad);
}
END_TEST

START_TEST(test_no_injection)
{
	static const char *const evil[] = { "", "a;b", "a b", "a\nb", "a\\b",
	    "shop/w1", "a\tb", "\xc3\xa9", "a\"b", "a<b",
	    "0123456789012345678901234567890123456789012345678901234567890123"
	};
	struct command c;

	command_init(&c);
	ck_assert(!haproxy_name_ok(evil[_i]));
	command_admin(&c, "shop", evil[_i], ADMIN_MAINT);
	ck_assert(c.bad);
	command_init(&c);
	command_stat(&c, evil[_i], STAT_SERVER);
	ck_assert(c.bad);
}
END_TEST

START_TEST(test_a_full_line_is_bad)
{
	struct command c;
	int i;

	command_init(&c);
	for (i = 0; i < 1000; i++)
		command_admin(&c, "shop", "w1", ADMIN_MAINT);
	ck_assert(c.bad);
	ck_assert_uint_lt(c.n, sizeof(c.text));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("haproxy_text");
	TCase *t = tcase_create("haproxy_text");

	tcase_add_loop_test(t, test_table, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_sections_follow_each_other);
	tcase_add_loop_test(t, test_info_odd, 0, 7);
	tcase_add_test(t, test_epoch_tells_processes_apart);
	tcase_add_test(t, test_address);
	tcase_add_test(t, test_command);
	tcase_add_loop_test(t, test_no_injection, 0, 11);
	tcase_add_test(t, test_a_full_line_is_bad);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
