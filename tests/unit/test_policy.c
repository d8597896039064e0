/* SPDX-License-Identifier: MIT */
/*
 * Policies that are wrong, and the sentences that say so: each trap of
 * libconfig, each kind of value, each rule over several keys.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/errors.h"
#include "policy/load.h"
#include "unit.h"

/* A group that is right, to put a fault behind; two lines. */
#define WEB "groups: ( { name = \"web\"; min = 2; max = 10;\n" \
	    "server: { rate = 100; }; "
#define END " } );\n"

#define VAULT(address, path, more) \
	"secrets: { a: { type = \"vault\"; address = \"" address "\"; " \
	"path = \"" path "\"; " more " }; };\n"

struct bad {
	const char *what;
	const char *text;
	const char *sentences[6];
};

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

static void
errors_are(const struct errors *es, const struct bad *b)
{
	int i;

	for (i = 0; i < es->n; i++)
		if (b->sentences[i] == NULL ||
		    strcmp(es->at[i].text, b->sentences[i]) != 0)
			ck_abort_msg("%s:\n  said     %s\n  expected %s",
			    b->what, es->at[i].text, b->sentences[i] != NULL ?
			    b->sentences[i] : "nothing more");
	if (b->sentences[i] != NULL)
		ck_abort_msg("%s: never said: %s", b->what, b->sentences[i]);
}

/* What drivers bring: sections, types, ways. */
static const struct bad sections[] = {
	{ "a daemon's group needs all its parts", WEB END,
	    { "p:1: providers: missing, expected a group { NAME: { type = "
	      "...; }; } of what starts servers",
	      "p:1: groups \"web\": source: missing, expected a group { type "
	      "= ...; } of settings",
	      "p:1: groups \"web\": balancer: missing, expected a group { "
	      "type = ...; } of settings",
	      "p:1: groups \"web\": launch: missing, expected a group { "
	      "providers = [\"...\"]; } of settings" } },
};

