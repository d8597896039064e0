/* SPDX-License-Identifier: MIT */
/*
 * The schedule of bundles, over the source `file`; and over one that the
 * test itself answers for (`made`: a fake), for what a file cannot do: be
 * late, come with an end, come while others are on their way.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"
#include "secret/arena.h"
#include "secret/bundles.h"
#include "unit.h"

#define PATIENCE (20 * NS_S)

/* --- a source that answers what it was told to ---------------------------- */

struct made {
	struct secret_host host;
	char *page; /* credentials, as vault and aws keep them */
	struct timer timer;
};

static const char *made_text; /* NULL: no answer */
static ns_t made_lasts, made_access, made_again;
static int made_open, made_most, made_cancelled;

static void
made_answer(void *arg)
{
	struct fetched f = FETCHED_NONE;
	struct made *m = arg;
	char text[64];

	made_open--;
	f.lasts = made_lasts;
	f.access = made_access;
	f.again = made_again;
	(void)snprintf(text, sizeof(text), "%s", made_text);
	(void)bundle_parse(m->host.arena, text, strlen(text), &f.bundle,
	    &f.why);
	m->host.fetched(m->host.ctx, &f);
}

static int
made_init(void *self, const struct secret_host *host, const void *settings,
    struct err *e)
{
	struct made *m = self;

	(void)settings;
	m->host = *host;
	m->page = arena_take(host->arena, ARENA_PAGE);
	if (m->page == NULL)
		return (err_set(e, 1, "no page"));
	return (made_text != NULL && strcmp(made_text, "refuse") == 0 ?
	    err_set(e, 1, "refused") : 0);
}

static int
made_fetch(void *self, struct err *e)
{
	struct made *m = self;

	(void)e;
	if (++made_open > made_most)
		made_most = made_open;
	if (made_text != NULL)
		loop_timer_set(m->host.loop, &m->timer, 10 * NS_MS,
		    made_answer, m);
	return (0);
}

static void
made_cancel(void *self)
{
	made_open--;
	made_cancelled++;
	loop_timer_stop(&((struct made *)self)->timer);
}

static void
made_fini(void *self)
{
	struct made *m = self;

	loop_timer_stop(&m->timer);
	arena_give(m->host.arena, m->page);
}

static const struct secret_ops secret_made = { "made", sizeof(struct made),
	NULL, made_init, made_fetch, made_cancel, made_fini };

/* --- the stage ------------------------------------------------------------ */

static char dir[32];
static struct {
	char path[256];
} file;
static struct loop *loop;
static struct bundles *all;
static struct bundle_settings set;
static struct bundle_status st;
static int n_changed, n_rotated, want_changed;
static struct timer guard;

static void
changed(void *ctx, const char *name, bool rotated)
{
	(void)ctx, (void)name;
	n_changed++;
	n_rotated += rotated;
	if (n_changed >= want_changed)
		loop_stop(loop);
}

static void
too_late(void *arg)
{
	(void)arg;
	ck_abort_msg("nothing came: %d of %d", n_changed, want_changed);
}

/* Until the hook was called n more times. */
static void
wait_changed(int n)
{
	want_changed = n_changed + n;
	loop_timer_set(loop, &guard, PATIENCE, too_late, NULL);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_timer_stop(&guard);
}

