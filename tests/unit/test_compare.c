/* SPDX-License-Identifier: MIT */
/* A reload's plan: from two texts to what a person is told. */
#include <string.h>

#include "config/errors.h"
#include "policy/compare.h"
#include "policy/load.h"
#include "unit.h"

static struct policy *
load(const char *text)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;

	ck_assert_ptr_nonnull(es);
	if (policy_load_text("p", text, strlen(text), POLICY_DRIVE, &p, es) !=
	    0)
		ck_abort_msg("%s", es->at[0].text);
	free(es);
	return (p);
}

static int
count(void *ctx, const char *group)
{
	return (strcmp(group, "web") == 0 ? *(int *)ctx : 0);
}

#define G(body) "groups: ( { name = \"web\"; " body " } );\n"
#define OLD G("min = 2; max = 20; server: { rate = 100; };")

/* With drivers: two providers, a source, a balancer, one or two ways. */
#define P(folder) "providers: { a: { type = \"local\"; }; b: { type = " \
		  "\"local\"; folder = \"" folder "\"; }; };\n"
#define WITH(every, socket, backend, ways) \
	G("min = 2; max = 20; server: { rate = 100; }; source: { type = " \
	  "\"haproxy\"; backend = \"s\"; sockets = [" socket "]; every = \"" \
	  every "\"; }; balancer: { type = \"haproxy\"; backend = \"" backend \
	  "\"; sockets = [\"/s\"]; }; launch: { providers = [" ways "]; a: { " \
	  "command = [\"/a\"]; }; };")
#define BOTH(command) \
	G("min = 2; max = 20; server: { rate = 100; }; launch: { providers = [" \
	  "\"a\", \"b\"]; a: { command = [\"" command "\"]; }; b: { command = " \
	  "[\"/b\"]; }; };")
#define SWAPPED \
	G("min = 2; max = 20; server: { rate = 100; }; launch: { providers = [" \
	  "\"b\", \"a\"]; a: { command = [\"/a\"]; }; b: { command = [\"/b\"" \
	  "]; }; };")
#define ONE_WAY \
	G("min = 2; max = 20; server: { rate = 100; }; launch: { providers = [" \
	  "\"a\"]; a: { command = [\"/a\"]; }; };")

#define WITH_SECRET \
	G("min = 2; max = 20; server: { rate = 100; }; launch: { providers = [" \
	  "\"a\"]; a: { command = [\"/a\"]; }; secrets = \"shop\"; };")
#define SECRET(path) "secrets: { shop: { type = \"file\"; path = \"" path \
		     "\"; }; };\n"

enum { SAME = 0, CHANGE = 1, CONFIRM = 2, REFUSED = 4 };

