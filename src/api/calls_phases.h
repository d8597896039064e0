/* SPDX-License-Identifier: MIT */
/* A group's boots in brief, for its part of the status. */
#ifndef API_CALLS_PHASES_H
#define API_CALLS_PHASES_H

struct group_policy;
struct json_object;
struct phases;

/* [{way, launches, serving_p50, serving_p95}]; p may be NULL. */
struct json_object	*phases_brief(const struct phases *p,
			    const struct group_policy *);

#endif
