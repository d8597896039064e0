/* SPDX-License-Identifier: MIT */
/*
 * Operations under way; see ops.h.  An open-addressed table: operations are
 * numbered in a row, so the number itself is nearly a hash.  Looking for what
 * has passed walks the table at most once per earliest deadline.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "daemon/ops.h"

enum { SLOTS = 2 * OPS_MAX };

/* A driver that has not answered so long after its deadline never will. */
#define OPS_LATE (15 * NS_MIN)

struct ops {
	int n;
	ns_t next; /* no deadline is earlier; may be too early */
	struct op at[SLOTS];
};

struct ops *
ops_new(void)
{
	struct ops *o = calloc(1, sizeof(*o));

	if (o != NULL)
		o->next = NS_NEVER;
	return (o);
}

void
ops_free(struct ops *o)
{
	free(o);
}

/* The core puts the group into the upper bits: they spread them. */
static size_t
ops_home(op_t op)
{
	return ((op ^ (op >> 58) * 509) % SLOTS);
}

static struct op *
ops_slot(struct ops *o, op_t op)
{
	size_t i = ops_home(op);

	while (o->at[i].op != 0 && o->at[i].op != op)
		i = (i + 1) % SLOTS;
	return (&o->at[i]);
}

/* Those behind the hole that hashed before it move up. */
static void
ops_remove(struct ops *o, struct op *x)
{
	size_t hole = (size_t)(x - o->at), i = hole, home;

	for (;;) {
		i = (i + 1) % SLOTS;
		if (o->at[i].op == 0)
			break;
		home = ops_home(o->at[i].op);
		if ((i + SLOTS - home) % SLOTS >= (i + SLOTS - hole) % SLOTS) {
			o->at[hole] = o->at[i];
			hole = i;
		}
	}
	o->at[hole] = (struct op){ 0 };
	o->n--;
}

bool
ops_open(struct ops *o, const struct order *x)
{
	struct op *s;

	MUST(x->op != 0);
	if (o->n >= OPS_MAX)
		return (false);
	s = ops_slot(o, x->op);
	MUST(s->op == 0);
	*s = (struct op){ x->op, x->deadline, x->group, (uint8_t)x->kind,
		(uint8_t)x->way, false };
	if (x->deadline < o->next)
		o->next = x->deadline;
	o->n++;
	return (true);
}

bool
ops_close(struct ops *o, op_t op, struct op *ret)
{
	struct op *s;

	if (op == 0)
		return (false);
	s = ops_slot(o, op);
	if (s->op == 0)
		return (false);
	*ret = *s;
	ops_remove(o, s);
	return (true);
}

static ns_t
op_due(const struct op *x)
{
	if (!x->passed)
		return (x->deadline);
	return (x->deadline > NS_NEVER - OPS_LATE ? NS_NEVER :
	    x->deadline + OPS_LATE);
}

bool
ops_pass(struct ops *o, ns_t now, struct op *ret)
{
	ns_t next = NS_NEVER, due;
	size_t i;

	if (now < o->next)
		return (false);
	for (i = 0; i < SLOTS; i++) {
		while (o->at[i].op != 0 && o->at[i].passed &&
		    op_due(&o->at[i]) <= now)
			ops_remove(o, &o->at[i]);
		if (o->at[i].op == 0)
			continue;
		due = op_due(&o->at[i]);
		if (due <= now) {
			o->at[i].passed = true;
			*ret = o->at[i];
			return (true);
		}
		if (due < next)
			next = due;
	}
	o->next = next;
	return (false);
}

ns_t
ops_next(const struct ops *o)
{
	return (o->next);
}

int
ops_count(const struct ops *o)
{
	return (o->n);
}

void
ops_regroup(struct ops *o, const int *map)
{
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		while (o->at[i].op != 0 && map[o->at[i].group] < 0)
			ops_remove(o, &o->at[i]);
		if (o->at[i].op != 0)
			o->at[i].group = -1 - map[o->at[i].group];
	}
	/* Marked below zero, since a removal moves rows that were seen. */
	for (i = 0; i < SLOTS; i++)
		if (o->at[i].op != 0)
			o->at[i].group = -1 - o->at[i].group;
}
