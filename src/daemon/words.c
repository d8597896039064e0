/* SPDX-License-Identifier: MIT */
/* Words on their way; see words.h. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "core/fleet.h"
#include "daemon/words.h"

struct waiting {
	size_t index;
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

	w->at[i] = w->at[--w->n];
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

static void
word_said(const struct word *w, char *buf, size_t size)
{
	static const char *const kinds[] = { [WORD_AT_LEAST] = "at least",
		[WORD_AT_MOST] = "at most", [WORD_EXACT] = "exactly" };

	switch (w->kind) {
	case WORD_AT_LEAST:
	case WORD_AT_MOST:
	case WORD_EXACT:
		(void)snprintf(buf, size, "%s %d servers", kinds[w->kind],
		    w->servers);
		break;
	case WORD_HOLD:
		(void)snprintf(buf, size, "held: nothing is %s",
		    w->what == HOLD_IN ? "taken away" : w->what == HOLD_OUT ?
		    "launched" : "changed");
		break;
	case WORD_RESUME:
		(void)snprintf(buf, size, "resumed");
		break;
	default:
		(void)snprintf(buf, size, "done");
		break;
	}
}

bool
words_full(const struct words *w)
{
	return (w->n == WORDS_MAX);
}

void
words_put(struct words *w, size_t index, const struct word *word,
    desk_done *done, void *arg)
{
	struct waiting *x;

	MUST(done != NULL);
	MUST(w->n < WORDS_MAX);
	x = &w->at[w->n++];
	x->index = index;
	x->stepped = false;
	x->done = done;
	x->arg = arg;
	word_said(word, x->said, sizeof(x->said));
}

void
words_stepped(struct words *w, const struct fleet *f, uint64_t seq)
{
	const char *why;
	char text[REASON_SIZE];
	int i;

	for (i = w->n - 1; i >= 0; i--) {
		if (w->at[i].stepped)
			continue;
		w->at[i].stepped = true;
		w->at[i].seq = seq;
		why = fleet_refused(f, w->at[i].index);
		if (why == NULL)
			continue;
		(void)snprintf(text, sizeof(text), "%s", why);
		words_tell(w, i, false, text);
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