/* With POLICY_DRIVE: sections are looked at where there are some. */
static const struct bad drive_sections[] = {
	{ "a type that there is not", WEB "source: { type = \"haprxy\"; x = "
	    "1; };" END,
	    { "p:2: groups \"web\": source.type: found \"haprxy\", expected a "
	      "source that there is: \"haproxy\"" } },
	{ "no type, and its keys are not known", WEB "source: { x = 1; };" END,
	    { "p:2: groups \"web\": source.x: unknown key",
	      "p:2: groups \"web\": source.type: missing, expected a name of "
	      "letters, digits, '-' and '_'" } },
	{ "a driver's key", WEB "source: { type = \"haproxy\"; backend = "
	    "\"b\"; sockets = [\"/s\"]; evry = \"1s\"; };" END,
	    { "p:2: groups \"web\": source.evry: unknown key, the nearest "
	      "known one is \"every\"" } },
	{ "what all sources share", WEB "source: { type = \"haproxy\"; backend "
	    "= \"b\"; sockets = [\"/s\"]; every = \"10ms\"; };" END,
	    { "p:2: groups \"web\": source.every: found the string \"10ms\", "
	      "expected a duration such as \"500ms\", \"30s\", \"5m\", "
	      "\"24h\" or \"7d\" from 100ms to 1m" } },
	{ "a driver's own rule", WEB "source: { type = \"haproxy\"; backend = "
	    "\"b\"; sockets = []; };" END,
	    { "p:2: groups \"web\": source: sockets: 0 of them, expected 1 to "
	      "8" } },
	{ "a string in the list is none", WEB "source: { type = \"haproxy\"; "
	    "backend = \"b\"; sockets = [1, 2]; };" END,
	    { "p:2: groups \"web\": source.sockets: found 1, expected strings "
	      "only" } },
	{ "a section that is none", WEB "source = 5;" END,
	    { "p:2: groups \"web\": source: expected a group { } of "
	      "settings" } },
	{ "settings of a way that there is not", "providers: { main: { type = "
	    "\"local\"; }; };\n" WEB "launch: { providers = [\"main\"]; main: { "
	    "command = [\"/x\"]; }; backup: { command = [\"/x\"]; }; };" END,
	    { "p:3: groups \"web\": launch.backup: unknown key, expected the "
	      "settings of one of launch.providers" } },
	{ "a way twice", "providers: { main: { type = \"local\"; }; };\n" WEB
	    "launch: { providers = [\"main\", \"main\"]; main: { command = "
	    "[\"/x\"]; }; };" END,
	    { "p:3: groups \"web\": launch.providers: found \"main\" twice" } },
	{ "a way's settings are missing", "providers: { main: { type = "
	    "\"local\"; }; };\n" WEB "launch: { providers = [\"main\"]; };" END,
	    { "p:3: groups \"web\": launch.main.command: missing, expected a "
	      "list of strings such as [\"a\", \"b\"]" } },
	{ "a way's unknown key", "providers: { main: { type = \"local\"; }; };"
	    "\n" WEB "launch: { providers = [\"main\"]; main: { command = "
	    "[\"/x\"]; prots = \"1-2\"; }; };" END,
	    { "p:3: groups \"web\": launch.main.prots: unknown key, the "
	      "nearest known one is \"ports\"" } },
	{ "a provider's unknown key", "providers: { main: { type = \"local\"; "
	    "max_server = 5; }; };\n" WEB END,
	    { "p:1: providers.main.max_server: unknown key, the nearest known "
	      "one is \"max_servers\"" } },
	{ "secrets that are none", "secrets = 5;\n" WEB END,
	    { "p:1: secrets: expected a group { NAME: { type = ...; }; }" } },
	{ "a secret's name", "secrets: { a*b: { type = \"file\"; path = "
	    "\"/x\"; }; };\n" WEB END,
	    { "p:1: secrets: found the name \"a*b\", expected at most 63 "
	      "letters, digits, '-' and '_'" } },
	{ "a secret's source", "secrets: { a: { type = \"fil\"; path = "
	    "\"/x\"; }; };\n" WEB END,
	    { "p:1: secrets.a.type: found \"fil\", expected a source of "
	      "secrets that there is: \"file\", \"command\", "
	      "\"vault\"" } },
	{ "a secret's missing and unknown keys", "secrets: { a: { type = "
	    "\"file\"; pth = \"/x\"; }; };\n" WEB END,
	    { "p:1: secrets.a.pth: unknown key, the nearest known one is "
	      "\"path\"",
	      "p:1: secrets.a.path: missing, expected an absolute path" } },
	{ "a secret's command without its path", "secrets: { a: { type = "
	    "\"command\"; command = [\"x\"]; }; };\n" WEB END,
	    { "p:1: secrets.a: command must begin with the whole path of a "
	      "program" } },
	{ "a vault on the net in the clear", VAULT("http://vault:8200", "kv/a",
	    "token_file = \"/t\";") WEB END,
	    { "p:1: secrets.a: address must begin with https:// (http:// for "
	      "127.0.0.0/8 and [::1] only)" } },
	{ "a name that looks like here", VAULT("http://127.0.0.1.evil",
	    "kv/a", "token_file = \"/t\";") WEB END,
	    { "p:1: secrets.a: address must begin with https:// (http:// for "
	      "127.0.0.0/8 and [::1] only)" } },
	{ "a way up in a path", VAULT("https://vault", "kv/../sys",
	    "token_file = \"/t\";") WEB END,
	    { "p:1: secrets.a: path, mount, namespace and auth_mount must be "
	      "of letters, digits and '-_.~/', without '/' at an end" } },
	{ "a path without a mount", VAULT("https://vault", "kv",
	    "token_file = \"/t\";") WEB END,
	    { "p:1: secrets.a: path must be MOUNT/NAME, or mount be given" } },
	{ "two ways in", VAULT("https://vault", "kv/a", "token_file = \"/t\"; "
	    "role_id_file = \"/r\"; secret_id_file = \"/s\";") WEB END,
	    { "p:1: secrets.a: either token_file must be given, or "
	      "role_id_file and secret_id_file" } },
	{ "half a way in", VAULT("https://vault", "kv/a",
	    "role_id_file = \"/r\";") WEB END,
	    { "p:1: secrets.a: either token_file must be given, or "
	      "role_id_file and secret_id_file" } },
	{ "an environment that is none", "secrets: { a: { type = "
	    "\"command\"; command = [\"/x\"]; env = [\"X\"]; }; };\n" WEB
	    END,
	    { "p:1: secrets.a: env must be strings NAME=value" } },
	{ "a required key that can be none", "secrets: { a: { type = "
	    "\"file\"; path = \"/x\"; require = [\"A B\"]; }; };\n"
	    WEB END,
	    { "p:1: secrets.a: require must be names of keys: at most 63 "
	      "letters, digits and '_'" } },
	{ "a group's secrets that there are not", "secrets: { a: { type = "
	    "\"file\"; path = \"/x\"; }; };\nproviders: { m: { type = \"local\"; }; };\n"
	    WEB "launch: { providers = [\"m\"]; m: { command = [\"/a\"]; };\n"
	    "secrets = \"b\"; };" END,
	    { "p:5: groups \"web\": launch.secrets: found \"b\", expected the "
	      "name of one of the secrets of this file" } },
	{ "an artifact's address", "providers: { m: { type = \"local\"; }; };\n"
	    WEB "launch: { providers = [\"m\"]; m: { command = [\"/a\"]; };\n"
	    "artifact: { url = \"ftp://a/b\"; }; };" END,
	    { "p:3: groups \"web\": launch: artifact.url is \"ftp://a/b\", "
	      "expected an address that begins with https:// or http://" } },
	{ "an artifact's address with a blank", "providers: { m: { type = \"local\"; }; };\n"
	    WEB "launch: { providers = [\"m\"]; m: { command = [\"/a\"]; };\n"
	    "artifact: { url = \"https://a/ b\"; }; };" END,
	    { "p:3: groups \"web\": launch: artifact.url is \"https://a/ b\", "
	      "expected an address that begins with https:// or http://" } },
	{ "an artifact without its hash", "providers: { m: { type = \"local\"; }; };\n"
	    WEB "launch: { providers = [\"m\"]; m: { command = [\"/a\"]; };\n"
	    "artifact: { url = \"https://a/b\"; }; };" END,
	    { "p:3: groups \"web\": launch: artifact.sha256 is \"\", expected "
	      "64 digits 0-9 and a-f" } },
	{ "a boot endpoint nowhere", "boot: { listen = \"here\"; };\n" WEB END,
	    { "p:1: boot.listen is 'here', expected an address and a port, as in "
	      "\"10.0.0.5:8738\"" } },
	{ "a boot endpoint without a key", "boot: { listen = "
	    "\"127.0.0.1:8738\"; certificate = \"/c\"; };\n" WEB END,
	    { "p:1: boot.listen without boot.key, expected the path of a PEM "
	      "file" } },
	{ "a boot address with a blank", "boot: { listen = \"127.0.0.1:8738\"; "
	    "certificate = \"/c\"; key = \"/k\"; address = "
	    "\"a b:1\"; };\n" WEB END,
	    { "p:1: boot.address is 'a b:1', expected a name or an address "
	      "and a port, as in \"boot.example:8738\"" } },
	{ "providers that are none", "providers = 5;\n" WEB END,
	    { "p:1: providers: expected a group { NAME: { type = ...; }; }" } },
	{ "a type that is no string", WEB "source: { type = 5; };" END,
	    { "p:2: groups \"web\": source.type: found 5, expected a name of "
	      "letters, digits, '-' and '_'" } },
	{ "a way's provider", WEB "launch: { providers = [\"main\"]; };" END,
	    { "p:2: groups \"web\": launch.providers: found \"main\", "
	      "expected the name of one of the providers of this file" } },
	{ "no way at all", WEB "launch: { providers = []; };" END,
	    { "p:2: groups \"web\": launch.providers: found an empty list, "
	      "expected at least one name" } },
	{ "a provider's type", "providers: { main: { type = \"locl\"; a = 1; "
	    "}; };\n" WEB END,
	    { "p:1: providers.main.type: found \"locl\", expected a provider "
	      "that there is: " } },
};

