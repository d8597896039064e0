/* SPDX-License-Identifier: MIT */
/*
 * What a restart must not forget of a ledger: which ways refused or did not
 * boot (I-16, I-17), the last removal for ill health (I-11), and launches of
 * the hour whose servers are gone (I-08).  Else each crash would give a
 * template that does not boot three launches more.  Kept
 * as spans, since the boot clock begins anew with the machine: a span may
 * then only be too long.  What was learned follows in the same bytes.
 */
#include <string.h>

#include "base/err.h"
#include "core/fleet.h"
#include "core/ledger_priv.h"

#define KEPT_MAGIC UINT64_C(0x706c696d6b657032)

struct kept {
	uint64_t magic;
	ns_t health_age; /* since the last removal; -1: none */
	int64_t launches; /* within the hour */
	struct {
		ns_t until;	/* from now */
		ns_t probe_due;
		int32_t failures;
		uint32_t refusals;
	} way[MAX_WAYS];
};

static ns_t
span_left(const struct ledger *l, ns_t at)
{
	return (at > l->now ? at - l->now : 0);
}

static void
kept_fill(const struct ledger *l, struct kept *k)
{
	int i;

	memset(k, 0, sizeof(*k));
	k->magic = KEPT_MAGIC;
	k->launches = group_launches(l->group, l->now);
	k->health_age = l->health_removed < 0 ? -1 :
	    l->now - l->health_removed;
	for (i = 0; i < MAX_WAYS; i++) {
		k->way[i].until = span_left(l, l->way[i].until);
		k->way[i].probe_due = span_left(l, l->way[i].probe_due);
		k->way[i].failures = l->way[i].failures;
		k->way[i].refusals = l->way[i].refusals;
	}
}

/* Bytes of a disk: no span is longer than a day, no count is negative. */
static bool
kept_right(const struct kept *k)
{
	int i;

	if (k->magic != KEPT_MAGIC || k->health_age < -1 ||
	    k->launches < 0 || k->launches > INT32_MAX)
		return (false);
	for (i = 0; i < MAX_WAYS; i++)
		if (k->way[i].until < 0 || k->way[i].until > NS_DAY ||
		    k->way[i].probe_due < 0 || k->way[i].probe_due > NS_DAY ||
		    k->way[i].failures < 0 ||
		    k->way[i].failures > INT16_MAX ||
		    k->way[i].refusals > UINT8_MAX)
			return (false);
	return (true);
}

static void
kept_take(struct ledger *l, const struct now *now, const struct kept *k)
{
	struct ledger_way *w;
	int i, known = group_launches(l->group, now->mono);

	/* Those that still live were restored with their own time. */
	if (k->launches > known)
		group_launched(l->group, now->mono, now->mono,
		    (int)k->launches - known);
	if (k->health_age >= 0)
		l->health_removed = now->mono > k->health_age ?
		    now->mono - k->health_age : 0;
	for (i = 0; i < MAX_WAYS; i++) {
		w = &l->way[i];
		w->until = k->way[i].until > 0 ? now->mono +
		    k->way[i].until : 0;
		w->probe_due = k->way[i].probe_due > 0 ? now->mono +
		    k->way[i].probe_due : 0;
		w->failures = k->way[i].failures;
		w->refusals = (uint8_t)k->way[i].refusals;
		if (w->until > l->refused_until)
			l->refused_until = w->until;
	}
}

size_t
ledger_kept(void)
{
	return (sizeof(struct kept));
}

size_t
ledger_save(struct ledger *l, void *buf, size_t n)
{
	struct kept k;

	if (n < sizeof(k))
		return (0);
	kept_fill(l, &k);
	memcpy(buf, &k, sizeof(k));
	l->kept_news = false;
	return (sizeof(k));
}

size_t
ledger_load(struct ledger *l, const struct now *now, const void *buf,
    size_t n)
{
	struct kept k;

	if (n < sizeof(k))
		return (0);
	memcpy(&k, buf, sizeof(k));
	if (!kept_right(&k))
		return (0);
	kept_take(l, now, &k);
	return (sizeof(k));
}
