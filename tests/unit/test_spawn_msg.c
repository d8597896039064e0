/* SPDX-License-Identifier: MIT */
/* The spawner's messages: there and back, and what is refused. */
#include <string.h>

#include "base/err.h"
#include "provider/spawn_msg.h"
#include "unit.h"

static struct spawn_msg in, out;

#define TOKEN "\"token\":\"000102030405060708090a0b0c0d0e0f\""
#define START "{\"say\":\"start\",\"ref\":1," TOKEN ",\"group\":\"g\"," \
	"\"address\":\"127.0.0.2\",\"first\":1,\"last\":2,"

static const struct {
	const char *says, *line, *err; /* NULL: taken */
} rows[] = {
	{ "a start", START "\"argv\":[\"/a\"]}", NULL },
	{ "more than we know", START "\"argv\":[\"/a\"],\"new\":{}}", NULL },
	{ "not JSON", "start", "no JSON object" },
	{ "a list", "[]", "no JSON object" },
	{ "two", "{\"say\":\"list\"}{}", "no JSON object" },
	{ "cut", "{\"say\":\"list\"", "no JSON object" },
	{ "nothing", "", "no JSON object" },
	{ "deep", "{\"a\":[[[[[1]]]]]}", "no JSON object" },
	{ "no word", "{\"ref\":1}", "\"say\" is not a word" },
	{ "an unknown word", "{\"say\":\"dance\"}", "\"say\" is not a word" },
	{ "a negative ref", "{\"say\":\"list\",\"ref\":-1}", "\"ref\"" },
	{ "a ref in text", "{\"say\":\"list\",\"ref\":\"1\"}", "\"ref\"" },
	{ "a short token", "{\"say\":\"stop\",\"token\":\"00\"}", "\"token\"" },
	{ "capital digits", "{\"say\":\"stop\",\"token\":"
	    "\"000102030405060708090A0B0C0D0E0F\"}", "\"token\"" },
	{ "a NUL in a text", "{\"say\":\"list\",\"group\":\"a\\u0000b\"}",
	    "\"group\"" },
	{ "a long group", "{\"say\":\"list\",\"group\":\"0123456789012345678901"
	    "2345678901234567890123456789012345678901234\"}", "\"group\"" },
	{ "no command", START "\"argv\":[]}", "\"argv\"" },
	{ "a relative command", START "\"argv\":[\"sh\"]}", "\"argv\"" },
	{ "a number as a word", START "\"argv\":[\"/a\",1]}", "\"argv\"" },
	{ "a relative folder", START "\"argv\":[\"/a\"],\"dir\":\"x\"}",
	    "\"dir\"" },
	{ "a name as address", "{\"say\":\"start\",\"address\":\"x\","
	    "\"first\":1,\"last\":1,\"argv\":[\"/a\"]}", "\"address\"" },
	{ "ports backwards", "{\"say\":\"start\",\"address\":\"::1\","
	    "\"first\":2,\"last\":1,\"argv\":[\"/a\"]}", "\"first\"" },
	{ "a port beyond", "{\"say\":\"start\",\"address\":\"::1\","
	    "\"first\":2,\"last\":65536,\"argv\":[\"/a\"]}", "\"last\"" },
	{ "an unknown state", "{\"say\":\"server\",\"state\":\"x\"}",
	    "\"state\"" },
};

START_TEST(line_row)
{
	struct err e = { 0 };
	int rc = spawn_msg_parse(rows[_i].line, strlen(rows[_i].line), &out,
	    &e);

	if (rows[_i].err == NULL)
		ck_assert_msg(rc == 0, "%s: %s", rows[_i].says, e.text);
	else
		ck_assert_msg(rc == -1 &&
		    strstr(e.text, rows[_i].err) != NULL, "%s: %s",
		    rows[_i].says, e.text);
}
END_TEST

static void
there_and_back(void)
{
	struct err e = { 0 };
	size_t n = 0;
	char *line = spawn_msg_line(&in, &n, &e);

	ck_assert_msg(line != NULL, "%s", e.text);
	ck_assert_uint_eq(n, strlen(line));
	ck_assert_int_eq(line[n - 1], '\n');
	ck_assert_ptr_eq(memchr(line, '\n', n), line + n - 1);
	ck_assert_msg(spawn_msg_parse(line, n - 1, &out, &e) == 0, "%s",
	    e.text);
	free(line);
}