static void
refused(const struct bad *b, unsigned flags, const char *text, size_t n)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	char *said;

	ck_assert_ptr_nonnull(es);
	ck_assert_int_eq(policy_load_text("p", text, n, flags, &p, es), -1);
	ck_assert_ptr_null(p);
	/* which providers there are is not what is looked at */
	if (es->n == 1 && (said = strstr(es->at[0].text,
	    "a provider that there is: ")) != NULL)
		said[26] = '\0';
	errors_are(es, b);
	free(es);
}

START_TEST(test_bad)
{
	const struct bad *b = &bads[_i];

	refused(b, POLICY_DRIVE, b->text, strlen(b->text));
}
END_TEST

START_TEST(test_sections)
{
	const struct bad *b = &sections[_i];

	refused(b, 0, b->text, strlen(b->text));
}
END_TEST

START_TEST(test_drive_sections)
{
	const struct bad *b = &drive_sections[_i];

	refused(b, POLICY_DRIVE, b->text, strlen(b->text));
}
END_TEST

/* n times a piece between two ends. */
static char *
repeat(const char *begin, const char *piece, int n, const char *end)
{
	char *text = malloc(strlen(begin) + strlen(end) + 1 +
	    (size_t)n * strlen(piece)), *p = text;
	int i;

	ck_assert_ptr_nonnull(text);
	p += sprintf(p, "%s", begin);
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s", piece);
	(void)sprintf(p, "%s", end);
	return (text);
}

