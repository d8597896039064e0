/* SPDX-License-Identifier: MIT */
/*
 * The provider hetzner: what it says, what it makes of each answer.  The
 * answers are as the API's documentation words them, with those parts that
 * are read; the whole of them is checked in tests/integration/t_hetzner.py.
 */
#include "cloud_driver.h"
#include "provider/hetzner.h"

#define SERVER_OF(id, owner, status) "{\"id\":" #id ",\"name\":\"" NAME "\"," \
	"\"status\":\"" status "\",\"public_net\":{\"ipv4\":{\"ip\":" \
	"\"127.0.0.9\"}},\"private_net\":[{\"ip\":\"10.0.0.7\"}]," \
	"\"labels\":{\"plimsoll-owner\":\"" owner "\",\"plimsoll-token\":\"" \
	TOKEN "\",\"plimsoll-group\":\"web\",\"plimsoll-port\":\"8080\"}}"
#define SERVER(id) SERVER_OF(id, "shop", "running")
#define ONE(s) "{\"server\":" s ",\"root_password\":\"pw\"}"
#define MANY(list, next, total) "{\"servers\":[" list "],\"meta\":" \
	"{\"pagination\":{\"next_page\":" next ",\"total_entries\":" total "}}}"
#define ERROR(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"m\"}}"

START_TEST(a_launch)
{
	way.locations.n = 1;
	(void)snprintf(way.locations.text[0], 8, "fsn1");
	way.ssh_keys.n = 1;
	(void)snprintf(way.ssh_keys.text[0], 8, "ops");
	(void)snprintf(way.network, sizeof(way.network), "42");
	make();
	launch();
	PLAY({ 201, ONE(SERVER_OF(42, "shop", "initializing")), NULL });
	one_told("42");
	ck_assert_int_eq(got.op, 7);
	ck_assert_int_eq(got.told[0].phase, PHASE_ACCEPTED);
	ck_assert_str_eq(rig.method[0], "POST");
	ck_assert_str_eq(rig.uri[0], "/v1/servers");
	ck_assert_str_eq(rig.body[0], "{\"name\":\"" NAME "\",\"image\":"
	    "\"shop-1\",\"server_type\":\"cx22\",\"location\":\"fsn1\","
	    "\"labels\":{\"plimsoll-owner\":\"shop\",\"plimsoll-token\":\""
	    TOKEN "\",\"plimsoll-group\":\"web\",\"plimsoll-port\":\"8080\","
	    "\"plimsoll-use\":\"public\"},\"ssh_keys\":[\"ops\"],"
	    "\"networks\":[42]}");
}
END_TEST

START_TEST(a_network_is_a_number)
{
	static const struct {
		const char *network;
		int rc;
	} rows[] = { { "", 0 }, { "4711", 0 }, { "inside", -1 }, { "0", -1 },
		{ "47-11", -1 }, { "4711x", -1 },
		{ "1234567890123456789", -1 } };
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err_clear(&e);
		(void)snprintf(way.network, sizeof(way.network), "%s",
		    rows[i].network);
		ck_assert_msg(driver->way_keys->check(&way, &e) ==
		    rows[i].rc, "'%s': %s", rows[i].network, e.text);
	}
	make();
}
END_TEST

