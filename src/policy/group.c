/* SPDX-License-Identifier: MIT */
/* The groups of a policy: the core's rows, and the parts of the drivers. */
#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/calendar.h"
#include "config/conf.h"
#include "config/text.h"
#include "config/walk.h"
#include "core/limit_keys.h"
#include "forecast/forecast_keys.h"
#include "plimsoll/key.h"
#include "policy/group.h"
#include "policy/section.h"
#include "size/size_keys.h"

struct launch_settings {
	struct key_strings providers;
};

static const struct key launch_rows[] = {
	{ "providers", KEY_STRINGS, KEY_FIELD(launch_settings, providers), 0,
	    0, NULL, "", NULL, INVALIDATES_PHASES,
	    "Who starts servers of this group: names of providers, the first "
	    "one first. The settings of each stand beside it under its "
	    "name." },
};

const struct key_table launch_keys = { "launch", launch_rows,
	KEY_COUNT(launch_rows), sizeof(struct launch_settings), NULL };

static const struct key launch_path_rows[] = {
	{ "secrets", KEY_NAME, KEY_FIELD(launch_path, secrets), 0,
	    NAME_SIZE - 1, "", "", NULL, INVALIDATES_NOTHING,
	    "The bundle of the file's secrets that a new server gets. Not "
	    "given: it needs none. With it and the boot endpoint, no server "
	    "is asked for its health, or gets a customer, before it has said "
	    "that it has its secrets (I-20)." },
	{ "artifact.url", KEY_STRING, KEY_FIELD(launch_path, artifact_url), 0,
	    511, "", "", NULL, INVALIDATES_NOTHING,
	    "What a new server fetches and runs, by https or http. Not "
	    "given: nothing." },
	{ "artifact.sha256", KEY_STRING,
	    KEY_FIELD(launch_path, artifact_sha256), 0, 64, "", "", NULL,
	    INVALIDATES_NOTHING,
	    "SHA-256 of it, 64 lower-case digits: nothing else is run." },
	{ "sync", KEY_CHOICE, KEY_FIELD(launch_path, sync), 0, 0, "never", "",
	    "never|idle|always", INVALIDATES_NOTHING,
	    "Whether a new server may copy state from another one, which it "
	    "reads in PLIMSOLL_SYNC. idle: only while the group is calm, and "
	    "in a rush it is told to skip it, as peers that drown answer "
	    "nobody." },
	{ "sync_load", KEY_NUMBER, KEY_FIELD(launch_path, sync_load), 0.01, 1,
	    "0.5", "share of capacity", NULL, INVALIDATES_NOTHING,
	    "For sync = \"idle\": load and forecast are at most this part of "
	    "what the serving servers carry." },
	{ "drill.every", KEY_DURATION, KEY_FIELD(launch_path, drill_every),
	    600, 31 * 86400.0, "", "", NULL, INVALIDATES_NOTHING,
	    "So often one server goes through the whole launch path, is "
	    "checked out of service and removed; an alarm when it fails. Not "
	    "in a rush, not in trouble, one at a time, each time another "
	    "way. Not given: only when plimsoll drill says so." },
	{ "drill.between", KEY_STRING, KEY_FIELD(launch_path, drill_between),
	    0, 11, "", "", NULL, INVALIDATES_NOTHING,
	    "The hours of the day for it, UTC, such as 03:00-05:00. Not "
	    "given: any." },
};

/* "03:00-05:00"; false: it is none. */
static bool
launch_between(const char *text, struct drill_settings *ret)
{
	char from[8] = "", to[8] = "";

	ret->from_s = ret->to_s = 0;
	if (text[0] == '\0')
		return (true);
	if (strlen(text) != 11 || text[5] != '-')
		return (false);
	memcpy(from, text, 5);
	memcpy(to, text + 6, 5);
	ret->from_s = calendar_clock(from);
	ret->to_s = calendar_clock(to);
	return (ret->from_s >= 0 && ret->to_s >= 0 &&
	    ret->from_s != ret->to_s);
}