static const struct bound {
	const char *begin, *piece;
	int n;
	const char *end;
	struct bad bad;
} bounds[] = {
	{ "groups: ( 5", ",5", 64, ");", { "too many groups", NULL,
	    { "p:1: groups: found 65, expected 1 to 64" } } },
	{ WEB "depends: ( 5", ",5", 8, ");" END, { "dependencies", NULL,
	    { "p:2: groups \"web\": depends: expected a list ( { ... }, { ... "
	      "} ) of at most 8" } } },
	{ WEB "calendar: ( 5", ",5", 64, ");" END, { "calendar rows", NULL,
	    { "p:2: groups \"web\": calendar: expected a list ( { ... }, { "
	      "... } ) of at most 64" } } },
	{ "a = ", "(", 65, "", { "too deep", NULL,
	    { "p:1: a: found '(' inside 64 others, expected fewer" } } },
	{ "a = ", "(", 20000, "", { "far too deep", NULL,
	    { "p:1: a: found '(' inside 64 others, expected fewer" } } },
	{ "", "# a comment of sixteen\n", 190000, "", { "too long", NULL,
	    { "p: too large, expected at most 4MB with all that it "
	      "includes" } } },
	{ "user = \"", "x", 64, "\";\n" WEB END, { "too long a name", NULL,
	    { "p:1: user: found the string \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\", expected a shorter one (0 "
	      "to 63 bytes)" } } },
	{ WEB "source: { type = \"haproxy\"; backend = \"b\"; sockets = [\"/\"",
	    ",\"/\"", 64, "]; };" END, { "too many strings", NULL,
	    { "p:2: groups \"web\": source.sockets: found a list of 65, "
	      "expected at most 64 strings" } } },
	{ WEB "source: { type = \"haproxy\"; backend = \"b\"; sockets = [\"",
	    "x", 256, "\"]; };" END, { "too long a string", NULL,
	    { "p:2: groups \"web\": source.sockets: found the string \"xxxxxx"
	      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\", expected "
	      "strings of at most 255 bytes" } } },
};

START_TEST(test_bounds)
{
	const struct bound *b = &bounds[_i];
	char *text = repeat(b->begin, b->piece, b->n, b->end);

	refused(&b->bad, POLICY_DRIVE, text, strlen(text));
	free(text);
}
END_TEST

START_TEST(test_nul)
{
	static const struct bad b = { "a NUL byte", NULL,
		{ "p:2: found a NUL byte, expected text" } };

	refused(&b, POLICY_DRIVE, "a=1;\nb\0=2;", 10);
}
END_TEST

