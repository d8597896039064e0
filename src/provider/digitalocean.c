/* SPDX-License-Identifier: MIT */
/*
 * The provider `digitalocean`.  Neither a client token nor unique names: a
 * create whose answer is lost is never sent again, and the ledger looks for
 * the name until it is surely not there (I-14).
 *
 * The mark is in tags, but for the token, which is in the name alone: a tag
 * stays in the account when its last droplet is gone, and one a launch would
 * be litter (I-17).
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/cloud.h"
#include "cloud/parts.h"
#include "io/json.h"
#include "provider/digitalocean.h"

static const struct key rows[] = {
	/* 5000 an hour, of them 250 a minute. */
	CLOUD_ROWS("https://api.digitalocean.com", "5000", "200"),
};

/* --- what we say -------------------------------------------------------- */

static void
droplet_list(const char *owner, int page, char *buf, size_t size)
{
	(void)snprintf(buf, size, "tag_name=plimsoll-owner:%s&page=%d"
	    "&per_page=200", owner, page);
}

static void
droplet_lookup(const char *name, char *buf, size_t size)
{
	(void)snprintf(buf, size, "name=%s&per_page=200", name);
}

static bool
is_token(const char *name)
{
	return (strcmp(name, "plimsoll-token") == 0);
}

/* Numbers as numbers: an image or a key is one, or a word. */
static struct json_object *
number_or_text(const char *s)
{
	if (s[0] != '\0' && strspn(s, "0123456789") == strlen(s) &&
	    strlen(s) < 18)
		return (json_object_new_int64(strtoll(s, NULL, 10)));
	return (json_object_new_string(s));
}

static struct json_object *
droplet_tags(const struct cloud_mark *m)
{
	struct json_object *list = json_object_new_array();
	char tag[160];
	int i;

	for (i = 0; cloud_mark_name(i) != NULL; i++) {
		if (is_token(cloud_mark_name(i)))
			continue;
		(void)snprintf(tag, sizeof(tag), "%s:%s", cloud_mark_name(i),
		    cloud_mark_value(m, i));
		(void)json_object_array_add(list, json_object_new_string(tag));
	}
	return (list);
}

static struct json_object *
droplet_create(const struct cloud_launch *l)
{
	struct json_object *o = json_object_new_object(), *list;
	int i;

	part_put_text(o, "name", l->name);
	part_put_text(o, "size", l->size);
	part_put(o, "image", number_or_text(l->set->image));
	if (l->location != NULL)
		part_put_text(o, "region", l->location);
	part_put(o, "tags", droplet_tags(&l->mark));
	if (l->user_data != NULL)
		part_put_text(o, "user_data", l->user_data);
	if (l->set->network[0] != '\0')
		part_put_text(o, "vpc_uuid", l->set->network);
	if (l->set->ssh_keys.n > 0) {
		list = json_object_new_array();
		for (i = 0; i < l->set->ssh_keys.n; i++)
			(void)json_object_array_add(list,
			    number_or_text(l->set->ssh_keys.text[i]));
		part_put(o, "ssh_keys", list);
	}
	return (o);
}

/* --- what we hear ------------------------------------------------------- */

static void
tags_read(struct json_object *tags, struct cloud_mark *m)
{
	const char *tag, *colon;
	size_t i;

	for (i = 0; i < part_count(tags); i++) {
		tag = part_text(part_nth(tags, i), "");
		colon = tag != NULL ? strchr(tag, ':') : NULL;
		if (colon != NULL)
			cloud_mark_set(m, tag, (size_t)(colon - tag),
			    colon + 1);
	}
}

static void
address_read(struct json_object *o, const char *use, struct told *t)
{
	struct json_object *list = part_at(o, "networks.v4"), *one;
	const char *type;
	size_t i;

	if (use[0] == '\0')
		use = "public";
	for (i = 0; i < part_count(list); i++) {
		one = part_nth(list, i);
		type = part_text(one, "type");
		if (type != NULL && strcmp(type, use) == 0 &&
		    cloud_address(t, part_text(one, "ip_address")))
			return;
	}
}

