/* SPDX-License-Identifier: MIT */
/*
 * The sections that drivers bring, how much fits, and what a policy that is
 * right becomes.
 */
#include "policy_kit.h"

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
	      "\"vault\", \"aws\"" } },
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
	{ "both kinds of AWS", "secrets: { a: { type = \"aws\"; region = "
	    "\"x\"; secret = \"s\"; parameters = \"/p\"; }; };\n" WEB END,
	    { "p:1: secrets.a: either secret must be given, or parameters" } },
	{ "a name that JSON would escape", "secrets: { a: { type = \"aws\"; "
	    "region = \"x\"; secret = \"s\\\"\"; }; };\n" WEB END,
	    { "p:1: secrets.a: secret and parameters must be of letters, "
	      "digits and '/_+=.@-:!'" } },
	{ "no path of parameters", "secrets: { a: { type = \"aws\"; region = "
	    "\"x\"; parameters = \"shop\"; }; };\n" WEB END,
	    { "p:1: secrets.a: parameters must be a path such as \"/shop\"" } },
	{ "AWS in the clear", "secrets: { a: { type = \"aws\"; region = "
	    "\"x\"; secret = \"s\"; address = \"http://a\"; }; };\n" WEB END,
	    { "p:1: secrets.a: address must begin with https:// (http:// for "
	      "127.0.0.0/8 and [::1] only)" } },
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
	      "\"10.0.0.5:8738\" or \"[fd00::5]:8738\"" } },
	{ "a boot endpoint without its brackets", "boot: { listen = "
	    "\"fd00::5:8738\"; certificate = \"/c\"; key = \"/k\"; };\n" WEB
	    END, { "p:1: boot.listen is 'fd00::5:8738', expected an address "
	      "and a port, as in \"10.0.0.5:8738\" or \"[fd00::5]:8738\"" } },
	{ "a boot endpoint everywhere", "boot: { listen = \"0.0.0.0:8738\"; "
	    "certificate = \"/c\"; key = \"/k\"; };\n" WEB END,
	    { "p:1: boot.listen is '0.0.0.0:8738', where no server can ask, "
	      "expected boot.address to say where" } },
	{ "a boot endpoint everywhere, by IPv6", "boot: { listen = "
	    "\"[::]:8738\"; certificate = \"/c\"; key = \"/k\"; };\n" WEB END,
	    { "p:1: boot.listen is '[::]:8738', where no server can ask, "
	      "expected boot.address to say where" } },
	{ "a boot endpoint without a key", "boot: { listen = "
	    "\"127.0.0.1:8738\"; certificate = \"/c\"; };\n" WEB END,
	    { "p:1: boot.listen without boot.key, expected the path of a PEM "
	      "file" } },
	{ "a boot address with a blank", "boot: { listen = \"127.0.0.1:8738\"; "
	    "certificate = \"/c\"; key = \"/k\"; address = "
	    "\"a b:1\"; };\n" WEB END,
	    { "p:1: boot.address is 'a b:1', expected a name or an address "
	      "and a port, as in \"boot.example:8738\" or "
	      "\"[fd00::5]:8738\"" } },
	{ "a boot address without its brackets", "boot: { listen = "
	    "\"127.0.0.1:8738\"; certificate = \"/c\"; key = \"/k\"; "
	    "address = \"fd00::5:8738\"; };\n" WEB END,
	    { "p:1: boot.address is 'fd00::5:8738', expected a name or an "
	      "address and a port, as in \"boot.example:8738\" or "
	      "\"[fd00::5]:8738\"" } },
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

/* What the daemon would refuse at its start is told before. */
static const struct {
	const char *text;
	bool right;
} listens[] = { { "", true }, { "127.0.0.1:8737", true }, { "[::1]:80", true },
	{ "nowhere", false }, { "localhost:80", false }, { "127.0.0.1", false },
	{ "127.0.0.1:0", false }, { "127.0.0.1:65536", false },
	{ "127.0.0.1:80x", false }, { "127.0.0.1:", false },
	{ "127.0.0.1:-1", false }, { "[::1]", false }, { "::1:80", false },
	{ ":80", false }, { "[127.0.0.1]:80", false } };