static const struct row {
	const char *what;
	const char *old, *new;
	int servers;
	int outcome;
	unsigned invalidates; /* of group 0 */
	const char *line;     /* one that is told */
} rows[] = {
	{ "nothing", OLD, OLD "// a comment\n", 10, SAME, 0, NULL },
	{ "max in a rush costs nothing learned", OLD,
	    G("min = 2; max = 40; server: { rate = 100; };"), 10, CHANGE,
	    1 << INVALIDATES_NOTHING,
	    "groups \"web\": max: 20 becomes 40: what was learned stays" },
	{ "a rate is learned anew", OLD,
	    G("min = 2; max = 20; server: { rate = 120; };"), 10, CHANGE,
	    1 << INVALIDATES_CAPACITY,
	    "groups \"web\": server.rate: 100 becomes 120: what a server "
	    "carries is learned anew" },
	{ "risk is the forecast's", OLD,
	    G("min = 2; max = 20; server: { rate = 100; }; objective: { risk ="
	      " 0.01; };"), 10, CHANGE, 1 << INVALIDATES_FORECAST,
	    "groups \"web\": objective.risk: 0.001 becomes 0.01: the forecast "
	    "is learned anew" },
	{ "a rate of less than half doubles the fleet", OLD,
	    G("min = 2; max = 40; server: { rate = 45; };"), 10,
	    CHANGE | CONFIRM, 1 << INVALIDATES_CAPACITY |
	    1 << INVALIDATES_NOTHING,
	    "groups \"web\": the load that 10 servers carry now would need "
	    "23: a change of 130 %, and over 50 % a person must agree" },
	{ "just half is allowed", OLD,
	    G("min = 15; max = 20; server: { rate = 100; };"), 10, CHANGE,
	    1 << INVALIDATES_NOTHING, NULL },
	{ "one more is not", OLD,
	    G("min = 16; max = 20; server: { rate = 100; };"), 10,
	    CHANGE | CONFIRM, 1 << INVALIDATES_NOTHING, NULL },
	{ "a maximum that takes servers away", OLD,
	    G("min = 2; max = 4; server: { rate = 100; };"), 10,
	    CHANGE | CONFIRM, 1 << INVALIDATES_NOTHING,
	    "groups \"web\": the load that 10 servers carry now would need 4: "
	    "a change of 60 %, and over 50 % a person must agree" },
	{ "the limit is the old policy's", "reload: { confirm_pct = 10; };\n"
	    OLD, "reload: { confirm_pct = 1000; };\n"
	    G("min = 12; max = 20; server: { rate = 100; };"), 10,
	    CHANGE | CONFIRM, 1 << INVALIDATES_NOTHING, NULL },
	{ "without servers there is nothing to agree to", OLD,
	    G("min = 2; max = 40; server: { rate = 45; };"), 0, CHANGE,
	    1 << INVALIDATES_CAPACITY | 1 << INVALIDATES_NOTHING, NULL },
	{ "what only a restart changes", OLD, "state = \"/other\";\n" OLD, 10,
	    REFUSED, 0,
	    "state: \"/var/lib/plimsoll\" becomes \"/other\": needs a restart "
	    "of plimsolld" },
	{ "a group with servers cannot vanish", OLD,
	    "groups: ( { name = \"shop\"; min = 1; max = 2; server: { rate = "
	    "1; }; } );\n", 10, CHANGE | REFUSED, 0,
	    "groups \"web\": is gone and has 10 servers, expected none: "
	    "nobody would look after them" },
	{ "one without may", OLD,
	    "groups: ( { name = \"shop\"; min = 1; max = 2; server: { rate = "
	    "1; }; } );\n", 0, CHANGE, 0, "groups \"web\": is gone" },
	{ "secrets that are new", OLD, SECRET("/a") OLD, 10, CHANGE,
	    0, "secrets.shop is new" },
	{ "and gone", SECRET("/a") OLD, OLD, 10, CHANGE, 0,
	    "secrets.shop is gone" },
	{ "and from another place", SECRET("/a") OLD, SECRET("/b") OLD, 10,
	    CHANGE, 0, "secrets.shop.path: \"/a\" becomes \"/b\": what was "
	    "learned stays" },
	{ "and of a group", P("/x") SECRET("/a") ONE_WAY,
	    P("/x") SECRET("/a") WITH_SECRET, 10, CHANGE,
	    1 << INVALIDATES_NOTHING, "groups \"web\": launch.secrets: "
	    "\"\" becomes \"shop\": what was learned stays" },
	{ "a calendar", OLD,
	    G("min = 2; max = 20; server: { rate = 100; }; calendar: ( { at = "
	      "\"2026-11-27T00:00Z\"; for = \"24h\"; min = 5; } );"), 10,
	    CHANGE, 0,
	    "groups \"web\": calendar: changes, 0 rows now and 1 then" },
	{ "a dependency", OLD,
	    G("min = 2; max = 20; server: { rate = 100; }; depends: ( { name ="
	      " \"db\"; connections = 500; per_server = 5; } );"), 10, CHANGE,
	    0, "groups \"web\": depends: changes, 0 dependencies now and 1 "
	    "then" },
	{ "another beat", P("/x") WITH("1s", "\"/s\"", "s", "\"a\""),
	    P("/x") WITH("2s", "\"/s\"", "s", "\"a\""), 10, CHANGE, 0,
	    "groups \"web\": source.every: \"1s\" becomes \"2s\": what was "
	    "learned stays" },
	{ "another socket", P("/x") WITH("1s", "\"/s\"", "s", "\"a\""),
	    P("/x") WITH("1s", "\"/t\"", "s", "\"a\""), 10, REFUSED,
	    1 << INVALIDATES_START,
	    "groups \"web\": source.sockets: [\"/s\"] becomes [\"/t\"]: needs "
	    "a restart of plimsolld" },
	{ "another backend", P("/x") WITH("1s", "\"/s\"", "s", "\"a\""),
	    P("/x") WITH("1s", "\"/s\"", "t", "\"a\""), 10, REFUSED,
	    1 << INVALIDATES_START,
	    "groups \"web\": balancer.backend: \"s\" becomes \"t\": needs a "
	    "restart of plimsolld" },
	{ "a source where there was none", OLD,
	    G("min = 2; max = 20; server: { rate = 100; }; source: { type = "
	      "\"haproxy\"; backend = \"s\"; sockets = [\"/s\"]; };"), 10,
	    CHANGE, 0, "groups \"web\": source.type: becomes \"haproxy\"" },
	{ "a balancer where there was none", OLD,
	    G("min = 2; max = 20; server: { rate = 100; }; balancer: { type = "
	      "\"haproxy\"; backend = \"s\"; sockets = [\"/s\"]; };"), 10,
	    REFUSED, 0, "groups \"web\": balancer.type: becomes \"haproxy\": "
	    "needs a restart of plimsolld" },
	{ "a provider's folder", P("/x") BOTH("/a"), P("/y") BOTH("/a"), 10,
	    REFUSED, 0, "providers.b.folder: \"/x\" becomes \"/y\": needs a "
	    "restart of plimsolld" },
	{ "a new provider and a way more", "providers: { a: { type = \"local\";"
	    " }; };\n" ONE_WAY, P("/x") BOTH("/a"), 10, CHANGE, 0,
	    "groups \"web\": launch.providers: 1 more" },
	{ "a new provider", "providers: { a: { type = \"local\"; }; };\n"
	    ONE_WAY, P("/x") ONE_WAY, 10, CHANGE, 0, "providers.b is new" },
	{ "a provider that is gone", P("/x") ONE_WAY,
	    "providers: { a: { type = \"local\"; }; };\n" ONE_WAY, 10, CHANGE,
	    0, "providers.b is gone" },
	{ "a way of servers cannot go", P("/x") BOTH("/a"), P("/x") ONE_WAY, 10,
	    REFUSED, 0,
	    "groups \"web\": launch.providers: \"b\" is not at place 2 any "
	    "more: it has servers, so add new ones after the old ones" },
	{ "nor change its place", P("/x") BOTH("/a"), P("/x") SWAPPED, 10,
	    REFUSED, 0,
	    "groups \"web\": launch.providers: \"a\" is not at place 1 any "
	    "more: it has servers, so add new ones after the old ones" },
	{ "without servers it may", P("/x") BOTH("/a"), P("/x") SWAPPED, 0,
	    CHANGE, 0,
	    "groups \"web\": launch.providers: \"a\" is not at place 1 any "
	    "more" },
	{ "another command", P("/x") BOTH("/a"), P("/x") BOTH("/c"), 10, CHANGE,
	    1 << INVALIDATES_PHASES, "groups \"web\": launch.a.command: [\"/a\"] becomes [\"/c\"]: "
	    "lead times are learned anew" },
	{ "concurrency counts like a rate",
	    G("min = 2; max = 40; server: { concurrency = 8; };"),
	    G("min = 2; max = 40; server: { concurrency = 4; };"), 10,
	    CHANGE | CONFIRM, 1 << INVALIDATES_CAPACITY,
	    "groups \"web\": the load that 10 servers carry now would need 20: "
	    "a change of 100 %, and over 50 % a person must agree" },
	{ "a rate for a concurrency: only the bounds act",
	    G("min = 2; max = 40; server: { concurrency = 8; };"),
	    G("min = 2; max = 40; server: { rate = 1; };"), 10, CHANGE,
	    1 << INVALIDATES_CAPACITY, NULL },
	{ "a health check", OLD, G("min = 2; max = 20; server: { rate = 100; }; "
	      "health: { path = \"/up\"; };"), 10, CHANGE, 0,
	    "groups \"web\": health.path: \"/\" becomes \"/up\": what was "
	    "learned stays" },
};