START_TEST(test_too_many_providers)
{
	static const struct bad b = { "17 providers", NULL,
		{ "p:17: providers: found one too many, expected at most 16" } };
	char text[2048], *p = text;
	int i;

	p += sprintf(p, "providers: {");
	for (i = 0; i < 17; i++)
		p += sprintf(p, "p%d: { type = \"local\"; };\n", i);
	(void)sprintf(p, "};\n" WEB END);
	refused(&b, POLICY_DRIVE, text, strlen(text));
}
END_TEST

START_TEST(test_more_than_fit)
{
	char *text, *p;
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *policy = NULL;
	int i;

	text = p = malloc(200 * 16);
	ck_assert_ptr_nonnull(p);
	for (i = 0; i < 100; i++)
		p += sprintf(p, "k%d = %d;\n", i, i);
	ck_assert_int_eq(policy_load_text("p", text, strlen(text),
	    POLICY_DRIVE, &policy, es), -1);
	ck_assert_int_eq(es->n, MAX_ERRORS);
	ck_assert_int_eq(es->dropped, 101 - MAX_ERRORS);
	for (i = 0, p = text; i < 100; i++)
		p += sprintf(p, "k%d = 0%d;\n", i, i);
	ck_assert_int_eq(policy_load_text("p", text, strlen(text),
	    POLICY_DRIVE, &policy, es), -1);
	ck_assert_int_eq(es->n, MAX_ERRORS);
	for (i = 0, p = text; i < 100; i++)
		p += sprintf(p, "k%d = yes;\n", i);
	ck_assert_int_eq(policy_load_text("p", text, strlen(text),
	    POLICY_DRIVE, &policy, es), -1);
	ck_assert_int_eq(es->n, 32); /* the first will do */
	free(text);
	free(es);
}
END_TEST

static struct policy *
good(const char *text)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	int rc;

	ck_assert_ptr_nonnull(es);
	rc = policy_load_text("p", text, strlen(text), POLICY_DRIVE, &p, es);
	if (rc != 0)
		ck_abort_msg("%s", es->at[0].text);
	free(es);
	return (p);
}

START_TEST(test_defaults)
{
	struct policy *p = good(WEB END);
	const struct group_policy *g = &p->fleet.groups[0];

	ck_assert_str_eq(p->daemon.state, "/var/lib/plimsoll");
	ck_assert_int_eq(p->daemon.log_level, 2);
	ck_assert_int_eq((long)p->daemon.max_size, 1 << 30);
	ck_assert_int_eq(p->fleet.n_groups, 1);
	ck_assert_str_eq(g->name, "web");
	ck_assert_int_eq(g->size.hard_max, 10);
	ck_assert(g->size.rate_rps == 100.0);	/* an int is a number */
	ck_assert(g->size.utilization == 0.75);
	ck_assert(g->forecast.risk == 0.001);
	ck_assert(g->forecast.season);
	ck_assert_int_eq(g->forecast.lead_time, 0);
	/* the letters of the invariants */
	ck_assert(g->limit.removals_pct == 10.0);
	ck_assert_int_eq(g->limit.removals_window, 5 * NS_MIN);
	ck_assert(g->limit.rush_removals_pct == 25.0);
	ck_assert_int_eq(g->limit.peak_window, 5 * NS_MIN);
	ck_assert(g->limit.sick_pct == 30.0);
	ck_assert_int_eq(g->limit.health_window, 10 * NS_MIN);
	ck_assert_int_eq(g->limit.boot_deadline, 10 * NS_MIN);
	ck_assert_int_eq(g->limit.boot_failures, 3);
	ck_assert_int_eq(g->limit.doubt_alarm, 15 * NS_MIN);
	ck_assert_int_eq(g->limit.safe_mode, 10 * NS_MIN);
	ck_assert_int_eq(g->limit.drain, 30 * NS_S);
	ck_assert_int_eq(g->limit.launches_per_hour, 40);
	ck_assert(p->daemon.confirm_pct == 50.0);
	ck_assert_int_eq(policy_find(p, "web"), 0);
	ck_assert_int_eq(policy_find(p, "x"), -1);
	policy_free(p);
}
END_TEST