static int
launch_path_check(const void *settings, struct err *e)
{
	const struct launch_path *l = settings;
	const char *c = l->artifact_url;
	struct drill_settings drill;

	if (!launch_between(l->drill_between, &drill))
		return (err_set(e, EINVAL, "drill.between is %s, expected "
		    "hours such as \"03:00-05:00\"",
		    text_quote(l->drill_between).text));
	if (c[0] == '\0' && l->artifact_sha256[0] == '\0')
		return (0);
	while (*c > ' ' && *c <= '~' && *c != '"' && *c != '\\')
		c++;
	if (*c != '\0' || (strncmp(l->artifact_url, "https://", 8) != 0 &&
	    strncmp(l->artifact_url, "http://", 7) != 0))
		return (err_set(e, EINVAL, "artifact.url is %s, expected an "
		    "address that begins with https:// or http://",
		    text_quote(l->artifact_url).text));
	if (strspn(l->artifact_sha256, "0123456789abcdef") != 64)
		return (err_set(e, EINVAL, "artifact.sha256 is %s, expected "
		    "64 digits 0-9 and a-f",
		    text_quote(l->artifact_sha256).text));
	return (0);
}

const struct key_table launch_path_keys = { "launch", launch_path_rows,
	KEY_COUNT(launch_path_rows), sizeof(struct launch_path),
	launch_path_check };

/* One group while it is read. */
struct group_reader {
	struct policy_reader *r;
	config_setting_t *s;
	struct group_policy *core;
	struct policy_group *hands;
	char path[96]; /* "groups \"web\": " */
};

/* The path of a part: "groups \"web\": source.", into buf. */
static const char *
group_part(const struct group_reader *g, const char *part, char *buf)
{
	(void)snprintf(buf, WALK_PATH, "%s%s", g->path, part);
	return (buf);
}

static config_setting_t *
group_section(struct group_reader *g, const char *name, const char *example)
{
	config_setting_t *s = config_setting_get_member(g->s, name);
	char path[WALK_PATH];

	if (s == NULL && !g->r->drive)
		conf_error(g->r->conf, g->s, group_part(g, name, path),
		    "missing, expected a group { %s; } of settings", example);
	return (s);
}

static void
group_source(struct group_reader *g)
{
	struct section_settings shared = { .every = NS_S };
	char path[WALK_PATH];
	struct policy_section section = { DRIVER_SOURCE,
		group_part(g, "source.", path), group_section(g, "source",
		"type = ..."),
		&source_common, &shared, NULL, NULL };
	int i;

	g->hands->every = NS_S;
	if (section.setting == NULL)
		return;
	i = policy_section(g->r, &section, &g->hands->source_settings);
	g->hands->source = i >= 0 ? drivers_source(i) : NULL;
	g->hands->every = shared.every;
	(void)snprintf(g->hands->history, sizeof(g->hands->history), "%s",
	    shared.history);
}

static void
group_balancer(struct group_reader *g)
{
	struct section_settings shared;
	char path[WALK_PATH];
	struct policy_section section = { DRIVER_BALANCER,
		group_part(g, "balancer.", path),
		group_section(g, "balancer", "type = ..."), &type_common, &shared,
		&drain_keys, &g->core->limit };
	struct walk defaults = { .conf = g->r->conf, .path = path };
	int i;

	if (section.setting == NULL) {
		defaults.at[0] = (struct walk_table){ &drain_keys,
			&g->core->limit };
		walk_group(&defaults, NULL, g->s);
		return;
	}
	i = policy_section(g->r, &section, &g->hands->balancer_settings);
	g->hands->balancer = i >= 0 ? drivers_balancer(i) : NULL;
}

