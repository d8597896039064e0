/* SPDX-License-Identifier: MIT */
/*
 * A section of a policy that one driver takes (a source, a provider, a
 * balancer): its type is looked up, its keys are the driver's.  And what the
 * readers of all parts share.
 */
#ifndef POLICY_SECTION_H
#define POLICY_SECTION_H

#include <stdbool.h>

#include "policy/policy.h"

struct conf;
struct config_setting_t;
struct key_table;

struct policy_reader {
	struct conf *conf;
	struct policy *p;
	struct config_setting_t **places; /* of the groups, for sentences */
	bool drive;
};

struct policy_section {
	enum driver_kind kind;
	const char *path; /* "providers.main." */
	struct config_setting_t *setting;
	const struct key_table *common;
	struct section_settings *shared;
	const struct key_table *extra; /* NULL: none */
	void *extra_settings;
};

/* The driver's number, -1 after an error; *ret_settings is the caller's. */
int	policy_section(struct policy_reader *, const struct policy_section *,
	    void **ret_settings);

#endif
