/* SPDX-License-Identifier: MIT */
/*
 * The source `aws` and the pages of parameters, on the stand-in of
 * cloud_rig.h: what is in the middle of a list is tests/integration/t_aws.py's.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cloud_rig.h"
#include "io/web.h"
#include "secret/arena.h"
#include "secret/aws.h"
#include "secret/bundle.h"
#include "secret/source.h"

#define PAGE(name, next) "{\"Parameters\":[{\"Name\":\"/shop/" name "\"," \
	"\"Value\":\"1\"}]" next "}"

static struct web *web;
static struct arena *arena;
static void *self;
static struct fetched got;

static struct web *
on_web(void *ctx, struct err *e)
{
	(void)ctx, (void)e;
	return (web);
}

static void
on_fetched(void *ctx, const struct fetched *f)
{
	(void)ctx;
	got = *f;
	loop_stop(rig.loop);
}

static void
begin(void)
{
	struct aws_settings set = { .region = "eu-west-1",
		.parameters = "/shop" };
	struct secret_host host;
	struct err e = { 0 };

	rig_begin();
	(void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", "canary", 1);
	(void)unsetenv("AWS_SESSION_TOKEN");
	(void)snprintf(set.address, sizeof(set.address), "%.*s",
	    (int)strlen(rig.address) - 3, rig.address);
	arena = arena_new(&e);
	web = web_new(rig.loop, NULL, &e);
	host = (struct secret_host){ rig.loop, arena, NULL, on_web,
		on_fetched };
	self = calloc(1, secret_aws.state_size);
	ck_assert_msg(secret_aws.init(self, &host, &set, &e) == 0, "%s",
	    e.text);
}

static void
end(void)
{
	bundle_drop(arena, got.bundle);
	secret_aws.fini(self);
	free(self);
	web_free(web);
	arena_free(arena);
	rig_end();
}

static void
fetch(const struct rig_row *rows, int n)
{
	struct err e = { 0 };

	memset(&got, 0, sizeof(got));
	ck_assert_msg(secret_aws.fetch(self, &e) == 0, "%s", e.text);
	rig_play(rows, n);
}

START_TEST(two_pages)
{
	static const struct rig_row rows[] = {
		{ 200, PAGE("A", ",\"NextToken\":\"t-1\""), NULL },
		{ 200, PAGE("B", ",\"NextToken\":null"), NULL } };

	fetch(rows, 2);
	ck_assert_msg(got.bundle != NULL, "%s", got.why.text);
	ck_assert_int_eq(bundle_count(got.bundle), 2);
	ck_assert_ptr_nonnull(strstr(rig.body[1], "\"NextToken\":\"t-1\""));
}
END_TEST

/* Else the first page alone would be the whole bundle. */
START_TEST(a_token_that_cannot_be_said_again)
{
	static const char *const odd[] = { "\"a\\u0000b\"", "\"\\u0000\"",
		"7", "{}", "\"a\\\"b\"" };
	char body[4096], big[2200];
	struct rig_row row = { 200, body, NULL };

	memset(big, 'a', sizeof(big));
	big[0] = big[sizeof(big) - 2] = '"';
	big[sizeof(big) - 1] = '\0';
	(void)snprintf(body, sizeof(body), PAGE("A", ",\"NextToken\":%s"),
	    _i < 5 ? odd[_i] : big);
	fetch(&row, 1);
	ck_assert_ptr_null(got.bundle);
	ck_assert_ptr_nonnull(strstr(got.why.text, "a strange NextToken"));
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("aws");
	TCase *t = tcase_create("aws");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, two_pages);
	tcase_add_loop_test(t, a_token_that_cannot_be_said_again, 0, 6);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