static void
group_health(struct group_reader *g)
{
	char path[WALK_PATH];
	struct walk w = { .conf = g->r->conf,
		.path = group_part(g, "health.", path) };
	config_setting_t *s = config_setting_get_member(g->s, "health");

	w.at[0] = (struct walk_table){ &health_keys, &g->hands->health };
	walk_group(&w, s, s != NULL ? s : g->s);
}

/* The settings of one way stand under the provider's name. */
static void
group_way(struct group_reader *g, config_setting_t *launch, const char *name)
{
	int provider = policy_find_provider(g->r->p, name), n, i;
	const struct provider_ops *ops;
	struct policy_way *way;
	char path[WALK_PATH], sub[160];
	struct walk w = { .conf = g->r->conf, .path = path };
	config_setting_t *s;

	(void)group_part(g, "launch.providers", path);
	for (i = 0; i < g->hands->n_ways; i++)
		if (strcmp(g->core->ways[i], name) == 0) {
			conf_error(g->r->conf, launch, path, "found %s twice",
			    text_quote(name).text);
			return;
		}
	if (provider < 0 || g->hands->n_ways == MAX_WAYS) {
		conf_error(g->r->conf, launch, path, "found %s, expected %s",
		    text_quote(name).text, provider < 0 ?
		    "the name of one of the providers of this file" :
		    "at most 16 of them");
		return;
	}
	n = g->hands->n_ways++;
	way = &g->hands->ways[n];
	way->provider = provider;
	g->core->n_ways = g->hands->n_ways;
	(void)snprintf(g->core->ways[n], NAME_SIZE, "%s", name);
	ops = g->r->p->providers[provider].ops;
	if (ops == NULL || ops->way_keys == NULL)
		return;
	way->settings = calloc(1, ops->way_keys->settings_size);
	if (way->settings == NULL) {
		conf_error(g->r->conf, launch, path, "out of memory");
		return;
	}
	(void)snprintf(sub, sizeof(sub), "launch.%s.", name);
	(void)group_part(g, sub, path);
	w.at[0] = (struct walk_table){ ops->way_keys, way->settings };
	s = config_setting_get_member(launch, name);
	walk_group(&w, s, s != NULL ? s : launch);
}

/* A group of settings of a way that there is not. */
static void
group_strange_ways(struct group_reader *g, config_setting_t *launch)
{
	config_setting_t *s;
	char path[WALK_PATH], sub[160];
	int i, k;

	for (i = 0; i < config_setting_length(launch); i++) {
		s = config_setting_get_elem(launch, (unsigned)i);
		for (k = 0; k < g->hands->n_ways; k++)
			if (strcmp(config_setting_name(s),
			    g->core->ways[k]) == 0)
				break;
		if (k < g->hands->n_ways || !config_setting_is_group(s) ||
		    strcmp(config_setting_name(s), "artifact") == 0 ||
		    strcmp(config_setting_name(s), "drill") == 0)
			continue;
		(void)snprintf(sub, sizeof(sub), "launch.%s",
		    text_plain(config_setting_name(s)).text);
		conf_error(g->r->conf, s, group_part(g, sub, path), "unknown "
		    "key, expected the settings of one of launch.providers");
	}
}

static void
group_secrets(struct group_reader *g, config_setting_t *launch)
{
	const char *name = g->hands->path.secrets;
	config_setting_t *s;
	char path[WALK_PATH];

	if (name[0] == '\0' || policy_find_secret(g->r->p, name) >= 0)
		return;
	s = config_setting_get_member(launch, "secrets");
	conf_error(g->r->conf, s != NULL ? s : launch, group_part(g,
	    "launch.secrets", path), "found %s, expected the name of one of "
	    "the secrets of this file", text_quote(name).text);
}

