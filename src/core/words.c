/* SPDX-License-Identifier: MIT */
/*
 * Operators' words: one floor, one ceiling, one exact number; a new one
 * replaces.  Holds, notes.  Words end by a date.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/group_priv.h"

enum { WORD_DEFAULT_S = 7200 };

static int
words_scale(struct group *g, const struct now *now, const struct word *w,
    struct err *e)
{
	const struct size_settings *z = &g->policy->size;
	struct standing_word *s;
	int most = w->over_max ? z->hard_max : z->max;

	if (w->servers > most)
		return (err_set(e, ERANGE, "group '%s': %d servers, its %s "
		    "is %d", g->policy->name, w->servers,
		    w->over_max ? "hard_max" : "max", most));
	if (w->servers < z->min)
		return (err_set(e, ERANGE, "group '%s': %d servers, its min "
		    "is %d", g->policy->name, w->servers, z->min));
	if (w->kind != WORD_AT_LEAST && !w->force && group_blind(g, now->mono))
		return (err_set(e, EAGAIN, "group '%s': there is no data to "
		    "lower on; force overrides", g->policy->name));
	s = &g->word[w->kind == WORD_AT_LEAST ? 0 :
	    w->kind == WORD_AT_MOST ? 1 : 2];
	s->on = true;
	s->force = w->force;
	s->over_max = w->over_max;
	s->servers = w->servers;
	s->until_wall_s = w->until_wall_s != 0 ? w->until_wall_s :
	    now->wall_s + WORD_DEFAULT_S;
	memcpy(s->reason, w->reason, sizeof(s->reason));
	return (0);
}

static int
words_server(struct group *g, const struct now *now, const struct word *w,
    struct err *e)
{
	struct server *s = servers_find(&g->servers, &w->id);

	if (s == NULL)
		return (err_set(e, ENOENT, "group '%s': no server '%s'",
		    g->policy->name, w->id.text));
	switch (w->kind) {
	case WORD_ADOPT:
		s->flags |= SERVER_OURS;
		break;
	case WORD_PROTECT:
		s->flags |= SERVER_PROTECTED;
		s->protect_until = now->mono + (w->until_wall_s != 0 ?
		    w->until_wall_s - now->wall_s : WORD_DEFAULT_S) * NS_S;
		break;
	case WORD_REPLACE:
		s->flags |= SERVER_REPLACE;
		break;
	default:
		if (!(s->flags & SERVER_OURS))
			return (err_set(e, EPERM, "group '%s': '%s' is not "
			    "ours; adopt it first", g->policy->name,
			    w->id.text));
		s->flags |= SERVER_LEAVING;
		break;
	}
	return (0);
}

static void
words_resume(struct group *g)
{
	memset(g->word, 0, sizeof(g->word));
	g->held = (enum hold_what)0;
}

int
words_take(struct group *g, const struct now *now, const struct word *w,
    struct err *e)
{
	switch (w->kind) {
	case WORD_AT_LEAST:
	case WORD_AT_MOST:
	case WORD_EXACT:
		return (words_scale(g, now, w, e));
	case WORD_HOLD:
		g->held = w->what != 0 ? w->what : HOLD_ALL;
		g->held_until = w->until_wall_s == 0 ? NS_NEVER :
		    now->mono + (w->until_wall_s - now->wall_s) * NS_S;
		memcpy(g->held_reason, w->reason, sizeof(g->held_reason));
		return (0);
	case WORD_RESUME:
		words_resume(g);
		return (0);
	case WORD_NOTE:
		memcpy(g->note, w->reason, sizeof(g->note));
		g->noted = now->mono;
		return (0);
	case WORD_DRAIN:
	case WORD_REPLACE:
	case WORD_PROTECT:
	case WORD_ADOPT:
		return (words_server(g, now, w, e));
	default:
		return (err_set(e, EINVAL, "group '%s': no such word",
		    g->policy->name));
	}
}

void
words_expire(struct group *g, const struct now *now)
{
	int i;

	for (i = 0; i < GROUP_WORDS; i++)
		if (g->word[i].on && now->wall_s >= g->word[i].until_wall_s)
			g->word[i].on = false;
	if (g->held != 0 && now->mono >= g->held_until)
		g->held = (enum hold_what)0;
}