static void
begin(void)
{
	struct bundles_hooks hooks = { NULL, changed };

	(void)snprintf(dir, sizeof(dir), "/tmp/test_bundles.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(file.path, sizeof(file.path), "%s/shop", dir);
	set = (struct bundle_settings){ .refresh = NS_HOUR,
		.timeout = PATIENCE, .warn = NS_HOUR };
	loop = loop_new(NULL);
	all = bundles_new(loop, &hooks);
	ck_assert_ptr_nonnull(all);
	made_text = NULL;
	made_lasts = made_access = made_again = NS_NEVER;
	made_open = made_most = made_cancelled = 0;
}

static void
end(void)
{
	bundles_free(all);
	loop_free(loop);
	(void)unlink(file.path);
	(void)rmdir(dir);
}

static void
put(const char *text, size_t n, mode_t mode)
{
	int fd = open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static int
specs(const struct secret_ops *ops, int n, bool anew, struct err *e)
{
	struct bundle_spec spec[BUNDLES_MAX] = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		spec[i] = (struct bundle_spec){ .ops = ops, .settings = &file,
			.set = &set, .anew = anew };
		(void)snprintf(spec[i].name, NAME_SIZE, i == 0 ? "shop" :
		    "shop%d", i);
	}
	return (bundles_prepare(all, spec, n, e));
}

static void
put_in_force(const struct secret_ops *ops, int n)
{
	struct err e = { 0 };

	ck_assert_msg(specs(ops, n, true, &e) == 0, "%s", e.text);
	bundles_commit(all);
}

static void
look(void)
{
	ck_assert(bundles_status(all, "shop", &st));
}

static void
add(const struct secret_ops *ops)
{
	put_in_force(ops, 1);
	look();
	ck_assert(!st.tried && !st.there && st.alarms == 0);
	wait_changed(1);
	look();
	ck_assert(st.tried);
}

static void
again(void)
{
	ck_assert(bundles_refresh(all, "shop"));
	wait_changed(1);
	look();
}

static void
require(const char *key)
{
	set.require.n = 1;
	(void)snprintf(set.require.text[0], KEY_STRING_SIZE, "%s", key);
}

#define BIT(a) (1u << (a))

/* --- a file ---------------------------------------------------------------- */

START_TEST(a_file_is_fetched)
{
	const char *key;
	struct secret s;

	put("A=\xff", 3, 0600);
	require("A");
	add(&secret_file);
	ck_assert_msg(st.there && st.fresh && st.complete, "%s", st.why);
	ck_assert_uint_eq(st.alarms, 0);
	ck_assert_str_eq(st.type, "file");
	ck_assert(bundle_ready(all, "shop"));
	ck_assert(st.age >= 0 && st.ends_in == NS_NEVER);
	s = bundle_at(bundle_of(all, "shop"), 0, &key);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(s.bytes[0], 0xff);
	ck_assert_ptr_null(bundle_of(all, "other"));
	ck_assert(!bundle_ready(all, "other"));
	ck_assert(!bundles_refresh(all, "other"));
	ck_assert(!bundles_status(all, "other", &st));
}
END_TEST

START_TEST(others_may_not_read_it)
{
	put("A=canary", 8, 0644);
	add(&secret_file);
	ck_assert(!st.there && !st.fresh);
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_ABSENT) |
	    BIT(BUNDLE_SOURCE_DOWN));
	ck_assert_ptr_nonnull(strstr(st.why, "mode 644"));
	ck_assert_int_eq(st.age, NS_NEVER);
	put("A=canary", 8, 0640);
	again();
	ck_assert_msg(st.there && st.fresh, "%s", st.why);
	ck_assert_uint_eq(st.alarms, 0);
}
END_TEST

START_TEST(the_last_good_one_serves_on)
{
	const char *key;

	put("A=1", 3, 0600);
	require("A");
	add(&secret_file);
	ck_assert(st.complete);
	ck_assert_int_eq(unlink(file.path), 0);
	again();
	ck_assert(st.there && st.complete && !st.fresh);
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_SOURCE_DOWN));
	ck_assert_str_ne(st.why, "");
	ck_assert(bundle_ready(all, "shop"));
	/* nor does half a one take its place */
	put("B=canary", 8, 0600);
	again();
	ck_assert(st.complete && !st.fresh);
	ck_assert_ptr_nonnull(strstr(st.why, "lacks A"));
	ck_assert_ptr_null(strstr(st.why, "canary"));
	ck_assert_int_eq(n_rotated, 0);
	put("A=22", 4, 0600);
	again();
	ck_assert(st.fresh);
	ck_assert_uint_eq(bundle_at(bundle_of(all, "shop"), 0, &key).n, 2);
	/* which is another content; the same one again is none */
	ck_assert_int_eq(n_rotated, 1);
	ck_assert_uint_eq(st.rotations, 1);
	again();
	ck_assert_int_eq(n_rotated, 1);
}
END_TEST

