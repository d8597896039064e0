/* SPDX-License-Identifier: MIT */
/*
 * The few keys that `drive` needs.  Unknown keys are errors.  Goes away
 * when src/config reads policies.
 */
#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/policy_min.h"

struct policy_min {
	struct fleet_policy fleet;
	struct group_policy groups[MAX_GROUPS];
};

static void
defaults(struct group_policy *g)
{
	memset(g, 0, sizeof(*g));
	g->priority = 50;
	g->size.min = 1;
	g->size.max = 10;
	g->size.utilization = 0.75;
	g->size.latency = NS_S;
	g->size.errors = 0.01;
	g->size.warm_up = 30 * NS_S;
	g->forecast.risk = 0.001;
	g->forecast.false_alarms_per_week = 1;
	g->forecast.season = true;
	g->limit.removals_pct = 10;
	g->limit.removals_window = 5 * NS_MIN;
	g->limit.rush_removals_pct = 25;
	g->limit.peak_window = 5 * NS_MIN;
	g->limit.peak_margin = 1.0;
	g->limit.min_lifetime = 5 * NS_MIN;
	g->limit.sick_pct = 30;
	g->limit.health_window = 10 * NS_MIN;
	g->limit.boot_deadline = 10 * NS_MIN;
	g->limit.boot_failures = 3;
	g->limit.doubt_alarm = 15 * NS_MIN;
	g->limit.drain = 30 * NS_S;
	g->limit.safe_mode = 10 * NS_MIN;
}

static double
number(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
		return (config_setting_get_int(s));
	case CONFIG_TYPE_INT64:
		return ((double)config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT:
		return (config_setting_get_float(s));
	default:
		return (-1.0);
	}
}

/* "500ms", "5s", "5m", "24h", "7d". */
static ns_t
duration(const config_setting_t *s)
{
	static const struct {
		const char *unit;
		ns_t ns;
	} units[] = { { "ms", NS_MS }, { "s", NS_S }, { "m", NS_MIN },
		{ "h", NS_HOUR }, { "d", NS_DAY } };
	const char *text = config_setting_get_string(s);
	char *end;
	double v;
	size_t i;

	if (text == NULL)
		return (-1);
	v = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			return ((ns_t)(v * (double)units[i].ns));
	return (-1);
}

static int
read_key(const char *path, const config_setting_t *s, struct group_policy *g,
    struct err *e)
{
	double n = number(s);
	ns_t t = duration(s);

	if (strcmp(path, "min") == 0 && n >= 0)
		g->size.min = (int)n;
	else if (strcmp(path, "max") == 0 && n >= 1)
		g->size.max = (int)n;
	else if (strcmp(path, "priority") == 0)
		g->priority = (int)n;
	else if (strcmp(path, "server.rate") == 0 && n > 0)
		g->size.rate_rps = n;
	else if (strcmp(path, "server.utilization") == 0 && n > 0 && n <= 1)
		g->size.utilization = n;
	else if (strcmp(path, "objective.risk") == 0 && n > 0 && n < 1)
		g->forecast.risk = n;
	else if (strcmp(path, "objective.errors") == 0 && n > 0 && n < 1)
		g->size.errors = n;
	else if (strcmp(path, "objective.latency") == 0 && t > 0)
		g->size.latency = t;
	else if (strcmp(path, "limits.billed_at_least") == 0 && t >= 0)
		g->limit.billed_at_least = t;
	else if (strcmp(path, "name") == 0 &&
	    config_setting_get_string(s) != NULL)
		(void)snprintf(g->name, sizeof(g->name), "%s",
		    config_setting_get_string(s));
	else if (strcmp(path, "forecast.plain") == 0)
		g->forecast.plain = config_setting_get_bool(s) != 0;
	else
		return (err_set(e, EINVAL, "line %u: '%s' is not known, or "
		    "its value is not one it may have",
		    config_setting_source_line(s), path));
	return (0);
}

static int
read_scope(const char *scope, const config_setting_t *s,
    struct group_policy *g, struct err *e)
{
	const config_setting_t *k;
	char path[128];
	int i;

	for (i = 0; i < config_setting_length(s); i++) {
		k = config_setting_get_elem(s, (unsigned)i);
		(void)snprintf(path, sizeof(path), "%s%s%s", scope,
		    *scope != '\0' ? "." : "", config_setting_name(k));
		if (config_setting_is_group(k)) {
			if (strlen(path) > 60 || strchr(path, '.') != NULL)
				return (err_set(e, EINVAL, "too deep"));
			if (read_scope(path, k, g, e) != 0)
				return (-1);
		} else if (read_key(path, k, g, e) != 0)
			return (-1);
	}
	return (0);
}

static int
read_groups(config_t *c, struct policy_min *p, struct err *e)
{
	config_setting_t *l = config_lookup(c, "groups");
	int i;

	if (l == NULL || config_setting_length(l) < 1 ||
	    config_setting_length(l) > MAX_GROUPS)
		return (err_set(e, EINVAL, "groups: expected 1 to %d",
		    MAX_GROUPS));
	for (i = 0; i < config_setting_length(l); i++) {
		defaults(&p->groups[i]);
		if (read_scope("", config_setting_get_elem(l, (unsigned)i),
		    &p->groups[i], e) != 0)
			return (-1);
		p->groups[i].size.hard_max = p->groups[i].size.max;
		if (p->groups[i].size.max > MAX_SERVERS ||
		    p->groups[i].size.min > p->groups[i].size.max)
			return (err_set(e, EINVAL, "groups[%d]: min and max",
			    i));
	}
	p->fleet.n_groups = i;
	p->fleet.groups = p->groups;
	return (0);
}

int
policy_min_read(const char *path, struct fleet_policy **ret, struct err *e)
{
	struct policy_min *p = calloc(1, sizeof(*p));
	config_t c;
	int rc = -1;

	if (p == NULL)
		return (err_set(e, ENOMEM, "out of memory"));
	config_init(&c);
	if (config_read_file(&c, path) != CONFIG_TRUE)
		(void)err_set(e, EINVAL, "%s, line %d: %s", path,
		    config_error_line(&c), config_error_text(&c));
	else if ((rc = read_groups(&c, p, e)) != 0)
		(void)err_prefix(e, "%s", path);
	config_destroy(&c);
	if (rc != 0)
		free(p);
	else
		*ret = &p->fleet;
	return (rc);
}

void
policy_min_free(struct fleet_policy *p)
{
	free(p);
}
