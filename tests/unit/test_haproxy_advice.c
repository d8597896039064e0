/* SPDX-License-Identifier: MIT */
/* What an HAProxy configuration lacks: take a line out, one sentence comes. */
#include <string.h>

#include "balancer/haproxy_advice.h"
#include "base/err.h"
#include "unit.h"

#define GOOD_GLOBAL "global\n  maxconn 4000\n" \
	"  stats socket /run/h.sock mode 660 level admin expose-fd listeners\n" \
	"  server-state-file /var/lib/plimsoll/h.state # ours\n"
#define GOOD_DEFAULTS "defaults\n  mode http\n  retries 3\n" \
	"  option redispatch 1\n  timeout queue 10s\n" \
	"  load-server-state-from-file global\n"
#define GOOD_FRONT "frontend web\n  bind :80\n  option httplog\n" \
	"  log /run/p.log len 1024 format raw sample 1:100 local0\n"
#define TEMPLATE "  server-template w 1-30 localhost:1 check maxconn 9 " \
	"init-addr last,libc,none disabled\n"
#define GOOD GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT "backend shop\n" TEMPLATE

static const struct row {
	const char *proves, *text, *says; /* part of the one sentence */
	int lacks;
} rows[] = {
	{ "a good one lacks nothing", GOOD, NULL, 0 },
	{ "another backend's lines do not count", GOOD_GLOBAL GOOD_DEFAULTS
	    GOOD_FRONT "backend other\n" TEMPLATE "backend shop\n",
	    "needs slots: 'server-template w 1-26 localhost:1", 1 },
	{ "an IP address", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 1-30 127.0.0.1:1 check "
	    "maxconn 9 init-addr last,libc,none disabled\n",
	    "with an IP address", 1 },
	{ "an IPv6 address", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 1-30 ::1:80 check "
	    "maxconn 9 init-addr last,libc,none disabled\n",
	    "with an IP address", 1 },
	{ "too few slots", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 20 localhost:1 check maxconn 9 "
	    "init-addr last,libc,none disabled\n", "20 slots, but max is 21", 1 },
	{ "no init-addr", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 1-30 localhost:1 check "
	    "maxconn 9 disabled\n", "'init-addr last,libc,none' is missing", 1 },
	{ "init-addr without last", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 1-30 localhost:1 check "
	    "maxconn 9 init-addr libc,none disabled\n",
	    "'init-addr last,libc,none' is missing", 1 },
	{ "not disabled", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  server-template w 1-30 localhost:1 check "
	    "maxconn 9 init-addr last,libc,none\n",
	    "'disabled' is missing", 1 },
	{ "no check, no maxconn: both are told", GOOD_GLOBAL GOOD_DEFAULTS
	    GOOD_FRONT "backend shop\n  server-template w 1-30 localhost:1 "
	    "init-addr last,libc,none disabled\n", "'check' is missing", 2 },
	{ "a comment is no line", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n #" TEMPLATE, "needs slots", 1 },
	{ "not an admin", "global\n  maxconn 1\n  stats socket /run/h.sock "
	    "level operator expose-fd listeners\n  server-state-file "
	    "/var/lib/plimsoll/h.state\n" GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n" TEMPLATE, "line 3: 'level admin' is missing", 1 },
	{ "no stats socket", "global\n  maxconn 1\n  server-state-file "
	    "/var/lib/plimsoll/h.state\n" GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n" TEMPLATE, "needs 'stats socket PATH", 1 },
	{ "the state is not loaded", GOOD_GLOBAL "defaults\n retries 3\n"
	    " option redispatch 1\n timeout queue 9s\n" GOOD_FRONT
	    "backend shop\n" TEMPLATE, "would lose the servers", 1 },
	{ "another state file", "global\n  maxconn 1\n  stats socket /run/h "
	    "level admin expose-fd listeners\n  server-state-file /other\n"
	    GOOD_DEFAULTS GOOD_FRONT "backend shop\n" TEMPLATE,
	    "another server-state file", 1 },
	{ "redispatch on the last retry only", GOOD_GLOBAL GOOD_DEFAULTS
	    GOOD_FRONT "backend shop\n  option redispatch\n" TEMPLATE,
	    "'option redispatch 1' is missing", 1 },
	{ "redispatch taken back", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  no option redispatch\n" TEMPLATE,
	    "'option redispatch 1' is missing", 1 },
	{ "no retries", GOOD_GLOBAL GOOD_DEFAULTS GOOD_FRONT
	    "backend shop\n  retries 0\n" TEMPLATE, "'retries' is 0", 1 },
	{ "a log that we cannot read", GOOD_GLOBAL GOOD_DEFAULTS
	    "frontend web\n log /run/p.log local0\n log-format \"%ci %ST\"\n"
	    "backend shop\n" TEMPLATE, "latency percentiles need", 1 },
	{ "our own log format, in quotes", GOOD_GLOBAL GOOD_DEFAULTS
	    "frontend web\n log /run/p.log local0\n log-format "
	    "\"%b %s %ST %Tq %Tw %Tc %Tr %Ta %TR\"\nbackend shop\n" TEMPLATE,
	    NULL, 0 },
	{ "no such backend", GOOD_GLOBAL, "has no backend 'shop'", -1 },
	{ "no file at all", "", "has no backend 'shop'", -1 },
};

static char told[8192];

static void
on_tell(void *ctx, const char *lack)
{
	size_t n = strlen(told);

	(void)ctx;
	(void)snprintf(told + n, sizeof(told) - n, "%s\n", lack);
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct advice_asks a = { "shop", "", "/var/lib/plimsoll/h.state", 21 };
	struct err e = { 0 };
	int n;

	told[0] = '\0';
	n = haproxy_advise(r->text, strlen(r->text), &a, on_tell, NULL, &e);
	ck_assert_msg(n == r->lacks, "%s: %d, %s%s", r->proves, n, told,
	    e.text);
	if (r->says != NULL)
		ck_assert_msg(strstr(n < 0 ? e.text : told, r->says) != NULL,
		    "%s: %s%s", r->proves, told, e.text);
}
END_TEST

/* Any cut and any byte of it: no crash, and no more than sentences. */
START_TEST(test_odd_texts)
{
	static const char good[] = GOOD "\"'\\\\\t#";
	struct advice_asks a = { "shop", "w", NULL, 21 };
	char odd[sizeof(good)];
	size_t i;

	for (i = 0; i < sizeof(good); i++) {
		memcpy(odd, good, sizeof(good));
		odd[i] = "\"'\\\n\0 #"[i % 7];
		told[0] = '\0';
		(void)haproxy_advise(odd, i, &a, on_tell, NULL, NULL);
		(void)haproxy_advise(odd, sizeof(odd), &a, on_tell, NULL,
		    NULL);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("haproxy_advice");
	TCase *t = tcase_create("haproxy_advice");

	tcase_add_loop_test(t, test_row, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, test_odd_texts);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