START_TEST(test_listen)
{
	struct errors *es = calloc(1, sizeof(*es));
	struct policy *p = NULL;
	char text[300], want[200];

	(void)snprintf(text, sizeof(text), "listen = \"%s\";\n" WEB END,
	    listens[_i].text);
	ck_assert_int_eq(policy_load_text("p", text, strlen(text),
	    POLICY_DRIVE, &p, es), listens[_i].right ? 0 : -1);
	(void)snprintf(want, sizeof(want), "listen: found \"%s\", expected an "
	    "address and a port such as \"127.0.0.1:8737\", or \"\"",
	    listens[_i].text);
	if (!listens[_i].right)
		ck_assert_ptr_nonnull(strstr(es->at[0].text, want));
	policy_free(p);
	free(es);
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

static bool
secrets_first(const char *head, const char *secrets)
{
	char text[800];
	struct policy *p;
	bool first;

	(void)snprintf(text, sizeof(text), "%s"
	    "secrets: { a: { type = \"file\"; path = \"/s\"; }; };\n"
	    "providers: { m: { type = \"local\"; }; };\n" WEB
	    "launch: { providers = [\"m\"]; m: { command = [\"/a\"]; };%s };"
	    END, head, secrets);
	p = good(text);
	first = p->core[0].secrets_first;
	policy_free(p);
	return (first);
}

#define BOOT "boot: { listen = \"127.0.0.1:8738\"; certificate = \"/c\"; " \
	     "key = \"/k\"; };\n"

/* Everywhere is well where servers are told of one place. */
START_TEST(test_boot_address)
{
	struct policy *p = good("boot: { listen = \"[::]:8738\"; certificate "
	    "= \"/c\"; key = \"/k\"; address = \"boot.example:8738\"; };\n"
	    WEB END);

	ck_assert_str_eq(p->boot.address, "boot.example:8738");
	policy_free(p);
	policy_free(good("boot: { listen = \"127.0.0.1:1\"; certificate = "
	    "\"/c\"; key = \"/k\"; address = \"[fd00::5]:8738\"; };\n" WEB
	    END));
}
END_TEST

/* A server's own word is waited for where there is somebody to say it to. */
START_TEST(test_secrets_first)
{
	ck_assert(secrets_first(BOOT, " secrets = \"a\";"));
	ck_assert(!secrets_first("", " secrets = \"a\";"));
	ck_assert(!secrets_first(BOOT, ""));
	ck_assert(!secrets_first(BOOT "dry_run = true;\n",
	    " secrets = \"a\";"));
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

int
main(void)
{
	Suite *s = suite_create("policy_parts");
	TCase *t = tcase_create("policy_parts");

	tcase_add_loop_test(t, test_sections, 0,
	    (int)(sizeof(sections) / sizeof(sections[0])));
	tcase_add_loop_test(t, test_drive_sections, 0,
	    (int)(sizeof(drive_sections) / sizeof(drive_sections[0])));
	tcase_add_loop_test(t, test_bounds, 0,
	    (int)(sizeof(bounds) / sizeof(bounds[0])));
	tcase_add_test(t, test_nul);
	tcase_add_test(t, test_too_many_providers);
	tcase_add_test(t, test_more_than_fit);
	tcase_add_test(t, test_defaults);
	tcase_add_loop_test(t, test_listen, 0,
	    (int)(sizeof(listens) / sizeof(listens[0])));
	tcase_add_test(t, test_values);
	tcase_add_test(t, test_secrets_first);
	tcase_add_test(t, test_boot_address);
	tcase_add_test(t, test_words_of_all_languages);
	tcase_add_test(t, test_two_dependencies);
	tcase_add_test(t, test_sections_of_drivers);
	tcase_add_test(t, test_calendar);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
