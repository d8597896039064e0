/* SPDX-License-Identifier: MIT */
/*
 * The provider digitalocean: what it says, what it makes of each answer.
 * What clouds share is in test_hetzner.c; here is what is different, above
 * all that a create is never sent twice when it may have happened.
 */
#include "cloud_driver.h"
#include "provider/digitalocean.h"

#define DROPLET_OF(id, owner, status, v4) "{\"id\":" #id ",\"name\":\"" NAME \
	"\",\"status\":\"" status "\",\"networks\":{\"v4\":[" v4 "]}," \
	"\"tags\":[\"odd\",\"plimsoll-group:web\",\"plimsoll-port:8080\"," \
	"\"plimsoll-owner:" owner "\"]}"
#define V4 "{\"type\":\"private\",\"ip_address\":\"10.0.0.7\"}," \
	"{\"type\":\"public\",\"ip_address\":\"127.0.0.9\"}"
#define DROPLET(id) DROPLET_OF(id, "shop", "active", V4)
#define ONE(s) "{\"droplet\":" s ",\"links\":{}}"
#define MANY(list, links, total) "{\"droplets\":[" list "],\"links\":{" \
	links "},\"meta\":{\"total\":" total "}}"
#define NEXT(n) "\"pages\":{\"next\":\"https://a.example/v2/droplets?" \
	"per_page=200&page=" #n "&tag_name=x\"}"
#define ERROR(id, why) "{\"id\":\"" id "\",\"message\":\"" why "\"}"

START_TEST(a_launch)
{
	way.locations.n = 1;
	(void)snprintf(way.locations.text[0], 8, "ams3");
	way.ssh_keys.n = 2;
	(void)snprintf(way.ssh_keys.text[0], 8, "289794");
	(void)snprintf(way.ssh_keys.text[1], 8, "3b:16");
	(void)snprintf(way.network, sizeof(way.network), "760e-1");
	make();
	launch();
	PLAY({ 202, ONE(DROPLET_OF(42, "shop", "new", "")), NULL });
	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_str_eq(got.told[0].id.text, "42");
	ck_assert_int_eq(got.told[0].phase, PHASE_ACCEPTED);
	ck_assert_int_eq(got.told[0].address[15], 0); /* none yet */
	ck_assert_str_eq(rig.uri[0], "/v1/v2/droplets");
	ck_assert_str_eq(rig.body[0], "{\"name\":\"" NAME "\",\"size\":"
	    "\"cx22\",\"image\":\"shop-1\",\"region\":\"ams3\",\"tags\":["
	    "\"plimsoll-owner:shop\",\"plimsoll-group:web\","
	    "\"plimsoll-port:8080\",\"plimsoll-use:public\"],\"vpc_uuid\":"
	    "\"760e-1\",\"ssh_keys\":[289794,\"3b:16\"]}");
}
END_TEST