START_TEST(a_start_comes_back)
{
	memset(&in, 0, sizeof(in));
	in.say = SPAWN_START;
	in.ref = 1ULL << 60;
	in.token.byte[3] = 0xab;
	in.ports = (struct ports){ 20000, 20999 };
	in.rest_ms = 10000;
	in.grace_ms = 1;
	in.most = 50;
	in.drill = true;
	(void)snprintf(in.group, sizeof(in.group), "shop");
	(void)snprintf(in.address, sizeof(in.address), "127.0.0.2");
	(void)snprintf(in.dir, sizeof(in.dir), "/srv");
	in.argv.n = in.env.n = 2;
	(void)snprintf(in.argv.text[0], KEY_STRING_SIZE, "/bin/x y");
	(void)snprintf(in.argv.text[1], KEY_STRING_SIZE, "line\n\"\\\x80");
	(void)snprintf(in.env.text[0], KEY_STRING_SIZE, "A=b c");
	there_and_back();
	ck_assert_int_eq(memcmp(&in, &out, offsetof(struct spawn_msg, argv)),
	    0);
	ck_assert_int_eq(out.argv.n, 2);
	ck_assert_str_eq(out.argv.text[0], "/bin/x y");
	ck_assert_str_eq(out.argv.text[1], "line\n\"\\\x80");
	ck_assert_int_eq(out.env.n, 2);
	ck_assert_str_eq(out.env.text[0], "A=b c");
	ck_assert_str_eq(out.env.text[1], "");
}
END_TEST

START_TEST(answers_come_back)
{
	memset(&in, 0, sizeof(in));
	in.say = SPAWN_REFUSED;
	in.outcome = OUTCOME_QUOTA;
	(void)snprintf(in.text, sizeof(in.text), "no more");
	there_and_back();
	ck_assert_int_eq(out.outcome, OUTCOME_QUOTA);
	ck_assert_str_eq(out.text, "no more");
	memset(&in, 0, sizeof(in));
	in.say = SPAWN_EXIT;
	in.token.byte[0] = 1;
	in.state = SPAWN_ENDED;
	in.port = 65535;
	in.pid = 4194304;
	there_and_back();
	ck_assert_int_eq(memcmp(&in, &out, offsetof(struct spawn_msg, argv)),
	    0);
}
END_TEST

START_TEST(what_is_too_long_is_not_said)
{
	struct err e = { 0 };
	size_t n = 0;
	int i;

	memset(&in, 0, sizeof(in));
	in.say = SPAWN_START;
	in.argv.n = in.env.n = KEY_STRINGS_MAX;
	for (i = 0; i < KEY_STRINGS_MAX; i++) /* six bytes each in JSON */
		memset(in.argv.text[i], 1, KEY_STRING_SIZE - 1);
	ck_assert_ptr_null(spawn_msg_line(&in, &n, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "more than 65536 bytes"));
}
END_TEST

START_TEST(ids)
{
	struct token t = { { 0xfe, 1 } }, back = { { 0 } };
	char id[ID_SIZE];

	spawn_id(&t, id, sizeof(id));
	ck_assert_str_eq(id, "local-fe010000000000000000000000000000");
	ck_assert_int_eq(spawn_id_parse(id, &back), 0);
	ck_assert_int_eq(memcmp(&t, &back, sizeof(t)), 0);
	ck_assert_int_eq(spawn_id_parse("i-0abc", &back), -1);
	ck_assert_int_eq(spawn_id_parse("local-fe", &back), -1);
	memcpy(id + strlen(id), "0", 2);
	ck_assert_int_eq(spawn_id_parse(id, &back), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spawn_msg");
	TCase *t = tcase_create("spawn_msg");

	tcase_add_loop_test(t, line_row, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, a_start_comes_back);
	tcase_add_test(t, answers_come_back);
	tcase_add_test(t, what_is_too_long_is_not_said);
	tcase_add_test(t, ids);
	suite_add_tcase(s, t);
	return (unit_run(s));
}