static void
group_launch(struct group_reader *g)
{
	config_setting_t *s = group_section(g, "launch",
	    "providers = [\"...\"]");
	struct launch_settings *l = calloc(1, sizeof(*l));
	char path[WALK_PATH];
	struct walk w = { .conf = g->r->conf, .any_group = 1,
		.path = group_part(g, "launch.", path) };
	int before = conf_n_errors(g->r->conf), i;

	if (s == NULL || l == NULL) {
		free(l);
		return;
	}
	w.at[0] = (struct walk_table){ &launch_keys, l };
	w.at[1] = (struct walk_table){ &launch_path_keys, &g->hands->path };
	walk_group(&w, s, s);
	group_secrets(g, s);
	(void)launch_between(g->hands->path.drill_between, &g->core->drill);
	/* in a dry run nobody drills, nor says that it has its secrets */
	if (!g->r->p->daemon.dry_run) {
		g->core->drill.every = g->hands->path.drill_every;
		g->core->secrets_first = g->hands->path.secrets[0] != '\0' &&
		    g->r->p->boot.listen[0] != '\0';
	}
	for (i = 0; i < l->providers.n; i++)
		group_way(g, s, l->providers.text[i]);
	if (config_setting_is_group(s) &&
	    conf_n_errors(g->r->conf) == before && l->providers.n == 0)
		conf_error(g->r->conf, s, group_part(g, "launch.providers",
		    path), "found an empty list, expected at least one name");
	if (conf_n_errors(g->r->conf) == before)
		group_strange_ways(g, s);
	free(l);
}

static void
group_depend(struct group_reader *g, config_setting_t *s, int i)
{
	char path[WALK_PATH], sub[64];
	struct walk w = { .conf = g->r->conf, .path = path };

	(void)snprintf(sub, sizeof(sub), "depends[%d].", i);
	(void)group_part(g, sub, path);
	w.at[0] = (struct walk_table){ &depend_keys, &g->core->depends[i] };
	walk_group(&w, s, s);
	g->core->n_depends = i + 1;
}

static void
group_depends(struct group_reader *g)
{
	config_setting_t *s = config_setting_get_member(g->s, "depends");
	char path[WALK_PATH];
	int i;

	if (s == NULL)
		return;
	if (!config_setting_is_list(s) ||
	    config_setting_length(s) > MAX_DEPENDS) {
		conf_error(g->r->conf, s, group_part(g, "depends", path),
		    "expected a list ( { ... }, { ... } ) of at most %d",
		    MAX_DEPENDS);
		return;
	}
	for (i = 0; i < config_setting_length(s); i++)
		group_depend(g, config_setting_get_elem(s, (unsigned)i), i);
}

/* calendar[i]; its row is large, so it is the caller's. */
static void
group_event(struct group_reader *g, config_setting_t *s, int i,
    struct calendar_row *row)
{
	struct calendar_rule *rule = &g->hands->rules[g->hands->n_rules];
	char path[WALK_PATH], sub[64];
	struct walk w = { .conf = g->r->conf, .path = path };
	int before = conf_n_errors(g->r->conf);
	struct err e = { 0 };

	(void)snprintf(sub, sizeof(sub), "calendar[%d].", i);
	(void)group_part(g, sub, path);
	w.at[0] = (struct walk_table){ &calendar_keys, row };
	walk_group(&w, s, s);
	if (conf_n_errors(g->r->conf) != before)
		return;
	(void)snprintf(sub, sizeof(sub), "calendar[%d]", i);
	(void)group_part(g, sub, path);
	if (row->min > g->core->size.hard_max ||
	    row->max > g->core->size.hard_max)
		(void)err_set(&e, EINVAL, "found %d servers, expected at most "
		    "the group's hard_max, %d", row->max > row->min ?
		    row->max : row->min, g->core->size.hard_max);
	else if (calendar_rule_init(rule, row, &e) == 0)
		g->hands->n_rules++;
	if (e.code != 0)
		conf_error(g->r->conf, s, path, "%s", e.text);
}