START_TEST(test_plan)
{
	const struct row *r = &rows[_i];
	struct policy *old = load(r->old), *new = load(r->new);
	struct plan *p = calloc(1, sizeof(*p)), *again;
	int servers = r->servers, i, outcome = SAME;

	ck_assert_ptr_nonnull(p);
	policy_compare(old, new, count, &servers, p);
	for (i = 0; i < p->n; i++)
		outcome |= p->line[i].kind == PLAN_CHANGE ? CHANGE :
		    p->line[i].kind == PLAN_CONFIRM ? CONFIRM : REFUSED;
	ck_assert_msg(outcome == r->outcome, "%s: outcome %d, first line %s",
	    r->what, outcome, p->line[0].text);
	ck_assert_int_eq(p->same, r->outcome == SAME);
	ck_assert_int_eq(p->refused, (r->outcome & REFUSED) != 0);
	ck_assert_int_eq(p->confirm, (r->outcome & CONFIRM) != 0);
	ck_assert_msg(p->group[0].invalidates == r->invalidates,
	    "%s: invalidates %x", r->what, p->group[0].invalidates);
	for (i = 0; r->line != NULL && i < p->n; i++)
		if (strcmp(p->line[i].text, r->line) == 0)
			break;
	ck_assert_msg(r->line == NULL || i < p->n, "%s: not told; the first "
	    "line is %s", r->what, p->line[0].text);

	/* the id names this change and no other */
	again = calloc(1, sizeof(*again));
	policy_compare(old, new, count, &servers, again);
	ck_assert_str_eq(p->id, again->id);
	policy_compare(new, old, count, &servers, again);
	if (strcmp(r->old, r->new) != 0)
		ck_assert_str_ne(p->id, again->id);
	free(again);
	free(p);
	policy_free(old);
	policy_free(new);
}
END_TEST

