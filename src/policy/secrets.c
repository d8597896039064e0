/* SPDX-License-Identifier: MIT */
/* The part `secrets` of a policy; see secrets.h. */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/text.h"
#include "config/walk.h"
#include "policy/secrets.h"
#include "policy/section.h"

static void
policy_secret(struct policy_reader *r, config_setting_t *s)
{
	struct policy_secret *v = &r->p->secrets[r->p->n_secrets];
	struct section_settings shared;
	char path[WALK_PATH];
	const char *name = config_setting_name(s);
	struct policy_section section = { DRIVER_SECRET, path, s,
		&type_common, &shared, &secret_keys, NULL };
	int i;

	(void)snprintf(path, sizeof(path), "secrets.%s.",
	    text_plain(name).text);
	if (!text_is_name(name) || strlen(name) >= NAME_SIZE) {
		conf_error(r->conf, s, "secrets", "found the name %s, "
		    "expected at most %d letters, digits, '-' and '_'",
		    text_quote(name).text, NAME_SIZE - 1);
		return;
	}
	if (r->p->n_secrets == BUNDLES_MAX) {
		conf_error(r->conf, s, "secrets", "found one too many, "
		    "expected at most %d", BUNDLES_MAX);
		return;
	}
	v->set = calloc(1, sizeof(*v->set));
	if (v->set == NULL) {
		conf_error(r->conf, s, "secrets", "out of memory");
		return;
	}
	section.extra_settings = v->set;
	i = policy_section(r, &section, &v->settings);
	(void)snprintf(v->name, sizeof(v->name), "%s", name);
	v->ops = i >= 0 ? drivers_secret(i) : NULL;
	r->p->n_secrets++;
}

void
policy_secrets(struct policy_reader *r, config_setting_t *root)
{
	config_setting_t *s = config_setting_get_member(root, "secrets");
	int i;

	if (s == NULL)
		return;
	if (!config_setting_is_group(s)) {
		conf_error(r->conf, s, "secrets", "expected a group { NAME: "
		    "{ type = ...; }; }");
		return;
	}
	for (i = 0; i < config_setting_length(s); i++)
		policy_secret(r, config_setting_get_elem(s, (unsigned)i));
}
