/* SPDX-License-Identifier: MIT */
/*
 * From file to policy; see load.h.  Every part is read even when another
 * one is wrong, so that all errors are told at once.
 */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/errors.h"
#include "config/text.h"
#include "config/walk.h"
#include "policy/cross.h"
#include "policy/group.h"
#include "policy/load.h"
#include "policy/secrets.h"
#include "policy/section.h"

static void
policy_provider(struct policy_reader *r, config_setting_t *s)
{
	struct policy_provider *v = &r->p->providers[r->p->n_providers];
	struct section_settings shared;
	char path[WALK_PATH];
	const char *name = config_setting_name(s);
	struct policy_section section = { DRIVER_PROVIDER, path, s,
		&type_common, &shared, NULL, NULL };
	int i;

	(void)snprintf(path, sizeof(path), "providers.%s.",
	    text_plain(name).text);
	if (!text_is_name(name) || strlen(name) >= NAME_SIZE) {
		conf_error(r->conf, s, "providers", "found the name %s, "
		    "expected at most %d letters, digits, '-' and '_'",
		    text_quote(name).text, NAME_SIZE - 1);
		return;
	}
	if (r->p->n_providers == MAX_PROVIDERS) {
		conf_error(r->conf, s, "providers", "found one too many, "
		    "expected at most %d", MAX_PROVIDERS);
		return;
	}
	i = policy_section(r, &section, &v->settings);
	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	v->ops = i >= 0 ? drivers_provider(i) : NULL;
	r->p->n_providers++;
}

static void
policy_providers(struct policy_reader *r, config_setting_t *root)
{
	config_setting_t *s = config_setting_get_member(root, "providers");
	int i;

	if (s == NULL) {
		if (!r->drive)
			conf_error(r->conf, root, "providers", "missing, "
			    "expected a group { NAME: { type = ...; }; } of "
			    "what starts servers");
		return;
	}
	if (!config_setting_is_group(s)) {
		conf_error(r->conf, s, "providers", "expected a group "
		    "{ NAME: { type = ...; }; }");
		return;
	}
	for (i = 0; i < config_setting_length(s); i++)
		policy_provider(r, config_setting_get_elem(s, (unsigned)i));
}

static void
policy_root(struct policy_reader *r)
{
	static const char *const parts[] = { "providers", "secrets", "groups",
		NULL };
	config_setting_t *root = conf_root(r->conf);
	struct walk w = { .conf = r->conf, .path = "", .parts = parts };

	w.at[0] = (struct walk_table){ &daemon_keys, &r->p->daemon };
	w.at[1] = (struct walk_table){ &boot_keys, &r->p->boot };
	walk_group(&w, root, root);
	policy_providers(r, root);
	policy_secrets(r, root);
	policy_groups(r);
	r->p->fleet.groups = r->p->core;
	r->p->fleet.max_servers = r->p->daemon.max_servers;
	r->p->fleet.spend_per_day = r->p->daemon.spend_per_day;
	if (conf_n_errors(r->conf) == 0)
		policy_cross(r);
}

/* FNV-1a: knows a text again, defends against nobody. */
static uint64_t
policy_hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (h);
}

static int
policy_make(struct conf *conf, unsigned flags, struct policy **ret,
    struct errors *es)
{
	struct policy_reader r = { .conf = conf };

	if (conf == NULL)
		return (-1);
	r.drive = (flags & POLICY_DRIVE) != 0;
	r.p = calloc(1, sizeof(*r.p));
	if (r.p == NULL) {
		errors_add(es, 0, "out of memory");
	} else {
		r.p->text_hash = policy_hash(conf_chars(conf));
		policy_root(&r);
	}
	free(r.places);
	conf_free(conf);
	if (es->n == 0) {
		*ret = r.p;
		return (0);
	}
	policy_free(r.p);
	return (-1);
}

int
policy_load(const char *path, unsigned flags, struct policy **ret,
    struct errors *es)
{
	int rc;

	errors_init(es);
	rc = policy_make(conf_file(path, es), flags, ret, es);
	errors_sort(es);
	return (rc);
}

int
policy_load_text(const char *name, const char *text, size_t n, unsigned flags,
    struct policy **ret, struct errors *es)
{
	int rc;

	errors_init(es);
	rc = policy_make(conf_text(name, text, n, es), flags, ret, es);
	errors_sort(es);
	return (rc);
}