/* There is no name to stop a second one. */
START_TEST(a_lost_answer_is_not_asked_for_again)
{
	make();
	launch();
	PLAY({ 0, NULL, NULL }, { 202, ONE(DROPLET(42)), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 1);
	got.n = rig.n = 0;
	launch();
	PLAY({ 503, ERROR("service_unavailable", "x"), NULL },
	    { 202, ONE(DROPLET(42)), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(throttled_is_surely_not_done)
{
	make();
	launch();
	PLAY({ 429, ERROR("too_many_requests", "x"), "1" },
	    { 202, ONE(DROPLET(42)), NULL });
	one_told("42");
	ck_assert_int_eq(rig.n, 2);
}
END_TEST

static const struct {
	const char *says;
	int status;
	const char *body;
	enum outcome outcome;
} refusals[] = {
	{ "the account's limit", 422, ERROR("unprocessable_entity", "creating "
	    "this/these droplet(s) will exceed your droplet limit"),
	    OUTCOME_QUOTA },
	{ "the region has none", 422, ERROR("unprocessable_entity",
	    "Size is not available in this region."), OUTCOME_CAPACITY },
	{ "the region is shut", 422, ERROR("unprocessable_entity",
	    "Region is currently unavailable"), OUTCOME_CAPACITY },
	{ "no such image", 422, ERROR("unprocessable_entity",
	    "You specified an invalid image for Droplet creation."),
	    OUTCOME_PERMANENT },
	{ "no key", 401, ERROR("unauthorized", "Unable to authenticate you"),
	    OUTCOME_PERMANENT },
	{ "no right", 403, ERROR("forbidden", "x"), OUTCOME_PERMANENT },
	{ "no JSON", 202, "<html>", OUTCOME_UNKNOWN },
	{ "an error in a success", 202, ERROR("x", "y"), OUTCOME_UNKNOWN },
	{ "another's", 202, ONE(DROPLET_OF(42, "them", "new", "")),
	    OUTCOME_UNKNOWN },
};

START_TEST(refused)
{
	struct rig_row row = { refusals[_i].status, refusals[_i].body, NULL };

	make();
	launch();
	rig_play(&row, 1);
	ck_assert_msg(got.outcome == refusals[_i].outcome, "%s: %s",
	    refusals[_i].says, outcome_name(got.outcome));
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(a_list_of_two_pages)
{
	make();
	driver->list(self, 8);
	PLAY({ 200, MANY(DROPLET(1) "," DROPLET_OF(2, "them", "off", V4),
	    NEXT(2), "3"), NULL }, { 200, MANY(DROPLET(3), "", "3"), NULL });
	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_int_eq(got.n_told, 2);
	ck_assert_str_eq(got.told[1].id.text, "3");
	ck_assert_str_eq(rig.uri[0], "/v1/v2/droplets?tag_name="
	    "plimsoll-owner:shop&page=1&per_page=200");
	ck_assert_ptr_nonnull(strstr(rig.uri[1], "page=2&"));
}
END_TEST

static const struct {
	const char *says, *body;
} lists[] = {
	{ "a page fewer than it says", MANY(DROPLET(1), "", "2") },
	{ "a page that points back", MANY(DROPLET(1), NEXT(1), "2") },
	{ "a page that points nowhere", MANY(DROPLET(1), "\"pages\":{\"next\":"
	    "\"https://a.example/?per_page=2\"}", "2") },
	{ "no total", "{\"droplets\":[]}" },
	{ "another kind of text", "<html>" },
};

START_TEST(no_list)
{
	struct rig_row row = { 200, lists[_i].body, NULL };

	make();
	driver->list(self, 8);
	rig_play(&row, 1);
	ck_assert_msg(got.outcome != OUTCOME_DONE, "%s", lists[_i].says);
	ck_assert_int_eq(got.n_told, 0);
}
END_TEST

START_TEST(a_lookup_by_name)
{
	make();
	driver->lookup(self, 9, &token);
	PLAY({ 200, MANY(DROPLET(42), "", "1"), NULL });
	one_told("42");
	ck_assert_str_eq(rig.uri[0], "/v1/v2/droplets?name=" NAME
	    "&per_page=200");
	got.n = rig.n = 0;
	driver->lookup(self, 9, &token);
	PLAY({ 200, MANY(DROPLET_OF(42, "them", "new", V4), "", "1"), NULL });
	ck_assert_int_eq(got.n_told, 0);
}
END_TEST

START_TEST(the_private_address)
{
	way.use = CLOUD_PRIVATE;
	make();
	launch();
	PLAY({ 202, "{\"droplet\":{\"id\":1,\"name\":\"" NAME "\",\"status\":"
	    "\"new\",\"networks\":{\"v4\":[" V4 "]},\"tags\":["
	    "\"plimsoll-owner:shop\",\"plimsoll-use:private\"]}}", NULL });
	ck_assert_int_eq(got.n_told, 1);
	ck_assert_int_eq(got.told[0].address[12], 10);
	ck_assert_ptr_nonnull(strstr(rig.body[0], "plimsoll-use:private"));
}
END_TEST

START_TEST(a_removal)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(DROPLET(42)), NULL }, { 204, "", NULL });
	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_str_eq(rig.method[1], "DELETE");
	ck_assert_str_eq(rig.uri[1], "/v1/v2/droplets/42");
	got.n = rig.n = 0;
	terminate("42");
	PLAY({ 200, ONE(DROPLET_OF(42, "them", "active", V4)), NULL });
	ck_assert_int_eq(rig.n, 1); /* not ours any more */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("digitalocean");
	TCase *t = tcase_create("digitalocean");

	driver = &provider_digitalocean;
	tcase_set_timeout(t, 90);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_launch);
	tcase_add_test(t, a_lost_answer_is_not_asked_for_again);
	tcase_add_test(t, throttled_is_surely_not_done);
	tcase_add_loop_test(t, refused, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, a_list_of_two_pages);
	tcase_add_loop_test(t, no_list, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(t, a_lookup_by_name);
	tcase_add_test(t, the_private_address);
	tcase_add_test(t, a_removal);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