START_TEST(test_values)
{
	struct policy *p = good("listen = \"\"; dry_run = TRUE;\n"
	    "journal: { keep = \"7d\"; max_size = \"64MB\"; };\n" WEB
	    "hard_max = 0x14; limits: { launches_per_hour = 7; }; "
	    "objective: { latency = \"1m30s\"; };\n"
	    "depends: ( { name = \"db\"; connections = 500L; per_server = 20;"
	    " } );" END);
	const struct group_policy *g = &p->fleet.groups[0];

	ck_assert_str_eq(p->daemon.listen, "");
	ck_assert(p->daemon.dry_run);
	ck_assert_int_eq(p->daemon.keep, 7 * NS_DAY);
	ck_assert_int_eq((long)p->daemon.max_size, 64 << 20);
	ck_assert_int_eq(g->size.hard_max, 20);
	ck_assert_int_eq(g->size.latency, 90 * NS_S);
	ck_assert_int_eq(g->limit.launches_per_hour, 7);
	ck_assert_str_eq(p->daemon.listen, "");
	ck_assert_int_eq(g->n_depends, 1);
	ck_assert(g->depends[0].connections == 500.0);
	policy_free(p);
}
END_TEST

START_TEST(test_words_of_all_languages)
{
	struct policy *p = good(WEB "calendar: ( { at = \"2026-11-27T00:00Z\"; "
	    "for = \"24h\"; min = 3; note = \"H\xc3\xa4ndler, 5 \xe2\x82\xac, "
	    "\xf0\x9f\x9b\x92\"; } );" END);

	ck_assert_str_eq(p->group[0].rules[0].note, "H\xc3\xa4ndler, 5 "
	    "\xe2\x82\xac, \xf0\x9f\x9b\x92");
	policy_free(p);
}
END_TEST

START_TEST(test_two_dependencies)
{
	struct policy *p = good(WEB "depends: ( { name = \"db\"; connections ="
	    " 100; per_server = 40; }, { name = \"cache\"; connections = 90; "
	    "per_server = 40; } );" END);

	ck_assert_int_eq(p->core[0].n_depends, 2);
	policy_free(p);
}
END_TEST

START_TEST(test_sections_of_drivers)
{
	struct policy *p = good("providers: { a: { type = \"local\"; "
	    "max_servers = 9; }; b: { type = \"local\"; folder = \"/x\"; }; };"
	    "\n" WEB "source: { type = \"haproxy\"; backend = \"s\"; sockets = "
	    "[\"/s\"]; every = \"250ms\"; }; balancer: { type = \"haproxy\"; "
	    "backend = \"s\"; sockets = [\"/s\"]; drain = \"5s\"; };\n"
	    "health: { path = \"\"; rise = 3; }; launch: { providers = [\"b\","
	    " \"a\"]; a: { command = [\"/a\"]; }; b: { command = [\"/b\"]; };"
	    " };" END);
	const struct policy_group *g = &p->group[0];

	ck_assert_int_eq(p->n_providers, 2);
	ck_assert_str_eq(p->providers[1].name, "b");
	ck_assert_str_eq(p->providers[1].ops->name, "local");
	ck_assert_ptr_nonnull(p->providers[1].settings);
	ck_assert_str_eq(g->source->name, "haproxy");
	ck_assert_int_eq(g->every, 250 * NS_MS);
	ck_assert_str_eq(g->balancer->name, "haproxy");
	ck_assert_int_eq(p->core[0].limit.drain, 5 * NS_S);
	ck_assert_str_eq(g->health.path, "");
	ck_assert_int_eq(g->health.rise, 3);
	ck_assert_int_eq(g->n_ways, 2);	/* in the order of the list */
	ck_assert_int_eq(p->core[0].n_ways, 2);
	ck_assert_str_eq(p->core[0].ways[0], "b");
	ck_assert_int_eq(g->ways[0].provider, 1);
	ck_assert_int_eq(g->ways[1].provider, 0);
	ck_assert_ptr_nonnull(g->ways[0].settings);
	policy_free(p);
}
END_TEST

