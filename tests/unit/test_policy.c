/* SPDX-License-Identifier: MIT */
/*
 * Policies that are wrong, and the sentences that say so: each trap of
 * libconfig, each kind of value, each rule over several keys.
 */
#include "policy_kit.h"

static const struct bad bads[] = {
	/* what libconfig takes without a word */
	{ "an int that would be wrapped",
	    "groups: ( { name = \"web\"; min = 2; max = 5000000000;\n"
	    "server: { rate = 100; }; } );\n",
	    { "p:1: groups \"web\": max: found 5000000000, expected a whole "
	      "number that fits 32 bits: it would be wrapped to another "
	      "number" } },
	{ "one above the largest int", WEB "priority = 2147483648;" END,
	    { "p:2: groups \"web\": priority: found 2147483648, expected a "
	      "whole number that fits 32 bits: it would be wrapped to another "
	      "number" } },
	{ "a hexadecimal int that would be wrapped",
	    WEB "priority = 0xFFFFFFFF;" END,
	    { "p:2: groups \"web\": priority: found 0xFFFFFFFF, expected a "
	      "whole number that fits 32 bits: it would be wrapped to another "
	      "number" } },
	{ "an int of 64 bits that would be cut",
	    WEB "priority = 99999999999999999999L;" END,
	    { "p:2: groups \"web\": priority: found 99999999999999999999L, "
	      "expected a whole number that fits 64 bits: it would be cut" } },
	{ "a wrapped int where a number is wanted", WEB
	    "objective: { errors = 4294967296; };" END,
	    { "p:2: groups \"web\": objective.errors: found 4294967296, "
	      "expected a whole number that fits 32 bits: it would be wrapped "
	      "to another number" } },
	{ "a leading zero is no octal", WEB "priority = 0644;" END,
	    { "p:2: groups \"web\": priority: found 0644, expected a number "
	      "without a leading zero: it would be read as decimal" } },
	{ "in a list of groups without names", WEB "depends: ( { connections "
	    "= 5000000000; name = \"db\"; per_server = 1; }, { connections = "
	    "010; } );" END,
	    { "p:2: groups \"web\": depends \"db\": connections: found "
	      "5000000000, expected a whole number that fits 32 bits: it would "
	      "be wrapped to another number",
	      "p:2: groups \"web\": depends[1].connections: found 010, "
	      "expected a number without a leading zero: it would be read as "
	      "decimal",
	      "p:2: groups \"web\": depends[1].name: missing, expected a name "
	      "of letters, digits, '-' and '_'",
	      "p:2: groups \"web\": depends[1].per_server: missing, expected a "
	      "number from 0.001 to 1000000 (connections)" } },
	{ "the value on a line of its own", WEB "priority\n=\n5000000000;" END,
	    { "p:4: groups \"web\": priority: found 5000000000, expected a "
	      "whole number that fits 32 bits: it would be wrapped to another "
	      "number" } },
	{ "a NUL in a string would cut it", "user = \"a\\x00b\";\n" WEB END,
	    { "p:1: user: found the escape \\x00 in a string, expected text: "
	      "it would cut the string there" } },
	{ "a number beyond doubles", WEB "objective: { errors = 1.0e999; };"
	    END,
	    { "p:2: groups \"web\": objective.errors: found inf, expected a "
	      "number from 1e-05 to 0.5 (share of requests)" } },
	/* nothing is converted but an int where a number is wanted */
	{ "a string is no number", WEB "priority = \"5\";" END,
	    { "p:2: groups \"web\": priority: found the string \"5\", "
	      "expected a whole number from 0 to 1000" } },
	{ "2.7 is no int", WEB "priority = 2.7;" END,
	    { "p:2: groups \"web\": priority: found 2.7, expected a whole "
	      "number from 0 to 1000" } },
	{ "a 64 bit int that is out of range", WEB "priority = 5000000000L;"
	    END,
	    { "p:2: groups \"web\": priority: found 5000000000, expected a "
	      "whole number from 0 to 1000" } },
	{ "1 is not true", "dry_run = 1;\n" WEB END,
	    { "p:1: dry_run: found 1, expected true or false" } },
	{ "true is no number", WEB "priority = true;" END,
	    { "p:2: groups \"web\": priority: found true, expected a whole "
	      "number from 0 to 1000" } },
	{ "a group is no value", "state: { a = 1; };\n" WEB END,
	    { "p:1: state: found a group { }, expected an absolute path" } },
	{ "a list is no value", "state = (\"/a\", \"/b\");\n" WEB END,
	    { "p:1: state: found a list of 2, expected an absolute path" } },
	{ "a value is no group", WEB "limits = 5;" END,
	    { "p:2: groups \"web\": limits: expected a group { } of "
	      "settings" } },
	/* units */
	{ "a duration needs a unit", WEB "objective: { latency = \"5\"; };"
	    END,
	    { "p:2: groups \"web\": objective.latency: found the string "
	      "\"5\", expected a duration such as \"500ms\", \"30s\", "
	      "\"5m\", \"24h\" or \"7d\" from 1ms to 5m" } },
	{ "a duration is a string", WEB "objective: { latency = 5; };" END,
	    { "p:2: groups \"web\": objective.latency: found 5, expected a "
	      "duration such as \"500ms\", \"30s\", \"5m\", \"24h\" or "
	      "\"7d\" from 1ms to 5m" } },
	{ "a duration out of range", WEB "objective: { latency = \"6m\"; };"
	    END,
	    { "p:2: groups \"web\": objective.latency: found the string "
	      "\"6m\", expected a duration such as \"500ms\", \"30s\", "
	      "\"5m\", \"24h\" or \"7d\" from 1ms to 5m" } },
	{ "a size needs a unit", "journal: { max_size = \"64\"; };\n" WEB END,
	    { "p:1: journal.max_size: found the string \"64\", expected a "
	      "size such as \"64MB\" or \"1GB\" from 16MB to 1TB" } },
	{ "a choice", "log_level = \"loud\";\n" WEB END,
	    { "p:1: log_level: found the string \"loud\", expected one of "
	      "\"error\", \"warn\", \"info\", \"debug\"" } },
	{ "a path is absolute", "state = \"var\";\n" WEB END,
	    { "p:1: state: found the string \"var\", expected an absolute "
	      "path" } },
	/* what comes from outside is quoted */
	{ "a control character is shown, not sent", "user = \"a\\x1b[2J\";\n"
	    WEB END,
	    { "p:1: user: found the string \"a\\x1b[2J\", expected text "
	      "without control characters, in UTF-8" } },
	{ "bad text: overlong, cut, a C1 control, turned around", "user = "
	    "\"\xc0\xaf\"; state = \"/\xe2\x82\"; listen = \"\xc2\x9b\";\n"
	    "control = \"/\xe2\x80\xae\";\n" WEB END,
	    { "p:1: user: found the string \"\\xc0\\xaf\", expected text "
	      "without control characters, in UTF-8",
	      "p:1: state: found the string \"/\\xe2\\x82\", expected text "
	      "without control characters, in UTF-8",
	      "p:1: listen: found the string \"\\xc2\\x9b\", expected text "
	      "without control characters, in UTF-8",
	      "p:2: control: found the string \"/\\xe2\\x80\\xae\", expected "
	      "text without control characters, in UTF-8" } },
	{ "a quote in a value", "log_level = \"a\\\"b\";\n" WEB END,
	    { "p:1: log_level: found the string \"a\\\"b\", expected one of "
	      "\"error\", \"warn\", \"info\", \"debug\"" } },
	{ "a size that is no number", "journal: { max_size = \"MB\"; };\n" WEB
	    END,
	    { "p:1: journal.max_size: found the string \"MB\", expected a "
	      "size such as \"64MB\" or \"1GB\" from 16MB to 1TB" } },
	{ "an element that is no clean text", WEB "source: { type = "
	    "\"haproxy\"; backend = \"b\"; sockets = [\"/a\\x07\"]; };" END,
	    { "p:2: groups \"web\": source.sockets: found the string "
	      "\"/a\\x07\", expected text without control characters, in "
	      "UTF-8" } },
	{ "a byte that is no UTF-8", "listen = \"\xff\";\n" WEB END,
	    { "p:1: listen: found the string \"\\xff\", expected text without "
	      "control characters, in UTF-8" } },
	{ "a name that could enter a command",
	    "groups: ( { name = \"a;b\"; min = 1; max = 2;\n"
	    "server: { rate = 1; }; } );\n",
	    { "p:1: groups \"a;b\": name: found the string \"a;b\", expected "
	      "a name of letters, digits, '-' and '_'" } },
	{ "a provider's name", "providers: { a*b: { type = \"x\"; }; };\n" WEB
	    END,
	    { "p:1: providers: found the name \"a*b\", expected at most 63 "
	      "letters, digits, '-' and '_'" } },
	/* unknown, missing, twice */
	{ "an unknown key and the nearest", "listn = \"\";\n" WEB END,
	    { "p:1: listn: unknown key, the nearest known one is "
	      "\"listen\"" } },
	{ "a key in the wrong group", WEB "rate = 5;" END,
	    { "p:2: groups \"web\": rate: unknown key, the nearest known one "
	      "is \"server.rate\"" } },
	{ "swapped letters", WEB "limits: { sikc_pct = 5; };" END,
	    { "p:2: groups \"web\": limits.sikc_pct: unknown key, the nearest "
	      "known one is \"limits.sick_pct\"" } },
	{ "nothing is near", "xyzzyplugh = 1;\n" WEB END,
	    { "p:1: xyzzyplugh: unknown key" } },
	{ "a key twice", WEB "priority = 1;\npriority = 2;" END,
	    { "p:3: priority is set a second time, the first is at p:2" } },
	{ "a group of settings twice", WEB "server: { rate = 5; };" END,
	    { "p:2: server is set a second time, the first is at p:2" } },
	{ "missing keys", "groups: ( { name = \"web\"; } );\n",
	    { "p:1: groups \"web\": min: missing, expected a whole number "
	      "from 1 to 10000 (servers)",
	      "p:1: groups \"web\": max: missing, expected a whole number "
	      "from 1 to 10000 (servers)" } },
	{ "an empty file", "",
	    { "p:1: groups: missing, expected a list ( { name = ...; }, { ... "
	      "} )" } },
	{ "groups that are no list", "groups: { };\n",
	    { "p:1: groups: expected a list ( { name = ...; }, { ... } )" } },
	{ "a group that is none", "groups: ( 5 );\n",
	    { "p:1: groups[0]: expected a group { } of settings" } },
	/* several keys together */
	{ "min above max",
	    "groups: ( { name = \"web\"; min = 20; max = 10;\n"
	    "server: { rate = 100; }; } );\n",
	    { "p:1: groups \"web\": min is 20 and max is 10, expected min <= "
	      "max" } },
	{ "max above hard_max", WEB "hard_max = 5;" END,
	    { "p:1: groups \"web\": max is 10 and hard_max is 5, expected max "
	      "<= hard_max" } },
	{ "what does a server carry",
	    "groups: ( { name = \"web\"; min = 1; max = 2; } );\n",
	    { "p:1: groups \"web\": neither server.rate nor "
	      "server.concurrency is given, expected what one server "
	      "carries" } },
	{ "spend without a price", WEB "limits: { spend_per_day = 5; };" END,
	    { "p:1: groups \"web\": limits.spend_per_day is given without "
	      "limits.price_per_hour, expected what one server costs" } },
	{ "two groups of one name", WEB "},\n{ name = \"web\"; min = 1; "
	    "max = 2; server: { rate = 5; };" END,
	    { "p:3: groups: the name \"web\" is given to two groups, expected "
	      "a name of its own for each" } },
	{ "min does not fit the dependency", WEB "depends: ( { name = \"db\"; "
	    "connections = 100; per_server = 40; reserve = 30; } );" END,
	    { "p:1: groups \"web\": depends \"db\": all groups' min and the "
	      "reserve take 110 connections, expected at most the 100 that "
	      "there are" } },
	{ "a dependency with two figures", WEB "depends: ( { name = \"db\"; "
	    "connections = 500; per_server = 5; } ); },\n{ name = \"jobs\"; "
	    "min = 1; max = 2; server: { rate = 5; }; depends: ( { name = "
	    "\"db\"; connections = 400; per_server = 5; } );" END,
	    { "p:1: groups \"web\": depends \"db\": found 500 connections, "
	      "and 400 in group \"jobs\", expected one figure for one "
	      "dependency",
	      "p:3: groups \"jobs\": depends \"db\": found 400 connections, "
	      "and 500 in group \"web\", expected one figure for one "
	      "dependency" } },
	{ "a dependency without room for one", WEB "depends: ( { name = "
	    "\"db\"; connections = 50; per_server = 20; reserve = 40; } );"
	    END,
	    { "p:2: groups \"web\": depends[0]: of 50 connections 40 are "
	      "reserved and one server takes 20, expected room for a "
	      "server" } },
	{ "depends is a list", WEB "depends: { name = \"db\"; };" END,
	    { "p:2: groups \"web\": depends: expected a list ( { ... }, { "
	      "... } ) of at most 8" } },
	{ "the minima do not fit all there may be",
	    "limits: { max_servers = 1; spend_per_day = 4.0; };\n"
	    WEB "limits: { price_per_hour = 0.1; };" END,
	    { "p:1: limits.max_servers: found 1, expected at least 2: the sum "
	      "of all groups' min",
	      "p:1: limits.spend_per_day: found 4, expected at least 4.8: what "
	      "all groups' min costs a day" } },
	{ "the minimum costs more than the group may", WEB "limits: { "
	    "price_per_hour = 0.1; spend_per_day = 4.0; };" END,
	    { "p:1: groups \"web\": limits.spend_per_day: found 4, expected at "
	      "least 4.8: what min = 2 costs a day" } },
	{ "a health check's path", WEB "health: { path = \"/a b\"; };" END,
	    { "p:2: groups \"web\": health: path must begin with '/' and hold "
	      "no blank, '?' or '#'" } },
	{ "a calendar that brings nothing", WEB "calendar: ( { at = "
	    "\"2026-11-27T00:00Z\"; for = \"24h\"; } );" END,
	    { "p:2: groups \"web\": calendar[0]: expected times, min or max: "
	      "what it brings" } },
	{ "a calendar's zone", WEB "calendar: ( { weekdays = [\"mon\"]; from "
	    "= \"08:00\"; to = \"18:00\"; zone = \"Europe/Nowhere\"; times "
	    "= 2; } );" END,
	    { "p:2: groups \"web\": calendar[0]: zone: found "
	      "\"Europe/Nowhere\": the time zone Europe/Nowhere is not in "
	      "/usr/share/zoneinfo (package tzdata): No such file or "
	      "directory" } },
	{ "a calendar's weekday", WEB "calendar: ( { weekdays = [\"mondy\"]; "
	    "from = \"08:00\"; to = \"18:00\"; times = 2; } );" END,
	    { "p:2: groups \"web\": calendar[0]: weekdays: found \"mondy\", "
	      "expected \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", "
	      "\"sat\" or \"sun\"" } },
	{ "a calendar: at without for", WEB "calendar: ( { at = \"2026-11-27T00:00Z\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: at is given without for, expected how long it is" } },
	{ "a calendar: weekdays without to", WEB "calendar: ( { weekdays = [\"mon\"]; from = \"08:00\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: weekdays is given without from and to, expected when it begins and ends" } },
	{ "a calendar: weekdays with for", WEB "calendar: ( { weekdays = [\"mon\"]; from = \"08:00\"; to = \"09:00\"; for = \"1h\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: weekdays is given with for, expected from and to only" } },
	{ "a calendar: at with from", WEB "calendar: ( { at = \"2026-11-27T00:00Z\"; for = \"1h\"; from = \"08:00\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: at is given with from or to, expected for only" } },
	{ "a calendar: its min above its max", WEB "calendar: ( { at = \"2026-11-27T00:00Z\"; for = \"1h\"; min = 5; max = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: min is 5 and max is 3, expected min <= max" } },
	{ "a calendar: a time of the day", WEB "calendar: ( { weekdays = [\"mon\"]; from = \"24:00\"; to = \"09:00\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: from: found \"24:00\", expected a time of the day from \"00:00\" to \"23:59\"" } },
	{ "a calendar: a time with more than minutes", WEB "calendar: ( { weekdays = [\"mon\"]; from = \"08:00\"; to = \"9:00\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: to: found \"9:00\", expected a time of the day from \"00:00\" to \"24:00\"" } },
	{ "a calendar: a minute that there is not", WEB "calendar: ( { weekdays = [\"mon\"]; from = \"08:60\"; to = \"09:00\"; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: from: found \"08:60\", expected a time of the day from \"00:00\" to \"23:59\"" } },
	{ "a calendar above hard_max", WEB "calendar: ( { at = "
	    "\"2026-11-27T00:00Z\"; for = \"24h\"; min = 11; } );" END,
	    { "p:2: groups \"web\": calendar[0]: found 11 servers, expected "
	      "at most the group's hard_max, 10" } },
	{ "a date and weekdays", WEB "calendar: ( { at = \"2026-11-27T00:00Z"
	    "\"; for = \"24h\"; weekdays = [\"mon\"]; min = 3; } );" END,
	    { "p:2: groups \"web\": calendar[0]: expected either at and for, "
	      "or weekdays, from and to" } },
	/* all at once, in the order of the file */
	{ "all errors at once",
	    "dry_run = 1;\nlistn = 2;\n"
	    "groups: ( { name = \"web\"; min = 0;\n"
	    "max = 99999999999;\nserver: { rate = \"x\"; }; } );\n",
	    { "p:1: dry_run: found 1, expected true or false",
	      "p:2: listn: unknown key, the nearest known one is \"listen\"",
	      "p:3: groups \"web\": min: found 0, expected a whole number "
	      "from 1 to 10000 (servers)",
	      "p:4: groups \"web\": max: found 99999999999, expected a whole "
	      "number that fits 32 bits: it would be wrapped to another "
	      "number",
	      "p:5: groups \"web\": server.rate: found the string \"x\", "
	      "expected a number from 0.001 to 1000000 (requests/s)" } },
	/* where libconfig says "syntax error", and one line late */
	{ "a brace is missing at the end", "groups: (\n{ name = \"web\";\n",
	    { "p:2: the '{' of this line is not closed at the end of the "
	      "file: a '}' is missing" } },
	{ "a brace is missing before a bracket",
	    "groups: (\n{ name = \"web\";\n\n);\n",
	    { "p:4: name: ')' does not close the '{' that is open: a '}' is "
	      "missing before it (opened at p:2)" } },
	{ "one too many", "groups: ( ); }\n",
	    { "p:1: groups: '}' closes nothing: one is too many" } },
	{ "a quote is missing", "user = \"shop;\nstate = \"/x\";\n",
	    { "p:1: user: a string is not closed at the end of its line: a \" "
	      "is missing" } },
	{ "a comment is not closed", "user = \"x\"; /* so\nstate = \"/\";\n",
	    { "p:1: user: a comment after this line is not closed: a */ is "
	      "missing" } },
	{ "a unit without quotes", WEB "objective: { latency = 5s; };" END,
	    { "p:2: latency: found 5s, expected a number, or a string in "
	      "quotes such as \"5s\"" } },
	{ "yes is not true", "dry_run = yes;\n" WEB END,
	    { "p:1: dry_run: found yes, expected true" } },
	{ "a word without quotes", "user = shop;\n" WEB END,
	    { "p:1: user: found the word shop, expected a value: write "
	      "strings in quotes" } },
	{ "a comma after the last", WEB
	    "launch: { providers = [\"a\", \"b\",]; };" END,
	    { "p:2: providers: found a comma before ']', expected none after "
	      "the last element" } },
	{ "single quotes", "user = 'shop';\n" WEB END,
	    { "p:1: user: found a single quote, expected strings in double "
	      "quotes" } },
	{ "a signed hexadecimal", WEB "priority = -0x1;" END,
	    { "p:2: priority: found -0x1, expected a hexadecimal number "
	      "without a sign" } },
	{ "odd numbers", "a = 1.2.3;\nb = .;\nc = 1.0e;\nd = +;\n",
	    { "p:1: a: found 1.2.3, expected a number, or a string in quotes "
	      "such as \"1.2.3\"",
	      "p:2: b: found ., expected a number, or a string in quotes such "
	      "as \".\"",
	      "p:3: c: found 1.0e, expected a number, or a string in quotes "
	      "such as \"1.0e\"",
	      "p:4: d: found +, expected a number, or a string in quotes such "
	      "as \"+\"" } },
	{ "twice in one group, and once in another", "groups: (\n"
	    "{ max = 1; a: { min = 3; }; },\n{ min = 1; b: { min = 3; };\n"
	    "min = 2; } );\n",
	    { "p:4: min is set a second time, the first is at p:3" } },
	{ "no equals sign", "user \"shop\";\n" WEB END,
	    { "p:1: user: found \"shop\" right after the name user, expected "
	      "'=' between them" } },
	{ "int and float in one array", "user = [1, 1.0];\n" WEB END,
	    { "p:1: the values in [ ] are of different types, expected one "
	      "type: 1.0 beside 2.0, \"a\" beside \"b\"" } },
	{ "a byte order mark", "\xef\xbb\xbf" WEB END,
	    { "p: found a byte order mark (EF BB BF), expected UTF-8 "
	      "without one" } },
	{ "a control byte outside of strings", "user\x01 = \"x\";\n" WEB END,
	    { "p:1: user: found the odd character '\\x01'" } },
	{ "something else", "= 5;\n" WEB END,
	    { "p:1: syntax error at this line or just before it, expected "
	      "NAME = VALUE;" } },
	{ "an include in a text", "@include \"x\"\n" WEB END,
	    { "p:1: @include \"x\": a text without a folder includes "
	      "nothing" } },
};

START_TEST(test_bad)
{
	const struct bad *b = &bads[_i];

	refused(b, POLICY_DRIVE, b->text, strlen(b->text));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_loop_test(t, test_bad, 0,
	    (int)(sizeof(bads) / sizeof(bads[0])));
	suite_add_tcase(s, t);
	return (unit_run(s));
}
