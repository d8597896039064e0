/* SPDX-License-Identifier: MIT */
/* One driver's section of a policy; see section.h. */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/conf.h"
#include "config/text.h"
#include "config/walk.h"
#include "plimsoll/key.h"
#include "policy/section.h"

/* The `type` of a section: the driver's number, or -1 with a sentence. */
static int
section_driver(struct policy_reader *r, const struct policy_section *s)
{
	config_setting_t *type = config_setting_get_member(s->setting, "type");
	const char *name;
	char list[200], path[WALK_PATH];
	int i;

	if (type == NULL)
		return (-1); /* the walk says that it is missing */
	name = config_setting_get_string(type);
	if (name == NULL)
		return (-1);
	i = drivers_find(s->kind, name);
	if (i >= 0)
		return (i);
	drivers_list(s->kind, list, sizeof(list));
	(void)snprintf(path, sizeof(path), "%stype", s->path);
	conf_error(r->conf, type, path, "found %s, expected a %s that there "
	    "is: %s", text_quote(name).text, drivers_kind_name(s->kind), list);
	return (-2);
}

int
policy_section(struct policy_reader *r, const struct policy_section *s,
    void **ret_settings)
{
	const struct key_table *own = NULL;
	struct walk w = { .conf = r->conf, .path = s->path };
	void *settings = NULL;
	int i = -1;

	if (config_setting_is_group(s->setting))
		i = section_driver(r, s);
	if (i == -2)
		return (-1); /* unknown: its keys are unknown too */
	if (i >= 0)
		own = drivers_keys(s->kind, i);
	if (own != NULL) {
		settings = calloc(1, own->settings_size);
		if (settings == NULL) {
			conf_error(r->conf, s->setting, "", "out of memory");
			return (-1);
		}
	}
	w.at[0] = (struct walk_table){ s->common, s->shared };
	w.at[1] = (struct walk_table){ s->extra, s->extra_settings };
	w.at[2] = (struct walk_table){ own, settings };
	w.any_group = i < 0;
	walk_group(&w, s->setting, s->setting);
	*ret_settings = settings;
	return (i);
}