static void
group_calendar(struct group_reader *g)
{
	config_setting_t *s = config_setting_get_member(g->s, "calendar");
	struct calendar_row *row;
	char path[WALK_PATH];
	int i, n;

	if (s == NULL)
		return;
	n = config_setting_length(s);
	if (!config_setting_is_list(s) || n > MAX_CALENDAR) {
		conf_error(g->r->conf, s, group_part(g, "calendar", path),
		    "expected a list ( { ... }, { ... } ) of at most %d",
		    MAX_CALENDAR);
		return;
	}
	row = malloc(sizeof(*row));
	g->hands->rules = calloc((size_t)n + 1, sizeof(*g->hands->rules));
	if (row == NULL || g->hands->rules == NULL)
		conf_error(g->r->conf, s, "calendar", "out of memory");
	else
		for (i = 0; i < n; i++) {
			memset(row, 0, sizeof(*row));
			group_event(g, config_setting_get_elem(s, (unsigned)i),
			    i, row);
		}
	free(row);
}

static void
group_core(struct group_reader *g)
{
	static const char *const parts[] = { "source", "balancer", "health",
		"launch", "depends", "calendar", NULL };
	struct walk w = { .conf = g->r->conf, .path = g->path,
		.parts = parts };
	struct size_settings *z = &g->core->size;

	w.at[0] = (struct walk_table){ &group_keys, g->core };
	w.at[1] = (struct walk_table){ &size_keys, z };
	w.at[2] = (struct walk_table){ &forecast_keys, &g->core->forecast };
	w.at[3] = (struct walk_table){ &limit_keys, &g->core->limit };
	walk_group(&w, g->s, g->s);
	if (z->hard_max == 0)
		z->hard_max = z->max;
	if (g->core->limit.launches_per_hour == 0)
		g->core->limit.launches_per_hour = 4 * z->hard_max;
}

static void
policy_group_read(struct policy_reader *r, config_setting_t *s, int i)
{
	struct group_reader g = { .r = r, .s = s, .core = &r->p->core[i],
		.hands = &r->p->group[i] };
	config_setting_t *name = config_setting_is_group(s) ?
	    config_setting_get_member(s, "name") : NULL;

	r->places[i] = s;
	if (name != NULL && config_setting_get_string(name) != NULL)
		(void)snprintf(g.path, sizeof(g.path), "groups %.70s: ",
		    text_quote(config_setting_get_string(name)).text);
	else
		(void)snprintf(g.path, sizeof(g.path), "groups[%d]: ", i);
	group_core(&g);
	if (!config_setting_is_group(s))
		return;
	group_source(&g);
	group_balancer(&g);
	group_health(&g);
	group_launch(&g);
	group_depends(&g);
	group_calendar(&g);
}

void
policy_groups(struct policy_reader *r)
{
	config_setting_t *root = conf_root(r->conf);
	config_setting_t *s = config_setting_get_member(root, "groups");
	int i, n;

	if (s == NULL || !config_setting_is_list(s)) {
		conf_error(r->conf, s != NULL ? s : root, "groups",
		    "%sexpected a list ( { name = ...; }, { ... } )",
		    s == NULL ? "missing, " : "");
		return;
	}
	n = config_setting_length(s);
	if (n < 1 || n > MAX_GROUPS) {
		conf_error(r->conf, s, "groups", "found %d, expected 1 to %d",
		    n, MAX_GROUPS);
		return;
	}
	r->p->core = calloc((size_t)n, sizeof(*r->p->core));
	r->p->group = calloc((size_t)n, sizeof(*r->p->group));
	r->places = calloc((size_t)n, sizeof(config_setting_t *));
	if (r->p->core == NULL || r->p->group == NULL || r->places == NULL) {
		conf_error(r->conf, s, "groups", "out of memory");
		return;
	}
	for (i = 0; i < n; i++) {
		r->p->fleet.n_groups = i + 1;
		policy_group_read(r, config_setting_get_elem(s, (unsigned)i),
		    i);
	}
}
