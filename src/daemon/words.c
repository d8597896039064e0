/* SPDX-License-Identifier: MIT */
/* Words on their way; see words.h. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "core/fleet.h"
#include "daemon/words.h"
#include "report/facts.h"

struct waiting {
	size_t index;
	int group;
	struct word word;
	uint64_t seq;
	bool stepped;
	desk_done *done;
	void *arg;
	char said[REASON_SIZE]; /* what is answered when it is done */
};

struct words {
	int n;
	struct waiting at[WORDS_MAX];
};

struct words *
words_new(void)
{
	return (calloc(1, sizeof(struct words)));
}

static void
words_tell(struct words *w, int i, bool ok, const char *text)
{
	struct waiting x = w->at[i];
	struct desk_answer a = { ok, text, NULL };

	w->n--;
	memmove(&w->at[i], &w->at[i + 1],
	    (size_t)(w->n - i) * sizeof(w->at[0]));
	if (ok) {
		a.body = json_object_new_object();
		(void)json_object_object_add(a.body, "text",
		    json_object_new_string(text));
	}
	x.done(x.arg, &a);
}

void
words_free(struct words *w)
{
	if (w == NULL)
		return;
	while (w->n > 0)
		words_tell(w, 0, false, "plimsolld stops: say it again");
	free(w);
}

/* It is in force: what is answered once it is durable. */
static void
word_taken(struct waiting *x, struct facts *f)
{
	struct group_facts *g = &f->group[x->group];
	const struct word *w = &x->word;
	char old[128], new[128] = "done";

	facts_word(g, w, f->now.wall_s, old, sizeof(old));
	if (w->kind == WORD_RESUME)
		(void)snprintf(new, sizeof(new), "resumed: no word and no "
		    "hold is in force");
	else if (w->kind <= WORD_HOLD)
		facts_word_text(w, f->now.wall_s, new, sizeof(new));
	(void)snprintf(x->said, sizeof(x->said), "%s%s%s", new,
	    old[0] != '\0' ? "; it replaces: " : "", old);
}

bool
words_full(const struct words *w)
{
	return (w->n == WORDS_MAX);
}

void
words_put(struct words *w, size_t index, int group, const struct word *word,
    desk_done *done, void *arg)
{
	struct waiting *x;

	MUST(done != NULL);
	MUST(w->n < WORDS_MAX);
	x = &w->at[w->n++];
	x->index = index;
	x->group = group;
	x->word = *word;
	x->stepped = false;
	x->done = done;
	x->arg = arg;
}

void
words_stepped(struct words *w, const struct fleet *f, struct facts *facts,
    uint64_t seq)
{
	const char *why;
	char text[REASON_SIZE];
	int i;

	for (i = 0; i < w->n; i++) {
		if (w->at[i].stepped)
			continue;
		w->at[i].stepped = true;
		w->at[i].seq = seq;
		why = fleet_refused(f, w->at[i].index);
		if (why == NULL) {
			word_taken(&w->at[i], facts);
			continue;
		}
		(void)snprintf(text, sizeof(text), "%s", why);
		words_tell(w, i--, false, text);
	}
}

void
words_durable(struct words *w, uint64_t seq)
{
	char text[REASON_SIZE];
	int i;

	for (i = w->n - 1; i >= 0; i--)
		if (w->at[i].stepped && w->at[i].seq <= seq) {
			(void)snprintf(text, sizeof(text), "%s",
			    w->at[i].said);
			words_tell(w, i, true, text);
		}
}

void
words_not_durable(struct words *w)
{
	int i;

	for (i = w->n - 1; i >= 0; i--)
		if (w->at[i].stepped)
			words_tell(w, i, false, "the journal is not durable: "
			    "the word is in force, but a restart forgets it");
}
