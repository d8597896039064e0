/* SPDX-License-Identifier: MIT */
/*
 * A reload's plan: what changes from one policy to the next, what each
 * change makes worthless, what is refused, and whether a person must say yes
 * first (I-33).  The plan changes nothing; it is what a person is shown, and
 * what the daemon goes by.
 */
#ifndef POLICY_COMPARE_H
#define POLICY_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "plimsoll/key.h"
#include "policy/policy.h"

enum { PLAN_LINES = 128, PLAN_LINE_SIZE = 320, PLAN_ID_SIZE = 17 };

enum plan_kind {
	PLAN_CHANGE,  /* will be */
	PLAN_CONFIRM, /* will be, once a person says so */
	PLAN_REFUSED  /* cannot be: nothing of the plan is done */
};

struct plan_group {
	int old;	   /* its number in the old policy; -1: new */
	unsigned invalidates; /* 1 << enum key_invalidates */
	bool source;	   /* these are made anew */
	bool balancer;
	bool health;
	bool ways;	   /* new ones, or other settings of a way */
	int servers_now;   /* ours, as the caller said */
	int servers_then;  /* what the new policy makes of the same load */
};

struct plan {
	char id[PLAN_ID_SIZE]; /* of this change; for reload --confirm */
	bool same;	       /* nothing changes */
	bool refused;
	bool confirm;
	bool providers[MAX_PROVIDERS]; /* of the new policy: made anew */
	bool secrets[BUNDLES_MAX];     /* likewise */
	int n_groups;
	struct plan_group group[MAX_GROUPS]; /* of the new policy */
	int n;
	int dropped; /* lines that did not fit */
	struct {
		enum plan_kind kind;
		char text[PLAN_LINE_SIZE];
	} line[PLAN_LINES];
};

/* How many servers of ours a group has now. */
typedef int	policy_count(void *ctx, const char *group);

void	policy_compare(const struct policy *old, const struct policy *new,
	    policy_count *count, void *ctx, struct plan *ret);

#endif