START_TEST(test_calendar)
{
	struct policy *p = good(WEB "calendar: ( { at = "
	    "\"2026-11-27T00:00:00Z\"; for = \"24h\"; times = 5; note = "
	    "\"Black Friday\"; }, { weekdays = [\"fri\", \"sat\"]; from = "
	    "\"18:00\"; to = \"23:00\"; zone = \"Europe/Berlin\"; min = 4; }"
	    " );" END);
	const struct group_policy *g = &p->fleet.groups[0];

	ck_assert_int_eq(g->n_calendar, 0);
	policy_calendar(p, 1795651200); /* 2026-11-26, a Thursday */
	ck_assert_int_eq(g->n_calendar, 7);
	ck_assert_str_eq(g->calendar[0].note, "Black Friday");
	ck_assert(g->calendar[0].from_wall_s == 1795737600);
	ck_assert(g->calendar[0].to_wall_s == 1795737600 + 86400);
	ck_assert(g->calendar[0].times == 5.0);
	ck_assert(g->calendar[1].from_wall_s == 1795737600 + 17 * 3600);
	ck_assert_int_eq(g->calendar[1].min, 4);
	policy_calendar(p, 1795737600 + 30 * 86400); /* it is over */
	ck_assert_int_eq(g->n_calendar, 6);
	policy_free(p);
}
END_TEST

/* Files with includes, in a folder of their own. */
static char folder[64];

