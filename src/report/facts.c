/* SPDX-License-Identifier: MIT */
/* The numbers behind the reports; see facts.h. */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/must.h"
#include "report/facts.h"

/* A step is microseconds; the long end is there to see what went wrong. */
const double step_bounds_s[STEP_BUCKETS] = { 10e-6, 25e-6, 50e-6, 100e-6,
	250e-6, 500e-6, 1e-3, 2.5e-3, 10e-3, 50e-3, 250e-3, 1.0 };

void
facts_step(struct facts *f, const struct now *now, ns_t took)
{
	int i;

	MUST(took >= 0);
	for (i = 0; i < STEP_BUCKETS && ns_to_s(took) > step_bounds_s[i]; i++)
		;
	f->step_bucket[i]++;
	f->step_sum_s += ns_to_s(took);
	f->steps++;
	f->step_at = now->mono;
	f->step_wall_s = now->wall_s;
}

static int
place_of(enum word_kind k)
{
	switch (k) {
	case WORD_AT_LEAST:
		return (0);
	case WORD_AT_MOST:
		return (1);
	case WORD_EXACT:
		return (2);
	case WORD_HOLD:
		return (3);
	default:
		return (-1);
	}
}

const struct word *
facts_standing(const struct group_facts *f, int place, int64_t wall_s)
{
	const struct word *w = &f->words[place];

	MUST(place >= 0);
	MUST(place < FACTS_WORDS);
	if (w->kind == WORD_NONE ||
	    (w->until_wall_s != 0 && w->until_wall_s <= wall_s))
		return (NULL);
	return (w);
}

void
facts_word_text(const struct word *w, int64_t wall_s, char *buf, size_t size)
{
	static const char *const names[] = { [WORD_AT_LEAST] = "at least",
		[WORD_AT_MOST] = "at most", [WORD_EXACT] = "exactly" };
	char span[DURATION_SIZE];
	int n;

	if (w->kind == WORD_HOLD)
		n = snprintf(buf, size, "hold: nothing is %s",
		    w->what == HOLD_IN ? "taken away" :
		    w->what == HOLD_OUT ? "launched" : "changed");
	else
		n = snprintf(buf, size, "%s %d servers", names[w->kind],
		    w->servers);
	if (n < 0 || (size_t)n >= size)
		return;
	if (w->until_wall_s == 0)
		(void)snprintf(buf + n, size - (size_t)n, " until resume");
	else
		(void)snprintf(buf + n, size - (size_t)n, " for %s",
		    duration_text((w->until_wall_s - wall_s) * NS_S, span));
}

void
facts_word(struct group_facts *f, const struct word *w, int64_t wall_s,
    char *buf, size_t size)
{
	int place = place_of(w->kind);

	buf[0] = '\0';
	if (w->kind == WORD_RESUME)
		memset(f->words, 0, sizeof(f->words));
	if (place < 0)
		return;
	if (facts_standing(f, place, wall_s) != NULL)
		facts_word_text(&f->words[place], wall_s, buf, size);
	f->words[place] = *w;
}
