/* SPDX-License-Identifier: MIT */
/* The secrets of a policy: a source and a schedule for each bundle. */
#ifndef POLICY_SECRETS_H
#define POLICY_SECRETS_H

struct config_setting_t;
struct policy_reader;

/* Before the groups, which name them. */
void	policy_secrets(struct policy_reader *,
	    struct config_setting_t *root);

#endif