static void
put(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void
setup(void)
{
	char path[160];

	(void)snprintf(folder, sizeof(folder), "/tmp/plimsoll-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/sub", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
teardown(void)
{
	static const char *const names[] = { "main.cfg", "sub/groups.cfg",
		"sub/more.cfg", "sub" };
	char path[160];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	(void)rmdir(folder);
}

/* The sentence without the folder's name, wherever it stands. */
static void
said(char *text, const char *expected)
{
	size_t n = strlen(folder) + 1;
	char *p;

	while ((p = strstr(text, folder)) != NULL)
		memmove(p, p + n, strlen(p + n) + 1);
	ck_assert_str_eq(text, expected);
}

/* Loads main.cfg. */
static void
load(const char *first, const char *second)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	char path[160];
	int rc;

	ck_assert_ptr_nonnull(es);
	(void)snprintf(path, sizeof(path), "%s/main.cfg", folder);
	rc = policy_load(path, POLICY_DRIVE, &p, es);
	if (first != NULL)
		said(es->at[0].text, first);
	if (second != NULL)
		said(es->at[1].text, second);
	ck_assert_int_eq(es->n, (first != NULL) + (second != NULL));
	ck_assert_int_eq(rc, first == NULL ? 0 : -1);
	policy_free(p);
	free(es);
}

START_TEST(test_include_beside_the_file)
{
	put("main.cfg", "dry_run = true;\n  @include \"sub/groups.cfg\"\n"
	    "user = \"shop\";\n");
	put("sub/groups.cfg", "// one\n@include \"more.cfg\"\n");
	put("sub/more.cfg", WEB END);
	load(NULL, NULL);
}
END_TEST

START_TEST(test_include_keeps_lines)
{
	put("main.cfg", "dry_run = true;\n@include \"sub/groups.cfg\"\n"
	    "usr = \"shop\";\n");
	put("sub/groups.cfg", "# @include \"none\"\n/*\n@include \"none\"\n"
	    "*/\n" WEB "priority = 0644; // no newline at the end\n} );");
	load("sub/groups.cfg:6: groups \"web\": priority: found 0644, "
	    "expected a number without a leading zero: it would be read as "
	    "decimal",
	    "main.cfg:3: usr: unknown key, the nearest known one is \"user\"");
}
END_TEST

START_TEST(test_include_after_odd_strings)
{
	put("main.cfg", "listen = \"a\\\"/*\"; user = \"x\"; /* \" */\n"
	    "@include \"sub/more.cfg\"\n// \"/*\n@include \"sub/groups.cfg\"");
	put("sub/more.cfg", "dry_run = true;\n");
	put("sub/groups.cfg", WEB END);
	load(NULL, NULL);
}
END_TEST

START_TEST(test_include_itself)
{
	put("main.cfg", "@include \"sub/groups.cfg\"\n");
	put("sub/groups.cfg", "\n@include \"groups.cfg\"\n");
	load("sub/groups.cfg:2: @include \"sub/groups.cfg\": it includes itself", NULL);
}
END_TEST

START_TEST(test_include_too_many)
{
	char *text = repeat("", "@include \"sub/more.cfg\"\n", 64, WEB END);

	put("main.cfg", text);
	put("sub/more.cfg", "// nothing\n");
	load("main.cfg:64: @include \"sub/more.cfg\": one too many, expected "
	    "at most 64 files", NULL);
	put("main.cfg", text + strlen("@include \"sub/more.cfg\"\n"));
	load(NULL, NULL);
	free(text);
}
END_TEST

START_TEST(test_include_missing)
{
	put("main.cfg", "\n@include \"sub/none.cfg\"\n");
	load("main.cfg:2: @include \"sub/none.cfg\": No such file or "
	    "directory", NULL);
}
END_TEST

START_TEST(test_include_bom_and_pattern)
{
	put("main.cfg", "\n@include \"sub/more.cfg\"\n");
	put("sub/more.cfg", "\xef\xbb\xbf" WEB END);
	load("sub/more.cfg: found a byte order mark (EF BB BF), "
	    "expected UTF-8 without one", NULL);
	put("main.cfg", "@include \"sub/*.cfg\"\n");
	load("main.cfg:1: @include \"sub/*.cfg\": found a pattern, expected one "
	    "file: name each", NULL);
}
END_TEST

START_TEST(test_include_depth_and_kind)
{
	char path[160];

	/* 11 files in each other by names that differ */
	put("main.cfg", "@include \"sub/more.cfg\"\n");
	put("sub/more.cfg", "\n\n@include \"../main.cfg\"\n");
	load("sub/../sub/../sub/../sub/../sub/../main.cfg:1: @include "
	    "\"sub/../sub/../sub/../sub/../sub/../sub/more.cfg\": too deep, "
	    "expected at most 10 files in each other", NULL);
	put("main.cfg", "@include \"sub\"\n");
	load("main.cfg:1: @include \"sub\": not a regular file", NULL);
	(void)snprintf(path, sizeof(path), "%s/sub/more.cfg", folder);
	(void)unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	put("main.cfg", "@include \"sub/more.cfg\"\n");
	load("main.cfg:1: @include \"sub/more.cfg\": not a regular file",
	    NULL);
	put("main.cfg", "@include <x>\n");
	load("main.cfg:1: @include \"\": expected a file's name in quotes",
	    NULL);
}
END_TEST

START_TEST(test_no_file)
{
	load("main.cfg: No such file or directory", NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy"), *f = tcase_create("files");

	tcase_add_loop_test(t, test_bad, 0,
	    (int)(sizeof(bads) / sizeof(bads[0])));
	tcase_add_loop_test(t, test_sections, 0, 1);
	tcase_add_loop_test(t, test_drive_sections, 0,
	    (int)(sizeof(drive_sections) / sizeof(drive_sections[0])));
	tcase_add_loop_test(t, test_bounds, 0,
	    (int)(sizeof(bounds) / sizeof(bounds[0])));
	tcase_add_test(t, test_nul);
	tcase_add_test(t, test_too_many_providers);
	tcase_add_test(t, test_more_than_fit);
	tcase_add_test(t, test_defaults);
	tcase_add_test(t, test_values);
	tcase_add_test(t, test_words_of_all_languages);
	tcase_add_test(t, test_two_dependencies);
	tcase_add_test(t, test_sections_of_drivers);
	tcase_add_test(t, test_calendar);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(f, setup, teardown);
	tcase_add_test(f, test_include_beside_the_file);
	tcase_add_test(f, test_include_keeps_lines);
	tcase_add_test(f, test_include_after_odd_strings);
	tcase_add_test(f, test_include_itself);
	tcase_add_test(f, test_include_too_many);
	tcase_add_test(f, test_include_missing);
	tcase_add_test(f, test_include_bom_and_pattern);
	tcase_add_test(f, test_include_depth_and_kind);
	tcase_add_test(f, test_no_file);
	suite_add_tcase(s, f);
	return (unit_run(s));
}
