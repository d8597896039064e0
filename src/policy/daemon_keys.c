/* SPDX-License-Identifier: MIT */
/* Rows of the daemon's own settings and of what drivers of a kind share. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "io/address_parse.h"
#include "policy/daemon_keys.h"
#include "plimsoll/key.h"
#include "plimsoll/policy.h"

#define F(f) KEY_FIELD(daemon_settings, f)
#define S(f) KEY_FIELD(section_settings, f)
#define H(f) KEY_FIELD(health_settings, f)

static const struct key rows[] = {
	{ "state", KEY_PATH, F(state), 1, PATH_BYTES - 1,
	    "/var/lib/plimsoll", "", NULL, INVALIDATES_START,
	    "The folder of the journal and of fleet.txt. One daemon a "
	    "folder." },
	{ "control", KEY_PATH, F(control), 1, UNIX_PATH_BYTES - 1,
	    "/run/plimsoll/control.sock", "", NULL, INVALIDATES_START,
	    "The socket that the command plimsoll(1) talks to. Whoever may "
	    "open it may change the fleet." },
	{ "control_group", KEY_NAME, F(control_group), 0, NAME_SIZE - 1, "",
	    "", NULL, INVALIDATES_START,
	    "A group of users who may use the control socket too. Not given: "
	    "only the daemon's user and root." },
	{ "listen", KEY_STRING, F(listen), 0, 127, "127.0.0.1:8737", "", NULL,
	    INVALIDATES_START,
	    "Address and port of metrics and health. \"\" for none." },
	{ "user", KEY_NAME, F(user), 0, NAME_SIZE - 1, "", "", NULL,
	    INVALIDATES_START,
	    "Started as root, the daemon becomes this user. Root without it "
	    "is refused." },
	{ "log_level", KEY_CHOICE, F(log_level), 0, 0, "info", "",
	    "error|warn|info|debug", INVALIDATES_NOTHING,
	    "How much is logged." },
	{ "dry_run", KEY_BOOL, F(dry_run), 0, 0, "false", "", NULL,
	    INVALIDATES_START,
	    "Decide and tell, and touch neither servers nor balancers." },
	{ "ready_every", KEY_DURATION, F(ready_every), 1, 3600, "10s", "", NULL,
	    INVALIDATES_NOTHING,
	    "How often it is looked at what a launch will need "
	    "(plimsoll ready)." },
	{ "limits.max_servers", KEY_INT, F(max_servers), 1, 640000, "",
	    "servers", NULL, INVALIDATES_NOTHING,
	    "Of all groups together; the higher priority goes first. Not "
	    "given: each group's own max alone." },
	{ "limits.spend_per_day", KEY_NUMBER, F(spend_per_day), 0.01, 1e9, "",
	    "currency of price_per_hour", NULL, INVALIDATES_NOTHING,
	    "Of all groups together (I-08). Not given: no such limit." },
	{ "reload.confirm_pct", KEY_NUMBER, F(confirm_pct), 1, 10000, "50",
	    "% of a group's servers", NULL, INVALIDATES_NOTHING,
	    "A reload that changes a group's capacity by more waits for "
	    "plimsoll reload --confirm ID (I-33)." },
	{ "fast_crashes.count", KEY_INT, F(fast_crashes), 0, 100, "3",
	    "ends without a clean stop", NULL, INVALIDATES_START,
	    "So many in a row, each within fast_crashes.within of its own "
	    "start, start the daemon without removals (I-34). 0: not looked "
	    "at." },
	{ "fast_crashes.within", KEY_DURATION, F(fast_crash_within), 1, 3600,
	    "60s", "", NULL, INVALIDATES_START, "See fast_crashes.count." },
	{ "fast_crashes.quiet", KEY_DURATION, F(fast_crash_quiet), 1, 86400,
	    "10m", "", NULL, INVALIDATES_START,
	    "Removals are allowed again after so long without a crash, or "
	    "with plimsoll resume." },
	{ "journal.keep", KEY_DURATION, F(keep), 3600, 10 * 365 * 86400.0,
	    "30d", "", NULL, INVALIDATES_NOTHING,
	    "How long records are kept. An open intent is never dropped." },
	{ "journal.max_size", KEY_SIZE, F(max_size), 16.0 * (1 << 20),
	    1024.0 * (1 << 30), "1GB", "", NULL, INVALIDATES_NOTHING,
	    "Oldest records go first beyond it." },
};

static int
daemon_check(const void *settings, struct err *e)
{
	const struct daemon_settings *d = settings;
	struct sockaddr_storage ss;
	socklen_t len;

	if (d->listen[0] == '\0' || address_parse(d->listen, &ss, &len))
		return (0);
	return (err_set(e, EINVAL, "listen: found \"%.100s\", expected an "
	    "address and a port such as \"127.0.0.1:8737\", or \"\"",
	    d->listen));
}

const struct key_table daemon_keys = { "the daemon", rows, KEY_COUNT(rows),
	sizeof(struct daemon_settings), daemon_check };

static const struct key type_rows[] = {
	{ "type", KEY_NAME, S(type), 1, NAME_SIZE - 1, NULL, "", NULL,
	    INVALIDATES_START, "Which driver." },
	{ "every", KEY_DURATION, S(every), 0.1, 60, "1s", "", NULL,
	    INVALIDATES_NOTHING, "From one poll to the next." },
	{ "history", KEY_STRING, S(history), 0, KEY_STRING_SIZE - 1, "", "",
	    NULL, INVALIDATES_NOTHING,
	    "A CSV file of the traffic so far, so that a new installation "
	    "knows the time of day: a moment (seconds since 1970, or "
	    "2026-11-27T00:00:00Z) and the requests/s from then on in each "
	    "row. Read at a start that remembers nothing of this group." },
};

const struct key_table source_common = { "source", type_rows, 3,
	sizeof(struct section_settings), NULL };
const struct key_table type_common = { "providers, balancer", type_rows, 1,
	sizeof(struct section_settings), NULL };

static const struct key health_rows[] = {
	{ "path", KEY_STRING, H(path), 0, 255, "/", "", NULL,
	    INVALIDATES_NOTHING,
	    "What is asked of a new server before customers are: GET of "
	    "this path, and 2xx or 3xx is well. \"\": that it takes a TCP "
	    "connection is enough." },
	{ "every", KEY_DURATION, H(every), 0.05, 60, "500ms", "", NULL,
	    INVALIDATES_NOTHING, "From one probe to the next." },
	{ "timeout", KEY_DURATION, H(timeout), 0.05, 60, "2s", "", NULL,
	    INVALIDATES_NOTHING, "A probe without answer fails after it." },
	{ "rise", KEY_INT, H(rise), 1, 100, "1", "probes", NULL,
	    INVALIDATES_NOTHING, "So many good answers in a row." },
};

static int
health_check(const void *settings, struct err *e)
{
	const struct health_settings *h = settings;

	if (h->path[0] == '\0' || (h->path[0] == '/' &&
		strpbrk(h->path, " ?#") == NULL))
		return (0);
	return (err_set(e, EINVAL, "path must begin with '/' and hold no "
	    "blank, '?' or '#'"));
}

const struct key_table health_keys = { "health", health_rows,
	KEY_COUNT(health_rows), sizeof(struct health_settings),
	health_check };
