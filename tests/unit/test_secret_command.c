/* SPDX-License-Identifier: MIT */
/* The source `command`: real programs, good and bad ones. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"
#include "secret/bundles.h"
#include "unit.h"

#define PATIENCE (40 * NS_S)

static char dir[40], path[64];
static struct loop *loop;
static struct bundles *all;
static struct bundle_settings set;
static struct bundle_status st;
static struct timer guard;
/* As the rows say: a list of strings, and another one. */
static struct {
	struct key_strings command, env;
} of;

static void
changed(void *ctx, const char *name, bool rotated)
{
	(void)ctx, (void)name, (void)rotated;
	loop_stop(loop);
}

static void
too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("nothing came");
}

static void
begin(void)
{
	struct bundles_hooks hooks = { NULL, changed };

	(void)snprintf(dir, sizeof(dir), "/tmp/test_command.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/pid", dir);
	memset(&of, 0, sizeof(of));
	set = (struct bundle_settings){ .refresh = NS_HOUR,
		.timeout = PATIENCE, .warn = NS_HOUR };
	loop = loop_new(NULL);
	all = bundles_new(loop, &hooks);
}

static void
end(void)
{
	bundles_free(all);
	loop_free(loop);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void
say(struct key_strings *to, const char *text)
{
	(void)snprintf(to->text[to->n++], KEY_STRING_SIZE, "%s", text);
}

static void
run(const char *script, const char *arg)
{
	struct bundle_spec spec = { .name = "shop", .ops = &secret_command,
		.settings = &of, .set = &set, .anew = true };
	struct err e = { 0 };

	ck_assert_uint_eq(secret_command.keys->settings_size, sizeof(of));
	say(&of.command, "/bin/sh");
	say(&of.command, "-c");
	say(&of.command, script);
	say(&of.command, "sh");
	say(&of.command, arg);
	ck_assert_msg(bundles_prepare(all, &spec, 1, &e) == 0, "%s", e.text);
	bundles_commit(all);
	loop_timer_set(loop, &guard, PATIENCE, too_late, NULL);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_timer_stop(&guard);
	ck_assert(bundles_status(all, "shop", &st));
}

static struct secret
value(const char *key)
{
	const struct bundle *b = bundle_of(all, "shop");

	ck_assert_msg(b != NULL, "%s", st.why);
	ck_assert_ptr_nonnull(bundle_find(b, key));
	return (*bundle_find(b, key));
}

/* The process of the file, once there is one. */
static int
it_starts(void)
{
	int i, pid = 0;
	FILE *f;

	for (i = 0; i < 2000 && pid == 0; i++) {
		f = fopen(path, "r");
		if (f == NULL || fscanf(f, "%d", &pid) != 1 || pid == 0)
			(void)usleep(10000);
		if (f != NULL)
			(void)fclose(f);
	}
	ck_assert_int_gt(pid, 0);
	return (pid);
}

static void
it_ends(void)
{
	int i, pid = it_starts();

	for (i = 0; i < 2000 && kill(pid, 0) == 0; i++)
		(void)usleep(10000);
	ck_assert(kill(pid, 0) == -1 && errno == ESRCH);
}

START_TEST(lines_with_odd_bytes)
{
	run("printf 'A=\\001\\377\\000=\\nB='; echo noise >&2; "
	    "env | tr '\\n' ' '", "");
	ck_assert_msg(st.fresh, "%s", st.why);
	ck_assert_uint_eq(value("A").n, 4);
	ck_assert_int_eq(memcmp(value("A").bytes, "\x01\xff\0=", 4), 0);
	ck_assert_ptr_null(memmem(value("B").bytes, value("B").n, "HOME=", 5));
	ck_assert_ptr_nonnull(memmem(value("B").bytes, value("B").n,
	    "PATH=", 5));
}
END_TEST

START_TEST(an_object_and_an_environment)
{
	say(&of.env, "WHAT=\\u20ac\\u0000");
	run("printf ' {\"A\":\"%s\",\"N\":12,\"T\":true}\\n' \"$WHAT\"", "");
	ck_assert_msg(st.fresh, "%s", st.why);
	ck_assert_uint_eq(value("A").n, 4);
	ck_assert_int_eq(memcmp(value("A").bytes, "\xe2\x82\xac\0", 4), 0);
	ck_assert_int_eq(memcmp(value("N").bytes, "12", 2), 0);
	ck_assert_int_eq(memcmp(value("T").bytes, "true", 4), 0);
}
END_TEST

/* No shell of ours looks at an argument. */
START_TEST(arguments_stay_as_they_are)
{
	run("printf 'A=%s' \"$1\"", "$(id) `id` ; \" ' \\ *");
	ck_assert_uint_eq(value("A").n, 20);
	ck_assert_int_eq(memcmp(value("A").bytes, "$(id) `id` ; \" ' \\ *", 20),
	    0);
}
END_TEST

START_TEST(a_large_one)
{
	run("printf A=; head -c 65000 /dev/zero | tr '\\0' x", "");
	ck_assert_uint_eq(value("A").n, 65000);
}
END_TEST

START_TEST(bad_ones)
{
	static const struct {
		const char *script, *why;
	} bad[] = {
		{ "echo canary; echo canary >&2; exit 3",
		  "'/bin/sh' ended with status 3" },
		{ "echo A=1; kill -9 $$", "'/bin/sh' was ended by signal 9" },
		{ "while echo A=canary; do :; done",
		  "'/bin/sh' says over 64 kB" },
		{ "echo canary", "what '/bin/sh' says: line 1: expected" },
		{ "echo '{\"A\":canary}'",
		  "what '/bin/sh' says: no JSON: wrong at byte 5 of 13" },
		{ "echo '{\"A\":1,\"B\":[\"canary\"]}'",
		  "what '/bin/sh' says: member 2: expected a string" },
		{ "echo '{\"canary A\":1}'",
		  "what '/bin/sh' says: member 1: expected KEY=value" },
	};

	run(bad[_i].script, "");
	ck_assert(!st.there && !st.fresh);
	ck_assert_msg(strstr(st.why, bad[_i].why) == st.why, "%s", st.why);
	ck_assert_ptr_null(strstr(st.why, "canary"));
}
END_TEST

START_TEST(a_program_that_there_is_not)
{
	say(&of.command, "/nowhere/x");
	run("", "");
	ck_assert_msg(strstr(st.why, "'/nowhere/x': its program cannot be run: "
	    "No such") == st.why, "%s", st.why);
}
END_TEST

/* It and what it started are ended at its deadline. */
START_TEST(one_that_does_not_end)
{
	set.timeout = 2 * NS_S;
	run("sleep 300 & echo $! >\"$1\"; wait", path);
	ck_assert_str_eq(st.why, "no answer within 2 s");
	it_ends();
	/* and the next one is begun */
	ck_assert(bundles_refresh(all, "shop"));
	loop_timer_set(loop, &guard, PATIENCE, too_late, NULL);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert(bundles_status(all, "shop", &st));
	ck_assert_msg(strstr(st.why, "no answer") == st.why, "%s", st.why);
	it_ends();
}
END_TEST

/* Its end is the end, whoever holds its output open. */
START_TEST(one_that_leaves_something_behind)
{
	run("sleep 300 & echo $! >\"$1\"; echo A=1", path);
	ck_assert_msg(st.fresh, "%s", st.why);
	ck_assert_uint_eq(value("A").n, 1);
	it_ends();
}
END_TEST

START_TEST(one_that_is_not_waited_for)
{
	struct err e = { 0 };

	run("if [ -e \"$1\" ]; then sleep 300 & echo $! >\"$1\"; wait; fi; "
	    "echo 0 >\"$1\"; echo A=1", path);
	ck_assert_msg(st.fresh, "%s", st.why);
	ck_assert(bundles_refresh(all, "shop"));
	(void)it_starts();
	/* the daemon stops, or the secret is gone from the policy */
	ck_assert_int_eq(bundles_prepare(all, NULL, 0, &e), 0);
	bundles_commit(all);
	it_ends();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("secret_command");
	TCase *t = tcase_create("secret_command");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, lines_with_odd_bytes);
	tcase_add_test(t, an_object_and_an_environment);
	tcase_add_test(t, arguments_stay_as_they_are);
	tcase_add_test(t, a_large_one);
	tcase_add_loop_test(t, bad_ones, 0, 7);
	tcase_add_test(t, a_program_that_there_is_not);
	tcase_add_test(t, one_that_does_not_end);
	tcase_add_test(t, one_that_leaves_something_behind);
	tcase_add_test(t, one_that_is_not_waited_for);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
