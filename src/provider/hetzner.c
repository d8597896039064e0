/* SPDX-License-Identifier: MIT */
/*
 * The provider `hetzner`.  There is no client token; but names of servers
 * are unique in a project, so that a create with the same name is harmless.
 * The mark is in labels, and only servers with our label are listed.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cloud/cloud.h"
#include "cloud/parts.h"
#include "io/json.h"
#include "provider/hetzner.h"

static const struct key rows[] = {
	/* 3600 an hour, all of them at once if need be. */
	CLOUD_ROWS("https://api.hetzner.cloud/v1", "3600", "1000"),
};

/* --- what we say -------------------------------------------------------- */

static void
hetzner_list(const char *owner, int page, char *buf, size_t size)
{
	(void)snprintf(buf, size, "label_selector=plimsoll-owner%%3D%%3D%s"
	    "&sort=id:asc&page=%d&per_page=50", owner, page);
}

static void
hetzner_lookup(const char *name, char *buf, size_t size)
{
	(void)snprintf(buf, size, "name=%s", name);
}

static struct json_object *
hetzner_labels(const struct cloud_mark *m)
{
	struct json_object *o = json_object_new_object();
	int i;

	for (i = 0; cloud_mark_name(i) != NULL; i++)
		part_put_text(o, cloud_mark_name(i), cloud_mark_value(m, i));
	return (o);
}

static struct json_object *
hetzner_create(const struct cloud_launch *l)
{
	struct json_object *o = json_object_new_object(), *list;
	int i;

	part_put_text(o, "name", l->name);
	part_put_text(o, "image", l->set->image);
	part_put_text(o, "server_type", l->size);
	if (l->location != NULL)
		part_put_text(o, "location", l->location);
	part_put(o, "labels", hetzner_labels(&l->mark));
	if (l->user_data != NULL)
		part_put_text(o, "user_data", l->user_data);
	if (l->set->ssh_keys.n > 0) {
		list = json_object_new_array();
		for (i = 0; i < l->set->ssh_keys.n; i++)
			(void)json_object_array_add(list,
			    json_object_new_string(l->set->ssh_keys.text[i]));
		part_put(o, "ssh_keys", list);
	}
	if (l->set->network[0] != '\0') {
		list = json_object_new_array();
		(void)json_object_array_add(list, json_object_new_int64(
		    strtoll(l->set->network, NULL, 10)));
		part_put(o, "networks", list);
	}
	return (o);
}

/* --- what we hear ------------------------------------------------------- */

/*
 * A server that is off may be on its way up, and one in migration serves
 * again: only what surely ends is said to end, the health check knows more.
 */
static enum phase
hetzner_phase(const char *status)
{
	if (strcmp(status, "running") == 0)
		return (PHASE_BOOTED);
	if (strcmp(status, "deleting") == 0)
		return (PHASE_REMOVING);
	return (PHASE_ACCEPTED);
}

static bool
hetzner_read(struct json_object *o, struct told *t, struct cloud_mark *m)
{
	struct json_object *labels = part_at(o, "labels");
	const char *status = part_text(o, "status");
	int64_t id;

	if (!part_int(o, "id", &id) || id <= 0 || status == NULL ||
	    !json_object_is_type(labels, json_type_object))
		return (false);
	(void)snprintf(t->id.text, sizeof(t->id.text), "%lld", (long long)id);
	t->phase = (uint8_t)hetzner_phase(status);
	json_object_object_foreach(labels, key, value)
		if (json_object_is_type(value, json_type_string))
			cloud_mark_set(m, key, strlen(key),
			    json_object_get_string(value));
	if (strcmp(m->use, "private") == 0)
		(void)cloud_address(t, part_text(part_nth(
		    part_at(o, "private_net"), 0), "ip"));
	else
		(void)cloud_address(t, part_text(o, "public_net.ipv4.ip"));
	return (true);
}

static bool
hetzner_page(struct json_object *o, int64_t *ret_next, int64_t *ret_total)
{
	struct json_object *p = part_at(o, "meta.pagination");

	*ret_next = 0;
	*ret_total = -1;
	(void)part_int(p, "next_page", ret_next); /* null on the last one */
	(void)part_int(p, "total_entries", ret_total);
	return (p != NULL && *ret_next >= 0);
}