/* A failure is not waited out for an hour. */
START_TEST(it_is_tried_again_soon)
{
	add(&secret_file);
	ck_assert(!st.fresh);
	put("A=1", 3, 0600);
	wait_changed(1);
	look();
	ck_assert_msg(st.fresh, "%s", st.why);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	put("B=1", 3, 0600);
	require("A");
	add(&secret_file);
	ck_assert(st.there && st.fresh && !st.complete);
	ck_assert_int_eq(st.n_missing, 1);
	ck_assert_str_eq(st.missing, "A");
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_INCOMPLETE));
	ck_assert(!bundle_ready(all, "shop"));
}
END_TEST

START_TEST(too_large)
{
	char *text = calloc(1, BUNDLE_MAX + 1);

	memset(text, '#', BUNDLE_MAX + 1);
	put(text, BUNDLE_MAX + 1, 0600);
	add(&secret_file);
	ck_assert_ptr_nonnull(strstr(st.why, "over 64 kB"));
	put(text, BUNDLE_MAX, 0600);
	again();
	ck_assert_msg(st.fresh, "%s", st.why);
	free(text);
}
END_TEST

/* --- schedule, reload, ends -------------------------------------------------- */

START_TEST(a_late_answer_is_none)
{
	set.timeout = 20 * NS_MS;
	add(&secret_made);
	ck_assert(!st.there && !st.fresh);
	ck_assert_str_eq(st.why, "no answer within 0.02 s");
	ck_assert_int_eq(made_cancelled, 1);
	made_text = "A=1";
	again();
	ck_assert_msg(st.fresh, "%s", st.why);
}
END_TEST

START_TEST(few_at_a_time)
{
	made_text = "A=1";
	put_in_force(&secret_made, BUNDLES_MAX);
	wait_changed(BUNDLES_MAX);
	ck_assert_int_eq(made_most, BUNDLES_AT_ONCE);
	look();
	ck_assert(st.fresh);
	ck_assert(bundle_ready(all, "shop63"));
}
END_TEST

/* All places, each with its credentials: a reload of all of them fits. */
START_TEST(room_for_all)
{
	struct bundle_status one;
	int round, i;

	made_text = "A=1";
	for (round = 0; round < 2; round++) {
		put_in_force(&secret_made, BUNDLES_MAX);
		wait_changed(BUNDLES_MAX);
		for (i = 0; i < BUNDLES_MAX; i++) {
			bundles_status_at(all, i, &one);
			ck_assert_msg(one.fresh, "%s: %s", one.name, one.why);
		}
	}
	for (i = 0; i < BUNDLES_MAX; i++) {
		bundles_status_at(all, i, &one);
		ck_assert(bundles_refresh(all, one.name));
	}
	wait_changed(BUNDLES_MAX);
	for (i = 0; i < BUNDLES_MAX; i++) {
		bundles_status_at(all, i, &one);
		ck_assert_msg(one.fresh, "%s: %s", one.name, one.why);
	}
}
END_TEST

START_TEST(an_end_is_warned_of_and_kept)
{
	made_text = "A=1";
	made_lasts = 400 * NS_MS;
	set.warn = 200 * NS_MS;
	add(&secret_made);
	ck_assert_uint_eq(st.alarms, 0);
	ck_assert(st.ends_in > 0 && st.ends_in <= made_lasts);
	wait_changed(1);
	look();
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_ENDS_SOON));
	ck_assert(bundle_ready(all, "shop"));
	wait_changed(1);
	look();
	ck_assert(!st.there && st.ends_in == NS_NEVER);
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_ABSENT));
	ck_assert_ptr_null(bundle_of(all, "shop"));
}
END_TEST