/* 64 groups of which 5 keys each change: told are 128, all are counted. */
START_TEST(test_more_lines_than_fit)
{
	struct plan *p = calloc(1, sizeof(*p));
	char text[2][64 * 160], *at;
	struct policy *two[2];
	int i, k, none = 0;

	ck_assert_ptr_nonnull(p);
	for (k = 0; k < 2; k++) {
		at = text[k] + sprintf(text[k], "groups: ( ");
		for (i = 0; i < 64; i++)
			at += sprintf(at, "%s{ name = \"g%d\"; min = %d; max = "
			    "%d; priority = %d; server: { rate = %d; "
			    "utilization = 0.%d; }; }\n", i > 0 ? "," : "", i,
			    1 + k, 5 + k, k, 5 + k, 6 + k);
		(void)sprintf(at, ");\n");
		two[k] = load(text[k]);
	}
	policy_compare(two[0], two[1], count, &none, p);
	ck_assert_int_eq(p->n, PLAN_LINES);
	/* hard_max and launches_per_hour follow max */
	ck_assert_int_eq(p->dropped, 64 * 7 - PLAN_LINES);
	policy_free(two[0]);
	policy_free(two[1]);
	free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("compare");
	TCase *t = tcase_create("compare");

	tcase_add_loop_test(t, test_plan, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, test_more_lines_than_fit);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