static bool
droplet_read(struct json_object *o, struct told *t, struct cloud_mark *m)
{
	const char *status = part_text(o, "status"),
	    *name = part_text(o, "name");
	int64_t id;

	if (!part_int(o, "id", &id) || id <= 0 || status == NULL ||
	    name == NULL)
		return (false);
	(void)snprintf(t->id.text, sizeof(t->id.text), "%lld", (long long)id);
	/* "off" may be on its way up; "archive" has no machine any more. */
	t->phase = strcmp(status, "active") == 0 ? PHASE_BOOTED :
	    strcmp(status, "archive") == 0 ? PHASE_FAILED : PHASE_ACCEPTED;
	tags_read(part_at(o, "tags"), m);
	if (strncmp(name, "plimsoll-", 9) == 0)
		cloud_mark_set(m, "plimsoll-token", 14, name + 9);
	address_read(o, m->use, t);
	return (true);
}

/* The next page is told as a whole URL, of which only the number counts. */
static bool
droplet_page(struct json_object *o, int64_t *ret_next, int64_t *ret_total)
{
	const char *next = part_text(o, "links.pages.next"), *at;
	char before;

	*ret_next = 0;
	if (!part_int(o, "meta.total", ret_total))
		return (false);
	if (next == NULL)
		return (true);
	for (at = next; (at = strstr(at, "page=")) != NULL; at++) {
		before = at > next ? at[-1] : '\0';
		if (before == '?' || before == '&')
			break;
	}
	*ret_next = at != NULL ? strtoll(at + 5, NULL, 10) : 0;
	return (*ret_next > 0);
}

/*
 * A 422 names what is wrong in a sentence only.  These are the words that
 * tell a full region and a full account from a wrong request.
 */
static void
droplet_refusal(const char *why, struct verdict *v)
{
	static const struct {
		const char *words;
		enum outcome outcome;
	} sentences[] = {
		{ "droplet limit", OUTCOME_QUOTA },
		{ "not available", OUTCOME_CAPACITY },
		{ "unavailable", OUTCOME_CAPACITY },
		{ "capacity", OUTCOME_CAPACITY },
	};
	size_t i;

	for (i = 0; i < KEY_COUNT(sentences); i++)
		if (strstr(why, sentences[i].words) != NULL) {
			v->outcome = sentences[i].outcome;
			return;
		}
}

static void
droplet_judge(int status, const char *body, size_t n, struct verdict *v)
{
	struct json_object *o;
	const char *id, *why;

	if (cloud_judge_status(status, v))
		return;
	o = json_parse(body, n, JSON_DEPTH, NULL);
	id = part_text(o, "id");
	why = part_text(o, "message");
	if (status == 422 && why != NULL)
		droplet_refusal(why, v);
	cloud_judge_text(status, id, why, v);
	json_wipe(o);
}

static void
droplet_image(const char *image, char *buf, size_t size)
{
	(void)snprintf(buf, size, "/v2/images/%s", image);
}

static bool
droplet_image_is_there(struct json_object *o)
{
	return (part_at(o, "image") != NULL);
}

/* --- the tables --------------------------------------------------------- */

static const struct cloud_ops droplet_ops = {
	.servers = "/v2/droplets",
	.one = "droplet",
	.many = "droplets",
	.list = droplet_list,
	.lookup = droplet_lookup,
	.create = droplet_create,
	.read = droplet_read,
	.page = droplet_page,
	.judge = droplet_judge,
	.image = droplet_image,
	.image_is_there = droplet_image_is_there,
	.account = "/v2/account",
	.limit = "account.droplet_limit",
};

static int
droplet_init(void *self, const struct host *host, const void *settings,
    struct err *e)
{
	return (cloud_init(self, host, settings, &droplet_ops, e));
}

static const struct key_table keys = { "provider digitalocean", rows,
	KEY_COUNT(rows), sizeof(struct cloud_settings), cloud_check };
static const struct key_table way_keys = { "launch with provider digitalocean",
	cloud_way_rows, CLOUD_WAY_ROWS, sizeof(struct cloud_way_settings),
	cloud_way_check };

const struct provider_ops provider_digitalocean = {
	.name = "digitalocean",
	.keys = &keys,
	.way_keys = &way_keys,
	.init = droplet_init,
	CLOUD_FUNCTIONS,
};