/* Which a reload does not forget: the new source may be down. */
START_TEST(an_end_is_warned_of_over_a_reload)
{
	made_text = "A=1";
	made_lasts = 30 * NS_S;
	set.warn = made_lasts - NS_S / 2;
	add(&secret_made);
	ck_assert_uint_eq(st.alarms, 0);
	made_text = NULL; /* the new source does not answer */
	set.timeout = 30 * NS_MS;
	put_in_force(&secret_made, 1);
	look();
	while (st.there && (st.alarms & BIT(BUNDLE_ENDS_SOON)) == 0) {
		wait_changed(1);
		look();
	}
	ck_assert_msg(st.there, "it ended without a word");
	ck_assert(st.ends_in > 0 && st.ends_in <= set.warn);
}
END_TEST

/* A token that cannot be renewed is said to end while it works still. */
START_TEST(access_that_ends)
{
	made_text = "A=1";
	made_access = 30 * NS_MIN;
	made_again = NS_S;
	add(&secret_made);
	ck_assert_uint_eq(st.alarms, BIT(BUNDLE_ACCESS_ENDS));
	ck_assert(st.fresh && bundle_ready(all, "shop"));
	/* and is looked at again when the source says so */
	made_access = 2 * NS_HOUR;
	wait_changed(1);
	look();
	ck_assert_uint_eq(st.alarms, 0);
	ck_assert(st.access_in > NS_HOUR && st.access_in <= 2 * NS_HOUR);
}
END_TEST

/* The next fetch comes well before the end, whatever `refresh` says. */
START_TEST(fetched_before_its_end)
{
	made_text = "A=1";
	made_lasts = 3 * NS_S;
	set.warn = 0;
	add(&secret_made);
	wait_changed(1);
	look();
	ck_assert(st.fresh && st.there);
	ck_assert(st.ends_in > 2 * NS_S);
}
END_TEST

START_TEST(a_reload_keeps_what_is_the_same)
{
	const struct bundle *b;
	struct err e = { 0 };

	made_text = "A=1";
	add(&secret_made);
	b = bundle_of(all, "shop");
	/* not taken */
	ck_assert_int_eq(specs(&secret_made, 3, true, &e), 0);
	bundles_forget(all);
	ck_assert_int_eq(bundles_count(all), 1);
	/* refused */
	made_text = "refuse";
	ck_assert_int_eq(specs(&secret_made, 3, true, &e), -1);
	ck_assert_str_eq(e.text, "secrets.shop: refused");
	ck_assert_int_eq(bundles_count(all), 1);
	/* the same, and two more */
	made_text = "A=1";
	ck_assert_int_eq(specs(&secret_made, 3, false, &e), 0);
	bundles_commit(all);
	ck_assert_ptr_eq(bundle_of(all, "shop"), b);
	wait_changed(2);
	ck_assert_ptr_eq(bundle_of(all, "shop"), b);
	/* another source: the old bundle until it has its own */
	require("B");
	put_in_force(&secret_made, 1);
	ck_assert_int_eq(bundles_count(all), 1);
	ck_assert_ptr_eq(bundle_of(all, "shop"), b);
	look();
	ck_assert(!st.complete);
	wait_changed(1);
	ck_assert_ptr_ne(bundle_of(all, "shop"), b);
	/* none any more, while one is on its way */
	ck_assert(bundles_refresh(all, "shop"));
	ck_assert_int_eq(bundles_prepare(all, NULL, 0, &e), 0);
	bundles_commit(all);
	ck_assert_int_eq(bundles_count(all), 0);
	ck_assert_ptr_null(bundle_of(all, "shop"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bundles");
	TCase *t = tcase_create("bundles");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_file_is_fetched);
	tcase_add_test(t, others_may_not_read_it);
	tcase_add_test(t, the_last_good_one_serves_on);
	tcase_add_test(t, it_is_tried_again_soon);
	tcase_add_test(t, what_is_missing_is_named);
	tcase_add_test(t, too_large);
	tcase_add_test(t, a_late_answer_is_none);
	tcase_add_test(t, few_at_a_time);
	tcase_add_test(t, room_for_all);
	tcase_add_test(t, an_end_is_warned_of_and_kept);
	tcase_add_test(t, an_end_is_warned_of_over_a_reload);
	tcase_add_test(t, access_that_ends);
	tcase_add_test(t, fetched_before_its_end);
	tcase_add_test(t, a_reload_keeps_what_is_the_same);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
