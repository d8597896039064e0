/* SPDX-License-Identifier: MIT */
/*
 * A cloud's driver on the account of cloud_rig.h: what it is asked, and what
 * it answered.  `driver` is set by main.
 */
#ifndef TESTS_CLOUD_DRIVER_H
#define TESTS_CLOUD_DRIVER_H

#include <arpa/inet.h>

#include "base/hex.h"
#include "cloud/cloud.h"
#include "cloud_rig.h"

#define TOKEN "000102030405060708090a0b0c0d0e0f"
#define NAME "plimsoll-" TOKEN
#define PLAY(...) do { \
	static const struct rig_row play_rows[] = { __VA_ARGS__ }; \
	rig_play(play_rows, sizeof(play_rows) / sizeof(play_rows[0])); \
} while (0)

static const struct provider_ops *driver;
static void *self;
static struct host host;
static struct cloud_settings set;
static struct cloud_way_settings way;
static struct token token;
static struct {
	int n;
	op_t op;
	enum outcome outcome;
	size_t n_told;
	struct told told[4];
	char text[REASON_SIZE], trouble[REASON_SIZE];
} got;

static void
on_post(void *ctx, const struct answer *a)
{
	(void)ctx;
	got.n++;
	got.op = a->op;
	got.outcome = a->outcome;
	got.n_told = a->n_told;
	if (a->n_told > 0)
		memcpy(got.told, a->told, (a->n_told < 4 ? a->n_told : 4) *
		    sizeof(got.told[0]));
	memcpy(got.text, a->text, sizeof(got.text));
	loop_stop(rig.loop);
}

static void
on_trouble(void *ctx, const char *sentence)
{
	(void)ctx;
	(void)snprintf(got.trouble, sizeof(got.trouble), "%s", sentence);
}

static void
make(void)
{
	struct err e = { 0 };

	ck_assert_msg(driver->init(self, &host, &set, &e) == 0, "%s", e.text);
	ck_assert_msg(driver->add_way(self, "web", 0, &way, &e) == 0, "%s",
	    e.text);
}

static void
begin(void)
{
	rig_begin();
	memset(&got, 0, sizeof(got));
	memset(&way, 0, sizeof(way));
	memset(&set, 0, sizeof(set));
	(void)snprintf(set.address, sizeof(set.address), "%s", rig.address);
	(void)snprintf(set.token_file, sizeof(set.token_file), "%s", rig.key);
	(void)snprintf(set.owner, sizeof(set.owner), "shop");
	set.calls_per_hour = 36000;
	set.calls_burst = 100;
	(void)snprintf(way.image, sizeof(way.image), "shop-1");
	way.size.n = 1;
	(void)snprintf(way.size.text[0], 32, "cx22");
	way.port = 8080;
	ck_assert(hex_get(TOKEN, token.byte, TOKEN_SIZE));
	host = (struct host){ .loop = rig.loop, .post = on_post,
		.trouble = on_trouble };
	self = calloc(1, driver->state_size);
}

static void
end(void)
{
	driver->fini(self);
	free(self);
	rig_end();
}

static void
launch(void)
{
	struct launch l = { .token = token, .group = "web" };

	driver->launch(self, 7, &l, 1);
	ck_assert_int_eq(got.n, 0); /* never from inside */
}

static void
one_told(const char *id)
{
	static const uint8_t address[16] = { [10] = 255, 255, 127, 0, 0, 9 };

	ck_assert_msg(got.outcome == OUTCOME_DONE, "%s", got.text);
	ck_assert_int_eq(got.n_told, 1);
	ck_assert_str_eq(got.told[0].id.text, id);
	ck_assert_mem_eq(&got.told[0].token, &token, sizeof(token));
	ck_assert_mem_eq(got.told[0].address, address, 16);
	ck_assert_int_eq(got.told[0].port, 8080);
	ck_assert_str_eq(got.told[0].group, "web");
}

static void
terminate(const char *id)
{
	struct server_id ids[1];

	memset(ids, 0, sizeof(ids));
	(void)snprintf(ids[0].text, sizeof(ids[0].text), "%s", id);
	driver->terminate(self, 12, ids, 1);
	ck_assert_int_eq(got.n, 0);
}

#endif