static const struct {
	const char *says;
	int status;
	const char *body;
	enum outcome outcome;
} refusals[] = {
	{ "no host for it", 412, ERROR("placement_error"), OUTCOME_CAPACITY },
	{ "out of it", 422, ERROR("resource_unavailable"), OUTCOME_CAPACITY },
	{ "full", 422, ERROR("no_space_left_in_location"), OUTCOME_CAPACITY },
	{ "the account's limit", 403, ERROR("resource_limit_exceeded"),
	    OUTCOME_QUOTA },
	{ "no right", 403, ERROR("forbidden"), OUTCOME_PERMANENT },
	{ "no key", 401, ERROR("unauthorized"), OUTCOME_PERMANENT },
	{ "reads only", 403, ERROR("token_readonly"), OUTCOME_PERMANENT },
	{ "no such image", 422, ERROR("invalid_input"), OUTCOME_PERMANENT },
	{ "a code of tomorrow", 422, ERROR("new_one"), OUTCOME_PERMANENT },
	{ "no code", 400, "<html>", OUTCOME_PERMANENT },
	{ "no JSON in it", 201, "<html>", OUTCOME_UNKNOWN },
	{ "an error in a success", 201, ERROR("x"), OUTCOME_UNKNOWN },
	{ "half an answer", 201, "{\"server\":{\"id\":42,", OUTCOME_UNKNOWN },
	{ "no id", 201, "{\"server\":{\"status\":\"off\",\"labels\":{}}}",
	    OUTCOME_UNKNOWN },
	{ "an id that is a text", 201, "{\"server\":{\"id\":\"../1\","
	    "\"status\":\"off\",\"labels\":{}}}", OUTCOME_UNKNOWN },
	{ "another's", 201, ONE(SERVER_OF(42, "them", "running")),
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
	ck_assert_int_eq(got.n_told, 0);
	ck_assert_int_eq(rig.n, 1);
	ck_assert(got.text[0] != '\0');
}
END_TEST

START_TEST(the_answer_was_lost_and_the_name_is_ours)
{
	make();
	launch();
	PLAY({ 0, NULL, NULL }, { 409, ERROR("uniqueness_error"), NULL },
	    { 200, MANY(SERVER(42), "null", "1"), NULL });
	one_told("42");
	ck_assert_str_eq(rig.uri[2], "/v1/servers?name=" NAME);
	ck_assert_str_eq(rig.body[0], rig.body[1]); /* I-12 */
}
END_TEST

START_TEST(a_taken_name_that_nobody_lists_is_a_doubt)
{
	make();
	launch();
	PLAY({ 409, ERROR("uniqueness_error"), NULL },
	    { 200, MANY("", "null", "0"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_taken_name_of_somebody_else_is_not_ours)
{
	make();
	launch();
	PLAY({ 409, ERROR("uniqueness_error"), NULL }, { 200,
	    MANY(SERVER_OF(42, "them", "running"), "null", "1"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
	ck_assert_int_eq(got.n_told, 0);
}
END_TEST

START_TEST(every_location_then_the_next_size)
{
	static const char *const order[] = { "cx22\",\"location\":\"a",
		"cx22\",\"location\":\"b", "cpx21\",\"location\":\"a",
		"cpx21\",\"location\":\"b" };
	int i;

	way.size.n = way.locations.n = 2;
	(void)snprintf(way.size.text[1], 8, "cpx21");
	(void)snprintf(way.locations.text[0], 8, "a");
	(void)snprintf(way.locations.text[1], 8, "b");
	make();
	launch();
	PLAY({ 412, ERROR("placement_error"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_CAPACITY);
	ck_assert_int_eq(rig.n, 4);
	for (i = 0; i < 4; i++)
		ck_assert_msg(strstr(rig.body[i], order[i]) != NULL, "%d: %s",
		    i, rig.body[i]);
}
END_TEST

/* It was b's turn; b had none, so a was asked, and is asked next time too. */
START_TEST(a_location_that_refused_is_passed_over)
{
	way.locations.n = 2;
	(void)snprintf(way.locations.text[0], 8, "a");
	(void)snprintf(way.locations.text[1], 8, "b");
	make();
	launch();
	PLAY({ 412, ERROR("placement_error"), NULL },
	    { 201, ONE(SERVER(42)), NULL });
	one_told("42");
	got.n = rig.n = 0;
	launch();
	PLAY({ 201, ONE(SERVER(42)), NULL });
	ck_assert_ptr_nonnull(strstr(rig.body[0], "\"location\":\"b\""));
	got.n = rig.n = 0;
	launch();
	PLAY({ 201, ONE(SERVER(42)), NULL });
	ck_assert_ptr_nonnull(strstr(rig.body[0], "\"location\":\"b\""));
}
END_TEST

/* It is there, so that a launch has an end; the key of before is in use. */
START_TEST(a_way_whose_files_became_bad)
{
	struct launch l[2] = { { .token = token, .group = "web" },
		{ .token = token, .group = "web", .way = 1 } };
	struct cloud_way_settings bad = way;
	struct err e = { 0 };

	make();
	ck_assert_int_eq(driver->try_way(self, &bad, &e), 0);
	(void)snprintf(bad.user_data, sizeof(bad.user_data), "%s-none",
	    rig.key);
	ck_assert_int_ne(driver->try_way(self, &bad, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "user_data"));
	ck_assert_int_ne(driver->add_way(self, "web", 1, &bad, &e), 0);
	driver->launch(self, 7, &l[1], 1);
	PLAY({ 500, "", NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_PERMANENT);
	ck_assert_ptr_nonnull(strstr(got.text, "-none'"));
	ck_assert_int_eq(rig.n, 0);

	(void)unlink(rig.key);
	err_clear(&e);
	ck_assert_int_ne(driver->try_way(self, &way, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.text, "token_file"));
	ck_assert_int_ne(driver->add_way(self, "web", 0, &way, &e), 0);
	got.n = 0;
	driver->launch(self, 7, l, 1);
	PLAY({ 201, ONE(SERVER(42)), NULL });
	one_told("42");
	ck_assert_str_eq(rig.auth[0], "Bearer k-1234");
}
END_TEST

/* Else a server would come up that nobody can start. */
START_TEST(no_launch_without_its_boot_file)
{
	char folder[] = "/tmp/cloud-boot-XXXXXX", path[96];
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	host.boot = folder;
	make();
	launch();
	PLAY({ 201, ONE(SERVER(42)), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_PERMANENT);
	ck_assert_ptr_nonnull(strstr(got.text, "boot file"));
	ck_assert_int_eq(rig.n, 0);
	(void)snprintf(path, sizeof(path), "%s/local-" TOKEN, folder);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("words", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	got.n = 0;
	launch();
	PLAY({ 201, ONE(SERVER(42)), NULL });
	one_told("42");
	ck_assert_ptr_nonnull(strstr(rig.body[0], "\"user_data\":\"words\""));
	(void)unlink(path);
	(void)rmdir(folder);
}
END_TEST

/* A doubt about one outweighs what the other was refused for. */
START_TEST(a_batch_with_a_doubt)
{
	struct launch l[2] = { { .token = token, .group = "web" },
		{ .token = token, .group = "web" } };

	l[1].token.byte[0] = 9;
	make();
	driver->launch(self, 7, l, 2);
	PLAY({ 403, ERROR("resource_limit_exceeded"), NULL },
	    { 201, "<html>", NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(a_list_of_two_pages)
{
	make();
	driver->list(self, 8);
	PLAY({ 200, MANY(SERVER(1) "," SERVER_OF(2, "them", "off"), "2", "3"),
	    NULL }, { 200, MANY(SERVER(3), "null", "3"), NULL });
	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_int_eq(got.n_told, 2);
	ck_assert_str_eq(got.told[0].id.text, "1");
	ck_assert_str_eq(got.told[1].id.text, "3");
	ck_assert_str_eq(rig.uri[0], "/v1/servers?label_selector="
	    "plimsoll-owner%3D%3Dshop&sort=id:asc&page=1&per_page=50");
	ck_assert_ptr_nonnull(strstr(rig.uri[1], "page=2&"));
}
END_TEST

START_TEST(no_servers_are_a_list_too)
{
	make();
	driver->list(self, 8);
	PLAY({ 200, MANY("", "null", "0"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_DONE);
	ck_assert_int_eq(got.n_told, 0);
}
END_TEST

static const struct {
	const char *says;
	struct rig_row row[2];
} lists[] = {
	{ "a page fewer than it says", { { 200, MANY(SERVER(1), "null", "2"),
	    NULL } } },
	{ "it changed while it was read", { { 200, MANY(SERVER(1), "2", "3"),
	    NULL }, { 200, MANY(SERVER(2), "null", "2"), NULL } } },
	{ "the second page fails", { { 200, MANY(SERVER(1), "2", "2"), NULL },
	    { 403, ERROR("forbidden"), NULL } } },
	{ "a page that points back", { { 200, MANY(SERVER(1), "1", "2"),
	    NULL } } },
	{ "an endless list", { { 200, MANY("", "2", "2"), NULL } } },
	{ "one server is no server", { { 200, MANY(SERVER(1) ",7", "null",
	    "2"), NULL } } },
	{ "an error in a success", { { 200, ERROR("x"), NULL } } },
	{ "servers are no list", { { 200, "{\"servers\":{},\"meta\":"
	    "{\"pagination\":{}}}", NULL } } },
	{ "no pagination", { { 200, "{\"servers\":[]}", NULL } } },
	{ "another kind of text", { { 200, "<html></html>", NULL } } },
	{ "half a page", { { 200, "{\"servers\":[{\"id\":1", NULL } } },
};

START_TEST(no_list)
{
	make();
	driver->list(self, 8);
	rig_play(lists[_i].row, lists[_i].row[1].status != 0 ? 2 : 1);
	ck_assert_msg(got.outcome != OUTCOME_DONE, "%s", lists[_i].says);
	ck_assert_msg(got.n_told == 0, "%s", lists[_i].says);
	ck_assert(got.trouble[0] != '\0');
}
END_TEST

START_TEST(a_lookup)
{
	make();
	driver->lookup(self, 9, &token);
	PLAY({ 200, MANY(SERVER(42), "null", "1"), NULL });
	one_told("42");
	got.n = 0;
	driver->lookup(self, 10, &token);
	PLAY({ 200, MANY("", "null", "0"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_DONE);
	ck_assert_int_eq(got.n_told, 0);
	got.n = 0;
	driver->lookup(self, 11, &token);
	PLAY({ 403, ERROR("forbidden"), NULL });
	ck_assert_int_ne(got.outcome, OUTCOME_DONE);
}
END_TEST

START_TEST(a_removal)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(SERVER(42)), NULL }, { 200, "{\"action\":{\"id\":1}}",
	    NULL });
	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_int_eq(rig.n, 2);
	ck_assert_str_eq(rig.method[1], "DELETE");
	ck_assert_str_eq(rig.uri[1], "/v1/servers/42");
}
END_TEST

START_TEST(gone_already)
{
	make();
	terminate("42");
	PLAY({ 404, ERROR("not_found"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_DONE);
	ck_assert_int_eq(rig.n, 1);
	got.n = rig.n = 0;
	terminate("42");
	PLAY({ 200, ONE(SERVER(42)), NULL }, { 404, ERROR("not_found"),
	    NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_DONE);
}
END_TEST

/* I-10: journal and tag both have to say that it is ours. */
START_TEST(one_without_our_label_is_not_removed)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(SERVER_OF(42, "them", "running")), NULL });
	ck_assert_int_eq(rig.n, 1);
	ck_assert_str_eq(rig.method[0], "GET");
}
END_TEST

START_TEST(another_server_than_asked_for_is_not_removed)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(SERVER(43)), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
	ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(an_id_that_is_no_word_is_not_asked_for)
{
	make();
	terminate("../images/1");
	PLAY({ 200, ONE(SERVER(42)), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_PERMANENT);
	ck_assert_int_eq(rig.n, 0);
}
END_TEST

START_TEST(locked_then_removed)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(SERVER(42)), NULL }, { 423, ERROR("locked"), NULL },
	    { 200, "", NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_DONE);
	ck_assert_int_eq(rig.n, 3);
}
END_TEST

START_TEST(not_removed)
{
	make();
	terminate("42");
	PLAY({ 200, ONE(SERVER(42)), NULL }, { 200, ERROR("x"), NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_UNKNOWN);
	got.n = rig.n = 0;
	terminate("42");
	PLAY({ 200, ONE(SERVER(42)), NULL }, { 423, ERROR("protected"),
	    NULL });
	ck_assert_int_eq(got.outcome, OUTCOME_PERMANENT);
}
END_TEST

/* --- readiness ---------------------------------------------------------- */

static struct ready_list ready;

static struct ready_row *
look(const char *what, int max)
{
	int i;

	memset(&ready, 0, sizeof(ready));
	driver->ready(self, "web", 0, max, &ready);
	for (i = 0; i < ready.n; i++)
		if (strcmp(ready.at[i].what, what) == 0)
			return (&ready.at[i]);
	ck_abort_msg("no row '%s'", what);
}

static void
settle(void *arg)
{
	(void)arg;
	loop_stop(rig.loop);
}

/* A look of ours has no answer that the host would hear of. */
static void
play_look(int status, const char *body)
{
	struct rig_row row = { status, body, NULL };
	struct timer soon = { 0 };

	loop_timer_set(rig.loop, &soon, NS_S / 2, settle, NULL);
	rig_play(&row, 1);
	loop_timer_stop(&soon);
}

START_TEST(ready_before_any_look)
{
	make();
	ck_assert_int_eq(look("key", 4)->state, READY_UNKNOWN);
	ck_assert_int_eq(look("image", 4)->state, READY_UNKNOWN);
	ck_assert_int_eq(look("limit of servers", 4)->state, READY_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(look("limit of servers", 4)->text,
	    "`limit`"));
}
END_TEST

static const struct {
	const char *says;
	int status;
	const char *body;
	enum ready_state state;
} images[] = {
	{ "there", 200, "{\"images\":[{\"id\":1}]}", READY_YES },
	{ "not there", 200, "{\"images\":[]}", READY_NO },
	{ "gone", 404, ERROR("not_found"), READY_NO },
	{ "nobody knows", 503, ERROR("service_error"), READY_UNKNOWN },
	{ "no JSON", 200, "<html>", READY_UNKNOWN },
};

START_TEST(ready_image)
{
	make();
	(void)look("image", 4);
	play_look(images[_i].status, images[_i].body);
	ck_assert_msg(look("image", 4)->state == images[_i].state, "%s: %s",
	    images[_i].says, look("image", 4)->text);
	ck_assert_str_eq(rig.uri[0], "/v1/images?name=shop-1&status=available");
	/* The next look is not due: it costs a call. */
	if (images[_i].status == 200)
		ck_assert_int_eq(rig.n, 1);
}
END_TEST

START_TEST(ready_key)
{
	make();
	driver->list(self, 8);
	PLAY({ 401, ERROR("unauthorized"), NULL });
	ck_assert_int_eq(look("key", 4)->state, READY_NO);
	driver->list(self, 9);
	PLAY({ 200, MANY(SERVER(1), "null", "1"), NULL });
	ck_assert_int_eq(look("key", 4)->state, READY_YES);
}
END_TEST

START_TEST(ready_limit_of_the_policy)
{
	set.limit = 10;
	make();
	ck_assert_int_eq(look("limit of servers", 10)->state, READY_YES);
	ck_assert_int_eq(look("limit of servers", 14)->state, READY_NO);
	ck_assert_ptr_nonnull(strstr(look("limit of servers", 14)->text,
	    "ask the provider for 4 more"));
}
END_TEST

START_TEST(ready_limit_that_a_refusal_taught)
{
	make();
	launch();
	PLAY({ 201, ONE(SERVER(42)), NULL });
	got.n = rig.n = 0;
	launch();
	PLAY({ 403, ERROR("resource_limit_exceeded"), NULL });
	ck_assert_int_eq(look("limit of servers", 4)->state, READY_NO);
	ck_assert_int_eq(look("limit of servers", 1)->state, READY_YES);
	/* It was raised: what was learned no longer holds. */
	got.n = rig.n = 0;
	launch();
	PLAY({ 201, ONE(SERVER(43)), NULL });
	ck_assert_int_eq(look("limit of servers", 4)->state, READY_UNKNOWN);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hetzner");
	TCase *t = tcase_create("hetzner");

	tcase_set_timeout(t, 90);
	driver = &provider_hetzner;
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_launch);
	tcase_add_test(t, a_network_is_a_number);
	tcase_add_loop_test(t, refused, 0,
	    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, the_answer_was_lost_and_the_name_is_ours);
	tcase_add_test(t, a_taken_name_that_nobody_lists_is_a_doubt);
	tcase_add_test(t, a_taken_name_of_somebody_else_is_not_ours);
	tcase_add_test(t, every_location_then_the_next_size);
	tcase_add_test(t, a_location_that_refused_is_passed_over);
	tcase_add_test(t, a_way_whose_files_became_bad);
	tcase_add_test(t, no_launch_without_its_boot_file);
	tcase_add_test(t, a_batch_with_a_doubt);
	tcase_add_test(t, a_list_of_two_pages);
	tcase_add_test(t, no_servers_are_a_list_too);
	tcase_add_loop_test(t, no_list, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(t, a_lookup);
	tcase_add_test(t, a_removal);
	tcase_add_test(t, gone_already);
	tcase_add_test(t, one_without_our_label_is_not_removed);
	tcase_add_test(t, another_server_than_asked_for_is_not_removed);
	tcase_add_test(t, an_id_that_is_no_word_is_not_asked_for);
	tcase_add_test(t, locked_then_removed);
	tcase_add_test(t, not_removed);
	tcase_add_test(t, ready_before_any_look);
	tcase_add_loop_test(t, ready_image, 0,
	    sizeof(images) / sizeof(images[0]));
	tcase_add_test(t, ready_key);
	tcase_add_test(t, ready_limit_of_the_policy);
	tcase_add_test(t, ready_limit_that_a_refusal_taught);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