/* The documented codes; what is not here is told by the status. */
static const struct code {
	const char *code;
	enum outcome outcome;
	bool again;
} codes[] = {
	{ "placement_error", OUTCOME_CAPACITY, false },
	{ "resource_unavailable", OUTCOME_CAPACITY, false },
	{ "no_space_left_in_location", OUTCOME_CAPACITY, false },
	{ "unavailable", OUTCOME_CAPACITY, true },
	{ "maintenance", OUTCOME_CAPACITY, false },
	{ "resource_limit_exceeded", OUTCOME_QUOTA, false },
	{ "rate_limit_exceeded", OUTCOME_THROTTLED, true },
	{ "conflict", OUTCOME_THROTTLED, true },
	{ "locked", OUTCOME_THROTTLED, true },
	{ "uniqueness_error", OUTCOME_PERMANENT, false },
	{ "server_error", OUTCOME_UNKNOWN, true },
	{ "service_error", OUTCOME_UNKNOWN, true },
	{ "timeout", OUTCOME_UNKNOWN, true },
};

static void
hetzner_judge(int status, const char *body, size_t n, struct verdict *v)
{
	struct json_object *o;
	const char *code, *why;
	size_t i;

	if (cloud_judge_status(status, v))
		return;
	o = json_parse(body, n, JSON_DEPTH, NULL);
	code = part_text(o, "error.code");
	why = part_text(o, "error.message");
	for (i = 0; code != NULL && i < KEY_COUNT(codes); i++) {
		if (strcmp(code, codes[i].code) != 0)
			continue;
		v->outcome = codes[i].outcome;
		v->again = codes[i].again;
		v->taken = strcmp(code, "uniqueness_error") == 0;
	}
	cloud_judge_text(status, code, why, v);
	json_wipe(o);
}

/* By name, among those that can be used; a snapshot has a number only. */
static void
hetzner_image(const char *image, char *buf, size_t size)
{
	if (strspn(image, "0123456789") == strlen(image))
		(void)snprintf(buf, size, "/images/%s", image);
	else
		(void)snprintf(buf, size, "/images?name=%s&status=available",
		    image);
}

static bool
hetzner_image_is_there(struct json_object *o)
{
	return (part_at(o, "image") != NULL ||
	    part_count(part_at(o, "images")) > 0);
}

/* --- the tables --------------------------------------------------------- */

static const struct cloud_ops hetzner_ops = {
	.servers = "/servers",
	.one = "server",
	.many = "servers",
	.unique_names = true,
	.list = hetzner_list,
	.lookup = hetzner_lookup,
	.create = hetzner_create,
	.read = hetzner_read,
	.page = hetzner_page,
	.judge = hetzner_judge,
	.image = hetzner_image,
	.image_is_there = hetzner_image_is_there,
};

static int
hetzner_init(void *self, const struct host *host, const void *settings,
    struct err *e)
{
	return (cloud_init(self, host, settings, &hetzner_ops, e));
}

/* What is no number would be sent as 0, or as another's. */
static int
hetzner_way_check(const void *settings, struct err *e)
{
	const struct cloud_way_settings *w = settings;
	const char *s = w->network;

	if (s[0] != '\0' && (s[0] == '0' || strlen(s) > 18 ||
	    strspn(s, "0123456789") != strlen(s)))
		return (err_set(e, EINVAL, "network is '%s', expected the "
		    "number of a network such as \"4711\"", s));
	return (cloud_way_check(w, e));
}

static const struct key_table keys = { "provider hetzner", rows,
	KEY_COUNT(rows), sizeof(struct cloud_settings), cloud_check };
static const struct key_table way_keys = { "launch with provider hetzner",
	cloud_way_rows, CLOUD_WAY_ROWS, sizeof(struct cloud_way_settings),
	hetzner_way_check };

const struct provider_ops provider_hetzner = {
	.name = "hetzner",
	.keys = &keys,
	.way_keys = &way_keys,
	.init = hetzner_init,
	CLOUD_FUNCTIONS,
};
